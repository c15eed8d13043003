//! What can go wrong with GitHub, told apart by what the user can do. No error holds a token.

use octocrab::GitHubError;
use std::time::Duration;

/// The result of asking GitHub.
pub type Result<T> = std::result::Result<T, ForgeError>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Says why GitHub did not answer as asked.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// This is not the name of a host.
    #[error("connect to {host:?}: it is not a host's name")]
    Host {
        /// What was given.
        host: String,
    },
    /// This cannot be a token.
    #[error("sign in to {host}: the token is empty or has spaces or control characters in it")]
    TokenMalformed {
        /// Where it was meant for.
        host: String,
    },
    /// GitHub has no repository of this name.
    #[error("find repository {owner:?}/{name:?}: that is not a repository's name")]
    RepositoryName {
        /// The owner that was given.
        owner: String,
        /// The name that was given.
        name: String,
    },
    /// There is no token, or GitHub does not know it any more.
    #[error("{attempt} on {host}: it does not accept the token: {reason}")]
    SignIn {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
        /// What GitHub said.
        reason: String,
    },
    /// The token is known and does not allow this.
    #[error("{attempt} on {host}: the token does not allow it: {reason}")]
    Forbidden {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
        /// What GitHub said.
        reason: String,
    },
    /// Too much was asked in too short a time.
    #[error("{attempt} on {host}: its rate limit is reached")]
    RateLimited {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
        /// How long GitHub asks us to wait, where it says so.
        retry_after: Option<Duration>,
        /// When the limit starts anew, in seconds since the Unix epoch, where GitHub says so.
        resets_at: Option<u64>,
    },
    /// The host could not be reached, or did not answer in time.
    #[error("{attempt}: reach {host}")]
    Offline {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
        /// What the network said.
        #[source]
        source: Source,
    },
    /// GitHub refused for another reason, or has a fault of its own.
    #[error("{attempt} on {host}: it answers {status}: {reason}")]
    Refused {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What GitHub said.
        reason: String,
    },
    /// The answer is not what GitHub's documentation promises.
    #[error("{attempt} on {host}: read its answer")]
    Answer {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
        /// What is wrong with it.
        #[source]
        source: Source,
    },
}

impl ForgeError {
    /// Returns the stable name that programs branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Host { .. } => "forge_host_invalid",
            Self::TokenMalformed { .. } => "forge_token_malformed",
            Self::RepositoryName { .. } => "repository_name_invalid",
            Self::SignIn { .. } => "forge_sign_in",
            Self::Forbidden { .. } => "forge_forbidden",
            Self::RateLimited { .. } => "forge_rate_limited",
            Self::Offline { .. } => "forge_offline",
            Self::Refused { .. } => "forge_refused",
            Self::Answer { .. } => "forge_answer_unreadable",
        }
    }

    /// Returns what the user can do now, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Host { .. } => "enter a host such as github.com, without https:// and without a path",
            Self::TokenMalformed { .. } => "copy the token again, the whole of it and nothing else",
            Self::RepositoryName { .. } => "enter it as owner/name",
            Self::SignIn { .. } => "sign in again, or enter a token that has not expired",
            Self::Forbidden { .. } => {
                "give the token access to this repository, or ask the organisation to allow it"
            }
            Self::RateLimited { retry_after: Some(wait), .. } => {
                return Some(format!("wait {} s and try again", wait.as_secs()));
            }
            Self::RateLimited { .. } => "wait up to an hour and try again, or sign in for a higher limit",
            Self::Offline { .. } => "check the network and the host's name, and try again",
            Self::Refused { status: 500.., .. } => "GitHub has a fault of its own: try again in a while",
            Self::Refused { .. } | Self::Answer { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

/// Tells the client's errors apart. Their own text is not used: it carries stack traces.
pub(crate) fn classify(attempt: &'static str, host: &str, error: octocrab::Error) -> ForgeError {
    let host = host.to_owned();
    match error {
        octocrab::Error::GitHub { source, .. } => refusal(attempt, host, *source),
        octocrab::Error::Service { source, .. } => ForgeError::Offline { attempt, host, source },
        octocrab::Error::Hyper { source, .. } => ForgeError::Offline { attempt, host, source: source.into() },
        octocrab::Error::Json { source, .. } => ForgeError::Answer { attempt, host, source: source.into() },
        octocrab::Error::Serde { source, .. } => ForgeError::Answer { attempt, host, source: source.into() },
        other => ForgeError::Answer { attempt, host, source: other.into() },
    }
}

fn refusal(attempt: &'static str, host: String, said: GitHubError) -> ForgeError {
    let header = |name: &str| said.headers.as_ref()?.get(name)?.to_str().ok()?.parse::<u64>().ok();
    let status = said.status_code.as_u16();
    let retry_after = header("retry-after").map(Duration::from_secs);
    // https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    let limited = retry_after.is_some() || header("x-ratelimit-remaining") == Some(0);
    let resets_at = said.rate_limit_reset;
    let reason = said.message;
    match status {
        429 => ForgeError::RateLimited { attempt, host, retry_after, resets_at },
        403 if limited || reason.contains("rate limit") => {
            ForgeError::RateLimited { attempt, host, retry_after, resets_at }
        }
        401 => ForgeError::SignIn { attempt, host, reason },
        403 => ForgeError::Forbidden { attempt, host, reason },
        status => ForgeError::Refused { attempt, host, status, reason },
    }
}
