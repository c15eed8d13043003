//! Limits of agents and of days, with a clock that the tests move.

use crate::harness::{House, Voice, errand, finish, rest, start, told, turn, write};
use anchorhold_domain::{
    DayUsage, EventKind, LimitKind, Limits, NewAgent, PauseReason, Settings, Status, Timestamp,
};
use anchorhold_engine::{Config, Engine};
use serde_json::Value;
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
    engine.set_settings(Settings::default()).await.unwrap();
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
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
