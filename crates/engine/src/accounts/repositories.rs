//! The repositories that an account can reach, read page by page in the background and searched as one types.

use super::{Accounts, Whose, lock};
use crate::EngineError;
use crate::engine::Shared;
use anchorhold_domain::{LinkedAccount, LinkedRepository, RateLimit, RepositoryList, SignInWay, Timestamp};
use anchorhold_forge::Cache;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How many repositories are answered at once.
const MOST: usize = 100;
/// How many pages of a hundred are read.
const MOST_PAGES: u32 = 100;
/// After how long a list is read anew when it is asked for. Pages that did not change cost nothing then.
const FRESH: Duration = Duration::from_secs(60);
/// For how long a list that could not be read whole is left as it is: long enough not to ask GitHub for every
/// letter that is typed, and no longer than it takes to read why.
const LET_BE_MS: i64 = 5_000;

/// What is known of one account's repositories.
#[derive(Default)]
pub(super) struct List {
    state: watch::Sender<State>,
    cache: Cache,
}

#[derive(Clone, Default)]
struct State {
    repositories: Arc<Vec<LinkedRepository>>,
    pages: u32,
    reading: bool,
    read_at: Option<Instant>,
    rate: Option<RateLimit>,
    /// Whether organisations are missing that want single sign-on.
    partial: bool,
    /// Why the last reading failed, and when.
    failed: Option<(Arc<EngineError>, Timestamp)>,
}

impl Accounts {
    /// What GitHub answered to an account, to be asked about only where it changed.
    pub(super) fn cache(&self, key: &str) -> Cache {
        self.list(key).cache.clone()
    }

    fn list(&self, key: &str) -> Arc<List> {
        Arc::clone(lock(&self.lists).entry(key.to_owned()).or_default())
    }
}

impl Shared {
    /// Finds repositories of an account, or of the chosen one. The first answer waits for one page, later ones
    /// for none.
    pub(crate) async fn repositories(
        self: &Arc<Self>,
        key: Option<&str>,
        text: &str,
    ) -> Result<RepositoryList, EngineError> {
        let Some(account) = self.meant(key).await? else {
            return Ok(RepositoryList {
                account: None,
                repositories: Vec::new(),
                total: 0,
                reading: false,
                fault: None,
                grant_url: None,
                sso_url: None,
                rate: None,
            });
        };
        let list = self.accounts.list(&account.key);
        self.read_where_due(&account, &list);
        let mut state = list.state.subscribe();
        let state = match state.wait_for(|state| state.pages > 0 || !state.reading).await {
            Ok(state) => state.clone(),
            Err(_) => return Err(EngineError::Panicked { verb: "list repositories" }),
        };
        if let (0, Some((error, _))) = (state.pages, &state.failed) {
            return Err(EngineError::Listing(Arc::clone(error)));
        }
        let (repositories, total) = matching(&state.repositories, text);
        let kept = self.accounts.kept(&account.key).await?;
        let by_app = matches!(account.way, SignInWay::Code | SignInWay::Browser);
        let grant_url = match by_app {
            true => self.accounts.grant_url(&account.host, kept.client_id.as_deref()).await?,
            false => None,
        };
        let sso_url = match state.partial {
            true => Some(self.accounts.sso_url(&account, kept.client_id.as_deref()).await?),
            false => None,
        };
        Ok(RepositoryList {
            account: Some(account.key),
            repositories,
            total,
            reading: state.reading,
            fault: state.failed.filter(|_| !state.reading).map(|(error, _)| error.fault()),
            grant_url,
            sso_url,
            rate: state.rate,
        })
    }

    async fn meant(&self, key: Option<&str>) -> Result<Option<LinkedAccount>, EngineError> {
        if let Some(key) = key {
            return Ok(Some(self.accounts.kept(key).await?.account));
        }
        let chosen: Vec<_> =
            self.accounts.all().await?.into_iter().filter(|account| account.chosen).collect();
        let usual = chosen.iter().find(|account| account.host == "github.com").or_else(|| chosen.first());
        Ok(usual.cloned())
    }

    /// Begins to read where nobody reads and what is there is old, or has not been whole for a while.
    fn read_where_due(self: &Arc<Self>, account: &LinkedAccount, list: &Arc<List>) {
        if self.tasks.is_closed() {
            return;
        }
        let clock = self.config.clock;
        let due = list.state.send_if_modified(|state| {
            let fresh = match &state.failed {
                // A clock that was set back is no reason never to read again.
                Some((_, at)) => (0..LET_BE_MS).contains(&clock().0.saturating_sub(at.0)),
                None => state.read_at.is_some_and(|at| at.elapsed() < FRESH),
            };
            let due = !state.reading && !fresh;
            state.reading |= due;
            due
        });
        if !due {
            return;
        }
        let (shared, list, key) = (Arc::clone(self), Arc::clone(list), account.key.clone());
        let shutdown = self.shutdown.clone();
        self.tasks.spawn(async move {
            let read = shutdown.run_until_cancelled(shared.read(&list, &key)).await;
            list.state.send_modify(|state| {
                state.reading = false;
                match read {
                    Some(Ok(())) => (state.read_at, state.failed) = (Some(Instant::now()), None),
                    Some(Err(error)) => {
                        tracing::warn!(code = error.code(), "not all repositories are read");
                        state.failed = Some((Arc::new(error), clock()));
                    }
                    None => {}
                }
            });
        });
    }

