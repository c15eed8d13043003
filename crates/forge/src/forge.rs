//! A connection to one GitHub: `github.com`, or a company's own server.

use crate::error::{ForgeError, Result, classify};
use crate::links::Links;
use crate::sign_in::Host;
use crate::transport::{Cache, KeepRedirect, Transport};
use anchorhold_domain::RateLimit;
use http::{HeaderMap, Request, StatusCode};
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;

/// How many entries a page has at most, which is as many as GitHub gives.
const PER_PAGE: usize = 100;
/// How many pages are looked at of which GitHub told nothing.
const MOST_UNTOLD: usize = 10;

/// One GitHub, seen with one account's token or with none. Clones share the connection.
#[derive(Clone)]
pub struct Forge {
    client: Octocrab,
    pub(crate) transport: Transport,
    host: Host,
}

/// How something is changed.
#[derive(Clone, Copy)]
pub(crate) enum Change {
    Post,
    Patch,
}

impl Forge {
    /// Prepares to talk to `host`, such as `github.com`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ForgeError::Host`] where `host` is not the name of a host, with or without a port, and
    /// [`ForgeError::TokenMalformed`] where the token cannot be one.
    pub async fn connect(host: &str, token: Option<&str>) -> Result<Self> {
        let host = Host::new(host).map_err(|_| ForgeError::Host { host: host.to_owned() })?;
        Self::at(&host, token).await
    }

    /// Prepares to talk to a host that is known already, or to a stand-in on this machine.
    ///
    /// Asynchronous because the client needs the runtime that will drive it.
    ///
    /// # Errors
    /// [`ForgeError::TokenMalformed`] where the token cannot be one.
    pub async fn at(host: &Host, token: Option<&str>) -> Result<Self> {
        let is_token = |token: &str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let transport = match token.is_none_or(is_token) {
            true => Transport::new(host.clone(), token, Cache::new()),
            false => None,
        };
        match transport {
            Some(transport) => Ok(Self::over(transport, host.clone())),
            None => Err(ForgeError::TokenMalformed { host: host.name().to_owned() }),
        }
    }

    /// Remembers answers, limits and connections in `cache`, so that whoever connects next with it finds them.
    /// Answers to one token are never given to another.
    #[must_use]
    pub fn with_cache(self, cache: Cache) -> Self {
        Self::over(self.transport.with_cache(cache), self.host)
    }

    /// Returns the host this talks to.
    #[must_use]
    pub fn host(&self) -> &str {
        self.host.name()
    }

    /// Returns what is left of the account's rate limit, once GitHub has told. Searches have one of their own.
    #[must_use]
    pub fn rate(&self) -> Option<RateLimit> {
        self.transport.rate()
    }

    /// Returns the address to clone a repository from, over HTTPS and without credentials.
    ///
    /// # Errors
    /// [`ForgeError::RepositoryName`] where GitHub cannot have such a repository.
    pub fn clone_url(&self, owner: &str, name: &str) -> Result<String> {
        Ok(format!("{}/{}.git", self.host.web(), full_name(owner, name)?))
    }

    /// The address of a page on this GitHub, or `otherwise` where `said` is not one.
    pub(crate) fn page(&self, said: Option<&str>, otherwise: &str) -> String {
        let own = |said: &&str| said.len() <= 2_000 && said.starts_with(&format!("{}/", self.host.web()));
        let parsed = said.filter(own).and_then(|said| url::Url::parse(said).ok());
        parsed.map_or_else(|| otherwise.to_owned(), String::from)
    }

    /// The address of a page of a repository.
    pub(crate) fn page_of(&self, repository: &str, rest: &str) -> String {
        format!("{}/{repository}/{rest}", self.host.web())
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, attempt: &str, route: &str) -> Result<T> {
        Ok(self.get_linked(attempt, route).await?.0)
    }

    /// As [`Forge::get`], with what the answer says of other pages.
    pub(crate) async fn get_linked<T: DeserializeOwned>(
        &self,
        attempt: &str,
        route: &str,
    ) -> Result<(T, Links)> {
        let asked = async {
            let answer = octocrab::map_github_error(self.client._get(route).await?).await?;
            let links = Links::read(answer.headers());
            Ok((self.client.body_to_string(answer).await?, links))
        };
        let (body, links) = asked.await.map_err(|error| self.classify(attempt, error))?;
        Ok((self.read(attempt, &body)?, links))
    }

