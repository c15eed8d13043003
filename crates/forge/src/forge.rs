//! A connection to one GitHub: `github.com`, or a company's own server.

use crate::error::{ForgeError, Result, classify};
use crate::sign_in::Host;
use octocrab::{FromResponse, Octocrab};
use std::fmt;
use std::time::Duration;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
// GitHub itself gives up after 10 s.
// https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// One GitHub, seen with one account's token or with none. Clones share the connection.
#[derive(Clone)]
pub struct Forge {
    client: Octocrab,
    host: String,
}

impl Forge {
    /// Prepares to talk to `host`, such as `github.com`. Nothing is sent yet.
    ///
    /// Asynchronous because the client needs the runtime that will drive it.
    ///
    /// # Errors
    /// [`ForgeError::Host`] where `host` is not the name of a host, with or without a port, and
    /// [`ForgeError::TokenMalformed`] where the token cannot be one.
    pub async fn connect(host: &str, token: Option<&str>) -> Result<Self> {
        let host = Host::new(host).map_err(|_| ForgeError::Host { host: host.to_owned() })?;
        Self::at(&host, token).await
    }

    /// Prepares to talk to a host that was checked before. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ForgeError::TokenMalformed`] where the token cannot be one.
    pub async fn at(host: &Host, token: Option<&str>) -> Result<Self> {
        Self::connect_to(host.api(), host.name().to_owned(), token)
    }

    pub(crate) fn connect_to(api: &str, host: String, token: Option<&str>) -> Result<Self> {
        let mut builder = Octocrab::builder()
            .set_connect_timeout(Some(CONNECT_WITHIN))
            .set_read_timeout(Some(ANSWER_WITHIN))
            .set_write_timeout(Some(ANSWER_WITHIN))
            .base_uri(api)
            .map_err(|_| ForgeError::Host { host: host.clone() })?;
        if let Some(token) = token {
            if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(ForgeError::TokenMalformed { host });
            }
            builder = builder.personal_token(token.to_owned());
        }
        match builder.build() {
            Ok(client) => Ok(Self { client, host }),
            Err(error) => Err(classify("connect", &host, error)),
        }
    }

    /// Returns the host this talks to.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the address to clone a repository from, over HTTPS and without credentials.
    ///
    /// # Errors
    /// [`ForgeError::RepositoryName`] where GitHub cannot have such a repository.
    pub fn clone_url(&self, owner: &str, name: &str) -> Result<String> {
        if !is_name(owner) || !is_name(name) {
            return Err(ForgeError::RepositoryName { owner: owner.to_owned(), name: name.to_owned() });
        }
        Ok(format!("https://{}/{owner}/{name}.git", self.host))
    }

    pub(crate) async fn get<T: FromResponse>(&self, attempt: &'static str, route: &str) -> Result<T> {
        self.client.get(route, None::<&()>).await.map_err(|error| classify(attempt, &self.host, error))
    }
}

impl fmt::Debug for Forge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forge").field("host", &self.host).finish_non_exhaustive()
    }
}

/// What GitHub allows in the names of owners and repositories; also keeps a name from becoming
/// another path.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && !text.starts_with('.')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
