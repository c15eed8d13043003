//! The tokens of each account: read from rest once, kept fresh, and forgotten when the account is signed out.

use super::{Accounts, lock};
use crate::EngineError;
use anchorhold_domain::LinkedAccount;
use anchorhold_forge::sign_in::{Keeper, SaveError, Tokens};
use anchorhold_secrets::{Rest, Secret, SecretName};
use anchorhold_store::KeptAccount;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The tokens of one account in this process.
#[derive(Clone)]
pub(super) struct Held {
    keeper: Keeper,
    /// The GitHub that they are of.
    host: String,
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
        // Held until the end, so that nobody begins anew with what is just being forgotten.
        let mut held = self.held.lock().await;
        let kept = self.kept(key).await?;
        self.let_go(&mut held, key).await;
        self.forget_tokens(&kept.account).await?;
        Ok(self.store.delete_account(key).await?)
    }

    /// Waits for what is being refreshed, which is spent otherwise and nowhere at rest, and lets nothing more
    /// be.
    pub(crate) async fn close(&self) {
        for (key, held) in self.held.lock().await.iter() {
            if !held.keeper.close().await {
                tracing::error!(
                    account = key,
                    "the account's new tokens cannot be kept: it has to sign in again"
                );
            }
        }
    }

    /// Lets go of what is held of a host's accounts, so that the app of now refreshes it. What is not at rest
    /// yet stays: nobody else has it.
    pub(super) async fn begin_anew(&self, host: &str) {
        let mut held = self.held.lock().await;
        let there = held.iter().filter(|(_, one)| one.host == host);
        let there: Vec<_> = there.map(|(key, one)| (key.clone(), one.keeper.clone())).collect();
        for (key, keeper) in there {
            if keeper.close().await {
                held.remove(&key);
            }
        }
    }

    /// Puts the tokens and the account of a new sign-in to rest as a whole: a sign-in that is given up in the
    /// middle of that leaves no tokens of an account that is not there.
    pub(super) async fn keep(
        self: &Arc<Self>,
        kept: KeptAccount,
        tokens: Tokens,
    ) -> Result<LinkedAccount, EngineError> {
        let accounts = Arc::clone(self);
        let keeping = self.tasks.spawn(async move {
            accounts.put_to_rest(&kept, &tokens).await?;
            Ok(kept.account)
        });
        keeping.await.map_err(|_| EngineError::Panicked { verb: "keep the sign-in" })?
    }

    /// Puts the tokens of a new sign-in to rest, in place of those of an earlier one, and then the account.
    ///
    /// Where the earlier one was remembered and this one is not to be, the keychain forgets what it has. One
    /// that does not open is no reason to sign nobody in: that may be why it is not to be used.
    async fn put_to_rest(&self, kept: &KeptAccount, tokens: &Tokens) -> Result<(), EngineError> {
        let (key, rest) = (&kept.account.key, rest(&kept.account));
        let secret = tokens.to_secret(&self.host(&kept.account.host)?)?;
        let name = SecretName::Account { key: key.clone() };
        // Held until the end, so that nobody begins anew with what is just being replaced.
        let mut held = self.held.lock().await;
        let before = self.kept(key).await.ok();
        self.let_go(&mut held, key).await;
        if before.as_ref().is_some_and(|before| !before.account.session_only)
            && rest == Rest::Session
            && let Err(error) = self.secrets.erase(&name).await
        {
            tracing::warn!(code = error.code(), "the keychain may hold what an earlier sign-in left there");
        }
        self.secrets.set(&name, secret, rest).await?;
        let put = self.store.put_account(kept).await;
        // Where there was none before, nobody would ever find these.
        if put.is_err()
            && before.is_none()
            && let Err(error) = self.forget_tokens(&kept.account).await
        {
            tracing::warn!(code = error.code(), "the keychain may hold what a failed sign-in left there");
        }
        Ok(put?)
    }

    /// Forgets the tokens of an account at rest.
    async fn forget_tokens(&self, account: &LinkedAccount) -> Result<(), EngineError> {
        let name = SecretName::Account { key: account.key.clone() };
        match rest(account) {
            Rest::Session => self.secrets.delete(&name).await?,
            Rest::Keychain => self.secrets.erase(&name).await?,
        }
        Ok(())
    }

    /// Forgets what this process holds of an account.
    async fn let_go(&self, held: &mut HashMap<String, Held>, key: &str) {
        if let Some(held) = held.remove(key) {
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
        let save = {
            let (secrets, signed_in) = (self.secrets.clone(), Arc::clone(&signed_in));
            let (host, name) = (host.clone(), name.clone());
            move |tokens: Tokens| {
                let (secrets, signed_in) = (secrets.clone(), Arc::clone(&signed_in));
                let (host, name) = (host.clone(), name.clone());
                async move {
                    let signed_in = signed_in.lock().await;
                    if !*signed_in {
                        return Err(SaveError::from("the account was signed out"));
                    }
                    secrets.renew(&name, tokens.to_secret(&host)?, rest).await?;
                    Ok(())
                }
            }
        };
        let (secrets, of) = (self.secrets.clone(), host.name().to_owned());
        let load = move || {
            let (secrets, host, name) = (secrets.clone(), host.clone(), name.clone());
            async move {
                let kept = secrets.get(&name).await.ok()??;
                Tokens::from_secret(&host, &kept).ok()
            }
        };
        let keeper = Keeper::new(sign_in, tokens, save, load);
        Ok(Held { keeper, host: of, signed_in })
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{Config, Engine};
    use anchorhold_domain::{ForgeApp, SignInWay, Timestamp};
    use anchorhold_secrets::Secrets;
    use anchorhold_store::Store;
    use futures_util::FutureExt as _;
    use std::time::UNIX_EPOCH;
    use tempfile::TempDir;
    use tokio_util::task::TaskTracker;

    const HOST: &str = "ghe.example.com";

    /// The accounts of a folder of their own, which rest in memory alone.
    async fn accounts() -> (Arc<Accounts>, TempDir) {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(&place.path().join("accounts.db")).await.unwrap();
        let config = Config { session_only: true, ..Config::new(place.path().join("home"), "the tests") };
        let opened = Accounts::open(&config, store, Secrets::system(), TaskTracker::new()).await.unwrap();
        (Arc::new(opened), place)
    }

    fn ada() -> (KeptAccount, Tokens) {
        let account = LinkedAccount {
            key: format!("{HOST}/7"),
            host: HOST.to_owned(),
            login: "ada".to_owned(),
            name: "Ada".to_owned(),
            email: "ada@example.com".to_owned(),
            emails: vec!["ada@example.com".to_owned()],
            way: SignInWay::Browser,
            chosen: true,
            session_only: true,
            expires_at: None,
            lacks: vec![],
            trouble: None,
        };
        let kept =
            KeptAccount { account, client_id: Some("Iv23liTest".to_owned()), signed_in_at: Timestamp(1) };
        (kept, Tokens::lasting(Secret::new("ghu_token".to_owned())))
    }

    async fn at_rest(accounts: &Accounts) -> bool {
        let name = SecretName::Account { key: format!("{HOST}/7") };
        accounts.secrets.get(&name).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn a_sign_in_that_is_given_up_while_it_is_put_to_rest_is_whole() {
        let (accounts, _place) = accounts().await;
        let (kept, tokens) = ada();
        let others = accounts.held.lock().await;
        assert!(accounts.keep(kept.clone(), tokens).now_or_never().is_none());
        drop(others);
        accounts.tasks.close();
        accounts.tasks.wait().await;
        assert_eq!(accounts.all().await.unwrap(), [kept.account]);
        assert!(at_rest(&accounts).await);
    }

    #[tokio::test]
    async fn tokens_whose_account_cannot_be_written_down_do_not_stay() {
        let (accounts, _place) = accounts().await;
        accounts.store.close().await;
        let (kept, tokens) = ada();
        accounts.keep(kept, tokens).await.unwrap_err();
        assert!(!at_rest(&accounts).await);
    }

    #[tokio::test]
    async fn nobody_begins_anew_with_what_is_just_being_forgotten_or_replaced() {
        let (accounts, _place) = accounts().await;
        let (kept, tokens) = ada();
        let key = kept.account.key.clone();
        for signs_out in [false, true] {
            accounts.keep(kept.clone(), tokens.clone()).await.unwrap();
            accounts.token(&key).await.unwrap();
            let signed_in = Arc::clone(&accounts.held.lock().await.get(&key).unwrap().signed_in);
            // As while new tokens are being put to rest.
            let saving = signed_in.lock().await;
            let mut ending = match signs_out {
                true => accounts.sign_out(&key).boxed(),
                false => accounts.put_to_rest(&kept, &tokens).boxed(),
            };
            loop {
                assert!((&mut ending).now_or_never().is_none());
                match accounts.held.try_lock() {
                    Err(_) => break,
                    Ok(held) => assert!(held.contains_key(&key), "a second one could be made now"),
                }
                tokio::task::yield_now().await;
            }
            drop(saving);
            ending.await.unwrap();
        }
        assert!(!at_rest(&accounts).await);
    }

    #[tokio::test]
    async fn an_engine_that_is_closed_lets_nothing_be_refreshed_any_more() {
        let place = tempfile::tempdir().unwrap();
        let config = Config { session_only: true, ..Config::new(place.path().join("home"), "the tests") };
        let engine = Engine::open(config).await.unwrap();
        let accounts = Arc::clone(&engine.shared().accounts);
        let (kept, tokens) = ada();
        let key = kept.account.key.clone();
        let refresh = Some(Secret::new("ghr_token".to_owned()));
        let ended = Tokens { access_expires_at: Some(UNIX_EPOCH), refresh, ..tokens };
        accounts.keep(kept, ended).await.unwrap();
        let keeper = accounts.keeper(&key).await.unwrap();
        engine.close().await;
        assert_eq!(keeper.token().await.unwrap_err().code(), "sign_in_interrupted");
    }

    #[tokio::test]
    async fn another_secret_of_an_app_is_used_from_the_next_refresh_on() {
        let (accounts, _place) = accounts().await;
        let (kept, tokens) = ada();
        let key = kept.account.key.clone();
        accounts.keep(kept, tokens).await.unwrap();
        let app = |host: &str| ForgeApp {
            host: host.to_owned(),
            client_id: "Iv23liTest".to_owned(),
            slug: None,
            oauth_app: false,
            has_secret: false,
        };
        let holds = async || accounts.held.lock().await.contains_key(&key);
        accounts.token(&key).await.unwrap();
        accounts.set_app(app("github.example.com"), None).await.unwrap();
        assert!(holds().await);
        accounts.set_app(app(HOST), None).await.unwrap();
        assert!(!holds().await);
        accounts.token(&key).await.unwrap();
        accounts.forget_app(HOST).await.unwrap();
        assert!(!holds().await);
    }
}
