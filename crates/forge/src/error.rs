//! What can go wrong with GitHub, told apart by what the user can do. No error holds a token.

use crate::refusal::refusal;
use crate::sign_in::Host;
use crate::transport::{Failure, Source};
use std::time::Duration;

/// The result of asking GitHub.
pub type Result<T> = std::result::Result<T, ForgeError>;

/// Says why GitHub did not answer as asked. What GitHub says is cut short, and plain text.
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
    /// This cannot be a commit.
    #[error("{attempt} on {host}: {commit:?} is not a commit")]
    Commit {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
        /// What was given.
        commit: String,
    },
    /// The client could not be made, as where the system's certificates cannot be read.
    #[error("{attempt} on {host}: prepare the connection")]
    Unprepared {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
        /// Why not.
        #[source]
        source: Source,
    },
    /// There is no token, or GitHub does not know it any more.
    #[error("{attempt} on {host}: it does not accept the token: {reason}")]
    SignIn {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
        /// What GitHub said.
        reason: String,
    },
    /// The token lacks a scope.
    #[error("{attempt} on {host}: the token lacks the scope {scope}")]
    ScopeMissing {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
        /// The scope.
        scope: String,
    },
    /// The token, or the app that it belongs to, lacks a fine permission.
    #[error("{attempt} on {host}: the token lacks a permission: {permission}")]
    PermissionMissing {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
        /// The permission, such as `pull_requests=write`.
        permission: String,
    },
    /// The organisation asks for single sign-on, for which the token is not authorised.
    #[error("{attempt} on {host}: the organisation asks for single sign-on")]
    SsoRequired {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
        /// The page of that host on which the token is authorised, where GitHub names one.
        url: Option<String>,
    },
    /// The token is known and does not allow this.
    #[error("{attempt} on {host}: the token does not allow it: {reason}")]
    Forbidden {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
        /// What GitHub said.
        reason: String,
    },
    /// It is not there, or the token may not know that it is.
    #[error("{attempt} on {host}: it is not there, or the token may not see it")]
    NotFound {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
    },
    /// The repository takes no changes any more.
    #[error("{attempt} on {host}: the repository is archived")]
    Archived {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
    },
    /// The repository has no commits.
    #[error("{attempt} on {host}: the repository is empty")]
    Empty {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
    },
    /// A pull request would have nothing in it.
    #[error("{attempt} on {host}: {head} has no commits that {base} does not have")]
    NothingToMerge {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
        /// The branch with the work.
        head: String,
        /// The branch that it is for.
        base: String,
    },
    /// The plan that the repository is on has no drafts.
    #[error("{attempt} on {host}: this repository has no draft pull requests")]
    DraftUnsupported {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
    },
    /// A branch is not there.
    #[error("{attempt} on {host}: there is no branch {branch:?}")]
    BranchMissing {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
        /// The branch.
        branch: String,
    },
    /// Too much was asked in too short a time.
    #[error("{attempt} on {host}: its rate limit is reached")]
    RateLimited {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
        /// How long to wait: nothing is asked before that.
        retry_after: Option<Duration>,
        /// When the limit starts anew, in seconds since the Unix epoch, where GitHub says so.
        resets_at: Option<u64>,
    },
    /// The host could not be reached, did not answer in time, or broke off.
    #[error("{attempt}: reach {host}")]
    Offline {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
        /// What the network said.
        #[source]
        source: Source,
    },
    /// The answer leads to another host, which is not shown the token.
    #[error("{attempt} on {host}: it leads to {elsewhere:?}, which is not followed")]
    Redirected {
        /// What was attempted.
        attempt: String,
        /// Which host.
        host: String,
        /// The other host.
        elsewhere: String,
    },
    /// GitHub refused for another reason, or has a fault of its own.
    #[error("{attempt} on {host}: it answers {status}: {reason}")]
    Refused {
        /// What was attempted.
        attempt: String,
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
        attempt: String,
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
            Self::Commit { .. } => "forge_commit_invalid",
            Self::Unprepared { .. } => "forge_unprepared",
            Self::SignIn { .. } => "forge_sign_in",
            Self::ScopeMissing { .. } => "forge_scope_missing",
            Self::PermissionMissing { .. } => "forge_permission_missing",
            Self::SsoRequired { .. } => "forge_sso_required",
            Self::Forbidden { .. } => "forge_forbidden",
            Self::NotFound { .. } => "forge_not_found",
            Self::Archived { .. } => "forge_archived",
            Self::Empty { .. } => "forge_empty",
            Self::NothingToMerge { .. } => "forge_nothing_to_merge",
            Self::DraftUnsupported { .. } => "forge_draft_unsupported",
            Self::BranchMissing { .. } => "forge_branch_missing",
            Self::RateLimited { .. } => "forge_rate_limited",
            Self::Offline { .. } => "forge_offline",
            Self::Redirected { .. } => "forge_redirected",
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
            Self::Commit { .. } | Self::Answer { .. } => return None,
            Self::Unprepared { .. } => "check the proxy settings and the system's certificates",
            Self::SignIn { .. } => "sign in again, or enter a token that has not expired",
            Self::ScopeMissing { scope, .. } => {
                return Some(format!("sign in again, or make a token that has the scope {scope}"));
            }
            Self::PermissionMissing { permission, .. } => {
                return Some(format!("give the app or the token {permission} for this repository"));
            }
            Self::SsoRequired { url: Some(url), .. } => {
                return Some(format!("open {url}, sign in there, and try again"));
            }
            Self::SsoRequired { url: None, .. } => {
                "authorise the token for the organisation in your settings on GitHub"
            }
            Self::Forbidden { .. } => {
                "give the token access to this repository, or ask the organisation to allow it"
            }
            Self::NotFound { .. } => {
                "it may have been renamed or deleted: check its name or number; if it is private, give the app or the \
                 token access to it"
            }
            Self::Archived { .. } => "ask its owner to unarchive it, or work in a fork",
            Self::Empty { .. } => "push a first commit to it",
            Self::NothingToMerge { .. } => "push a change first, or choose another branch to merge into",
            Self::DraftUnsupported { .. } => "open it ready for review instead",
            Self::BranchMissing { .. } => "push the branch first, or choose one that is there",
            Self::RateLimited { retry_after: Some(wait), .. } => {
                return Some(format!("wait {} and try again", words(*wait)));
            }
            Self::RateLimited { .. } => "wait up to an hour and try again, or sign in for a higher limit",
            Self::Offline { .. } => "check the network and the host's name, and try again",
            Self::Redirected { .. } => {
                "check the host's name: a proxy or a sign-in page may stand before it; or enter where it moved to"
            }
            Self::Refused { status: 500.., .. } => "GitHub has a fault of its own: try again in a while",
            Self::Refused { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

/// Tells the client's errors apart. Their own text is not used: it carries stack traces.
pub(crate) fn classify(attempt: &str, host: &Host, error: octocrab::Error) -> ForgeError {
    let (attempt, name) = (attempt.to_owned(), host.name().to_owned());
    match error {
        octocrab::Error::GitHub { source, .. } => refusal(attempt, host, *source),
        octocrab::Error::Service { source, .. } => match source.downcast::<Failure>() {
            Ok(failure) => failed(attempt, name, *failure),
            Err(source) => ForgeError::Unprepared { attempt, host: name, source },
        },
        octocrab::Error::Serde { source, .. } => {
            ForgeError::Answer { attempt, host: name, source: source.into() }
        }
        other => ForgeError::Answer { attempt, host: name, source: other.into() },
    }
}

pub(crate) fn failed(attempt: String, host: String, failure: Failure) -> ForgeError {
    match failure {
        Failure::Unprepared(source) => ForgeError::Unprepared { attempt, host, source },
        Failure::Unreachable(source) => ForgeError::Offline { attempt, host, source },
        Failure::Elsewhere(elsewhere) => ForgeError::Redirected { attempt, host, elsewhere },
        Failure::Limited(spent) => ForgeError::RateLimited {
            attempt,
            host,
            retry_after: Some(spent.wait),
            resets_at: spent.resets_at,
        },
        Failure::TooLong | Failure::Status(_) => ForgeError::Answer { attempt, host, source: failure.into() },
    }
}

fn words(wait: Duration) -> String {
    let seconds = wait.as_millis().div_ceil(1000);
    if seconds <= 120 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) }
}
