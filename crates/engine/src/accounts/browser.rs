//! Sign-ins in the browser that wait for it to come back, by a link that the system hands to this program.
//!
//! Anybody can make such a link. It is given to the one sign-in that waits for its state, or refused. What is
//! needed to finish the last one that was begun is kept in the keychain for as long as it holds, since the
//! system may start the program only for the link.

use super::{Accounts, lock};
use crate::EngineError;
use anchorhold_domain::{LinkedAccount, SignInProgress, SignInWay, Timestamp};
use anchorhold_forge::sign_in::{Access, Host, Loopback, Redirect, SignInError, Tokens, WebFlow, WebStart};
use anchorhold_secrets::{Rest, Secret, SecretName};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

/// How many sign-ins are remembered, so that one that was used or is too old is told as such.
const MOST: usize = 32;

/// A sign-in that was begun here.
pub(super) struct Begun {
    flow: WebFlow,
    /// Whoever waits for the link; gone once it has it.
    waiting: Option<oneshot::Sender<String>>,
}

impl Accounts {
    /// Signs in in the browser, which comes back by a link or, where none can be received, to a port of this
    /// machine.
    pub(super) async fn by_browser(
        &self,
        host: &Host,
        rest: Rest,
        told: &mpsc::Sender<SignInProgress>,
    ) -> Result<(Tokens, String), EngineError> {
        let sign_in = self.sign_in_with_app(host, SignInWay::Browser).await?;
        let client_id = sign_in.client_id().to_owned();
        let flow = WebFlow::new(sign_in);
        let linked = tokio::task::spawn_blocking(self.deep_links).await.unwrap_or(false);
        let callback = if linked {
            let start = flow.start(Access::default(), Redirect::DeepLink)?;
            let hears = self.begin(&flow);
            if rest == Rest::Keychain {
                self.keep_begun(host, &flow, &start).await;
            }
            self.tell_browser(told, &start).await;
            match timeout_at(start.expires_at, hears).await {
                Ok(Ok(callback)) => callback,
                Ok(Err(_)) | Err(_) => return Err(SignInError::BrowserSilent.into()),
            }
        } else {
            let loopback = Loopback::open().await?;
            let start = flow.start(Access::default(), loopback.redirect())?;
            self.tell_browser(told, &start).await;
            loopback.callback(&flow).await?
        };
        Ok((flow.finish(&callback).await?, client_id))
    }

    /// Takes the address with which the browser came back. Returns the account where no sign-in of this process
    /// waits for it, but one of an earlier process did.
    pub(crate) async fn finish(
        self: &Arc<Self>,
        callback: &str,
    ) -> Result<Option<LinkedAccount>, EngineError> {
        let flows: Vec<WebFlow> = {
            let mut begun = lock(&self.begun);
            if let Some(begun) = begun.iter_mut().find(|begun| begun.flow.awaits(callback)) {
                // Who gave up has let go of the other end.
                let given =
                    begun.waiting.take().is_some_and(|waiting| waiting.send(callback.to_owned()).is_ok());
                return if given { Ok(None) } else { Err(SignInError::StateUsed.into()) };
            }
            begun.iter().map(|begun| begun.flow.clone()).collect()
        };
        for flow in flows {
            // None of them awaits it, so that nothing is sent.
            match flow.finish(callback).await {
                Err(SignInError::StateUnknown) => {}
                Err(refused) => return Err(refused.into()),
                Ok(_) => return Err(SignInError::StateUsed.into()),
            }
        }
        self.finish_earlier(callback).await.map(Some)
    }

    /// Forgets what is kept of the last sign-in that was begun.
    pub(crate) async fn forget_begun(&self) {
        if let Err(error) = self.secrets.delete(&SecretName::BegunSignIn).await {
            tracing::warn!(code = error.code(), "what is kept of a sign-in stays until it is too old");
        }
    }

    fn begin(&self, flow: &WebFlow) -> oneshot::Receiver<String> {
        let (waiting, hears) = oneshot::channel();
        let mut begun = lock(&self.begun);
        begun.push_back(Begun { flow: flow.clone(), waiting: Some(waiting) });
        if begun.len() > MOST {
            begun.pop_front();
        }
        hears
    }

    async fn keep_begun(&self, host: &Host, flow: &WebFlow, start: &WebStart) {
        let Some(kept) = flow.keep(start) else { return };
        let text = Secret::new(format!("{}\n{}", host.name(), kept.expose()));
        if let Err(error) = self.secrets.set(&SecretName::BegunSignIn, text, Rest::Keychain).await {
            tracing::warn!(code = error.code(), "the sign-in can be finished by this process alone");
        }
    }

    async fn finish_earlier(self: &Arc<Self>, callback: &str) -> Result<LinkedAccount, EngineError> {
        let unknown = || EngineError::from(SignInError::StateUnknown);
        if self.rest == Rest::Session {
            return Err(unknown());
        }
        let kept = self.secrets.get(&SecretName::BegunSignIn).await?.ok_or_else(unknown)?;
        let (host, kept) = kept.expose().split_once('\n').ok_or_else(unknown)?;
        let host = self.host(host)?;
        let sign_in = self.sign_in_with_app(&host, SignInWay::Browser).await?;
        let client_id = sign_in.client_id().to_owned();
        let flow = WebFlow::new(sign_in);
        flow.resume(&Secret::new(kept.to_owned()))?;
        if flow.awaits(callback) {
            // Once, whatever becomes of it.
            self.secrets.delete(&SecretName::BegunSignIn).await?;
        }
        let tokens = flow.finish(callback).await?;
        // Only one that was to be remembered is kept for another process.
        self.complete(&host, SignInWay::Browser, tokens, Some(client_id), Rest::Keychain).await
    }

    async fn tell_browser(&self, told: &mpsc::Sender<SignInProgress>, start: &WebStart) {
        let (address, expires_at) = (start.address.to_string(), self.time_of(start.expires_at));
        // Nobody hears it only where the sign-in was given up.
        let _ = told.send(SignInProgress::Browser { address, expires_at }).await;
    }

    /// A time of this process as one of the clock on the wall.
    pub(super) fn time_of(&self, instant: Instant) -> Timestamp {
        let left = instant.saturating_duration_since(Instant::now()).as_millis();
        Timestamp((self.clock)().0.saturating_add(i64::try_from(left).unwrap_or(i64::MAX)))
    }
}
