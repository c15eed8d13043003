//! Signing in with a code that is entered on another page, with the app's client id alone.

use super::access::Access;
use super::answer::{Said, TokenAnswer};
use super::app::SignIn;
use super::error::{Result, SignInError, failure};
use super::http::Failure;
use super::tokens::Tokens;
use oauth2::StandardDeviceAuthorizationResponse;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;
use url::form_urlencoded::Serializer;

const BEGIN: &str = "begin to sign in with a code";
const WAIT: &str = "sign in with a code";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What `slow_down` adds where it names no interval, and the least between two questions.
/// <https://www.rfc-editor.org/rfc/rfc8628#section-3.5>
const STEP: Duration = Duration::from_secs(5);
const LEAST: Duration = Duration::from_secs(1);
/// The longest wait after breaks of the network, so that its return is soon noticed.
const LONGEST: Duration = Duration::from_secs(60);
/// GitHub says 15 min; a code is never shown for longer than this.
const LONGEST_LIFE: Duration = Duration::from_secs(60 * 60);

/// What to show while it waits. The code is for the user's eyes: [`Debug`] does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceCode {
    /// What to enter, such as `WDJB-MJHT`.
    pub user_code: String,
    /// Where to enter it: a page of the same host.
    pub address: Url,
    /// Until when.
    pub expires_at: Instant,
}

/// What one question to GitHub led to.
#[derive(Debug)]
pub enum Progress {
    /// The code is not entered yet, and is asked for again at the interval.
    Waiting,
    /// GitHub wants to be asked less often: at this interval from now on.
    SlowedDown(Duration),
    /// There was no answer; the sign-in goes on, and it is asked again after this time.
    Unreachable(Duration),
    /// The user is signed in.
    SignedIn(Tokens),
}

/// A sign-in that waits for its code to be entered. Dropping it ends it; nothing of it goes on.
pub struct DeviceFlow {
    sign_in: SignIn,
    device_code: oauth2::DeviceCode,
    shown: DeviceCode,
    interval: Duration,
    ask_at: Instant,
    breaks: u32,
}

impl SignIn {
    /// Asks GitHub for a code to show.
    ///
    /// # Errors
    /// Where the host cannot be reached, or does not let this app sign in so.
    pub async fn device(&self, access: Access) -> Result<DeviceFlow> {
        let host = self.host().name();
        let request = self.public.exchange_device_code().add_scopes(self.app.scopes(access));
        let answer: std::result::Result<StandardDeviceAuthorizationResponse, _> =
            request.request_async(&self.http).await;
        let answer = answer.map_err(|error| failure(error).tell(BEGIN, host))?;
        let unreadable = |what| SignInError::Answer { attempt: BEGIN, host: host.to_owned(), what };
        // A browser is sent there: only ever to the host that the user chose.
        let address = Url::parse(answer.verification_uri()).ok();
        let address = address.filter(|address| {
            Url::parse(self.host().web()).is_ok_and(|web| web.origin() == address.origin())
        });
        let address = address.ok_or_else(|| unreadable("one that points to another host"))?;
        let user_code = answer.user_code().secret().clone();
        let readable = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !(1..=32).contains(&user_code.len()) || !user_code.bytes().all(readable) {
            return Err(unreadable("without a code that can be entered"));
        }
        let interval = answer.interval().max(LEAST).min(LONGEST_LIFE);
        let now = Instant::now();
        Ok(DeviceFlow {
            sign_in: self.clone(),
            device_code: answer.device_code().clone(),
            shown: DeviceCode { user_code, address, expires_at: now + answer.expires_in().min(LONGEST_LIFE) },
            interval,
            ask_at: now + interval,
            breaks: 0,
        })
    }
}

impl DeviceFlow {
    /// Returns what to show.
    #[must_use]
    pub fn code(&self) -> &DeviceCode {
        &self.shown
    }

