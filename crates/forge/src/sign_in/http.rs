//! The one connection that signs in: through the user's proxy, with the authorities that the system trusts,
//! and to the address that was meant and no other.

use super::answer::Said;
use super::error::{Result, SignInError, Source};
use super::host::Host;
use anchorhold_secrets::Secret;
use oauth2::http::{self, StatusCode, header};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
// GitHub itself gives up after 10 s.
// https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// The longest answer that is read, in bytes.
const LARGEST: usize = 1 << 20;

/// A client that follows no redirect. Clones share the connection.
#[derive(Clone, Debug)]
pub(super) struct Http(reqwest::Client);

/// Why there is no answer to use. It holds nothing of what was sent, and nothing of what was answered but a
/// refusal's name.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("the server cannot be reached")]
    Unreachable(#[source] Source),
    #[error("the answer points to another address")]
    Redirected,
    #[error("the answer has status {0}")]
    Status(u16),
    #[error("too much was asked")]
    RateLimited(Option<Duration>),
    #[error("the server refuses")]
    Said(Said),
    #[error("the answer is {0}")]
    Unreadable(&'static str),
}

impl Http {
    /// On a thread that may block, since it reads the certificates of the system.
    pub(super) async fn new(host: &Host) -> Result<Self> {
        let https_only = !host.is_on_this_machine();
        let build = move || {
            reqwest::Client::builder()
                .user_agent(concat!("anchorhold/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT_WITHIN)
                .timeout(ANSWER_WITHIN)
                // What is sent are secrets, and they are for one address.
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .https_only(https_only)
                .build()
        };
        let host = host.name().to_owned();
        match tokio::task::spawn_blocking(build).await {
            Ok(Ok(client)) => Ok(Self(client)),
            Ok(Err(error)) => Err(SignInError::Unprepared { host, source: error.into() }),
            Err(error) => Err(SignInError::Unprepared { host, source: error.into() }),
        }
    }

    /// Sends a question of `oauth2`'s and gives back only an answer that is no refusal.
    async fn ask(&self, question: HttpRequest) -> std::result::Result<HttpResponse, Failure> {
        let question = reqwest::Request::try_from(question).map_err(unreachable)?;
        let (status, headers, body) = self.send(question).await?;
        // GitHub refuses with status 200, which the library takes for an answer that it cannot read.
        if let Some(said) = Said::read(&body) {
            return Err(Failure::Said(said));
        }
        succeeded(status, &headers)?;
        let mut answer = http::Response::builder().status(status);
        if let Some(kind) = headers.get(header::CONTENT_TYPE) {
            answer = answer.header(header::CONTENT_TYPE, kind);
        }
        answer.body(body).map_err(|_| Failure::Unreadable("malformed"))
    }

    /// Sends a form to an address of the sign-in and reads the answer, as [`Http::ask`] does.
    pub(super) async fn post(&self, address: &str, form: String) -> std::result::Result<Vec<u8>, Failure> {
        let request = self.0.post(address).header(header::ACCEPT, "application/json");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        let (status, headers, body) = self.send(request.build().map_err(unreachable)?).await?;
        if let Some(said) = Said::read(&body) {
            return Err(Failure::Said(said));
        }
        succeeded(status, &headers)?;
        Ok(body)
    }

    /// Asks the API with a token.
    pub(super) async fn get(
        &self,
        address: &str,
        token: &Secret,
    ) -> std::result::Result<(http::HeaderMap, Vec<u8>), Failure> {
        let request = self.0.get(address).bearer_auth(token.expose());
        let request = request.header(header::ACCEPT, "application/vnd.github+json");
        let request = request.header("X-GitHub-Api-Version", "2022-11-28").build();
        let (status, headers, body) = self.send(request.map_err(unreachable)?).await?;
        succeeded(status, &headers)?;
        Ok((headers, body))
    }

    async fn send(
        &self,
        request: reqwest::Request,
    ) -> std::result::Result<(StatusCode, http::HeaderMap, Vec<u8>), Failure> {
        let mut response = self.0.execute(request).await.map_err(unreachable)?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        if status.is_redirection() {
            return Err(Failure::Redirected);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                return Err(Failure::Unreadable("too long"));
            }
        }
        Ok((status, headers, body))
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<HttpResponse, Failure>> + Send + 'c>>;

    fn call(&'c self, question: HttpRequest) -> Self::Future {
        Box::pin(self.ask(question))
    }
}

fn unreachable(error: reqwest::Error) -> Failure {
    Failure::Unreachable(error.without_url().into())
}

fn succeeded(status: StatusCode, headers: &http::HeaderMap) -> std::result::Result<(), Failure> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
    let retry_after = number("retry-after").map(Duration::from_secs);
    // https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    let limited = retry_after.is_some() || number("x-ratelimit-remaining") == Some(0);
    match status.as_u16() {
        200..=299 => Ok(()),
        429 => Err(Failure::RateLimited(retry_after)),
        403 if limited => Err(Failure::RateLimited(retry_after)),
        other => Err(Failure::Status(other)),
    }
}
