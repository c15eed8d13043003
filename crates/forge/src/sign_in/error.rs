//! What can go wrong while signing in, told apart by what the user can do. No error holds a token, a code or
//! a word that a server chose, but for the name of an undocumented refusal.

use super::answer::Said;
use super::http::Failure;
use super::pasted::TokenKind;
use oauth2::RequestTokenError;
use oauth2::basic::BasicErrorResponse;
use std::time::Duration;

/// The result of a step of signing in.
pub type Result<T> = std::result::Result<T, SignInError>;

pub(super) type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a sign-in that was kept no longer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The token has expired, and there is nothing to refresh it with.
    Expired,
    /// GitHub does not accept the token, and there is nothing to refresh it with, or that did not help.
    Revoked,
    /// The refresh token was used already, revoked, or has expired.
    RefreshSpent,
}

/// Says why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// This is not the name of a host.
    #[error("sign in to {host:?}: it is not a host's name")]
    Host {
        /// What was given.
        host: String,
    },
    /// The system's certificates or proxy settings cannot be used.
    #[error("prepare to sign in to {host}")]
    Unprepared {
        /// Which host.
        host: String,
        /// What is wrong with them.
        #[source]
        source: Source,
    },
    /// The host could not be reached, or did not answer in time.
    #[error("{attempt}: reach {host}")]
    Unreachable {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
        /// What the network said.
        #[source]
        source: Source,
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
    },
    /// The host points to another address, which is not followed with a secret.
    #[error("{attempt} on {host}: it points to another address, which is not followed")]
    Redirected {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
    },
    /// The host answers with a status that is no success.
    #[error("{attempt} on {host}: it answers {status}")]
    Status {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
        /// The HTTP status.
        status: u16,
    },
    /// The answer is not what GitHub's documentation promises.
    #[error("{attempt} on {host}: the answer is {what}")]
    Answer {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// GitHub refuses in a way that is not documented.
    #[error("{attempt} on {host}: it refuses with {error}")]
    Refused {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
        /// The refusal's name.
        error: String,
    },
    /// There is no app with this client id, or its secret is another one.
    #[error("{attempt} on {host}: it does not know the app, or the app's secret is wrong")]
    AppUnknown {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
    },
    /// The app is suspended.
    #[error("{attempt} on {host}: the app is suspended")]
    AppSuspended {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
    },
    /// The app's settings do not allow the device flow, or the host has none.
    #[error("{attempt} on {host}: signing in with a code is not enabled for the app")]
    DeviceFlowDisabled {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
    },
    /// The app is registered with another address to come back to.
    #[error("{attempt} on {host}: the app is registered with another callback address")]
    CallbackAddress {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
    },
    /// The user has not confirmed an e-mail address.
    #[error("{attempt} on {host}: the account has no confirmed e-mail address")]
    EmailUnverified {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
    },
    /// The user said no.
    #[error("{attempt} on {host}: it was declined there")]
    Denied {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
    },
    /// The code was not entered in time, or is used up.
    #[error("{attempt} on {host}: the code has expired or was used")]
    CodeExpired {
        /// What was attempted.
        attempt: &'static str,
        /// Which host.
        host: String,
    },
    /// The address that came back is not one that GitHub sends.
    #[error("read the answer of the browser: {what}")]
    Callback {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The address that came back does not belong to a sign-in that was begun here.
    #[error("read the answer of the browser: it belongs to no sign-in that was begun here")]
    StateUnknown,
    /// The address that came back was used already.
    #[error("read the answer of the browser: it was used already")]
    StateUsed,
    /// The address came back too late.
    #[error("read the answer of the browser: it came more than 10 min after the sign-in was begun")]
    StateExpired,
    /// No answer of the browser came in time.
    #[error("wait for the browser: no answer came within 10 min")]
    BrowserSilent,
    /// This machine gives no address for the browser to come back to.
    #[error("listen for the browser on 127.0.0.1")]
    Listen {
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// What was kept no longer signs in.
    #[error("stay signed in to {host}: {}", match reason {
        Again::Expired => "the token has expired",
        Again::Revoked => "the token is not accepted any more",
        Again::RefreshSpent => "the token cannot be refreshed any more",
    })]
    SignInAgain {
        /// Which host.
        host: String,
        /// Why.
        reason: Again,
    },
    /// The new tokens could not be put to rest. They are kept in memory, and it is tried again.
    #[error("keep the new tokens for {host}")]
    NotSaved {
        /// Which host.
        host: String,
        /// What the keeper of secrets said.
        #[source]
        source: Source,
    },
    /// The task that refreshes was ended.
    #[error("refresh the tokens for {host}: it was broken off")]
    Interrupted {
        /// Which host.
        host: String,
    },
    /// What rests under a token's name is not what was put there.
    #[error("read the tokens for {host} that were kept: {what}")]
    Kept {
        /// Which host.
        host: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// This cannot be a token.
    #[error("sign in to {host}: the token is empty, too long, or has spaces or control characters in it")]
    TokenMalformed {
        /// Where it was meant for.
        host: String,
    },
    /// GitHub does not know the token.
    #[error("sign in to {host}: it does not accept the token")]
    TokenRefused {
        /// Which host.
        host: String,
    },
    /// The token is no user's.
    #[error("sign in to {host}: {} does not sign a user in", kind.words())]
    NotAUsers {
        /// Which host.
        host: String,
        /// What it is.
        kind: TokenKind,
    },
    /// There is no `gh` on this machine.
    #[error("ask gh for its token for {host}: gh is not installed")]
    GhMissing {
        /// Which host.
        host: String,
    },
    /// `gh` is signed in nowhere.
    #[error("ask gh for its token for {host}: gh is not signed in")]
    GhSignedOut {
        /// Which host.
        host: String,
    },
    /// `gh` is signed in, and not to this host.
    #[error("ask gh for its token for {host}: gh is signed in to another host")]
    GhElsewhere {
        /// Which host.
        host: String,
    },
    /// `gh` did not answer in time.
    #[error("ask gh for its token for {host}: it did not answer within {} s", patience.as_secs_f32())]
    GhSilent {
        /// Which host.
        host: String,
        /// How long we waited.
        patience: Duration,
    },
    /// `gh` cannot be run.
    #[error("ask gh for its token for {host}: run gh")]
    GhBroken {
        /// Which host.
        host: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl SignInError {
    /// Returns the stable name that programs branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Host { .. } => "sign_in_host_invalid",
            Self::Unprepared { .. } => "sign_in_unprepared",
            Self::Unreachable { .. } => "sign_in_offline",
            Self::RateLimited { .. } => "sign_in_rate_limited",
            Self::Redirected { .. } => "sign_in_redirected",
            Self::Status { .. } => "sign_in_status",
            Self::Answer { .. } => "sign_in_answer_unreadable",
            Self::Refused { .. } => "sign_in_refused",
            Self::AppUnknown { .. } => "sign_in_app_unknown",
            Self::AppSuspended { .. } => "sign_in_app_suspended",
            Self::DeviceFlowDisabled { .. } => "sign_in_device_flow_disabled",
            Self::CallbackAddress { .. } => "sign_in_callback_address",
            Self::EmailUnverified { .. } => "sign_in_email_unverified",
            Self::Denied { .. } => "sign_in_denied",
            Self::CodeExpired { .. } => "sign_in_code_expired",
            Self::Callback { .. } => "sign_in_callback_malformed",
            Self::StateUnknown => "sign_in_state_unknown",
            Self::StateUsed => "sign_in_state_used",
            Self::StateExpired => "sign_in_state_expired",
            Self::BrowserSilent => "sign_in_browser_silent",
            Self::Listen { .. } => "sign_in_listen",
            Self::SignInAgain { .. } => "sign_in_again",
            Self::NotSaved { .. } => "sign_in_not_saved",
            Self::Interrupted { .. } => "sign_in_interrupted",
            Self::Kept { .. } => "sign_in_kept_unreadable",
            Self::TokenMalformed { .. } => "token_malformed",
            Self::TokenRefused { .. } => "token_refused",
            Self::NotAUsers { .. } => "token_not_a_users",
            Self::GhMissing { .. } => "gh_missing",
            Self::GhSignedOut { .. } => "gh_signed_out",
            Self::GhElsewhere { .. } => "gh_elsewhere",
            Self::GhSilent { .. } => "gh_silent",
            Self::GhBroken { .. } => "gh_broken",
        }
    }

    /// Returns what the user can do now.
    #[must_use]
    pub fn hint(&self) -> String {
        let hint = match self {
            Self::Host { .. } => "enter a host such as github.com, without https:// and without a path",
            Self::Unprepared { .. } => "check HTTPS_PROXY, SSL_CERT_FILE and the system's certificates",
            Self::Unreachable { .. } => "check the network, the proxy and the host's name, and try again",
            Self::RateLimited { retry_after: Some(wait), .. } => {
                return format!("wait {} s and try again", wait.as_secs());
            }
            Self::RateLimited { retry_after: None, .. } => "wait a minute and try again",
            Self::Redirected { .. } => "enter the host under which it answers itself",
            Self::Status { status: 500.., .. } => "GitHub has a fault of its own: try again in a while",
            Self::Status { status: 403, .. } => {
                "ask the organisation whether it allows this token and this network"
            }
            Self::Status { .. } | Self::Answer { .. } => "check that the host is a GitHub, and try again",
            Self::Refused { .. } => "try again, or sign in in another way",
            Self::AppUnknown { .. } => "check the app's client id and secret in the settings",
            Self::AppSuspended { .. } => "sign in with a token, or ask who registered the app",
            Self::DeviceFlowDisabled { .. } => {
                "enable the device flow in the app's settings on GitHub, or sign in in the browser"
            }
            Self::CallbackAddress { .. } => {
                "add anchorhold://oauth/callback and http://127.0.0.1/oauth/callback to the app's settings on GitHub"
            }
            Self::EmailUnverified { .. } => "confirm your e-mail address on GitHub and sign in again",
            Self::Denied { .. } => "sign in again and allow it, or sign in with a token",
            Self::CodeExpired { .. } => "begin again, and enter the new code within 15 min",
            Self::Callback { .. } | Self::StateUnknown => {
                "begin the sign-in here, and do not open links that claim to finish one"
            }
            Self::StateUsed => "nothing, if you are signed in; else begin again",
            Self::StateExpired | Self::BrowserSilent => {
                "begin again, and finish in the browser within 10 min"
            }
            Self::Listen { .. } => "sign in with a code instead",
            Self::SignInAgain { .. } => "sign in again",
            Self::NotSaved { .. } => "unlock your keychain and try again; until then do not quit",
            Self::Interrupted { .. } => "try again",
            Self::Kept { .. } => "sign out and sign in again",
            Self::TokenMalformed { .. } => "copy the token again, the whole of it and nothing else",
            Self::TokenRefused { .. } => "make a new token on GitHub: this one is wrong, revoked or expired",
            Self::NotAUsers { .. } => "enter a personal access token, which begins with github_pat_ or ghp_",
            Self::GhMissing { .. } => "install gh from https://cli.github.com, or sign in in another way",
            Self::GhSignedOut { host } | Self::GhElsewhere { host } => {
                return format!("run `gh auth login --hostname {host}`, or sign in in another way");
            }
            Self::GhSilent { .. } => "unlock your keychain and try again, or sign in in another way",
            Self::GhBroken { .. } => "try `gh auth token` in a terminal, or sign in in another way",
        };
        hint.to_owned()
    }
}

