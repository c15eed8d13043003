//! The tokens of each account: read from rest once, kept fresh, and forgotten when the account is signed out.

use super::{Accounts, lock};
use crate::EngineError;
use anchorhold_domain::LinkedAccount;
use anchorhold_forge::sign_in::{Keeper, SaveError, Tokens};
use anchorhold_secrets::{Rest, Secret, SecretName};
use anchorhold_store::KeptAccount;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The tokens of one account in this process.
#[derive(Clone)]
pub(super) struct Held {
    keeper: Keeper,
    /// Whether new tokens may still be put to rest; never again once the account is signed out.
    signed_in: Arc<Mutex<bool>>,
}

impl Held {
    /// Ends it: what a refresh that is under way brings is not put to rest. Waits for one that is just being.
    pub(super) async fn end(&self) {
        *self.signed_in.lock().await = false;
    }
}

impl Accounts {
    /// Returns a token that holds for some minutes at least.
    pub(super) async fn token(&self, key: &str) -> Result<Secret, EngineError> {
        let asked = async { Ok(self.keeper(key).await?.token().await?) };
        let asked = asked.await;
        self.note(key, asked).await
    }

    /// Returns another token than the one that a server refused.
    pub(super) async fn after_refusal(&self, key: &str, refused: &Secret) -> Result<Secret, EngineError> {
        let asked = async { Ok(self.keeper(key).await?.after_refusal(refused).await?) };
        let asked = asked.await;
        self.note(key, asked).await
    }

    /// Takes note that a server took a token. Only where it had to, the account is known to work again.
    pub(super) async fn accepted(&self, key: &str, token: &Secret, had_to: bool) -> Result<(), EngineError> {
        let held = self.held.lock().await.get(key).cloned();
        if let Some(held) = held {
            held.keeper.accepted(token).await;
        }
        if had_to && self.kept(key).await.is_ok_and(|kept| kept.account.trouble.is_some()) {
            self.store.set_account_trouble(key, None).await?;
        }
        Ok(())
    }

    /// Signs an account out: its tokens are forgotten in memory and at rest, and then that it was there. Where
    /// the keychain may still hold them, the account stays and the error says so.
    pub(crate) async fn sign_out(&self, key: &str) -> Result<(), EngineError> {
        let kept = self.kept(key).await?;
        self.let_go(key).await;
        let name = SecretName::Account { key: key.to_owned() };
        match kept.account.session_only {
            true => self.secrets.delete(&name).await?,
            false => self.secrets.erase(&name).await?,
        }
        Ok(self.store.delete_account(key).await?)
    }

    /// Puts the tokens of a new sign-in to rest, in place of those of an earlier one, and then the account.
    ///
    /// Where the earlier one was remembered and this one is not to be, the keychain forgets what it has. One
    /// that does not open is no reason to sign nobody in: that may be why it is not to be used.
    pub(super) async fn put_to_rest(&self, kept: &KeptAccount, tokens: &Tokens) -> Result<(), EngineError> {
        let (key, rest) = (&kept.account.key, rest(&kept.account));
        let secret = tokens.to_secret(&self.host(&kept.account.host)?)?;
        let name = SecretName::Account { key: key.clone() };
        let remembered = self.kept(key).await.is_ok_and(|before| !before.account.session_only);
        self.let_go(key).await;
        if remembered
            && rest == Rest::Session
            && let Err(error) = self.secrets.erase(&name).await
        {
            tracing::warn!(code = error.code(), "the keychain may hold what an earlier sign-in left there");
        }
        self.secrets.set(&name, secret, rest).await?;
        Ok(self.store.put_account(kept).await?)
    }

    /// Forgets what this process holds of an account.
    async fn let_go(&self, key: &str) {
        let held = self.held.lock().await.remove(key);
        if let Some(held) = held {
            held.end().await;
        }
        lock(&self.lists).remove(key);
    }

    async fn keeper(&self, key: &str) -> Result<Keeper, EngineError> {
        // Held while the keychain answers, so that there is never a second one of the same tokens.
        let mut held = self.held.lock().await;
        if let Some(held) = held.get(key) {
            return Ok(held.keeper.clone());
        }
        let kept = self.kept(key).await?;
        let one = self.hold(&kept).await?;
        let keeper = one.keeper.clone();
        held.insert(key.to_owned(), one);
        Ok(keeper)
    }

    async fn hold(&self, kept: &KeptAccount) -> Result<Held, EngineError> {
        let account = &kept.account;
        let (host, name) = (self.host(&account.host)?, SecretName::Account { key: account.key.clone() });
        let secret = self.secrets.needed(&name).await?;
        let secret = secret.ok_or_else(|| EngineError::AccountLost {
            login: account.login.clone(),
            host: account.host.clone(),
        })?;
        let tokens = Tokens::from_secret(&host, &secret)?;
        let sign_in = self.sign_in_as_before(&host, account.way, kept.client_id.as_deref()).await?;
        let rest = rest(account);
        let signed_in = Arc::new(Mutex::new(true));
        let keeper = Keeper::new(sign_in, tokens, {
            let (secrets, signed_in) = (self.secrets.clone(), Arc::clone(&signed_in));
            move |tokens: Tokens| {
                let (secrets, signed_in) = (secrets.clone(), Arc::clone(&signed_in));
                let (host, name) = (host.clone(), name.clone());
                async move {
                    let signed_in = signed_in.lock().await;
                    if !*signed_in {
                        return Err(SaveError::from("the account was signed out"));
                    }
                    secrets.set(&name, tokens.to_secret(&host)?, rest).await?;
                    Ok(())
                }
            }
        });
        Ok(Held { keeper, signed_in })
    }

    /// Writes down why an account cannot be used, where only the user can change that.
    async fn note(&self, key: &str, asked: Result<Secret, EngineError>) -> Result<Secret, EngineError> {
        let Err(error) = &asked else { return asked };
        let lasting = matches!(
            error.code(),
            "sign_in_again"
                | "sign_in_kept_unreadable"
                | "sign_in_app_unknown"
                | "sign_in_app_suspended"
                | "account_lost"
        );
        if lasting {
            let fault = error.fault();
            tracing::warn!(account = key, code = error.code(), "the account cannot be used");
            self.store.set_account_trouble(key, Some(&fault)).await?;
        }
        asked
    }
}

/// Where the tokens of an account rest.
fn rest(account: &LinkedAccount) -> Rest {
    if account.session_only { Rest::Session } else { Rest::Keychain }
}
