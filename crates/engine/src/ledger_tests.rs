//! Days, midnights and clocks that go wrong.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use super::*;
use anchorhold_domain::{Delivery, FileRules, Limits, ModelChoice, NewAgent, Status};
use std::cell::Cell;

thread_local! {
    /// The time of a test, which runs on a thread of its own.
    static NOW: Cell<i64> = const { Cell::new(0) };
}

const HOUR: i64 = 60 * 60 * 1000;
/// Midnight of a day in UTC.
const MIDNIGHT: i64 = 20_000 * DAY_MS;

fn ledger() -> Ledger {
    let clock = || Timestamp(NOW.get());
    Ledger { zone: TimeZone::UTC, clock, book: Mutex::default() }
}

/// An agent that is paused and has used nothing.
pub(crate) fn agent(number: u128) -> Agent {
    let model = ModelChoice {
        provider: "scripted".to_owned(),
        name: "demo".to_owned(),
        base_url: None,
        wire: None,
        effort: None,
    };
    let new = NewAgent {
        name: number.to_string(),
        task: String::new(),
        github_repo: String::new(),
        source_branch: String::new(),
        target_branch: String::new(),
        history_depth: None,
        model,
        fallback: None,
        limits: Limits::default(),
        files: FileRules::default(),
        delivery: Delivery::default(),
    };
    let id = AgentId(uuid::Uuid::from_u128(number));
    Agent { status: Status::Paused, ..Agent::new(id, new, String::new(), Timestamp(0)) }
}

/// Writes an entry at a time, as the log does.
fn append(ledger: &Ledger, agent: &mut Agent, at: i64, kind: EventKind) {
    NOW.set(at);
    let event = Event { seq: agent.last_seq + 1, at: Timestamp(at), kind };
    let before = agent.clone();
    agent.advance(&event).unwrap();
    ledger.take(&before, agent, &[event]);
}

fn answered(agent: &Agent, cost: Option<u32>) -> EventKind {
    EventKind::ModelAnswered {
        request: agent.requests + 1,
        text: String::new(),
        reasoning: None,
        replay: None,
        usage: Usage { input_tokens: 90, cached_tokens: 50, output_tokens: 10, ..Usage::default() },
        cost,
        duration_ms: 1,
    }
}

fn paused(reason: PauseReason) -> EventKind {
    EventKind::Paused { reason, limit: None, until: None, fault: None }
}

fn today(ledger: &Ledger, at: i64) -> (u32, u32, u32, u32, u32) {
    NOW.set(at);
    let today = ledger.today();
    (today.usage.total(), today.cost, today.unpriced, today.requests, today.seconds)
}

#[test]
fn a_day_goes_from_midnight_to_midnight_of_its_zone_also_where_clocks_are_changed() {
    let hours = |zone: &str, at: &str| {
        let zone = TimeZone::posix(zone).unwrap();
        let at: jiff::Timestamp = at.parse().unwrap();
        let day = day(Timestamp(at.as_millisecond()), &zone);
        let since = jiff::Timestamp::from_millisecond(day.since.0).unwrap();
        (since.to_string(), (day.until.0 - day.since.0) / HOUR)
    };
    assert_eq!(hours("UTC0", "2026-11-23T12:00:00Z"), ("2026-11-23T00:00:00Z".to_owned(), 24));
    assert_eq!(hours("JST-9", "2026-11-23T20:00:00Z"), ("2026-11-23T15:00:00Z".to_owned(), 24));
    assert_eq!(
        hours("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T12:00:00Z"),
        ("2026-03-28T23:00:00Z".to_owned(), 23)
    );
    assert_eq!(
        hours("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T12:00:00Z"),
        ("2026-10-24T22:00:00Z".to_owned(), 25)
    );
    // There this day began at one o'clock.
    assert_eq!(
        hours("<-03>3<-02>,M11.1.0/0,M2.3.0/0", "2018-11-04T12:00:00Z"),
        ("2018-11-04T03:00:00Z".to_owned(), 23)
    );
}

#[test]
fn a_clock_beyond_every_calendar_still_has_days() {
    for at in [i64::MAX - DAY_MS, i64::MIN + DAY_MS] {
        let day = day(Timestamp(at), &TimeZone::UTC);
        assert!(day.since.0 <= at && at < day.until.0);
    }
}

#[test]
fn what_all_agents_used_today_is_summed_up_and_yesterday_is_left_out() {
    let ledger = ledger();
    let (mut one, mut other) = (agent(1), agent(2));
    append(&ledger, &mut one, MIDNIGHT - 2 * HOUR, EventKind::Resumed);
    let answer = answered(&one, Some(1000));
    append(&ledger, &mut one, MIDNIGHT - HOUR, answer);
    assert_eq!(today(&ledger, MIDNIGHT - HOUR), (100, 1000, 0, 1, 3600));
    append(&ledger, &mut other, MIDNIGHT, EventKind::Resumed);
    let answer = answered(&other, Some(5));
    append(&ledger, &mut other, MIDNIGHT, answer);
    let answer = answered(&one, None);
    append(&ledger, &mut one, MIDNIGHT + 1, answer);
    // The first runs over midnight, of which one hour lies in today; both run at once.
    assert_eq!(today(&ledger, MIDNIGHT + HOUR), (200, 5, 1, 2, 7200));
    append(&ledger, &mut one, MIDNIGHT + HOUR, paused(PauseReason::User));
    append(&ledger, &mut other, MIDNIGHT + HOUR, paused(PauseReason::User));
    assert_eq!(today(&ledger, MIDNIGHT + 9 * HOUR), (200, 5, 1, 2, 7200));
    assert_eq!(ledger.by_agent()[&one.id].seconds, 3600);
    assert_eq!(today(&ledger, MIDNIGHT + DAY_MS), (0, 0, 0, 0, 0));
}

