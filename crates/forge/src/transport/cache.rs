//! What GitHub answered, kept in memory so that asking again costs nothing of the rate limit; with it what is
//! kept from one connection to the next: the limits themselves, and the open connections.
//!
//! Nothing here is written to a disk, and nothing is answered from it that GitHub did not just confirm, but for
//! the logs of jobs that have ended, which never change.

use super::client;
use super::limits::{Limits, Spent};
use super::{Failure, Source};
use anchorhold_domain::RateLimit;
use reqwest::header::{ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// The most bytes that answers take up, and the most of one answer.
const MOST_BYTES: usize = 32 << 20;
const MOST_OF_ONE: usize = 2 << 20;
const MOST_ANSWERS: usize = 2_000;
const MOST_ACCOUNTS: usize = 64;

/// Headers that say something of the answer itself, and not of the moment in which it was given.
const KEPT: [&str; 2] = ["link", "x-github-sso"];

/// What is remembered of GitHub's answers. Clones share it; whoever talks to GitHub more than once keeps one.
#[derive(Clone, Default)]
pub struct Cache(Arc<Inner>);

#[derive(Default)]
struct Inner {
    client: OnceCell<reqwest::Client>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    answers: HashMap<Key, Kept>,
    bytes: usize,
    limits: HashMap<Account, Limits>,
    /// Counts up with each use, so that the least recently used can be found.
    uses: u64,
}

type Key = (Account, String);

struct Kept {
    answer: Arc<Remembered>,
    used: u64,
}

/// One account on one host: the digest of the host's name and the token. A token that was refreshed begins
/// anew, as GitHub's own tags do.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Account([u8; 32]);

/// An answer that can be given again.
pub(crate) struct Remembered {
    tag: Option<HeaderValue>,
    modified: Option<HeaderValue>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Account {
    pub(crate) fn of(host: &str, token: Option<&str>) -> Self {
        let mut digest = Sha256::new();
        for part in [host, if token.is_some() { "\nas\n" } else { "\nnobody" }, token.unwrap_or_default()] {
            digest.update(part);
        }
        Self(digest.finalize().into())
    }
}

impl Remembered {
    /// What to remember of an answer; `None` where it cannot be asked for conditionally.
    pub(crate) fn of(headers: &HeaderMap, body: &str) -> Option<Self> {
        let (tag, modified) = (headers.get(ETAG).cloned(), headers.get(LAST_MODIFIED).cloned());
        if tag.is_none() && modified.is_none() {
            return None;
        }
        let kept = headers.iter().filter(|(name, _)| KEPT.contains(&name.as_str()));
        let headers = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        Some(Self { tag, modified, headers, body: body.to_owned() })
    }

    /// The same answer with what GitHub says of it now: where a page did not change, another may be new.
    pub(crate) fn renewed(&self, headers: &HeaderMap) -> Self {
        let Self { tag, modified, headers: known, body } = self;
        let mut all = known.clone();
        for (name, value) in headers.iter().filter(|(name, _)| KEPT.contains(&name.as_str())) {
            all.insert(name.clone(), value.clone());
        }
        Self { tag: tag.clone(), modified: modified.clone(), headers: all, body: body.clone() }
    }

    /// What never changes.
    pub(crate) fn settled(body: String) -> Self {
        Self { tag: None, modified: None, headers: HeaderMap::new(), body }
    }

    /// The header with which it is asked for again. GitHub's tags tell more than its times.
    pub(crate) fn condition(&self) -> Option<(HeaderName, HeaderValue)> {
        use reqwest::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH};
        let tag = self.tag.clone().map(|tag| (IF_NONE_MATCH, tag));
        tag.or_else(|| Some((IF_MODIFIED_SINCE, self.modified.clone()?)))
    }
}

impl Cache {
    /// Makes one that remembers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The one client, made when it is first needed.
    pub(crate) async fn client(&self) -> Result<&reqwest::Client, Failure> {
        let made = self.0.client.get_or_try_init(client::make).await;
        made.map_err(|source: Source| Failure::Unprepared(source))
    }

    pub(crate) fn answer(&self, account: Account, url: &str) -> Option<Arc<Remembered>> {
        let mut memory = self.memory();
        let used = memory.tick();
        let kept = memory.answers.get_mut(&(account, url.to_owned()))?;
        kept.used = used;
        Some(Arc::clone(&kept.answer))
    }

    pub(crate) fn remember(&self, account: Account, url: &str, answer: Remembered) {
        let bytes = answer.body.len().saturating_add(url.len());
        if bytes > MOST_OF_ONE {
            return;
        }
        let mut memory = self.memory();
        let (used, key) = (memory.tick(), (account, url.to_owned()));
        memory.forget(&key);
        memory.bytes = memory.bytes.saturating_add(bytes);
        memory.answers.insert(key, Kept { answer: Arc::new(answer), used });
        while memory.bytes > MOST_BYTES || memory.answers.len() > MOST_ANSWERS {
            let oldest = memory.answers.iter().min_by_key(|(_, kept)| kept.used);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else { break };
            memory.forget(&oldest);
        }
    }

    /// Hears what an answer says of the account's limits, and returns the limit that it ran into.
    pub(crate) fn heard(&self, account: Account, answer: &super::limits::Heard<'_>) -> Option<Spent> {
        let mut memory = self.memory();
        if !memory.limits.contains_key(&account) && memory.limits.len() >= MOST_ACCOUNTS {
            memory.limits.clear();
        }
        memory.limits.entry(account).or_default().hear(answer)
    }

    /// The limit that forbids to ask for `path` now.
    pub(crate) fn spent(&self, account: Account, path: &str) -> Option<Spent> {
        self.memory().limits.get(&account)?.spent(path)
    }

    pub(crate) fn rate(&self, account: Account) -> Option<RateLimit> {
        self.memory().limits.get(&account)?.rate()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // Every change leaves it whole, so that a panic elsewhere does no harm to it.
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn tick(&mut self) -> u64 {
        self.uses = self.uses.saturating_add(1);
        self.uses
    }

    fn forget(&mut self, key: &Key) {
        if let Some(kept) = self.answers.remove(key) {
            self.bytes = self.bytes.saturating_sub(kept.answer.body.len().saturating_add(key.1.len()));
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("answers", &self.memory().answers.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{Account, Cache, MOST_ANSWERS, MOST_BYTES, MOST_OF_ONE, Remembered};

    fn remember(cache: &Cache, account: Account, url: &str, bytes: usize) {
        cache.remember(account, url, Remembered::settled("x".repeat(bytes)));
    }

    #[test]
    fn it_holds_no_more_than_its_bounds_and_forgets_what_was_not_used() {
        let (cache, account) = (Cache::new(), Account::of("github.com", Some("token")));
        remember(&cache, account, "used", 1);
        for number in 0..MOST_ANSWERS + 50 {
            remember(&cache, account, &format!("url/{number}"), 1);
            assert!(cache.answer(account, "used").is_some());
        }
        assert_eq!(cache.memory().answers.len(), MOST_ANSWERS);
        assert!(cache.answer(account, "url/0").is_none());
        for number in 0..40 {
            remember(&cache, account, &format!("large/{number}"), MOST_OF_ONE - 100);
        }
        let memory = cache.memory();
        assert!(memory.bytes <= MOST_BYTES);
        let kept: usize = memory.answers.iter().map(|(key, kept)| key.1.len() + kept.answer.body.len()).sum();
        assert_eq!(memory.bytes, kept);
    }

    #[test]
    fn what_is_too_large_is_not_kept() {
        let (cache, account) = (Cache::new(), Account::of("github.com", None));
        remember(&cache, account, "url", MOST_OF_ONE);
        assert!(cache.answer(account, "url").is_none());
        assert_eq!(cache.memory().bytes, 0);
    }

    #[test]
    fn an_account_is_a_host_and_a_token_together() {
        let accounts = [
            Account::of("github.com", None),
            Account::of("github.com", Some("")),
            Account::of("github.com", Some("token")),
            Account::of("github.com", Some("other")),
            Account::of("github.example", Some("token")),
        ];
        let cache = Cache::new();
        for (number, account) in accounts.into_iter().enumerate() {
            cache.remember(account, "url", Remembered::settled(number.to_string()));
        }
        for (number, account) in accounts.into_iter().enumerate() {
            assert_eq!(cache.answer(account, "url").unwrap().body, number.to_string());
        }
    }
}
