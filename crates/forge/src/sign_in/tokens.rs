//! The tokens of one account, with their expiries, and the text in which they are put to rest.

use super::answer::TokenAnswer;
use super::error::{Result, SignInError};
use super::host::Host;
use super::http::Failure;
use anchorhold_secrets::Secret;
use oauth2::TokenResponse as _;
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The version of the text that is kept.
const VERSION: u8 = 1;

/// What signs one account in. [`Debug`] shows no token.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// What the API and git are shown.
    pub access: Secret,
    /// When it ends, where it does.
    pub access_expires_at: Option<SystemTime>,
    /// What gets the next ones, once.
    pub refresh: Option<Secret>,
    /// When that ends, where it is known.
    pub refresh_expires_at: Option<SystemTime>,
    /// What the access token may do, where it is of a classic OAuth app; else none.
    pub scopes: Vec<String>,
}

/// The shape that is kept. Times are seconds since the Unix epoch.
#[derive(Deserialize, Serialize)]
struct Kept {
    version: u8,
    access: String,
    access_expires_at: Option<u64>,
    refresh: Option<String>,
    refresh_expires_at: Option<u64>,
    scopes: Vec<String>,
}

impl Tokens {
    /// A token that stays until it is revoked, as classic and pasted ones do.
    #[must_use]
    pub fn lasting(access: Secret) -> Self {
        Self { access, access_expires_at: None, refresh: None, refresh_expires_at: None, scopes: Vec::new() }
    }

    pub(super) fn of(answer: &TokenAnswer, now: SystemTime) -> std::result::Result<Self, Failure> {
        let secret = |text: &str| {
            is_token(text).then(|| Secret::new(text.to_owned())).ok_or(Failure::Unreadable("not a token"))
        };
        let after = |seconds: u64| now.checked_add(Duration::from_secs(seconds));
        // GitHub puts commas between scopes, where the standard has spaces.
        let scopes = answer.scopes().into_iter().flatten().flat_map(|scope| scope.split(','));
        Ok(Self {
            access: secret(answer.access_token().secret())?,
            access_expires_at: answer.expires_in().and_then(|lifetime| now.checked_add(lifetime)),
            refresh: answer.refresh_token().map(|token| secret(token.secret())).transpose()?,
            refresh_expires_at: answer.extra_fields().refresh_token_expires_in.and_then(after),
            scopes: scopes.filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
        })
    }

    /// Returns all of it as one text, to be put to rest where secrets rest.
    ///
    /// # Errors
    /// [`SignInError::Kept`] where it cannot be written, which no token leads to.
    pub fn to_secret(&self, host: &Host) -> Result<Secret> {
        let kept = Kept {
            version: VERSION,
            access: self.access.expose().to_owned(),
            access_expires_at: self.access_expires_at.and_then(seconds),
            refresh: self.refresh.as_ref().map(|token| token.expose().to_owned()),
            refresh_expires_at: self.refresh_expires_at.and_then(seconds),
            scopes: self.scopes.clone(),
        };
        let text = serde_json::to_string(&kept);
        // Both copies are wiped.
        drop((Secret::new(kept.access), kept.refresh.map(Secret::new)));
        text.map(Secret::new).map_err(|_| unreadable(host, "it cannot be written"))
    }

    /// Reads what [`Tokens::to_secret`] wrote, or a bare token, which is a lasting one.
    ///
    /// # Errors
    /// [`SignInError::Kept`] where it is neither, or of a later version.
    pub fn from_secret(host: &Host, secret: &Secret) -> Result<Self> {
        if !secret.expose().starts_with('{') {
            let bare = is_token(secret.expose()).then(|| Self::lasting(secret.clone()));
            return bare.ok_or_else(|| unreadable(host, "it is not a token"));
        }
        // The parser's words could quote the token.
        let kept: Kept =
            serde_json::from_str(secret.expose()).map_err(|_| unreadable(host, "it is not whole"))?;
        let at = |seconds: u64| UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        let (access, refresh) = (Secret::new(kept.access), kept.refresh.map(Secret::new));
        if kept.version != VERSION {
            return Err(unreadable(host, "a later version wrote it"));
        }
        if ![Some(&access), refresh.as_ref()].into_iter().flatten().all(|token| is_token(token.expose())) {
            return Err(unreadable(host, "it is not a token"));
        }
        Ok(Self {
            access,
            access_expires_at: kept.access_expires_at.and_then(at),
            refresh,
            refresh_expires_at: kept.refresh_expires_at.and_then(at),
            scopes: kept.scopes,
        })
    }
}

pub(super) fn seconds(time: SystemTime) -> Option<u64> {
    time.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

fn unreadable(host: &Host, what: &'static str) -> SignInError {
    SignInError::Kept { host: host.name().to_owned(), what }
}

/// Whether a text can be sent as a token. The longest known have some 520 characters.
pub(super) fn is_token(text: &str) -> bool {
    (1..=4096).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
