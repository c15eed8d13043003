//! What all agents used today, kept in memory: read once from the log, and fed by every append.
//!
//! An entry counts for the day that its own time names in this machine's time zone, whoever wrote it
//! and whether or not the agent was deleted since. A run counts by the time that it lay in the day, so
//! that one over midnight counts in both; one that a crash ended counts up to its last entry. What is
//! dated later than today, as it is after a clock was put back, counts for today as well: putting
//! back a clock gives nothing back. A date more than a day ahead was a mistake and counts on that day.

use crate::EngineError;
use anchorhold_domain::{Agent, AgentId, DayUsage, Event, EventKind, PauseReason, Timestamp, Usage};
use anchorhold_store::Store;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The length of a day where the calendar has no answer, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How many days are kept in memory, the last ones; today is among them also where some are dated ahead.
const KEPT_DAYS: usize = 40;

/// A day of this machine's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    /// Its midnight.
    pub(crate) since: Timestamp,
    /// The next one.
    pub(crate) until: Timestamp,
}

/// What is known of a request that has no answer yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Coming {
    /// Tokens that it reads at least.
    pub(crate) tokens: u32,
    /// What these cost at least, in millionths of a US dollar.
    pub(crate) cost: u32,
    /// Requests.
    pub(crate) requests: u32,
}

/// What all agents used, day by day.
#[derive(Debug)]
pub(crate) struct Ledger {
    zone: TimeZone,
    clock: fn() -> Timestamp,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    /// By when the day began.
    days: BTreeMap<Timestamp, HashMap<AgentId, Spent>>,
    /// Since when agents run that do.
    running: HashMap<AgentId, Timestamp>,
    coming: HashMap<AgentId, Coming>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    usage: Usage,
    cost: u32,
    unpriced: u32,
    requests: u32,
    ran_ms: u64,
}

impl Ledger {
    pub(crate) async fn open(store: &Store, clock: fn() -> Timestamp) -> Result<Self, EngineError> {
        let ledger = Self { zone: TimeZone::system(), clock, book: Mutex::default() };
        let today = ledger.day(clock());
        // Tomorrow is there where the clock was put back since; the day of the last entry where the clock is
        // behind all that was written, as it is on a machine that has not yet asked for the time.
        let mut days = vec![today, ledger.day(today.until)];
        if let Some(last) = store.last_entry().await? {
            let last = ledger.day(last);
            days.extend([last, ledger.day(last.until)]);
        }
        days.sort_by_key(|day| day.since);
        days.dedup();
        days.retain(|day| day.since >= today.since);
        for day in days {
            let spending = store.spending(day.since, day.until).await?;
            let mut book = ledger.book();
            for spent in spending {
                let entry = book.entry(day.since, spent.agent);
                entry.usage.add(spent.usage);
                entry.cost = entry.cost.saturating_add(spent.cost);
                entry.unpriced = entry.unpriced.saturating_add(spent.unpriced);
                entry.requests = entry.requests.saturating_add(spent.requests);
            }
        }
        let runs = store.runs(today.since).await?;
        let mut book = ledger.book();
        for run in runs {
            ledger.ran(&mut book, run.agent, run.from.max(today.since), run.to);
        }
        drop(book);
        Ok(ledger)
    }

    /// The day in which a time lies.
    pub(crate) fn day(&self, at: Timestamp) -> Day {
        day(at, &self.zone)
    }

    /// Takes what was just added to an agent's log.
    pub(crate) fn take(&self, before: &Agent, after: &Agent, events: &[Event]) {
        let mut book = self.book();
        for event in events {
            self.spend(&mut book, after.id, event);
        }
        let Some(last) = events.last() else { return };
        if let Some(since) = before.running_since
            && after.running_since != Some(since)
        {
            let crashed = events.iter().any(|event| {
                matches!(event.kind, EventKind::Paused { reason: PauseReason::Interrupted, .. })
            });
            self.ran(&mut book, after.id, since, if crashed { before.updated_at } else { last.at });
        }
        match after.running_since {
            Some(since) => book.running.insert(after.id, since),
            None => {
                book.coming.remove(&after.id);
                book.running.remove(&after.id)
            }
        };
        // By number and not by the clock, which may be wrong just now.
        while book.days.len() > KEPT_DAYS {
            book.days.pop_first();
        }
    }

    /// What all agents together used today.
    pub(crate) fn today(&self) -> DayUsage {
        self.today_in(&self.book())
    }

    /// What each agent used today that used anything.
    pub(crate) fn by_agent(&self) -> HashMap<AgentId, DayUsage> {
        let now = (self.clock)();
        self.by_agent_in(&self.book(), self.day(now), now)
    }

    /// Asks whether something holds an agent back, given what the requests of the others that have no
    /// answer yet will use; where nothing does, its own request is counted among them.
    ///
    /// Agents that ask at the same moment are answered one after the other.
    pub(crate) fn claim<T>(
        &self,
        id: AgentId,
        coming: Coming,
        held: impl FnOnce(&DayUsage, Coming) -> Option<T>,
    ) -> Option<T> {
        let mut book = self.book();
        let held = held(&self.today_in(&book), book.coming_of_others(id));
        if held.is_none() {
            book.coming.insert(id, coming);
        }
        held
    }

