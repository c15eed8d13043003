//! Limits of agents and of days, with a clock that the tests move.

use super::models::cut_off;
use crate::harness::{House, Voice, errand, finish, rest, start, told, turn, until, write};
use anchorhold_domain::{
    Agent, AgentId, DayUsage, EventKind, LimitKind, Limits, NewAgent, PauseReason, Settings, Status,
    Timestamp,
};
use anchorhold_engine::{Config, Engine};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};

const HOUR: i64 = 60 * 60 * 1000;

fn writes(count: usize) -> Vec<Value> {
    let mut steps: Vec<Value> =
        (0..count).map(|number| turn("", vec![write("b", &format!("{number}\n"))])).collect();
    steps.push(turn("", vec![finish("Done.")]));
    steps
}

async fn open(house: &House, clock: fn() -> Timestamp) -> Engine {
    let config = Config { clock, ..house.config() };
    Engine::open(config).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_is_warned_at_80_percent_of_each_limit_once_also_over_a_restart() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(writes(6)).await;
    voice.hold_from(5);
    let engine = house.open().await;
    let limits = Limits { turns: Some(5), ..Limits::default() };
    let id = start(&engine, NewAgent { limits, ..errand(&remote.address(), voice.choice()) }).await;
    // The program ends with the warning given and the limit not reached.
    voice.asked(5).await;
    engine.close().await;
    drop(engine);
    voice.release();

    let engine = house.open().await;
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.pause_reason), (Status::Paused, Some(PauseReason::Limit)));
    engine.resume(id).await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!(agent.error_code.as_deref(), Some("limit_still_reached"));
    engine.set_limits(id, Limits { turns: Some(6), ..Limits::default() }).await.unwrap();
    engine.resume(id).await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!((agent.requests, &agent.error_code), (6, &None));
    let told: Vec<(LimitKind, u32, u32)> = engine
        .events(id, 0)
        .await
        .unwrap()
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::LimitNeared { limit, used, most } => Some((limit, used, most)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(LimitKind::Turns, 4, 5), (LimitKind::Turns, 5, 6)]);
    engine.close().await;
}

static DAYS: AtomicI64 = AtomicI64::new(1_800_000_000_000);

#[tokio::test(flavor = "multi_thread")]
async fn what_one_agent_uses_of_a_day_holds_the_others_until_midnight_also_over_a_restart() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(writes(1)).await;
    let clock = || Timestamp(DAYS.load(Ordering::SeqCst));
    let engine = open(&house, clock).await;
    let day_limits = Limits { turns: Some(3), ..Limits::default() };
    engine.set_settings(Settings { slots: 4, day_limits }).await.unwrap();
    let named = |name: &str| NewAgent { name: name.to_owned(), ..errand(&remote.address(), voice.choice()) };
    let first = start(&engine, named("first")).await;
    assert_eq!(rest(&engine, first).await.status, Status::Completed);
    // A deleted agent has used what it has used.
    engine.delete(first).await.unwrap();
    let second = start(&engine, named("second")).await;
    let agent = rest(&engine, second).await;
    assert_eq!((agent.status, agent.requests), (Status::Paused, 1));
    let since = engine.day_usage().await.unwrap().since;
    let midnight = agent.resumes_at.unwrap();
    assert!(since.0 <= clock().0 && clock().0 < midnight.0 && midnight.0 - since.0 <= 25 * HOUR);
    let told = told(&engine, second).await;
    assert_eq!(told.last().map(String::as_str), Some("paused: Limit DayTurns"));
    let usage = engine.day_usage().await.unwrap();
    assert_eq!((usage.requests, usage.unpriced), (3, 3));
    let names: Vec<(String, u32)> = engine
        .day_usage_by_agent()
        .await
        .unwrap()
        .into_iter()
        .map(|(agent, usage)| (agent.name, usage.requests))
        .collect();
    assert_eq!(names, [("first".to_owned(), 2), ("second".to_owned(), 1)]);
    engine.close().await;
    drop(engine);

    let engine = open(&house, clock).await;
    assert_eq!(engine.settings().await.unwrap(), Settings { slots: 4, day_limits });
    assert_eq!(engine.day_usage().await.unwrap(), usage);
    engine.resume(second).await.unwrap();
    let agent = rest(&engine, second).await;
    assert_eq!((agent.status, agent.resumes_at), (Status::Paused, Some(midnight)));
    assert_eq!(agent.error_code.as_deref(), Some("limit_still_reached"));

    DAYS.store(midnight.0, Ordering::SeqCst);
    assert_eq!(engine.day_usage().await.unwrap(), DayUsage { since: midnight, ..DayUsage::default() });
    engine.resume(second).await.unwrap();
    assert_eq!(rest(&engine, second).await.status, Status::Completed);
    assert_eq!(engine.day_usage().await.unwrap().requests, 1);
    engine.close().await;
}

