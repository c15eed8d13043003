//! GitHub's rate limits: what is left, and until when nothing may be asked.
//!
//! Whoever goes on asking beyond a limit can be locked out, so it is not even tried.
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>

use anchorhold_domain::{RateLimit, Timestamp};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// What GitHub asks to wait where it says nothing else.
const USUAL_WAIT: Duration = Duration::from_secs(60);
/// Limits start anew after an hour; more is not believed.
const LONGEST_WAIT: Duration = Duration::from_secs(2 * 60 * 60);

/// The limits of one account.
#[derive(Default)]
pub(crate) struct Limits {
    rate: Option<RateLimit>,
    everything: Option<Pause>,
    core: Option<Pause>,
    search: Option<Pause>,
}

/// Until when nothing is asked, and what GitHub calls that time.
#[derive(Clone, Copy)]
struct Pause {
    ends: Instant,
    resets_at: Option<u64>,
}

/// A limit that is reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    /// How long to wait from now.
    pub(crate) wait: Duration,
    /// When it starts anew, in seconds since the Unix epoch, where GitHub says so.
    pub(crate) resets_at: Option<u64>,
}

/// An answer, as far as limits are concerned.
pub(crate) struct Heard<'a> {
    pub(crate) path: &'a str,
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a str,
    pub(crate) now: SystemTime,
}

impl Limits {
    pub(super) fn hear(&mut self, answer: &Heard<'_>) -> Option<Spent> {
        let number = |name: &str| answer.headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let (remaining, resets_at) = (number("x-ratelimit-remaining"), number("x-ratelimit-reset"));
        if let (Some(remaining), Some(limit), Some(resets_at)) =
            (remaining, number("x-ratelimit-limit"), resets_at)
            && is_core(answer)
        {
            self.rate = Some(RateLimit {
                remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
                limit: u32::try_from(limit).unwrap_or(u32::MAX),
                resets_at: Timestamp(i64::try_from(resets_at).unwrap_or(i64::MAX).saturating_mul(1000)),
            });
        }
        let retry_after = number("retry-after").map(Duration::from_secs);
        let used_up = remaining == Some(0);
        let said = retry_after.is_some() || used_up || answer.body.contains("rate limit");
        if !(answer.status == StatusCode::TOO_MANY_REQUESTS || answer.status == StatusCode::FORBIDDEN && said)
        {
            return None;
        }
        let until_reset = || {
            let reset = UNIX_EPOCH.checked_add(Duration::from_secs(resets_at?))?;
            // A clock that is ahead of GitHub's still waits a little.
            Some(reset.duration_since(answer.now).unwrap_or_default().max(Duration::from_secs(1)))
        };
        let wait = retry_after.or_else(|| until_reset().filter(|_| used_up)).unwrap_or(USUAL_WAIT);
        let wait = wait.min(LONGEST_WAIT);
        let ends = Instant::now().checked_add(wait)?;
        let pause = Some(Pause { ends, resets_at });
        match (used_up && retry_after.is_none(), is_core(answer)) {
            (true, true) => self.core = pause,
            (true, false) => self.search = pause,
            (false, _) => self.everything = pause,
        }
        Some(Spent { wait, resets_at })
    }

    pub(super) fn spent(&self, path: &str) -> Option<Spent> {
        let own = if is_search(path) { self.search } else { self.core };
        let pauses = [self.everything, own].into_iter().flatten();
        let left = pauses.map(|pause| Spent {
            wait: pause.ends.saturating_duration_since(Instant::now()),
            resets_at: pause.resets_at,
        });
        left.filter(|spent| !spent.wait.is_zero()).max_by_key(|spent| spent.wait)
    }

    pub(super) fn rate(&self) -> Option<RateLimit> {
        self.rate
    }
}

/// Whether it counts against the limit of everything but searches.
fn is_core(answer: &Heard<'_>) -> bool {
    match answer.headers.get("x-ratelimit-resource") {
        Some(resource) => resource == "core",
        None => !is_search(answer.path),
    }
}

fn is_search(path: &str) -> bool {
    path.contains("/search/")
}
