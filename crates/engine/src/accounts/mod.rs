//! Who is signed in, and what is shown to which server in whose name.
//!
//! What is no secret rests in the store, tokens and secrets in the keychain, both under the account's key.
//! The ways to sign in are the room [`anchorhold_forge`]'s; here they are chosen, followed and put to rest.
//! Other verbs need two things of this module: `Shared::with_forge` for the API and
//! `Shared::with_credentials` for git. Both refresh what is about to end, and try once more where the server
//! refuses what it was shown.

mod app;
mod browser;
mod keeping;
mod pages;
mod repositories;
mod signing_in;
mod using;

pub(crate) use using::{Whose, forge_host};

use crate::{Config, EngineError};
use anchorhold_domain::{LinkedAccount, Timestamp};
use anchorhold_forge::sign_in::{Clock, Host};
use anchorhold_secrets::{Rest, Secrets};
use anchorhold_store::{KeptAccount, Store};
use browser::Begun;
use keeping::Held;
use repositories::List;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};
use tokio_util::task::TaskTracker;

/// How many hosts are remembered that the user asked to sign in to.
const MOST_OFFERED: usize = 16;

/// The accounts of one data folder.
pub(crate) struct Accounts {
    store: Store,
    secrets: Secrets,
    /// What goes on although nobody waits for it any more; whoever closes the folder does.
    tasks: TaskTracker,
    clock: fn() -> Timestamp,
    rest: Rest,
    deep_links: fn() -> bool,
    #[cfg(debug_assertions)]
    stand_in: Option<std::net::SocketAddr>,
    /// One for each account that was used: a refresh token works once.
    held: tokio::sync::Mutex<HashMap<String, Held>>,
    /// Sign-ins in the browser, the last begun one at the end.
    begun: Mutex<VecDeque<Begun>>,
    /// What was read of each account's repositories.
    lists: Mutex<HashMap<String, Arc<List>>>,
    /// The hosts that the user asked to sign in to.
    offered: Mutex<VecDeque<String>>,
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").finish_non_exhaustive()
    }
}

impl Accounts {
    /// Forgets what ended with an earlier process.
    pub(crate) async fn open(
        config: &Config,
        store: Store,
        secrets: Secrets,
        tasks: TaskTracker,
    ) -> Result<Self, EngineError> {
        store.delete_session_accounts().await?;
        Ok(Self {
            store,
            secrets,
            tasks,
            clock: config.clock,
            rest: if config.session_only { Rest::Session } else { Rest::Keychain },
            deep_links: config.deep_links,
            #[cfg(debug_assertions)]
            stand_in: config.stand_in,
            held: tokio::sync::Mutex::default(),
            begun: Mutex::default(),
            lists: Mutex::default(),
            offered: Mutex::default(),
        })
    }

    /// Returns every account, by host.
    pub(crate) async fn all(&self) -> Result<Vec<LinkedAccount>, EngineError> {
        Ok(self.store.accounts().await?.into_iter().map(|kept| kept.account).collect())
    }

    /// Returns the account with this key.
    pub(crate) async fn kept(&self, key: &str) -> Result<KeptAccount, EngineError> {
        let found = self.store.accounts().await?.into_iter().find(|kept| kept.account.key == key);
        found.ok_or_else(|| EngineError::UnknownAccount(key.to_owned()))
    }

    /// Returns the account that is used on a host: the one with this key where it is of that host, else the
    /// chosen one.
    pub(crate) async fn used(
        &self,
        key: Option<&str>,
        host: &str,
    ) -> Result<Option<LinkedAccount>, EngineError> {
        let mut there = self.all().await?;
        there.retain(|account| account.host == host);
        let own = there.iter().position(|account| key == Some(account.key.as_str()));
        let used = own.or_else(|| there.iter().position(|account| account.chosen));
        Ok(used.map(|place| there.swap_remove(place)))
    }

    /// Lets an account be the one that is used on its host.
    pub(crate) async fn choose(&self, key: &str) -> Result<(), EngineError> {
        self.kept(key).await?;
        Ok(self.store.choose_account(key).await?)
    }

    /// Sets the address that an account commits with.
    pub(crate) async fn set_email(&self, key: &str, email: &str) -> Result<(), EngineError> {
        let account = self.kept(key).await?.account;
        if !account.emails.iter().any(|known| known == email) {
            return Err(EngineError::EmailUnknown { email: email.to_owned(), login: account.login });
        }
        Ok(self.store.set_account_email(key, email).await?)
    }

    /// Reads the name of a GitHub. A stand-in of the tests is one only where the build has debug assertions and
    /// the program was started for it.
    pub(crate) fn host(&self, name: &str) -> Result<Host, EngineError> {
        #[cfg(debug_assertions)]
        if let Some(address) = self.stand_in.filter(|address| address.to_string() == name) {
            return Ok(Host::on_this_machine(address)?);
        }
        Ok(Host::new(name.trim())?)
    }

    /// Whether a host is one on which there is a GitHub, as far as is known here.
    pub(crate) async fn is_forge(&self, host: &str) -> Result<bool, EngineError> {
        let usual = host == "github.com" || host.ends_with(".ghe.com");
        let app = || async { Ok::<_, EngineError>(self.app(host).await?.is_some()) };
        Ok(usual || self.all().await?.iter().any(|account| account.host == host) || app().await?)
    }

    /// Where the tokens of a sign-in rest: in the keychain or in memory alone, as the user says, else as usual.
    pub(crate) fn rest_of(&self, remember: Option<bool>) -> Rest {
        match remember {
            Some(true) => Rest::Keychain,
            Some(false) => Rest::Session,
            None => self.rest,
        }
    }

    /// Remembers that the user asked to sign in to a host.
    fn remember_offer(&self, host: &str) {
        let mut offered = lock(&self.offered);
        offered.retain(|known| known != host);
        offered.push_back(host.to_owned());
        if offered.len() > MOST_OFFERED {
            offered.pop_front();
        }
    }

    /// The engine's clock as the sign-in reads it.
    fn clock(&self) -> Clock {
        let clock = self.clock;
        Clock::new(move || UNIX_EPOCH + Duration::from_millis(u64::try_from(clock().0).unwrap_or_default()))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