    /// Reads all pages. What was there before stays until all of the new ones are.
    async fn read(&self, list: &List, key: &str) -> Result<(), EngineError> {
        let first = list.state.borrow().pages == 0;
        let (mut all, mut partial) = (Vec::new(), false);
        let mut known = HashSet::new();
        let mut next = Some(1);
        while let Some(page) = next.filter(|page| *page <= MOST_PAGES) {
            let (found, rate) = self
                .with_forge(Whose::Account(key), |forge| async move {
                    let found = forge.repositories(page).await?;
                    let rate = forge.rate();
                    Ok((found, rate))
                })
                .await?;
            next = found.next;
            // While pages are read, what is on them moves on: each push to one puts it before all others.
            all.extend(
                found
                    .repositories
                    .into_iter()
                    .filter(|found| known.insert(format!("{}/{}", found.owner, found.name).to_lowercase())),
            );
            partial |= found.partial;
            let whole = next.is_none_or(|page| page > MOST_PAGES);
            list.state.send_modify(|state| {
                state.rate = rate.or(state.rate);
                if first || whole {
                    state.repositories = Arc::new(all.clone());
                    (state.pages, state.partial) = (page, partial);
                }
            });
        }
        Ok(())
    }
}

/// The best matches, and how many there are: names that match before others, then the last pushed to.
fn matching(all: &[LinkedRepository], typed: &str) -> (Vec<LinkedRepository>, u32) {
    let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
    let pattern = Pattern::parse(typed.trim(), CaseMatching::Ignore, Normalization::Smart);
    let mut letters = Vec::new();
    let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut letters), &mut matcher);
    let mut found: Vec<_> = all
        .iter()
        .filter_map(|repository| {
            let whole = format!("{}/{}", repository.owner, repository.name);
            let key = match (score(&repository.name), score(&whole)) {
                (Some(name), _) => (0, Reverse(name)),
                (None, Some(whole)) => (1, Reverse(whole)),
                (None, None) => (2, Reverse(score(repository.description.as_deref()?)?)),
            };
            Some((key, Reverse(repository.pushed_at), repository))
        })
        .collect();
    found.sort_by(|(one, pushed, _), (other, pushed_other, _)| one.cmp(other).then(pushed.cmp(pushed_other)));
    let total = u32::try_from(found.len()).unwrap_or(u32::MAX);
    (found.into_iter().take(MOST).map(|(.., repository)| repository.clone()).collect(), total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchorhold_domain::Timestamp;

    fn repository(address: &str, description: &str, pushed_at: i64) -> LinkedRepository {
        let (owner, name) = address.split_once('/').unwrap_or_default();
        LinkedRepository {
            address: address.to_owned(),
            owner: owner.to_owned(),
            name: name.to_owned(),
            description: Some(description.to_owned()),
            private: false,
            archived: false,
            can_push: true,
            default_branch: Some("main".to_owned()),
            pushed_at: Some(Timestamp(pushed_at)),
        }
    }

    #[test]
    fn names_that_match_come_before_owners_and_descriptions_and_then_the_last_pushed_to() {
        let all = [
            repository("tide/web", "pages", 1),
            repository("octo/tides", "heights", 2),
            repository("octo/tides", "heights of another", 3),
            repository("octo/site", "shows the tide", 9),
            repository("octo/other", "nothing of it", 10),
        ];
        let found = |typed: &str| {
            let (found, total) = matching(&all, typed);
            (found.iter().map(|found| found.pushed_at.map(|at| at.0)).collect::<Vec<_>>(), total)
        };
        assert_eq!(found("tide"), (vec![Some(3), Some(2), Some(1), Some(9)], 4));
        assert_eq!(found("OCTO/tides"), (vec![Some(3), Some(2)], 2));
        assert_eq!(found(""), (vec![Some(10), Some(9), Some(3), Some(2), Some(1)], 5));
        assert_eq!(found("zebra"), (vec![], 0));
    }

    #[test]
    fn a_long_list_is_cut_and_says_how_many_match() {
        let all: Vec<_> = (0..250).map(|number| repository("octo/tides", "", number)).collect();
        let (found, total) = matching(&all, "tides");
        assert_eq!((found.len(), total), (MOST, 250));
    }
}
