//! Keychain: the one place where a token or key rests.
//!
//! Secrets live in the keychain of the operating system. Where none answers, they come from the
//! environment, or rest in this process's memory if the caller says so. There is no plain file,
//! and no store that only pretends to keep what it is given.

mod error;
mod keychain;
mod name;
mod secret;

pub use error::{Result, SecretsError};
pub use name::SecretName;
pub use secret::Secret;

use keychain::Keychain;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// Where a secret is put to rest. The caller chooses, since the difference is the user's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// The keychain of the operating system, until it is deleted.
    Keychain,
    /// This process's memory, until it ends.
    Session,
}

/// Where a secret was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// In this process's memory.
    Session,
    /// In the keychain of the operating system.
    Keychain,
    /// In the environment.
    Environment,
}

/// The secrets of one user. Clones share what rests in memory.
#[derive(Clone)]
pub struct Secrets {
    keychain: Keychain,
    environment: fn(&str) -> Option<String>,
    session: Arc<RwLock<HashMap<SecretName, Secret>>>,
}

impl Secrets {
    /// Returns the secrets of the user who runs this process. Nothing is asked of the keychain yet.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Keychain::system(), |variable| std::env::var(variable).ok())
    }

    fn new(keychain: Keychain, environment: fn(&str) -> Option<String>) -> Self {
        Self { keychain, environment, session: Arc::default() }
    }

    /// Returns the secret with this name: from this session, the keychain, or the environment, in
    /// that order.
    ///
    /// A system without any keychain holds no secrets, which is not an error.
    ///
    /// # Errors
    /// [`SecretsError::Locked`] and [`SecretsError::TimedOut`] where there is a keychain that may
    /// hold the secret and the environment does not.
    pub async fn get(&self, name: &SecretName) -> Result<Option<Secret>> {
        Ok(self.find(name).await?.map(|(secret, _)| secret))
    }

    /// Returns where the secret with this name is, without giving it away.
    ///
    /// # Errors
    /// As [`Secrets::get`].
    pub async fn place(&self, name: &SecretName) -> Result<Option<Found>> {
        Ok(self.find(name).await?.map(|(_, found)| found))
    }

    /// Returns a secret as [`Secrets::get`] does, for who can do nothing without it: where it is nowhere
    /// else, a keychain that should be there and does not answer may hold it, and is an error.
    ///
    /// # Errors
    /// [`SecretsError::Unavailable`], and those of [`Secrets::get`].
    pub async fn needed(&self, name: &SecretName) -> Result<Option<Secret>> {
        Ok(self.find_or_why_not(name).await?.map(|(secret, _)| secret))
    }

    async fn find(&self, name: &SecretName) -> Result<Option<(Secret, Found)>> {
        match self.find_or_why_not(name).await {
            Err(SecretsError::Unavailable { .. }) => Ok(None),
            other => other,
        }
    }

    async fn find_or_why_not(&self, name: &SecretName) -> Result<Option<(Secret, Found)>> {
        if let Some(secret) = self.remembered(name) {
            return Ok(Some((secret, Found::Session)));
        }
        let kept = self.keychain.get(name).await;
        if let Ok(Some(secret)) = kept {
            return Ok(Some((secret, Found::Keychain)));
        }
        if let Some(secret) = name.in_environment(self.environment) {
            return Ok(Some((secret, Found::Environment)));
        }
        kept.map(|_| None)
    }

    /// Puts a secret to rest, in place of the one with this name. Where that fails, or is given up, nothing of
    /// it stays, also where the keychain takes it later, such as once its user has unlocked it.
    ///
    /// # Errors
    /// Where the keychain does not take it; [`SecretsError::Unavailable`] says that there is none,
    /// so that the user can be asked whether this session will do.
    pub async fn set(&self, name: &SecretName, secret: Secret, rest: Rest) -> Result<()> {
        match rest {
            Rest::Keychain => {
                self.keychain.set(name, secret).await?;
                self.forget(name);
            }
            Rest::Session => self.remember(name, secret),
        }
        Ok(())
    }

    /// Puts a secret to rest as [`Secrets::set`] does, in place of one that is good for nothing any more: where
    /// the keychain takes it late, it stays.
    ///
    /// # Errors
    /// Those of [`Secrets::set`]; the keychain may take it all the same.
    pub async fn renew(&self, name: &SecretName, secret: Secret, rest: Rest) -> Result<()> {
        match rest {
            Rest::Keychain => {
                self.keychain.renew(name, secret).await?;
                self.forget(name);
            }
            Rest::Session => self.remember(name, secret),
        }
        Ok(())
    }

    /// Deletes the secret with this name wherever it rests. The environment is not ours to change.
    ///
    /// # Errors
    /// Where the keychain may still hold it.
    pub async fn delete(&self, name: &SecretName) -> Result<()> {
        self.forget(name);
        match self.keychain.delete(name).await {
            Err(SecretsError::Unavailable { .. }) => Ok(()),
            other => other,
        }
    }

    /// Deletes a secret as [`Secrets::delete`] does, and fails where no keychain answers: one that is only
    /// away now may still hold it.
    ///
    /// # Errors
    /// Where a keychain may still hold it.
    pub async fn erase(&self, name: &SecretName) -> Result<()> {
        self.forget(name);
        self.keychain.delete(name).await
    }

    fn remembered(&self, name: &SecretName) -> Option<Secret> {
        self.session.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn remember(&self, name: &SecretName, secret: Secret) {
        self.session.write().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), secret);
    }

    fn forget(&self, name: &SecretName) {
        self.session.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
