//! How many agents are at work at once, and whose turn is next.

use crate::harness::{
    House, Repository, Voice, ask, errand, finish, rest, soon, start, told, turn, until, write,
};
use anchorhold_domain::{AgentId, EventKind, NewAgent, PauseReason, Settings, Status, Timestamp};
use anchorhold_engine::Engine;
use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};

fn named(name: &str, remote: &Repository, voice: &Voice) -> NewAgent {
    NewAgent { name: name.to_owned(), task: name.to_owned(), ..errand(&remote.address(), voice.choice()) }
}

async fn set_slots(engine: &Engine, slots: u32) {
    engine.set_settings(Settings { slots, ..engine.settings().await.unwrap() }).await.unwrap();
}

/// The tasks in the order of the first requests.
fn asked(voice: &Voice) -> Vec<String> {
    let mut seen = HashSet::new();
    let tasks = voice.requests();
    let tasks = tasks.iter().map(|request| request["messages"][1]["content"].as_str().unwrap().to_owned());
    tasks.filter(|task| seen.insert(task.clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_agents_ask_at_once_and_all_complete() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    voice.hold_from(1);
    let engine = house.open().await;
    set_slots(&engine, 20).await;
    let mut agents = Vec::new();
    for number in 1..=20 {
        agents.push(start(&engine, named(&format!("agent {number}"), &remote, &voice)).await);
    }
    // None of them has its answer, so that all of them are at work.
    voice.asked(20).await;
    voice.release();
    for id in agents {
        assert_eq!(rest(&engine, id).await.status, Status::Completed);
    }
    engine.close().await;
}

/// A clock that never says the same twice, so that it tells the order of events.
static TICKS: AtomicI64 = AtomicI64::new(1_000);

#[tokio::test(flavor = "multi_thread")]
async fn slots_are_never_more_than_was_set_and_go_round_in_the_order_of_the_starts() {
    const SLOTS: usize = 3;
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    let mut config = house.config();
    config.clock = || Timestamp(TICKS.fetch_add(1, Ordering::SeqCst));
    let engine = Engine::open(config).await.unwrap();
    set_slots(&engine, SLOTS as u32).await;
    let names: Vec<String> = (0..8).map(|number| format!("agent {number}")).collect();
    let mut agents = Vec::new();
    for name in &names {
        agents.push(start(&engine, named(name, &remote, &voice)).await);
    }
    for id in &agents {
        assert_eq!(rest(&engine, *id).await.status, Status::Completed);
    }
    // Those who have a slot at the same time can overtake each other, and nobody else.
    for (place, name) in asked(&voice).iter().enumerate() {
        let started = names.iter().position(|named| named == name).unwrap();
        assert!(started.abs_diff(place) < SLOTS, "{name} came as number {place}");
    }
    let mut changes = Vec::new();
    for id in agents {
        for event in engine.events(id, 0).await.unwrap() {
            match event.kind {
                EventKind::CloneStarted => changes.push((event.at, 1)),
                EventKind::Completed { .. } => changes.push((event.at, -1)),
                _ => {}
            }
        }
    }
    changes.sort_unstable();
    let mut at_work = 0;
    let most = changes.iter().map(|(_, change)| {
        at_work += change;
        at_work
    });
    assert_eq!(most.max(), Some(SLOTS as i32));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_slots_hold_at_once_and_those_who_wait_go() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    voice.hold_from(1);
    let engine = house.open().await;
    set_slots(&engine, 1).await;
    let mut agents = Vec::new();
    for name in ["first", "second", "third"] {
        agents.push(start(&engine, named(name, &remote, &voice)).await);
    }
    voice.asked(1).await;
    until(&engine, agents[2], "waits", |agent| agent.last_seq == 4).await;
    assert_eq!(voice.requests().len(), 1);
    set_slots(&engine, 3).await;
    voice.asked(3).await;
    voice.release();
    for id in agents {
        assert_eq!(rest(&engine, id).await.status, Status::Completed);
    }
    engine.close().await;
}

async fn asks_once() -> Voice {
    Voice::playing(vec![turn("", vec![ask("Why?")]), turn("", vec![finish("Asked.")])]).await
}

/// One slot, which the first of them has while its model keeps silent; the other asked something and was
/// answered meanwhile, so that it waits to go on.
async fn one_that_waits_to_go_on(
    house: &House,
    remote: &Repository,
    voice: &Voice,
    asking: &Voice,
) -> (Engine, AgentId, AgentId) {
    let mut config = house.config();
    config.slots = Some(1);
    let engine = Engine::open(config).await.unwrap();
    let waits = start(&engine, named("waits", remote, asking)).await;
    assert_eq!(rest(&engine, waits).await.pause_reason, Some(PauseReason::Question));
    // A question gives its slot back.
    voice.hold_from(1);
    let works = start(&engine, named("works", remote, voice)).await;
    voice.asked(1).await;
    engine.answer(waits, "Because.").await.unwrap();
    let agent = until(&engine, waits, "waits", |agent| agent.waiting).await;
    assert_eq!((agent.status, agent.running_since), (Status::Running, None));
    assert_eq!(told(&engine, waits).await.last().map(String::as_str), Some("waits, ahead: 0"));
    (engine, works, waits)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_goes_on_waits_for_a_slot_as_one_that_starts() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![write("b", "b\n"), finish("Done.")])]).await;
    let asking = asks_once().await;
    let (engine, works, waits) = one_that_waits_to_go_on(&house, &remote, &voice, &asking).await;
    voice.release();
    assert_eq!(rest(&engine, works).await.status, Status::Completed);
    assert_eq!(rest(&engine, waits).await.status, Status::Completed);
    let told = told(&engine, waits).await;
    let from = told.iter().position(|line| line.starts_with("answer: ")).unwrap();
    assert_eq!(
        told[from..],
        [
            "answer: Because.",
            "waits, ahead: 0",
            "slotTaken",
            "answered",
            "asked for finish",
            "finish Ok",
            "completed: Asked.",
        ]
    );
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_waits_to_go_on_can_be_paused_and_stopped() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    let asking = asks_once().await;
    let (engine, works, waits) = one_that_waits_to_go_on(&house, &remote, &voice, &asking).await;
    engine.pause(waits).await.unwrap();
    let agent = rest(&engine, waits).await;
    assert_eq!((agent.pause_reason, agent.waiting), (Some(PauseReason::User), false));

    engine.resume(waits).await.unwrap();
    until(&engine, waits, "waits", |agent| agent.waiting).await;
    let agent = soon("stop", engine.stop(waits)).await.unwrap();
    assert_eq!((agent.pause_reason, agent.waiting), (Some(PauseReason::Stopped), false));

    voice.release();
    assert_eq!(rest(&engine, works).await.status, Status::Completed);
    engine.resume(waits).await.unwrap();
    assert_eq!(rest(&engine, waits).await.status, Status::Completed);
    engine.close().await;
}