    /// What all agents together used today, and what the requests of the others use that have no answer yet.
    pub(crate) fn before(&self, id: AgentId) -> (DayUsage, Coming) {
        let book = self.book();
        (self.today_in(&book), book.coming_of_others(id))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn today_in(&self, book: &Book) -> DayUsage {
        let now = (self.clock)();
        let day = self.day(now);
        let mut all = DayUsage { since: day.since, ..DayUsage::default() };
        for used in self.by_agent_in(book, day, now).values() {
            all.usage.add(used.usage);
            all.cost = all.cost.saturating_add(used.cost);
            all.unpriced = all.unpriced.saturating_add(used.unpriced);
            all.requests = all.requests.saturating_add(used.requests);
            all.seconds = all.seconds.saturating_add(used.seconds);
        }
        all
    }

    fn by_agent_in(&self, book: &Book, day: Day, now: Timestamp) -> HashMap<AgentId, DayUsage> {
        // The day after is there where the clock was put back.
        let mut spent: HashMap<AgentId, Spent> = HashMap::new();
        for (_, agents) in book.days.range(day.since..=day.until) {
            for (id, one) in agents {
                spent.entry(*id).or_default().add(one);
            }
        }
        for (id, since) in &book.running {
            let ran = (now.0 - since.0.max(day.since.0)).max(0);
            spent.entry(*id).or_default().ran_ms += ran.unsigned_abs();
        }
        let usage = |one: Spent| DayUsage {
            since: day.since,
            usage: one.usage,
            cost: one.cost,
            unpriced: one.unpriced,
            requests: one.requests,
            seconds: u32::try_from(one.ran_ms / 1000).unwrap_or(u32::MAX),
        };
        spent.into_iter().map(|(id, one)| (id, usage(one))).collect()
    }

    fn spend(&self, book: &mut Book, id: AgentId, event: &Event) {
        let (usage, cost, requests) = match &event.kind {
            EventKind::ModelAnswered { usage, cost, .. } => (*usage, *cost, 1),
            // A lost answer is asked for again, or the run ends: what the next request uses is claimed until then.
            EventKind::Compacted { usage, cost, .. } | EventKind::AnswerLost { usage, cost, .. } => {
                (*usage, *cost, 0)
            }
            EventKind::ModelInterrupted { .. } => {
                book.coming.remove(&id);
                return;
            }
            _ => return,
        };
        if requests > 0 {
            book.coming.remove(&id);
        }
        book.entry(self.day(event.at).since, id).add(&Spent {
            usage,
            cost: cost.unwrap_or(0),
            unpriced: u32::from(cost.is_none()),
            requests,
            ran_ms: 0,
        });
    }

    /// Counts a run in each of the days over which it went.
    fn ran(&self, book: &mut Book, id: AgentId, from: Timestamp, to: Timestamp) {
        // Nobody asks for what was more than a day ago.
        let mut from = from.max(Timestamp(self.day(to).since.0 - DAY_MS));
        while from < to {
            let day = self.day(from);
            let end = day.until.min(to);
            book.entry(day.since, id).ran_ms += (end.0 - from.0).unsigned_abs();
            from = end;
        }
    }
}

impl Book {
    fn coming_of_others(&self, id: AgentId) -> Coming {
        let others = self.coming.iter().filter(|(other, _)| **other != id);
        others.fold(Coming::default(), |sum, (_, one)| Coming {
            tokens: sum.tokens.saturating_add(one.tokens),
            cost: sum.cost.saturating_add(one.cost),
            requests: sum.requests.saturating_add(one.requests),
        })
    }

    fn entry(&mut self, day: Timestamp, id: AgentId) -> &mut Spent {
        self.days.entry(day).or_default().entry(id).or_default()
    }
}

impl Spent {
    fn add(&mut self, other: &Self) {
        self.usage.add(other.usage);
        self.cost = self.cost.saturating_add(other.cost);
        self.unpriced = self.unpriced.saturating_add(other.unpriced);
        self.requests = self.requests.saturating_add(other.requests);
        self.ran_ms = self.ran_ms.saturating_add(other.ran_ms);
    }
}

/// The day of a time zone in which a time lies. Days have 23 to 25 hours where clocks are changed.
fn day(at: Timestamp, zone: &TimeZone) -> Day {
    let midnights = || {
        let local = jiff::Timestamp::from_millisecond(at.0)?.to_zoned(zone.clone());
        let since = local.start_of_day()?;
        Ok::<_, jiff::Error>((since.timestamp(), since.tomorrow()?.start_of_day()?.timestamp()))
    };
    match midnights() {
        Ok((since, until)) => {
            Day { since: Timestamp(since.as_millisecond()), until: Timestamp(until.as_millisecond()) }
        }
        // A clock that shows a year beyond 9999.
        Err(_) => {
            let since = at.0.div_euclid(DAY_MS) * DAY_MS;
            Day { since: Timestamp(since), until: Timestamp(since.saturating_add(DAY_MS)) }
        }
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
pub(crate) mod tests;