static RUNNING: AtomicI64 = AtomicI64::new(1_800_000_000_000);

#[tokio::test(flavor = "multi_thread")]
async fn the_running_time_of_a_day_is_counted_and_holds() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(writes(1)).await;
    voice.hold_from(1);
    let clock = || Timestamp(RUNNING.load(Ordering::SeqCst));
    let engine = open(&house, clock).await;
    let day_limits = Limits { seconds: Some(60), ..Limits::default() };
    engine.set_settings(Settings { slots: 4, day_limits }).await.unwrap();
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(1).await;
    RUNNING.fetch_add(61_000, Ordering::SeqCst);
    assert_eq!(engine.day_usage().await.unwrap().seconds, 61);
    voice.release();
    rest(&engine, id).await;
    assert_eq!(told(&engine, id).await.last().map(String::as_str), Some("paused: Limit DayTime"));
    RUNNING.fetch_add(61_000, Ordering::SeqCst);
    assert_eq!(engine.day_usage().await.unwrap().seconds, 61);
    // Without the limit it goes on by itself.
    engine.set_settings(Settings::default()).await.unwrap();
    until(&engine, id, "completes", |agent| agent.status == Status::Completed).await;
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_with_which_nothing_could_run_change_nothing() {
    let house = House::new();
    let engine = house.open().await;
    let before = engine.settings().await.unwrap();
    let zero = Limits { money: Some(0), ..Limits::default() };
    for (settings, code) in [
        (Settings { slots: 0, ..before }, "slots_invalid"),
        (Settings { slots: 65, ..before }, "slots_invalid"),
        (Settings { day_limits: zero, ..before }, "limit_zero"),
    ] {
        assert_eq!(engine.set_settings(settings).await.unwrap_err().code(), code);
    }
    assert_eq!(engine.settings().await.unwrap(), before);
    engine.close().await;
}

static FLIGHT: AtomicI64 = AtomicI64::new(1_800_000_000_000);

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_has_no_answer_yet_counts_for_the_day() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(writes(0)).await;
    voice.hold_from(1);
    let engine = open(&house, || Timestamp(FLIGHT.load(Ordering::SeqCst))).await;
    let day_limits = Limits { turns: Some(1), ..Limits::default() };
    engine.set_settings(Settings { slots: 4, day_limits }).await.unwrap();
    let first = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(1).await;
    let other = NewAgent { name: "other".to_owned(), ..errand(&remote.address(), voice.choice()) };
    let other = start(&engine, other).await;
    let agent = rest(&engine, other).await;
    assert_eq!((agent.status, agent.pause_reason), (Status::Paused, Some(PauseReason::Limit)));
    assert_eq!(voice.requests().len(), 1);
    // The one that was let through comes to its end.
    voice.release();
    assert_eq!(rest(&engine, first).await.status, Status::Completed);
    engine.close().await;
}

static RAISED: AtomicI64 = AtomicI64::new(1_800_000_000_000);

fn of_the_day(turns: Option<u32>) -> Settings {
    Settings { slots: 4, day_limits: Limits { turns, ..Limits::default() } }
}