impl Failure {
    /// Says what this means for what was attempted.
    pub(super) fn tell(self, attempt: &'static str, host: &str) -> SignInError {
        let host = host.to_owned();
        match self {
            Self::Unreachable(source) => SignInError::Unreachable { attempt, host, source },
            Self::Redirected => SignInError::Redirected { attempt, host },
            Self::Status(status) => SignInError::Status { attempt, host, status },
            Self::RateLimited(retry_after) => SignInError::RateLimited { attempt, host, retry_after },
            Self::Unreadable(what) => SignInError::Answer { attempt, host, what },
            Self::Said(said) => said.tell(attempt, host),
        }
    }
}

impl Said {
    fn tell(self, attempt: &'static str, host: String) -> SignInError {
        match self {
            Self::Expired | Self::IncorrectDeviceCode | Self::BadCode => {
                SignInError::CodeExpired { attempt, host }
            }
            Self::Denied => SignInError::Denied { attempt, host },
            Self::DeviceFlowDisabled => SignInError::DeviceFlowDisabled { attempt, host },
            Self::IncorrectClient => SignInError::AppUnknown { attempt, host },
            Self::RedirectMismatch => SignInError::CallbackAddress { attempt, host },
            Self::UnverifiedEmail => SignInError::EmailUnverified { attempt, host },
            Self::BadRefreshToken => SignInError::SignInAgain { host, reason: Again::RefreshSpent },
            Self::Suspended => SignInError::AppSuspended { attempt, host },
            Self::SlowDown(seconds) => {
                SignInError::RateLimited { attempt, host, retry_after: seconds.map(Duration::from_secs) }
            }
            // Only an answer to a device's code says this, where it is no failure.
            Self::Pending => SignInError::Answer { attempt, host, what: "one to another question" },
            // A server that does not know the device's grant has it not, or disabled.
            Self::UnsupportedGrant => SignInError::DeviceFlowDisabled { attempt, host },
            Self::Other(error) => SignInError::Refused { attempt, host, error },
        }
    }
}

/// Keeps the class and drops the library's copy of the answer, which holds tokens.
pub(super) fn failure(error: RequestTokenError<Failure, BasicErrorResponse>) -> Failure {
    match error {
        RequestTokenError::Request(failure) => failure,
        RequestTokenError::ServerResponse(_) | RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            Failure::Unreadable("not what GitHub documents")
        }
    }
}
