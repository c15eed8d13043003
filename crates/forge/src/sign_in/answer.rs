//! What GitHub's sign-in answers: tokens, or a refusal, which it may send with status 200.

use oauth2::basic::BasicTokenType;
use oauth2::{ExtraTokenFields, StandardTokenResponse};
use serde::{Deserialize, Serialize};

/// GitHub's answer with tokens.
pub(super) type TokenAnswer = StandardTokenResponse<GitHubFields, BasicTokenType>;

/// What GitHub adds to the standard's fields.
///
/// <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens>
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct GitHubFields {
    /// In seconds: 15897600, six months.
    pub(super) refresh_token_expires_in: Option<u64>,
}

impl ExtraTokenFields for GitHubFields {}

/// What GitHub refuses with.
///
/// <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#error-codes-for-the-device-flow>,
/// <https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors>
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The user has not entered the code yet.
    Pending,
    /// We ask too often; the seconds to wait from now on, where it names them.
    SlowDown(Option<u64>),
    /// The device's code is older than 15 minutes.
    Expired,
    /// The user said no.
    Denied,
    /// The app's settings do not allow the device flow.
    DeviceFlowDisabled,
    /// There is no such app, or its secret is another one.
    IncorrectClient,
    /// It does not know what we ask for.
    UnsupportedGrant,
    /// The device's code is not one of its own, or was used.
    IncorrectDeviceCode,
    /// The code of the callback is wrong, used, expired, or of another verifier.
    BadCode,
    /// The app is registered with another address to come back to.
    RedirectMismatch,
    /// The user has not confirmed an e-mail address.
    UnverifiedEmail,
    /// The refresh token was used, revoked, or has expired.
    BadRefreshToken,
    /// The app is suspended.
    Suspended,
    /// Something that is not documented: at most 40 letters and underscores.
    Other(String),
}

/// The fields of a refusal that are used. Its description is not: it is for developers, and not ours to trust.
#[derive(Deserialize)]
struct Refusal {
    error: Option<String>,
    interval: Option<u64>,
}

impl Said {
    /// Reads a refusal; `None` where this is none.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let Refusal { error, interval } = serde_json::from_slice(body).ok()?;
        error.map(|error| Self::of(&error, interval))
    }

    pub(super) fn of(error: &str, interval: Option<u64>) -> Self {
        match error {
            "authorization_pending" => Self::Pending,
            "slow_down" => Self::SlowDown(interval),
            "expired_token" | "token_expired" => Self::Expired,
            "access_denied" => Self::Denied,
            "device_flow_disabled" => Self::DeviceFlowDisabled,
            // An unknown client id at the device's endpoint is answered as a page that is not there.
            "incorrect_client_credentials" | "Not Found" => Self::IncorrectClient,
            "unsupported_grant_type" => Self::UnsupportedGrant,
            "incorrect_device_code" => Self::IncorrectDeviceCode,
            "bad_verification_code" => Self::BadCode,
            "redirect_uri_mismatch" => Self::RedirectMismatch,
            "unverified_user_email" => Self::UnverifiedEmail,
            "bad_refresh_token" => Self::BadRefreshToken,
            "application_suspended" => Self::Suspended,
            other => Self::Other(plain(other)),
        }
    }
}

/// Keeps what looks like the name of an error, so that nothing secret or forged is repeated.
fn plain(text: &str) -> String {
    let named = text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if named { text.to_owned() } else { "an unknown error".to_owned() }
}