    /// Waits until the user has entered the code, told of each step.
    ///
    /// # Errors
    /// [`SignInError::Denied`], [`SignInError::CodeExpired`], and what else ends it; a network that breaks
    /// does not.
    pub async fn wait(mut self, mut told: impl FnMut(&Progress)) -> Result<Tokens> {
        loop {
            let progress = self.next().await?;
            told(&progress);
            match progress {
                Progress::Waiting | Progress::SlowedDown(_) | Progress::Unreachable(_) => {}
                Progress::SignedIn(tokens) => return Ok(tokens),
            }
        }
    }

    /// Waits for the interval and asks once. It can be dropped at any time and called again.
    ///
    /// # Errors
    /// As [`DeviceFlow::wait`].
    pub async fn next(&mut self) -> Result<Progress> {
        let expired =
            || SignInError::CodeExpired { attempt: WAIT, host: self.sign_in.host().name().to_owned() };
        if self.ask_at >= self.shown.expires_at {
            tokio::time::sleep_until(self.shown.expires_at).await;
            return Err(expired());
        }
        tokio::time::sleep_until(self.ask_at).await;
        // Set before asking, so that who drops and calls again still waits between two questions.
        self.ask_at = Instant::now() + self.interval;
        let answer = self.ask().await;
        let progress = self.heard(answer)?;
        let wait = match progress {
            Progress::Waiting | Progress::SignedIn(_) => self.interval,
            Progress::SlowedDown(wait) | Progress::Unreachable(wait) => wait,
        };
        self.ask_at = Instant::now() + wait;
        Ok(progress)
    }

    /// One question. The library's own loop would follow neither the interval that `slow_down` names nor
    /// tokio's clock.
    async fn ask(&self) -> std::result::Result<Tokens, Failure> {
        let form = Serializer::new(String::new())
            .append_pair("client_id", &self.sign_in.app.client_id)
            .append_pair("device_code", self.device_code.secret())
            .append_pair("grant_type", GRANT)
            .finish();
        let body = self.sign_in.http.post(self.sign_in.public.token_uri().as_str(), form).await?;
        let answer: TokenAnswer =
            serde_json::from_slice(&body).map_err(|_| Failure::Unreadable("not what GitHub documents"))?;
        Tokens::of(&answer, self.sign_in.clock.now())
    }

    /// Decides what an answer means for the sign-in.
    fn heard(&mut self, answer: std::result::Result<Tokens, Failure>) -> Result<Progress> {
        let failed = match answer {
            Ok(tokens) => return Ok(Progress::SignedIn(tokens)),
            Err(failed) => failed,
        };
        match failed {
            Failure::Said(Said::Pending) => {
                self.breaks = 0;
                Ok(Progress::Waiting)
            }
            Failure::Said(Said::SlowDown(named)) => {
                self.breaks = 0;
                let named = named.map(Duration::from_secs).filter(|named| *named > self.interval);
                self.interval = named.unwrap_or(self.interval + STEP).min(LONGEST_LIFE);
                Ok(Progress::SlowedDown(self.interval))
            }
            Failure::Unreachable(_) | Failure::Status(500..) => {
                Ok(Progress::Unreachable(self.after_break(None)))
            }
            Failure::RateLimited(wait) => Ok(Progress::Unreachable(self.after_break(wait))),
            Failure::Said(_) | Failure::Status(_) | Failure::Redirected | Failure::Unreadable(_) => {
                Err(failed.tell(WAIT, self.sign_in.host().name()))
            }
        }
    }

    /// Twice as long after each break, as the standard asks, and never less than the interval.
    fn after_break(&mut self, asked: Option<Duration>) -> Duration {
        self.breaks = self.breaks.saturating_add(1);
        let doubled = self.interval.saturating_mul(2_u32.saturating_pow(self.breaks)).min(LONGEST);
        doubled.max(self.interval).max(asked.unwrap_or_default().min(LONGEST_LIFE))
    }
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCode").field("address", &self.address.as_str()).finish_non_exhaustive()
    }
}

impl fmt::Debug for DeviceFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceFlow")
            .field("shown", &self.shown)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}
