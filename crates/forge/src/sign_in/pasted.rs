//! A token that the user brings: what kind it is, whose, what it may do and until when.

use super::access::{Access, Scope};
use super::error::{Result, SignInError};
use super::host::Host;
use super::http::{Failure, Http};
use super::tokens::{Tokens, is_token};
use crate::account::{Account, Answer};
use anchorhold_secrets::Secret;
use chrono::{DateTime, NaiveDateTime};
use oauth2::http::HeaderMap;
use std::time::SystemTime;

const ATTEMPT: &str = "check the token";

/// What a token's beginning says it is.
///
/// <https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `ghp_`: a personal access token with scopes.
    Classic,
    /// `github_pat_`: a personal access token with fine permissions.
    FineGrained,
    /// `gho_`: of an OAuth app, such as `gh`.
    OAuthApp,
    /// `ghu_`: of a GitHub App, for a user.
    GitHubApp,
    /// `ghs_`: of a GitHub App, for itself.
    Installation,
    /// `ghr_`: a refresh token.
    Refresh,
    /// Anything else, such as the forty digits of before 2021.
    Unknown,
}

impl TokenKind {
    /// Reads a token's beginning.
    #[must_use]
    pub fn of(token: &Secret) -> Self {
        let kinds = [
            ("ghp_", Self::Classic),
            ("github_pat_", Self::FineGrained),
            ("gho_", Self::OAuthApp),
            ("ghu_", Self::GitHubApp),
            ("ghs_", Self::Installation),
            ("ghr_", Self::Refresh),
        ];
        let found = kinds.into_iter().find(|(start, _)| token.expose().starts_with(start));
        found.map_or(Self::Unknown, |(_, kind)| kind)
    }

    /// Returns what it is in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Classic => "a classic personal access token",
            Self::FineGrained => "a fine-grained personal access token",
            Self::OAuthApp => "the token of an OAuth app",
            Self::GitHubApp => "the token of a GitHub App for a user",
            Self::Installation => "the token of a GitHub App for itself",
            Self::Refresh => "a refresh token",
            Self::Unknown => "a token of an unknown kind",
        }
    }
}

/// A token that GitHub knows.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Whose it is.
    pub account: Account,
    /// What kind it is.
    pub kind: TokenKind,
    /// It, with its end where GitHub tells one, and its scopes.
    pub tokens: Tokens,
    /// Whether GitHub told its scopes: tokens with fine permissions have none.
    pub scoped: bool,
}

impl Checked {
    /// Asks GitHub about a token. White space around it, as copying leaves it, is dropped.
    ///
    /// # Errors
    /// [`SignInError::TokenMalformed`] and [`SignInError::NotAUsers`] before anything is sent;
    /// [`SignInError::TokenRefused`] where GitHub does not know it.
    pub async fn ask(host: &Host, pasted: &Secret) -> Result<Self> {
        let name = host.name();
        let token = pasted.expose().trim();
        if !is_token(token) {
            return Err(SignInError::TokenMalformed { host: name.to_owned() });
        }
        let token = Secret::new(token.to_owned());
        let kind = TokenKind::of(&token);
        match kind {
            TokenKind::Installation | TokenKind::Refresh => {
                return Err(SignInError::NotAUsers { host: name.to_owned(), kind });
            }
            TokenKind::Classic
            | TokenKind::FineGrained
            | TokenKind::OAuthApp
            | TokenKind::GitHubApp
            | TokenKind::Unknown => {}
        }
        let asked = Http::new(host).await?.get(&format!("{}/user", host.api()), &token).await;
        let (headers, body) = asked.map_err(|failure| match failure {
            Failure::Status(401) => SignInError::TokenRefused { host: name.to_owned() },
            Failure::Status(_)
            | Failure::Unreachable(_)
            | Failure::Redirected
            | Failure::RateLimited(_)
            | Failure::Said(_)
            | Failure::Unreadable(_) => failure.tell(ATTEMPT, name),
        })?;
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| Failure::Unreadable("not an account").tell(ATTEMPT, name))?;
        let scopes = text(&headers, "x-oauth-scopes");
        let mut tokens = Tokens::lasting(token);
        tokens.access_expires_at = text(&headers, "github-authentication-token-expiration").and_then(time);
        let named = scopes.into_iter().flat_map(|scopes| scopes.split(',')).map(str::trim);
        tokens.scopes = named.filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
        Ok(Self { account: answer.on(name), kind, tokens, scoped: scopes.is_some() })
    }

    /// Returns the scopes that it lacks for `access`. What a token with fine permissions lacks shows only when
    /// it is used.
    #[must_use]
    pub fn lacks(&self, access: Access) -> Vec<Scope> {
        let has = |scope: &Scope| self.tokens.scopes.iter().any(|had| had == scope.name);
        access.scopes().into_iter().filter(|scope| self.scoped && !has(scope)).collect()
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Reads `2026-12-24 10:00:00 UTC` and `2026-12-24 10:00:00 +0100`, which GitHub both sends.
fn time(text: &str) -> Option<SystemTime> {
    if let Some(time) = text.strip_suffix(" UTC") {
        return Some(NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S").ok()?.and_utc().into());
    }
    Some(DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S %z").ok()?.into())
}