fn is_held(agent: &Agent) -> bool {
    (agent.status, agent.pause_reason) == (Status::Paused, Some(PauseReason::Limit))
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_days_limit_holds_goes_on_when_it_is_raised_or_taken_away() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(writes(2)).await;
    let engine = open(&house, || Timestamp(RAISED.load(Ordering::SeqCst))).await;
    engine.set_settings(of_the_day(Some(1))).await.unwrap();
    let named = |name: &str| NewAgent { name: name.to_owned(), ..errand(&remote.address(), voice.choice()) };
    let id = start(&engine, named("held")).await;
    assert!(is_held(&*rest(&engine, id).await));
    // The user stopped this one, and it stays so.
    let stopped = start(&engine, named("stopped")).await;
    assert!(is_held(&*rest(&engine, stopped).await));
    engine.stop(stopped).await.unwrap();

    // What does not lift the limit changes nothing.
    let held = engine.agent(id).await.unwrap().last_seq;
    engine.set_settings(Settings { slots: 5, ..of_the_day(Some(1)) }).await.unwrap();
    let money = Limits { money: Some(5), ..of_the_day(Some(1)).day_limits };
    engine.set_settings(Settings { slots: 4, day_limits: money }).await.unwrap();
    assert_eq!(engine.agent(id).await.unwrap().last_seq, held);

    engine.set_settings(of_the_day(Some(2))).await.unwrap();
    until(&engine, id, "is held again", |agent| agent.requests == 2 && is_held(agent)).await;
    engine.set_settings(of_the_day(None)).await.unwrap();
    until(&engine, id, "completes", |agent| agent.status == Status::Completed).await;
    assert_eq!(
        told(&engine, id).await[6..],
        [
            "answered",
            "asked for write_file",
            "write_file Ok",
            "paused: Limit DayTurns",
            "resumed",
            "answered",
            "asked for write_file",
            "write_file Ok",
            "paused: Limit DayTurns",
            "resumed",
            "answered",
            "asked for finish",
            "finish Ok",
            "completed: Done.",
        ]
    );
    assert_eq!(told(&engine, stopped).await[6..], ["paused: Limit DayTurns", "resumed", "paused: Stopped"]);
    engine.close().await;
}

static LOOKED: AtomicI64 = AtomicI64::new(1_800_000_000_000);

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_only_looks_raises_the_limit_and_the_next_one_lets_the_agent_go_on() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(writes(1)).await;
    let clock: fn() -> Timestamp = || Timestamp(LOOKED.load(Ordering::SeqCst));
    let engine = open(&house, clock).await;
    engine.set_settings(of_the_day(Some(1))).await.unwrap();
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let held = rest(&engine, id).await;
    assert!(is_held(&held));
    engine.close().await;
    drop(engine);

    let looks = Config { clock, resume_interrupted: false, ..house.config() };
    let engine = Engine::open(looks).await.unwrap();
    engine.set_settings(of_the_day(None)).await.unwrap();
    let agent = engine.agent(id).await.unwrap();
    assert_eq!((is_held(&agent), agent.last_seq), (true, held.last_seq));
    engine.close().await;
    drop(engine);

    let engine = open(&house, clock).await;
    until(&engine, id, "completes", |agent| agent.status == Status::Completed).await;
    engine.close().await;
}

static UNPRICED: AtomicI64 = AtomicI64::new(1_800_000_000_000);

#[tokio::test(flavor = "multi_thread")]
async fn one_that_waits_for_the_user_says_that_the_days_limit_does_not_hold_it_any_more() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(writes(1)).await;
    let engine = open(&house, || Timestamp(UNPRICED.load(Ordering::SeqCst))).await;
    let money = |money| Settings { slots: 4, day_limits: Limits { money, ..Limits::default() } };
    engine.set_settings(money(Some(1_000_000))).await.unwrap();
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let agent = rest(&engine, id).await;
    let price = agent.error_code.as_deref();
    assert_eq!((is_held(&agent), agent.resumes_at, price), (true, None, Some("price_unknown")));
    // A higher one says as little about a price that nobody knows.
    engine.set_settings(money(Some(2_000_000))).await.unwrap();
    assert_eq!(engine.agent(id).await.unwrap().last_seq, agent.last_seq);

    engine.set_settings(money(None)).await.unwrap();
    let agent = engine.agent(id).await.unwrap();
    assert_eq!((agent.status, agent.pause_reason), (Status::Paused, Some(PauseReason::Stopped)));
    assert_eq!(
        (agent.error_code.as_deref(), agent.error_hint.as_deref()),
        (Some("day_limit_lifted"), Some("resume the agent"))
    );
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    engine.close().await;
}

