//! Secrets as a user names them.

use crate::EngineError;
use crate::engine::owner_at;
use anchorhold_secrets::{Rest, Secret, SecretName, Secrets};
use url::Url;

/// Keeps a secret in the keychain. `what` is a model's provider, the host (with its port) or the address of a
/// server of the user's own, or `git:HOST`.
///
/// # Errors
/// [`EngineError::SecretEmpty`], and where there is no keychain, or it is locked.
pub async fn keep_secret(what: &str, secret: &str) -> Result<(), EngineError> {
    if secret.trim().is_empty() {
        return Err(EngineError::SecretEmpty(what.to_owned()));
    }
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
        None => SecretName::ModelKey { provider: owner(what) },
    }
}

/// Whose key is meant: an address stands for the server there.
fn owner(what: &str) -> String {
    let address = what.contains("://").then(|| Url::parse(what).ok()).flatten();
    address.as_ref().and_then(owner_at).unwrap_or_else(|| what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{keep_secret, owner};

    #[test]
    fn an_address_stands_for_the_key_of_its_server() {
        let asked = [
            "openai",
            "box:8080",
            "http://box:8080/v1",
            "https://api.openai.com/v1",
            "https://models.example.com/v1",
        ];
        assert_eq!(asked.map(owner), ["openai", "box:8080", "box:8080", "openai", "models.example.com"]);
    }

    #[tokio::test]
    async fn an_empty_secret_is_not_kept() {
        let told = keep_secret("openai", " \n").await.err().map(|error| error.code());
        assert_eq!(told, Some("secret_empty"));
    }
}
