//! Signing in in the browser, with PKCE. What is kept of a sign-in is used once and for ten minutes.

use super::access::Access;
use super::answer::Said;
use super::app::SignIn;
use super::callback::{Callback, Outcome, Redirect};
use super::error::{Result, SignInError, failure};
use super::http::Failure;
use super::tokens::{Tokens, seconds};
use anchorhold_secrets::Secret;
use oauth2::{AuthorizationCode, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

const ATTEMPT: &str = "sign in in the browser";
/// As long as GitHub's own code holds.
pub(super) const LIFETIME: Duration = Duration::from_secs(10 * 60);
/// The version of the text that is kept for another process.
const VERSION: u8 = 1;
/// How many sign-ins are remembered, begun and used; the oldest is forgotten first.
const MOST: usize = 32;

/// The sign-ins that were begun in the browser. Clones share them.
#[derive(Clone)]
pub struct WebFlow {
    sign_in: SignIn,
    begun: Arc<Mutex<HashMap<String, Begun>>>,
}

/// What to open in the browser.
#[derive(Clone)]
pub struct WebStart {
    /// The page of GitHub. It holds the state, so it is not for logs: [`Debug`] leaves it out.
    pub address: Url,
    /// Until when the browser has to come back.
    pub expires_at: Instant,
}

struct Begun {
    at: Instant,
    redirect: Redirect,
    /// Gone once it is used.
    verifier: Option<PkceCodeVerifier>,
}

/// What is kept of a sign-in for another process.
#[derive(Deserialize, Serialize)]
struct Kept {
    version: u8,
    state: String,
    verifier: String,
    /// In seconds since the Unix epoch.
    began_at: u64,
}

impl WebFlow {
    /// Begins with none.
    #[must_use]
    pub fn new(sign_in: SignIn) -> Self {
        Self { sign_in, begun: Arc::default() }
    }

    /// Begins a sign-in, which ends with [`WebFlow::finish`].
    ///
    /// # Errors
    /// [`SignInError::Callback`] where the address cannot be written, which no port leads to.
    pub fn start(&self, access: Access, redirect: Redirect) -> Result<WebStart> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (address, state) = self
            .sign_in
            .client
            .authorize_url(CsrfToken::new_random)
            .set_redirect_uri(Cow::Owned(self.redirect_url(redirect)?))
            .set_pkce_challenge(challenge)
            .add_scopes(self.sign_in.app.scopes(access))
            // Who has several accounts is asked which; else the browser's one is taken in silence.
            .add_extra_param("prompt", "select_account")
            .url();
        let at = Instant::now();
        let mut begun = self.begun();
        // A used or expired one is remembered a while longer, to be told as what it is.
        begun.retain(|_, begun| at.duration_since(begun.at) < 2 * LIFETIME);
        if begun.len() >= MOST
            && let Some(oldest) =
                begun.iter().min_by_key(|(_, begun)| begun.at).map(|(state, _)| state.clone())
        {
            begun.remove(&oldest);
        }
        begun.insert(state.into_secret(), Begun { at, redirect, verifier: Some(verifier) });
        Ok(WebStart { address, expires_at: at + LIFETIME })
    }

    /// Returns what another process needs to finish a sign-in that a link will end, to be put to rest where
    /// secrets rest. None for one that is used, or that a port of this process waits for.
    #[must_use]
    pub fn keep(&self, start: &WebStart) -> Option<Secret> {
        let state = start.address.query_pairs().find(|(name, _)| name == "state")?.1.into_owned();
        let begun = self.begun();
        let begun = begun.get(&state).filter(|begun| begun.redirect == Redirect::DeepLink)?;
        let kept = Kept {
            version: VERSION,
            verifier: begun.verifier.as_ref()?.secret().clone(),
            began_at: seconds(self.sign_in.clock.now())?.saturating_sub(begun.at.elapsed().as_secs()),
            state,
        };
        let text = serde_json::to_string(&kept).ok().map(Secret::new);
        drop([Secret::new(kept.verifier), Secret::new(kept.state)]);
        text
    }

    /// Takes up a sign-in that an earlier process began. One that is too old is told as such.
    ///
    /// # Errors
    /// [`SignInError::StateUnknown`] where this is not what [`WebFlow::keep`] gave.
    pub fn resume(&self, kept: &Secret) -> Result<()> {
        // The parser's words could quote it.
        let kept: Kept = serde_json::from_str(kept.expose()).map_err(|_| SignInError::StateUnknown)?;
        if kept.version != VERSION {
            return Err(SignInError::StateUnknown);
        }
        let now = seconds(self.sign_in.clock.now()).unwrap_or_default();
        let verifier = PkceCodeVerifier::new(kept.verifier);
        // A clock that was put back makes nothing younger than it can be.
        let age = now.checked_sub(kept.began_at).map_or(LIFETIME, Duration::from_secs);
        let at = Instant::now().checked_sub(age.min(LIFETIME)).ok_or(SignInError::StateExpired)?;
        self.begun().insert(kept.state, Begun { at, redirect: Redirect::DeepLink, verifier: Some(verifier) });
        Ok(())
    }

    /// Finishes a sign-in with the address with which the browser came back.
    ///
    /// # Errors
    /// [`SignInError::Callback`], [`SignInError::StateUnknown`], [`SignInError::StateUsed`] and
    /// [`SignInError::StateExpired`] before anything is sent; [`SignInError::Denied`] where the user said no.
    pub async fn finish(&self, callback: &str) -> Result<Tokens> {
        let callback = Callback::read(callback)?;
        let verifier = self.take(&callback.state, callback.redirect)?;
        let host = self.sign_in.host().name();
        match callback.outcome {
            Outcome::Refused(error) => Err(Failure::Said(Said::of(&error, None)).tell(ATTEMPT, host)),
            Outcome::Code(code) => self.exchange(code, verifier, callback.redirect).await,
        }
    }

    /// Returns whether an address would finish a sign-in that still waits. Nothing is used up.
    #[must_use]
    pub fn awaits(&self, callback: &str) -> bool {
        Callback::read(callback).is_ok_and(|callback| {
            self.begun().get(callback.state.expose()).is_some_and(|begun| {
                begun.redirect == callback.redirect
                    && begun.verifier.is_some()
                    && begun.at.elapsed() < LIFETIME
            })
        })
    }

    /// Uses a sign-in up.
    fn take(&self, state: &Secret, redirect: Redirect) -> Result<PkceCodeVerifier> {
        let mut begun = self.begun();
        let begun = begun.get_mut(state.expose()).filter(|begun| begun.redirect == redirect);
        let begun = begun.ok_or(SignInError::StateUnknown)?;
        let verifier = begun.verifier.take().ok_or(SignInError::StateUsed)?;
        if begun.at.elapsed() >= LIFETIME {
            // It stays expired, rather than used.
            begun.verifier = Some(verifier);
            return Err(SignInError::StateExpired);
        }
        Ok(verifier)
    }

    async fn exchange(&self, code: Secret, verifier: PkceCodeVerifier, redirect: Redirect) -> Result<Tokens> {
        let host = self.sign_in.host().name();
        let code = AuthorizationCode::new(code.expose().to_owned());
        let request = self.sign_in.client.exchange_code(code).set_pkce_verifier(verifier);
        let request = request.set_redirect_uri(Cow::Owned(self.redirect_url(redirect)?));
        let answer = request
            .request_async(&self.sign_in.http)
            .await
            .map_err(|error| failure(error).tell(ATTEMPT, host))?;
        Tokens::of(&answer, self.sign_in.clock.now()).map_err(|failure| failure.tell(ATTEMPT, host))
    }

    fn redirect_url(&self, redirect: Redirect) -> Result<RedirectUrl> {
        RedirectUrl::new(redirect.uri()).map_err(|_| SignInError::Callback { what: "it cannot be written" })
    }

    fn begun(&self) -> MutexGuard<'_, HashMap<String, Begun>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for WebFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebFlow").field("begun", &self.begun().len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for WebStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebStart").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