/// What each answer of an agent cost, in millionths of a dollar.
async fn costs(engine: &Engine, id: AgentId) -> Vec<u32> {
    let events = engine.events(id, 0).await.unwrap();
    let answers = events.iter().filter_map(|event| match &event.kind {
        EventKind::ModelAnswered { cost, .. } => Some(cost.unwrap()),
        _ => None,
    });
    answers.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_counted_over_a_whole_run_warned_of_at_80_percent_and_holds() {
    let house = House::new();
    std::fs::create_dir_all(house.home()).unwrap();
    let price = json!({ "input": 2, "cached": 0.5, "output": 10 });
    let models = json!({ "models": [{ "provider": "scripted", "prefix": "demo", "price": price }] });
    std::fs::write(house.home().join("models.json"), models.to_string()).unwrap();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(writes(15)).await;
    let engine = house.open().await;
    let named = |name: &str| NewAgent { name: name.to_owned(), ..errand(&remote.address(), voice.choice()) };
    // What the work costs is seen first, so that the limit can be drawn within.
    let whole = start(&engine, named("whole")).await;
    let agent = rest(&engine, whole).await;
    let spent = costs(&engine, whole).await;
    assert_eq!((agent.status, agent.unpriced, spent.len()), (Status::Completed, 0, 16));
    assert!(spent.iter().all(|cost| *cost > 0), "{spent:?}");
    assert_eq!(agent.cost, spent.iter().sum::<u32>());

    let most: u32 = spent[..12].iter().sum();
    let limits = Limits { money: Some(most), ..Limits::default() };
    let id = start(&engine, NewAgent { limits, ..named("limited") }).await;
    let agent = rest(&engine, id).await;
    let last = told(&engine, id).await.pop();
    assert_eq!((is_held(&agent), last.as_deref()), (true, Some("paused: Limit Money")));
    let spent = costs(&engine, id).await;
    assert_eq!((agent.cost, agent.requests as usize), (spent.iter().sum(), spent.len()));
    // It is exceeded by one answer at most.
    assert!(agent.cost - spent.last().unwrap() <= most, "{} of {most}", agent.cost);
    let events = engine.events(id, 0).await.unwrap();
    let warnings: Vec<(usize, u32)> = events
        .iter()
        .enumerate()
        .filter_map(|(place, event)| match event.kind {
            EventKind::LimitNeared { limit: LimitKind::Money, used, most: of } if of == most => {
                Some((place, used))
            }
            _ => None,
        })
        .collect();
    let [(place, used)] = warnings[..] else { panic!("{warnings:?}") };
    assert!(place < events.len() - 1 && used * 10 >= most * 8 && used < most, "{used} of {most}");
    // The answer before did not make it 80 percent yet.
    let answers = events[..place].iter().filter(|event| event.kind.name() == "modelAnswered").count();
    assert_eq!(used, spent[..answers].iter().sum::<u32>());
    assert!((used - spent[answers - 1]) * 10 < most * 8, "{used} of {most}: {spent:?}");

    let today = engine.day_usage().await.unwrap();
    let both = engine.agent(whole).await.unwrap().cost + agent.cost;
    assert_eq!((today.cost, today.unpriced), (both, 0));
    let each: Vec<(String, u32)> = engine
        .day_usage_by_agent()
        .await
        .unwrap()
        .into_iter()
        .map(|(agent, usage)| (agent.name, usage.cost))
        .collect();
    assert_eq!(each, [("whole".to_owned(), both - agent.cost), ("limited".to_owned(), agent.cost)]);
    engine.set_limits(id, Limits { money: Some(most * 2), ..Limits::default() }).await.unwrap();
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_used_that_was_lost_counts_for_the_agent_and_for_the_day_and_holds() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    voice.instead(vec![Some(&cut_off("First I shall"))]);
    let engine = house.open().await;
    let limits = Limits { tokens: Some(1000), ..Limits::default() };
    let id = start(&engine, NewAgent { limits, ..errand(&remote.address(), voice.choice()) }).await;
    let agent = rest(&engine, id).await;
    assert_eq!((agent.pause_reason, agent.usage.total()), (Some(PauseReason::Provider), 1050));
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.pause_reason, Some(PauseReason::Limit));
    assert_eq!(voice.requests().len(), 1);
    let today = engine.day_usage().await.unwrap();
    assert_eq!((today.usage.total(), today.requests, today.unpriced), (1050, 0, 1));
    engine.close().await;
    drop(engine);
    // The same is read from the log.
    let engine = house.open().await;
    let again = engine.day_usage().await.unwrap();
    assert_eq!((again.usage, again.requests, again.unpriced), (today.usage, 0, 1));
    engine.close().await;
}