#[test]
fn a_summary_of_the_conversation_costs_and_is_no_answer() {
    let ledger = ledger();
    let mut one = agent(1);
    append(&ledger, &mut one, MIDNIGHT, EventKind::Resumed);
    let compacted = EventKind::Compacted {
        through: 1,
        summary: String::new(),
        tokens_before: 2,
        tokens_after: 1,
        usage: Usage { input_tokens: 7, ..Usage::default() },
        cost: Some(3),
    };
    append(&ledger, &mut one, MIDNIGHT, compacted);
    assert_eq!(today(&ledger, MIDNIGHT), (7, 3, 0, 0, 0));
}

#[test]
fn a_clock_that_is_put_back_gives_nothing_back() {
    let ledger = ledger();
    let mut one = agent(1);
    append(&ledger, &mut one, MIDNIGHT - 2 * HOUR, EventKind::Resumed);
    let answer = answered(&one, Some(1));
    append(&ledger, &mut one, MIDNIGHT + HOUR, answer);
    // Yesterday again: what was used after midnight is still used.
    let answer = answered(&one, Some(2));
    append(&ledger, &mut one, MIDNIGHT - HOUR, answer);
    assert_eq!(today(&ledger, MIDNIGHT - HOUR), (200, 3, 0, 2, 3600));
    assert_eq!(today(&ledger, MIDNIGHT + HOUR).1, 1);
    // Before the run began: no time, and not less than none.
    assert_eq!(today(&ledger, MIDNIGHT - 3 * HOUR).4, 0);
    append(&ledger, &mut one, MIDNIGHT - 3 * HOUR, paused(PauseReason::User));
    assert_eq!(today(&ledger, MIDNIGHT - 3 * HOUR).4, 0);
}

#[test]
fn a_clock_that_was_years_ahead_does_not_hold_everybody_until_then() {
    let ledger = ledger();
    let mut one = agent(1);
    append(&ledger, &mut one, MIDNIGHT, EventKind::Resumed);
    let answer = answered(&one, Some(1));
    append(&ledger, &mut one, MIDNIGHT + 900 * DAY_MS, answer);
    append(&ledger, &mut one, MIDNIGHT + 900 * DAY_MS, paused(PauseReason::User));
    assert_eq!(today(&ledger, MIDNIGHT), (0, 0, 0, 0, 0));
}

#[test]
fn the_time_between_a_crash_and_the_next_start_is_not_counted() {
    let ledger = ledger();
    let mut one = agent(1);
    append(&ledger, &mut one, MIDNIGHT, EventKind::Resumed);
    let answer = answered(&one, Some(1));
    append(&ledger, &mut one, MIDNIGHT + HOUR, answer);
    append(&ledger, &mut one, MIDNIGHT + 9 * HOUR, paused(PauseReason::Interrupted));
    assert_eq!(today(&ledger, MIDNIGHT + 9 * HOUR).4, 3600);
}

#[test]
fn agents_that_ask_at_once_see_each_others_requests_until_they_are_answered() {
    let ledger = ledger();
    let (mut one, other) = (agent(1), agent(2));
    append(&ledger, &mut one, MIDNIGHT, EventKind::Resumed);
    let coming = Coming { tokens: 30, cost: 2, requests: 1 };
    let ask = |id| ledger.claim(id, coming, |_, others| (others.requests > 0).then_some(others));
    assert_eq!(ask(one.id), None);
    // Its own request is not counted against it, as when it is made again.
    assert_eq!(ask(one.id), None);
    assert_eq!(ask(other.id), Some(coming));
    let answer = answered(&one, Some(1));
    append(&ledger, &mut one, MIDNIGHT, answer);
    assert_eq!(ask(other.id), None);
    assert_eq!(ask(one.id), Some(coming));
}

#[test]
fn a_run_that_ends_takes_its_request_with_it() {
    let ledger = ledger();
    let (mut one, other) = (agent(1), agent(2));
    append(&ledger, &mut one, MIDNIGHT, EventKind::Resumed);
    let coming = Coming { tokens: 30, cost: 2, requests: 1 };
    ledger.claim(one.id, coming, |_, _| None::<()>);
    append(&ledger, &mut one, MIDNIGHT, paused(PauseReason::Stopped));
    assert_eq!(ledger.claim(other.id, coming, |_, others| (others.requests > 0).then_some(())), None);
}

#[test]
fn a_clock_that_jumped_ahead_and_back_gives_nothing_back() {
    let (ledger, mut agent) = (ledger(), agent(1));
    append(&ledger, &mut agent, MIDNIGHT, EventKind::Resumed);
    let spent = answered(&agent, Some(7));
    append(&ledger, &mut agent, MIDNIGHT, spent);
    let ahead = answered(&agent, Some(1));
    append(&ledger, &mut agent, MIDNIGHT + 30 * DAY_MS, ahead);
    assert_eq!(today(&ledger, MIDNIGHT + HOUR).1, 7);
}

#[test]
fn days_are_not_kept_for_ever() {
    let (ledger, mut agent) = (ledger(), agent(1));
    append(&ledger, &mut agent, MIDNIGHT, EventKind::Resumed);
    for day in 0..60 {
        let spent = answered(&agent, Some(1));
        append(&ledger, &mut agent, MIDNIGHT + day * DAY_MS, spent);
    }
    assert_eq!(ledger.book().days.len(), KEPT_DAYS);
    assert_eq!(today(&ledger, MIDNIGHT + 59 * DAY_MS).1, 1);
}
