//! The operating system's keychain. Its calls block, may ask the user to unlock it, and have been
//! seen never to return, so each has a thread of its own and a time after which we stop waiting.

use crate::error::{Result, SecretsError};
use crate::{Secret, SecretName};
use keyring::credential::{Credential, CredentialBuilder, CredentialPersistence};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

const SERVICE: &str = "anchorhold";
const PATIENCE: Duration = Duration::from_secs(5);

/// A keychain, and how long we wait for it. Clones write in turn.
#[derive(Clone)]
pub(crate) struct Keychain {
    builder: Arc<CredentialBuilder>,
    patience: Duration,
    turns: Arc<Mutex<HashMap<SecretName, Turn>>>,
}

/// Held while one secret is written.
type Turn = Arc<tokio::sync::Mutex<()>>;

impl Keychain {
    /// The keychain of this operating system. Taken straight from its module rather than from the
    /// library's global, which anything in the process could replace.
    pub(crate) fn system() -> Self {
        // One for the whole process: whoever writes to it has to know of the turns of all others.
        static SYSTEM: LazyLock<Keychain> =
            LazyLock::new(|| Keychain::new(keyring::default::default_credential_builder().into(), PATIENCE));
        SYSTEM.clone()
    }

    pub(crate) fn new(builder: Arc<CredentialBuilder>, patience: Duration) -> Self {
        Self { builder, patience, turns: Arc::default() }
    }

    pub(crate) async fn get(&self, name: &SecretName) -> Result<Option<Secret>> {
        match self.ask(name, None, |credential| credential.get_password(), |_, _| {}).await? {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(refusal(name, error)),
        }
    }

    /// Keeps a secret. What comes too late is taken back: a keychain may ask its user to unlock it and write
    /// long after we stopped waiting, when whoever asked was told that nothing is kept.
    pub(crate) async fn set(&self, name: &SecretName, secret: Secret) -> Result<()> {
        let kept = secret.clone();
        let keep = move |credential: &Credential| {
            let before = credential.get_password().ok().map(Secret::new);
            credential.set_password(kept.expose()).map(|()| before)
        };
        let too_late = move |credential: &Credential, before| take_back(credential, &secret, before);
        self.write(name, keep, too_late).await?.map(drop).map_err(|error| refusal(name, error))
    }

    /// Keeps a secret whose predecessor is spent: it stays however late it comes.
    pub(crate) async fn renew(&self, name: &SecretName, secret: Secret) -> Result<()> {
        self.write(name, move |credential| credential.set_password(secret.expose()), |_, ()| {})
            .await?
            .map_err(|error| refusal(name, error))
    }

    pub(crate) async fn delete(&self, name: &SecretName) -> Result<()> {
        match self.write(name, |credential| credential.delete_credential(), |_, ()| {}).await? {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(refusal(name, error)),
        }
    }

    /// Asks to change a secret. It waits until what was asked before is over, also where nobody waits for that
    /// any more: what comes too late is taken back before the next one writes, and never from under it.
    async fn write<T: Send + 'static>(
        &self,
        name: &SecretName,
        change: impl FnOnce(&Credential) -> keyring::Result<T> + Send + 'static,
        too_late: impl FnOnce(&Credential, T) + Send + 'static,
    ) -> Result<keyring::Result<T>> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(name.clone()).or_default())
        };
        self.ask(name, Some(turn), change, too_late).await
    }

    /// Asks on a thread that nobody waits for at the end of the process: the runtime would wait for
    /// one of its own, and so for a keychain that never answers. What it says once nobody listens any more goes
    /// to `too_late`.
    async fn ask<T: Send + 'static>(
        &self,
        name: &SecretName,
        turn: Option<Turn>,
        question: impl FnOnce(&Credential) -> keyring::Result<T> + Send + 'static,
        too_late: impl FnOnce(&Credential, T) + Send + 'static,
    ) -> Result<keyring::Result<T>> {
        if !matches!(self.builder.persistence(), CredentialPersistence::UntilDelete) {
            // The library falls back to a pretended one where it was built without the real one.
            let source = "this program was built without the keychain of this system".into();
            return Err(SecretsError::Unavailable { name: name.clone(), source });
        }
        let (answer, mut answered) = oneshot::channel();
        let (builder, account) = (Arc::clone(&self.builder), name.account());
        std::thread::Builder::new()
            .name("keychain".to_owned())
            .spawn(move || match builder.build(None, SERVICE, &account) {
                Ok(credential) => {
                    let _turn = turn.map(|turn| turn.blocking_lock_owned());
                    if let Err(Ok(done)) = answer.send(question(credential.as_ref())) {
                        too_late(credential.as_ref(), done);
                    }
                }
                Err(error) => drop(answer.send(Err(error))),
            })
            .map_err(|source| SecretsError::Refused { name: name.clone(), source: source.into() })?;
        let in_time = tokio::time::timeout(self.patience, &mut answered).await;
        // Closed before it is looked at once more, so that no answer is lost between the two.
        answered.close();
        match in_time.or_else(|late| answered.try_recv().map(Ok).map_err(|_| late)) {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) => Err(SecretsError::Refused {
                name: name.clone(),
                source: "the keychain's library failed inside".into(),
            }),
            Err(_) => Err(SecretsError::TimedOut { name: name.clone(), seconds: self.patience.as_secs() }),
        }
    }
}

/// Takes back what was kept too late, in favour of what was there before, unless another program kept another
/// secret since. Nobody is left who could be told where that fails.
fn take_back(credential: &Credential, kept: &Secret, before: Option<Secret>) {
    let there = credential.get_password().map(Secret::new);
    if !there.is_ok_and(|there| there.expose() == kept.expose()) {
        return;
    }
    let _ = match before {
        Some(before) => credential.set_password(before.expose()),
        None => credential.delete_credential(),
    };
}

fn refusal(name: &SecretName, error: keyring::Error) -> SecretsError {
    let name = name.clone();
    match error {
        keyring::Error::NoStorageAccess(source) => SecretsError::Locked { name, source },
        // macOS and Windows always have a keychain; elsewhere this is how D-Bus says there is none.
        keyring::Error::PlatformFailure(source) if !cfg!(any(target_os = "macos", windows)) => {
            SecretsError::Unavailable { name, source }
        }
        // The library's error holds what it read, which is why it goes no further.
        keyring::Error::BadEncoding(_) => SecretsError::NotText { name },
        keyring::Error::TooLong(_, limit) => SecretsError::TooLong { name, limit },
        keyring::Error::Ambiguous(found) => SecretsError::Ambiguous { name, count: found.len() },
        other => SecretsError::Refused { name, source: other.into() },
    }
}

#[cfg(test)]
mod tests {
    use super::Keychain;
    use std::sync::Arc;

    #[test]
    fn everybody_in_this_process_writes_to_its_system_s_keychain_in_turn() {
        assert!(Arc::ptr_eq(&Keychain::system().turns, &Keychain::system().turns));
    }
}
