//! Carries octocrab's questions to one GitHub in the name of one account: conditionally where an answer is
//! remembered, within the rate limits, and with the token to that GitHub alone.
//!
//! The token is here and nowhere above, so that nothing of octocrab's can print it. What an answer means is
//! not judged here, but for redirects and limits.

mod cache;
mod client;
mod limits;
mod redirect;

pub use cache::Cache;
pub(crate) use limits::Spent;

use crate::sign_in::Host;
use anchorhold_domain::RateLimit;
use cache::{Account, Remembered};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use limits::Heard;
use octocrab::OctoBody;
use redirect::Astray;
use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderValue};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::SystemTime;
use tower_service::Service;

const MOST_REDIRECTS: usize = 3;
/// GitHub's own media type, or else any JSON.
const ACCEPTED: &str = "application/vnd.github+json, application/json;q=0.9";

pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no answer to judge. It holds nothing of what was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the connection cannot be prepared")]
    Unprepared(#[source] Source),
    #[error("the server cannot be reached")]
    Unreachable(#[source] Source),
    #[error("the answer leads to {0:?}")]
    Elsewhere(String),
    #[error("the answer is too long")]
    TooLong,
    #[error("the answer has status {0}")]
    Status(u16),
    #[error("too much was asked")]
    Limited(Spent),
}

/// Marks a question to which a redirect away from the API is the answer.
#[derive(Clone, Copy)]
pub(crate) struct KeepRedirect;

/// The way to one GitHub in the name of one account. Clones share it.
#[derive(Clone)]
pub(crate) struct Transport(Arc<Line>);

struct Line {
    host: Host,
    account: Account,
    authorization: Option<HeaderValue>,
    cache: Cache,
}

impl Transport {
    /// `None` where the token cannot stand in a header.
    pub(crate) fn new(host: Host, token: Option<&str>, cache: Cache) -> Option<Self> {
        let authorization = match token {
            None => None,
            Some(token) => {
                let mut value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let account = Account::of(host.name(), token);
        Some(Self(Arc::new(Line { host, account, authorization, cache })))
    }

    pub(crate) fn with_cache(&self, cache: Cache) -> Self {
        let Line { host, account, authorization, .. } = &*self.0;
        let (host, authorization) = (host.clone(), authorization.clone());
        Self(Arc::new(Line { host, account: *account, authorization, cache }))
    }

    pub(crate) fn rate(&self) -> Option<RateLimit> {
        self.0.cache.rate(self.0.account)
    }

    /// Returns what was settled under a name for this account.
    pub(crate) fn settled(&self, name: &str) -> Option<String> {
        Some(self.0.cache.answer(self.0.account, name)?.body.clone())
    }

    /// Keeps what will never change under a name that is no URL.
    pub(crate) fn settle(&self, name: &str, text: &str) {
        self.0.cache.remember(self.0.account, name, Remembered::settled(text.to_owned()));
    }

    /// Reads the last `most` bytes of a log that the answer to `route` led to. Whoever has the log is not told
    /// who asks.
    pub(crate) async fn end_of_log(
        &self,
        route: &str,
        headers: &HeaderMap,
        most: usize,
    ) -> Result<Vec<u8>, Failure> {
        let url = redirect::to_log(&self.0.host, &self.0.url(route)?, headers).map_err(astray)?;
        client::read_end(self.0.cache.client().await?, &url, most).await
    }
}

impl Service<Request<OctoBody>> for Transport {
    type Response = Response<String>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Response<String>, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, question: Request<OctoBody>) -> Self::Future {
        let line = Arc::clone(&self.0);
        Box::pin(async move { line.ask(question).await })
    }
}

impl Line {
    async fn ask(&self, question: Request<OctoBody>) -> Result<Response<String>, Failure> {
        let (question, body) = question.into_parts();
        let mut url = self.url(question.uri.path_and_query().map_or("/", |path| path.as_str()))?;
        for _ in 0..=MOST_REDIRECTS {
            if let Some(spent) = self.cache.spent(self.account, url.path()) {
                return Err(Failure::Limited(spent));
            }
            let reads = question.method == Method::GET;
            let remembered = reads.then(|| self.cache.answer(self.account, url.as_str())).flatten();
            let mut response = self.send(&question, &url, &body, remembered.as_deref()).await?;
            let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
            if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
                url = match redirect::within(&self.host, &url, &headers) {
                    Ok(url) => url,
                    Err(_) if question.extensions.get::<KeepRedirect>().is_some() => {
                        return Ok(answer(status, headers, String::new()));
                    }
                    Err(away) => return Err(astray(away)),
                };
                continue;
            }
            let body = client::read(response).await?;
            let now = SystemTime::now();
            let heard = Heard { path: url.path(), status, headers: &headers, body: &body, now };
            if let Some(spent) = self.cache.heard(self.account, &heard) {
                return Err(Failure::Limited(spent));
            }
            if let (StatusCode::NOT_MODIFIED, Some(remembered)) = (status, &remembered) {
                let known = remembered.renewed(&headers);
                let answer = answer(StatusCode::OK, known.headers.clone(), known.body.clone());
                self.cache.remember(self.account, url.as_str(), known);
                return Ok(answer);
            }
            if reads
                && status == StatusCode::OK
                && let Some(fresh) = Remembered::of(&headers, &body)
            {
                self.cache.remember(self.account, url.as_str(), fresh);
            }
            return Ok(answer(status, headers, body));
        }
        Err(Failure::Elsewhere(url.host_str().unwrap_or_default().to_owned()))
    }

    async fn send(
        &self,
        question: &Parts,
        url: &Url,
        body: &OctoBody,
        remembered: Option<&Remembered>,
    ) -> Result<reqwest::Response, Failure> {
        let mut headers = question.headers.clone();
        headers.remove(CONTENT_LENGTH);
        headers.insert(ACCEPT, HeaderValue::from_static(ACCEPTED));
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        if let Some((name, value)) = remembered.and_then(Remembered::condition) {
            headers.insert(name, value);
        }
        let client = self.cache.client().await?;
        let mut request = client.request(question.method.clone(), url.clone()).headers(headers);
        if question.method != Method::GET {
            request = request.body(reqwest::Body::wrap(body.try_clone().unwrap_or_default()));
        }
        request.send().await.map_err(client::unreachable)
    }

    /// The address of a route, which begins with a slash.
    fn url(&self, route: &str) -> Result<Url, Failure> {
        let url = Url::parse(&format!("{}{route}", self.host.api()));
        url.map_err(|error| Failure::Unprepared(error.into()))
    }
}

fn answer(status: StatusCode, headers: HeaderMap, body: String) -> Response<String> {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}

fn astray(astray: Astray) -> Failure {
    Failure::Elsewhere(match astray {
        Astray::Nowhere => String::new(),
        Astray::To(host) => host,
    })
}
