//! Keeps one account signed in: refreshes its tokens before they end and after a refusal, once at a time.

use super::app::SignIn;
use super::error::{Again, Result, SignInError, Source, failure};
use super::http::Failure;
use super::tokens::Tokens;
use anchorhold_secrets::Secret;
use oauth2::RefreshToken;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

const ATTEMPT: &str = "refresh the sign-in";
/// How long before its end a token is refreshed: longer than an operation that is begun with it is likely
/// to take to show it.
const EARLY: Duration = Duration::from_secs(5 * 60);

/// Why new tokens could not be put to rest.
pub type SaveError = Box<dyn std::error::Error + Send + Sync>;

type Saving = Pin<Box<dyn Future<Output = std::result::Result<(), SaveError>> + Send>>;
type Loading = Pin<Box<dyn Future<Output = Option<Tokens>> + Send>>;

/// The tokens of one account, kept fresh. Clones share them; there is one for each account, since a refresh
/// token works once.
#[derive(Clone)]
pub struct Keeper(Arc<Inner>);

struct Inner {
    sign_in: SignIn,
    save: Box<dyn Fn(Tokens) -> Saving + Send + Sync>,
    load: Box<dyn Fn() -> Loading + Send + Sync>,
    state: Mutex<State>,
}

struct State {
    tokens: Tokens,
    /// Whether they were refreshed and are not put to rest yet.
    unsaved: bool,
    /// Whether the last refresh was because of a refusal: another one then would not help.
    refused_before: bool,
    /// Why nothing more can be done, once that is so.
    ended: Option<Again>,
    /// Whether nothing is refreshed any more, since nobody would wait for it.
    closed: bool,
}

impl Keeper {
    /// Keeps `tokens`, and hands each new set to `save` before anybody is given it. Where they were spent by
    /// somebody else, `load` says what rests by now: another process may keep the same account.
    #[must_use]
    pub fn new<F, S, G, L>(sign_in: SignIn, tokens: Tokens, save: F, load: G) -> Self
    where
        F: Fn(Tokens) -> S + Send + Sync + 'static,
        S: Future<Output = std::result::Result<(), SaveError>> + Send + 'static,
        G: Fn() -> L + Send + Sync + 'static,
        L: Future<Output = Option<Tokens>> + Send + 'static,
    {
        let state = State { tokens, unsaved: false, refused_before: false, ended: None, closed: false };
        let save = Box::new(move |tokens| -> Saving { Box::pin(save(tokens)) });
        let load = Box::new(move || -> Loading { Box::pin(load()) });
        Self(Arc::new(Inner { sign_in, save, load, state: Mutex::new(state) }))
    }

    /// Returns a token that holds for some minutes at least, refreshed where it has to be.
    ///
    /// # Errors
    /// [`SignInError::SignInAgain`] where only the user can help; [`SignInError::NotSaved`], and what keeps a
    /// refresh from happening, where the token has ended.
    pub async fn token(&self) -> Result<Secret> {
        self.ask(None).await
    }

    /// Returns another token than `refused`, which a server answered with 401.
    ///
    /// # Errors
    /// [`SignInError::SignInAgain`] where there is none, or the one before was refused too; else as
    /// [`Keeper::token`].
    pub async fn after_refusal(&self, refused: &Secret) -> Result<Secret> {
        self.ask(Some(refused.clone())).await
    }

    /// Says that a server took this token: a later refusal is then worth another refresh.
    pub async fn accepted(&self, token: &Secret) {
        let mut state = self.0.state.lock().await;
        if state.tokens.access.expose() == token.expose() {
            state.refused_before = false;
        }
    }

    /// Ends it: waits for a refresh that is under way, and lets no other begin. Says whether it did; new tokens
    /// that cannot be put to rest are held on to.
    pub async fn close(&self) -> bool {
        let mut state = self.0.state.lock().await;
        if state.unsaved && self.0.save(&mut state).await.is_err() {
            return false;
        }
        state.closed = true;
        true
    }

    /// In a task of its own, which ends with the limits on a question and on saving: who no longer waits must
    /// not throw away a set whose predecessor is spent.
    async fn ask(&self, refused: Option<Secret>) -> Result<Secret> {
        let inner = Arc::clone(&self.0);
        let asked = tokio::spawn(async move {
            let mut state = inner.state.lock().await;
            inner.current(&mut state, refused.as_ref()).await
        });
        let host = self.0.sign_in.host().name();
        asked.await.unwrap_or_else(|_| Err(SignInError::Interrupted { host: host.to_owned() }))
    }
}