    /// Reads a list that GitHub gives oldest first, from its end: at most 200 entries, oldest first.
    ///
    /// A page that did not change need not tell of pages that are new, so the one behind a full one is looked
    /// at in any case.
    pub(crate) async fn newest<T: DeserializeOwned>(&self, attempt: &str, route: &str) -> Result<Vec<T>> {
        let page = async |page: u32| {
            let joint = if route.contains('?') { '&' } else { '?' };
            self.get_linked::<Vec<T>>(attempt, &format!("{route}{joint}per_page={PER_PAGE}&page={page}"))
                .await
        };
        let (mut before, mut newest) = (Vec::new(), page(1).await?);
        let mut last = newest.1.last.unwrap_or(1);
        if last > 1 {
            before = if last > 2 { page(last.saturating_sub(1)).await?.0 } else { newest.0 };
            newest = page(last).await?;
        }
        for _ in 0..MOST_UNTOLD {
            if newest.0.len() < PER_PAGE {
                break;
            }
            last = last.saturating_add(1);
            let next = page(last).await?;
            if next.0.is_empty() {
                break;
            }
            before = std::mem::replace(&mut newest, next).0;
        }
        before.append(&mut newest.0);
        Ok(before)
    }

    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        attempt: &str,
        change: Change,
        route: &str,
        body: &impl Serialize,
    ) -> Result<T> {
        let asked = async {
            let answer = match change {
                Change::Post => self.client._post(route, Some(body)).await?,
                Change::Patch => self.client._patch(route, Some(body)).await?,
            };
            self.client.body_to_string(octocrab::map_github_error(answer).await?).await
        };
        let body = asked.await.map_err(|error| self.classify(attempt, error))?;
        self.read(attempt, &body)
    }

    /// Asks for something that lies elsewhere, and returns the headers that say where.
    pub(crate) async fn redirect(&self, attempt: &str, route: &str) -> Result<HeaderMap> {
        let asked = async {
            let question = Request::get(route).extension(KeepRedirect);
            let question = self.client.build_request(question, None::<&()>)?;
            let answer = self.client.execute(question).await?;
            if answer.status() == StatusCode::FOUND {
                return Ok(answer.headers().clone());
            }
            Ok(octocrab::map_github_error(answer).await?.headers().clone())
        };
        asked.await.map_err(|error| self.classify(attempt, error))
    }

    pub(crate) fn classify(&self, attempt: &str, error: octocrab::Error) -> ForgeError {
        classify(attempt, &self.host, error)
    }

    fn over(transport: Transport, host: Host) -> Self {
        let builder = OctocrabBuilder::new_empty().with_service(transport.clone());
        let client = match builder.with_auth(AuthState::None).build() {
            Ok(client) => client,
            Err(never) => match never {},
        };
        Self { client, transport, host }
    }

    fn read<T: DeserializeOwned>(&self, attempt: &str, body: &str) -> Result<T> {
        serde_json::from_str(body).map_err(|source| ForgeError::Answer {
            attempt: attempt.to_owned(),
            host: self.host.name().to_owned(),
            source: source.into(),
        })
    }
}

impl fmt::Debug for Forge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forge").field("host", &self.host.name()).finish_non_exhaustive()
    }
}

/// A repository as it stands in routes and pages.
pub(crate) fn full_name(owner: &str, name: &str) -> Result<String> {
    if is_name(owner) && is_name(name) {
        return Ok(format!("{owner}/{name}"));
    }
    Err(ForgeError::RepositoryName { owner: owner.to_owned(), name: name.to_owned() })
}

/// What GitHub allows in the names of owners and repositories; also keeps a name from becoming
/// another path.
pub(crate) fn is_name(text: &str) -> bool {
    !matches!(text, "" | "." | "..")
        && text.len() <= 100
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// What git allows as the name of a commit.
pub(crate) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
