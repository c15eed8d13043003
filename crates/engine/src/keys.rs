//! Secrets as a user names them.

use crate::EngineError;
use anchorhold_secrets::{Rest, Secret, SecretName, Secrets};

/// Keeps a secret in the keychain. `what` is a model's provider, or `git:HOST`.
///
/// # Errors
/// Where there is no keychain, or it is locked.
pub async fn keep_secret(what: &str, secret: &str) -> Result<(), EngineError> {
    Ok(Secrets::system().set(&name(what), Secret::new(secret.to_owned()), Rest::Keychain).await?)
}

/// Forgets a secret; `what` as in [`keep_secret`].
///
/// # Errors
/// Where there is no keychain, or it is locked.
pub async fn forget_secret(what: &str) -> Result<(), EngineError> {
    Ok(Secrets::system().delete(&name(what)).await?)
}

fn name(what: &str) -> SecretName {
    match what.strip_prefix("git:") {
        Some(host) => SecretName::GitToken { host: host.to_owned() },
        None => SecretName::ModelKey { provider: what.to_owned() },
    }
}
