//! What a secret is for, which is how it is found.

use crate::Secret;
use std::fmt;

// The variable says for which host it is meant, so that no other host is ever shown the token.
const GIT_HOST: &str = "ANCHORHOLD_GIT_HOST";
const GIT_TOKEN: &str = "ANCHORHOLD_GIT_TOKEN";
const USUAL_GIT_HOST: &str = "github.com";

/// What a secret is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SecretName {
    /// The key to a model's provider, such as `openai`.
    ModelKey {
        /// The provider's name.
        provider: String,
    },
    /// The token that fetches from and pushes to a git host.
    GitToken {
        /// The host, with its port where the address names one.
        host: String,
    },
    /// The tokens of an account that is signed in.
    Account {
        /// The account's key, such as `github.com/583231`.
        key: String,
    },
    /// What is needed to finish the sign-in that was last begun in the browser, for minutes.
    BegunSignIn,
    /// The secret of the app in whose name users sign in.
    AppSecret {
        /// The GitHub on which it is registered.
        host: String,
    },
}

impl SecretName {
    /// The name under which the keychain files it. Changing it loses what users have stored.
    pub(crate) fn account(&self) -> String {
        match self {
            Self::ModelKey { provider } => format!("model-key:{}", provider.to_ascii_lowercase()),
            Self::GitToken { host } => format!("git-token:{}", host.to_ascii_lowercase()),
            Self::Account { key } => format!("account:{}", key.to_ascii_lowercase()),
            Self::BegunSignIn => "begun-sign-in".to_owned(),
            Self::AppSecret { host } => format!("app-secret:{}", host.to_ascii_lowercase()),
        }
    }

    /// Reads it from the environment.
    ///
    /// A model's key is `ANCHORHOLD_OPENAI_API_KEY`, else `OPENAI_API_KEY`, and so for every
    /// provider; Gemini's may be `GOOGLE_API_KEY` as well. A git token is `ANCHORHOLD_GIT_TOKEN`, for the host `ANCHORHOLD_GIT_HOST` or, where
    /// that is not set, for `github.com`; for any other host there is none. What a sign-in left rests in no
    /// variable: a refresh changes it.
    pub(crate) fn in_environment(&self, read: fn(&str) -> Option<String>) -> Option<Secret> {
        let text = match self {
            Self::ModelKey { .. } => self.variables().iter().find_map(|variable| set(read(variable))),
            Self::GitToken { host } => {
                let meant = set(read(GIT_HOST)).unwrap_or_else(|| USUAL_GIT_HOST.to_owned());
                set(read(GIT_TOKEN)).filter(|_| meant.eq_ignore_ascii_case(host))
            }
            Self::Account { .. } | Self::AppSecret { .. } | Self::BegunSignIn => None,
        };
        text.map(Secret::new)
    }
}

impl SecretName {
    /// The environment variables that can hold it, in the order in which they are read.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        match self {
            Self::ModelKey { provider } => {
                let usual = format!("{}_API_KEY", variable(provider));
                // Google's own programs read both.
                let other = (provider == "gemini").then(|| "GOOGLE_API_KEY".to_owned());
                [format!("ANCHORHOLD_{usual}"), usual].into_iter().chain(other).collect()
            }
            Self::GitToken { .. } => vec![GIT_TOKEN.to_owned()],
            Self::Account { .. } | Self::AppSecret { .. } | Self::BegunSignIn => vec![],
        }
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ModelKey { provider } => write!(f, "the key to {provider}"),
            Self::GitToken { host } => write!(f, "the token for {host}"),
            Self::Account { key } => write!(f, "the account {key}"),
            Self::BegunSignIn => f.write_str("the sign-in that was begun"),
            Self::AppSecret { host } => write!(f, "the secret of the app on {host}"),
        }
    }
}

/// A variable that is empty counts as not set, as shells make it easy to leave one so.
fn set(value: Option<String>) -> Option<String> {
    value.filter(|text| !text.is_empty())
}

pub(crate) fn variable(provider: &str) -> String {
    provider.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}
