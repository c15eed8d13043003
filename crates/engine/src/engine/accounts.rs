//! Signing in and out, and what accounts can reach.

use super::Engine;
use crate::EngineError;
use anchorhold_domain::{ForgeApp, LinkedAccount, RepositoryList, SignInOffer, SignInProgress, SignInWay};
use anchorhold_secrets::{Rest, Secret};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Steps of a sign-in that wait to be heard. There is one every few seconds.
const STEPS: usize = 8;

impl Engine {
    /// Returns who is signed in, by host.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn accounts(&self) -> Result<Vec<LinkedAccount>, EngineError> {
        self.shared.accounts.all().await
    }

    /// Says how one can sign in to a host, such as `github.com`.
    ///
    /// # Errors
    /// Where it is not the name of a host.
    pub async fn sign_in_offer(&self, host: &str) -> Result<SignInOffer, EngineError> {
        self.shared.accounts.offer(host).await
    }

    /// Signs in to a host. Each step is told; the last one is `SignedIn` or `Failed`. Letting go of what is
    /// returned ends it. `token` is what was pasted, for that way alone. Without `remember` its tokens rest in
    /// memory alone and the account is forgotten when the program ends; `None` leaves that to the environment.
    #[must_use]
    pub fn sign_in(
        &self,
        host: &str,
        way: SignInWay,
        token: Option<String>,
        remember: Option<bool>,
    ) -> mpsc::Receiver<SignInProgress> {
        let (told, hears) = mpsc::channel(STEPS);
        let (accounts, shutdown) = (Arc::clone(&self.shared.accounts), self.shared.shutdown.clone());
        let rest = accounts.rest_of(remember);
        let (host, given_up) = (host.to_owned(), told.clone());
        self.shared.tasks.spawn(async move {
            let signing_in = Arc::clone(&accounts).sign_in(host, way, token.map(Secret::new), rest, told);
            tokio::select! {
                () = signing_in => {}
                () = given_up.closed() => {}
                // The browser may come back to the next process.
                () = shutdown.cancelled() => return,
            }
            if way == SignInWay::Browser && rest == Rest::Keychain {
                accounts.forget_begun().await;
            }
        });
        hears
    }

    /// Takes the address with which the browser came back to this program. The sign-in that waits for it goes on
    /// with it; where one of an earlier process does, it is finished here and the account is returned.
    ///
    /// # Errors
    /// Where the address is not one of a sign-in that was begun here, was used, or comes too late.
    pub async fn finish_sign_in(&self, callback: &str) -> Result<Option<LinkedAccount>, EngineError> {
        self.shared.accounts.finish(callback).await
    }

    /// Signs an account out: everything that is kept of it here is forgotten.
    ///
    /// # Errors
    /// [`EngineError::UnknownAccount`], and where the keychain may still hold its tokens; the account stays then.
    pub async fn sign_out(&self, key: &str) -> Result<(), EngineError> {
        self.shared.accounts.sign_out(key).await
    }

    /// Lets an account be the one that is used on its host.
    ///
    /// # Errors
    /// [`EngineError::UnknownAccount`].
    pub async fn choose_account(&self, key: &str) -> Result<(), EngineError> {
        self.shared.accounts.choose(key).await
    }

    /// Sets the address that an account commits with, one of its own.
    ///
    /// # Errors
    /// [`EngineError::UnknownAccount`] and [`EngineError::EmailUnknown`].
    pub async fn set_commit_email(&self, key: &str, email: &str) -> Result<(), EngineError> {
        self.shared.accounts.set_email(key, email).await
    }

    /// Returns the app that the user set for a host; none where the built-in one is used, or there is none.
    ///
    /// # Errors
    /// Where it is not the name of a host.
    pub async fn forge_app(&self, host: &str) -> Result<Option<ForgeApp>, EngineError> {
        let accounts = &self.shared.accounts;
        accounts.own_app(accounts.host(host)?.name()).await
    }

    /// Sets the app in whose name users sign in to its host. Its secret goes to the keychain; without one, the
    /// one of before stays where it is the same app and says that it has one.
    ///
    /// # Errors
    /// [`EngineError::App`] where it makes no sense, and where the keychain does not take the secret.
    pub async fn set_forge_app(&self, app: ForgeApp, secret: Option<String>) -> Result<(), EngineError> {
        self.shared.accounts.set_app(app, secret.map(Secret::new)).await
    }

    /// Forgets the app that the user set for a host.
    ///
    /// # Errors
    /// Where the keychain may still hold its secret.
    pub async fn forget_forge_app(&self, host: &str) -> Result<(), EngineError> {
        self.shared.accounts.forget_app(host).await
    }

    /// Finds repositories that an account can reach, or without one the account that is used. The first answer
    /// waits for a page of them; the others are read meanwhile.
    ///
    /// # Errors
    /// Where nothing could be read.
    pub async fn repositories(
        &self,
        account: Option<&str>,
        text: &str,
    ) -> Result<RepositoryList, EngineError> {
        self.shared.repositories(account, text).await
    }

    /// Returns an address as the browser may be given it.
    ///
    /// # Errors
    /// [`EngineError::PageRefused`] where it is not a page of a GitHub that the user chose.
    pub async fn page(&self, address: &str) -> Result<String, EngineError> {
        self.shared.accounts.page(address).await
    }
}