impl Inner {
    async fn current(&self, state: &mut State, refused: Option<&Secret>) -> Result<Secret> {
        let now = self.sign_in.clock.now();
        if let Some(reason) = state.ended {
            return Err(self.again(reason));
        }
        if state.unsaved {
            self.save(state).await?;
        }
        let first = self.fresh(state, refused, now).await;
        let spent = matches!(state.ended, Some(Again::RefreshSpent));
        if spent && self.reload(state).await { self.fresh(state, refused, now).await } else { first }
    }

    /// The token of now, refreshed where it has to be.
    async fn fresh(&self, state: &mut State, refused: Option<&Secret>, now: SystemTime) -> Result<Secret> {
        // Who was refused with an earlier token only has to take the one of now.
        let refused = refused.is_some_and(|refused| refused.expose() == state.tokens.access.expose());
        let ends_before = |time: Option<SystemTime>| {
            state.tokens.access_expires_at.zip(time).is_some_and(|(end, time)| end <= time)
        };
        if !refused && !ends_before(now.checked_add(EARLY)) {
            return Ok(state.tokens.access.clone());
        }
        if refused && state.refused_before {
            return Err(self.again(Again::Revoked));
        }
        // A token that still holds is better than none.
        let usable = !refused && !ends_before(Some(now));
        let reason = match &state.tokens.refresh {
            None if refused => Again::Revoked,
            None => Again::Expired,
            Some(_) if state.tokens.refresh_expires_at.is_some_and(|end| end <= now) => Again::RefreshSpent,
            Some(_) if state.closed && usable => return Ok(state.tokens.access.clone()),
            Some(_) if state.closed => {
                return Err(SignInError::Interrupted { host: self.sign_in.host().name().to_owned() });
            }
            Some(refresh) => match self.refresh(refresh).await {
                Ok(tokens) => {
                    let before = std::mem::replace(&mut state.tokens, tokens);
                    // The standard lets a server keep the refresh token as it is; GitHub never does.
                    if state.tokens.refresh.is_none() {
                        state.tokens.refresh = before.refresh;
                        state.tokens.refresh_expires_at = before.refresh_expires_at;
                    }
                    state.refused_before = refused;
                    state.unsaved = true;
                    self.save(state).await?;
                    return Ok(state.tokens.access.clone());
                }
                Err(SignInError::SignInAgain { reason, .. }) => {
                    state.ended = Some(reason);
                    reason
                }
                Err(error) if usable => {
                    tracing::warn!(code = error.code(), "a token is not refreshed yet");
                    return Ok(state.tokens.access.clone());
                }
                Err(error) => return Err(error),
            },
        };
        if usable { Ok(state.tokens.access.clone()) } else { Err(self.again(reason)) }
    }

    /// Goes on with what rests by now, where that is something else; says whether it is.
    async fn reload(&self, state: &mut State) -> bool {
        let refresh = |tokens: &Tokens| tokens.refresh.as_ref().map(|token| token.expose().to_owned());
        let Some(kept) = (self.load)().await.filter(|kept| refresh(kept) != refresh(&state.tokens)) else {
            return false;
        };
        (state.tokens, state.refused_before, state.ended) = (kept, false, None);
        true
    }

    async fn refresh(&self, refresh: &Secret) -> Result<Tokens> {
        let host = self.sign_in.host().name();
        let refresh = RefreshToken::new(refresh.expose().to_owned());
        let answer =
            self.sign_in.client.exchange_refresh_token(&refresh).request_async(&self.sign_in.http).await;
        let tokens = answer.map_err(failure).and_then(|answer| Tokens::of(&answer, self.sign_in.clock.now()));
        tokens.map_err(|failure: Failure| failure.tell(ATTEMPT, host))
    }

    async fn save(&self, state: &mut State) -> Result<()> {
        let saved = (self.save)(state.tokens.clone()).await;
        let host = self.sign_in.host().name();
        saved.map_err(|source: Source| SignInError::NotSaved { host: host.to_owned(), source })?;
        state.unsaved = false;
        Ok(())
    }

    fn again(&self, reason: Again) -> SignInError {
        SignInError::SignInAgain { host: self.sign_in.host().name().to_owned(), reason }
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").field("host", &self.0.sign_in.host().name()).finish_non_exhaustive()
    }
}
