//! What other verbs use of the accounts: a signed-in connection to the API, and what git shows to a server.
//!
//! Each is for one operation. What the server refuses is refreshed and tried once more, never oftener: a token
//! that is refused twice is no longer good.

use crate::EngineError;
use crate::config::Identity;
use crate::engine::Shared;
use anchorhold_domain::{Agent, LinkedAccount};
use anchorhold_forge::{Forge, ForgeError};
use anchorhold_repo::{Credentials, Remote, RepoError};
use anchorhold_secrets::{Secret, SecretName};

/// The user name that goes with a token where the secret holds no other.
const TOKEN_USER: &str = "x-access-token";

/// In whose name something is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose<'a> {
    /// Of the account that an agent belongs to, on its repository's host.
    Agent(&'a Agent),
    /// Of the account that is used for a repository, by its address.
    Repository(&'a str),
    /// Of one account, by its key.
    Account(&'a str),
}

/// A token, and the account that it is of; a token that was set by hand is of none.
struct Shown {
    token: Secret,
    account: Option<LinkedAccount>,
}

impl Shared {
    /// Asks a GitHub something, signed in where anybody is.
    ///
    /// `work` is called once, and once more with another token where the first was refused.
    ///
    /// # Errors
    /// [`EngineError::NotOnGitHub`] where the repository's host is not known to be a GitHub, those of the account,
    /// and those of `work`.
    pub(crate) async fn with_forge<T, W, R>(&self, whose: Whose<'_>, work: W) -> Result<T, EngineError>
    where
        W: Fn(Forge) -> R + Send + Sync,
        R: Future<Output = Result<T, ForgeError>> + Send,
        T: Send,
    {
        let (host, key) = self.place(whose).await?;
        if !self.accounts.is_forge(&host).await? {
            return Err(not_on_github(&host));
        }
        let shown = self.shown(key.as_deref(), &host).await?;
        let forge = self.forge(&host, shown.as_ref()).await?;
        let first = work(forge).await;
        let Some((account, token)) = shown.and_then(|shown| Some((shown.account?, shown.token))) else {
            return Ok(first?);
        };
        let (done, token) = match first {
            Err(ForgeError::SignIn { .. }) => {
                let token = self.accounts.after_refusal(&account.key, &token).await?;
                let shown = Shown { token: token.clone(), account: Some(account.clone()) };
                (work(self.forge(&host, Some(&shown)).await?).await, token)
            }
            other => (other, token),
        };
        if done.is_ok() {
            self.accounts.accepted(&account.key, &token, true).await?;
        }
        Ok(done?)
    }

    /// Does something with a repository's server, shown what the account on it has.
    ///
    /// `agent` is whose account goes first. `work` is called once, and once more with another token where the
    /// first was refused.
    ///
    /// # Errors
    /// Those of the account, and those of `work`.
    pub(crate) async fn with_credentials<T, W, R>(
        &self,
        agent: Option<&Agent>,
        remote: &Remote,
        work: W,
    ) -> Result<T, EngineError>
    where
        W: Fn(Credentials) -> R + Send + Sync,
        R: Future<Output = Result<T, EngineError>> + Send,
        T: Send,
    {
        let host = remote.host().unwrap_or_default();
        let shown = match is_ssh(remote) || host.is_empty() {
            // The user's ssh agent signs in.
            true => None,
            false => self.shown(agent.map(|agent| agent.user_id.as_str()), host).await?,
        };
        let first = work(credentials(host, shown.as_ref())).await;
        let Some((account, token)) = shown.and_then(|shown| Some((shown.account?, shown.token))) else {
            return first;
        };
        let (done, token) = match first {
            Err(EngineError::Repo(RepoError::Auth { offered: true, .. })) => {
                let token = self.accounts.after_refusal(&account.key, &token).await?;
                let shown = Shown { token: token.clone(), account: Some(account.clone()) };
                (work(credentials(host, Some(&shown))).await, token)
            }
            other => (other, token),
        };
        match done {
            Err(EngineError::Repo(RepoError::Forbidden { .. })) if !account.lacks.is_empty() => {
                Err(EngineError::ScopeMissing {
                    login: account.login,
                    host: account.host,
                    lacks: account.lacks,
                })
            }
            done => {
                if done.is_ok() {
                    // A public repository is given to everybody.
                    self.accounts.accepted(&account.key, &token, false).await?;
                }
                done
            }
        }
    }

    /// Returns what may be shown to the host of an agent's repository, and to no other. Prefer
    /// [`Shared::with_credentials`], which knows what to do where it is refused.
    ///
    /// # Errors
    /// Those of the account.
    pub(crate) async fn credentials(
        &self,
        agent: &Agent,
        remote: &Remote,
    ) -> Result<Credentials, EngineError> {
        let Some(host) = remote.host().filter(|_| !is_ssh(remote)) else { return Ok(Credentials::none()) };
        Ok(credentials(host, self.shown(Some(&agent.user_id), host).await?.as_ref()))
    }

    /// Returns the account that an agent works in the name of, where there is one.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn account_of(&self, agent: &Agent) -> Result<Option<LinkedAccount>, EngineError> {
        let host = forge_host(&agent.github_repo)?;
        match host {
            Some(host) => self.accounts.used(Some(&agent.user_id), &host).await,
            None => Ok(None),
        }
    }

    /// Returns whom a new agent for a repository belongs to: the account that is used on its host, or the one
    /// who uses this machine.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn owner_of(&self, address: &str) -> Result<String, EngineError> {
        let account = match forge_host(address)? {
            Some(host) => self.accounts.used(None, &host).await?,
            None => None,
        };
        Ok(account.map_or_else(|| "local".to_owned(), |account| account.key))
    }

    /// Returns who commits for an agent: what was configured, its account with the chosen address, or what git
    /// says.
    ///
    /// # Errors
    /// [`EngineError::IdentityMissing`].
    pub(crate) async fn identity_of(&self, agent: &Agent) -> Result<Identity, EngineError> {
        if self.config.identity.is_none()
            && let Some(LinkedAccount { name, email, .. }) = self.account_of(agent).await?
        {
            return Ok(Identity { name, email });
        }
        self.identity()
    }

    /// Returns the addresses that an agent's commits can have: those of its account, else the one that git
    /// names.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn emails_of(
        &self,
        agent: &Agent,
        identity: &Identity,
    ) -> Result<Vec<String>, EngineError> {
        let account = match self.config.identity {
            Some(_) => None,
            None => self.account_of(agent).await?,
        };
        Ok(account.map_or_else(|| vec![identity.email.clone()], |account| account.emails))
    }

    /// The host, and the key of the account that goes first on it.
    async fn place(&self, whose: Whose<'_>) -> Result<(String, Option<String>), EngineError> {
        let no_host = || not_on_github("this machine");
        Ok(match whose {
            Whose::Agent(agent) => {
                (forge_host(&agent.github_repo)?.ok_or_else(no_host)?, Some(agent.user_id.clone()))
            }
            Whose::Repository(address) => (forge_host(address)?.ok_or_else(no_host)?, None),
            Whose::Account(key) => (self.accounts.kept(key).await?.account.host, Some(key.to_owned())),
        })
    }

    /// What is shown to a host: the token of the account that is used there, else one that was set by hand.
    async fn shown(&self, key: Option<&str>, host: &str) -> Result<Option<Shown>, EngineError> {
        if let Some(account) = self.accounts.used(key, host).await? {
            let token = self.accounts.token(&account.key).await?;
            return Ok(Some(Shown { token, account: Some(account) }));
        }
        let name = SecretName::GitToken { host: host.to_owned() };
        Ok(self.secrets.get(&name).await?.map(|token| Shown { token, account: None }))
    }

    async fn forge(&self, host: &str, shown: Option<&Shown>) -> Result<Forge, EngineError> {
        let token = shown.map(|shown| split(shown).1);
        let forge = Forge::at(&self.accounts.host(host)?, token).await?;
        // Nothing that one account was answered is kept for another. No account has a key without a number, so
        // that one is for a token that was set by hand and for nobody.
        let account = shown.and_then(|shown| shown.account.as_ref());
        let key = account.map_or_else(|| format!("{host}/"), |account| account.key.clone());
        Ok(forge.with_cache(self.accounts.cache(&key)))
    }
}

fn credentials(host: &str, shown: Option<&Shown>) -> Credentials {
    shown.map_or_else(Credentials::none, |shown| {
        let (user, password) = split(shown);
        Credentials::https(host, user, password)
    })
}

/// User and token; what was set by hand can be both in one.
fn split(shown: &Shown) -> (&str, &str) {
    let whole = shown.token.expose();
    match shown.account {
        Some(_) => (TOKEN_USER, whole),
        None => whole.split_once(':').unwrap_or((TOKEN_USER, whole)),
    }
}

fn is_ssh(remote: &Remote) -> bool {
    remote.display().starts_with("ssh://")
}

fn not_on_github(host: &str) -> EngineError {
    EngineError::NotOnGitHub { repository: format!("a repository on {host}") }
}

/// The GitHub that an address would be on: an ssh server's port is not the one of its pages.
pub(crate) fn forge_host(address: &str) -> Result<Option<String>, EngineError> {
    let remote = Remote::parse(address)?;
    let host = remote.host().map(|host| match is_ssh(&remote) {
        true => {
            host.rsplit_once(':').filter(|_| !host.ends_with(']')).map_or(host, |(name, _)| name).to_owned()
        }
        false => host.to_owned(),
    });
    Ok(host)
}
