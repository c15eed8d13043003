//! Agents that go round in circles: told once, and held where that does not help.

use crate::harness::{House, TASK, Voice, errand, finish, read, rest, search, start, told, turn, write};
use anchorhold_domain::{EventKind, LoopPattern, PauseReason, Status};
use anchorhold_engine::Engine;
use serde_json::json;

/// What the agent was told and how it is held, in order.
async fn circles(engine: &Engine, id: anchorhold_domain::AgentId) -> Vec<(Option<LoopPattern>, u32)> {
    let events = engine.events(id, 0).await.unwrap();
    events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::LoopNoticed { pattern, times, .. } => Some((Some(*pattern), *times)),
            EventKind::Paused { reason: PauseReason::Loop, .. } => Some((None, 0)),
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_call_52_times_is_told_to_the_model_once_and_then_held_until_the_user_lets_it_go_on() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let mut steps = vec![turn("", vec![read("a")]); 52];
    steps[9] = turn("", vec![finish("Read enough.")]);
    let voice = Voice::playing(steps).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.pause_reason), (Status::Paused, Some(PauseReason::Loop)));
    assert_eq!(agent.error_code.as_deref(), Some("agent_in_circles"));
    assert!(agent.error_message.as_ref().is_some_and(|message| message.contains("Read a")), "{agent:?}");
    assert_eq!(voice.requests().len(), 6);
    let conversation = voice.conversation();
    let advice: Vec<&str> = conversation
        .iter()
        .filter(|(role, said)| role == "user" && said != TASK)
        .map(|(_, said)| said.as_str())
        .collect();
    assert!(advice.len() == 1 && advice[0].starts_with("You go round in circles: 3 times now"), "{advice:?}");

    // From here on it counts anew, also over a restart.
    engine.close().await;
    drop(engine);
    let engine = house.open().await;
    engine.resume(id).await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, &agent.error_code), (Status::Completed, &None));
    let identical = (Some(LoopPattern::Identical), 3);
    assert_eq!(circles(&engine, id).await, [identical, (None, 0), identical]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_and_searching_in_turn_and_editing_and_undoing_in_turn_are_seen() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let engine = house.open().await;
    let in_turn = |one: serde_json::Value, other: serde_json::Value, pairs: usize| {
        let mut steps = Vec::new();
        for _ in 0..pairs {
            steps.extend([turn("", vec![one.clone()]), turn("", vec![other.clone()])]);
        }
        steps
    };
    let cases = [
        (in_turn(read("a"), search("a"), 10), (Some(LoopPattern::PingPong), 3), 12),
        (in_turn(write("a", "b\n"), write("a", "a\n"), 10), (Some(LoopPattern::PingPong), 2), 6),
    ];
    for (number, (steps, noticed, requests)) in cases.into_iter().enumerate() {
        let voice = Voice::playing(steps).await;
        let mut new = errand(&remote.address(), voice.choice());
        new.name = number.to_string();
        let id = start(&engine, new).await;
        assert_eq!(rest(&engine, id).await.pause_reason, Some(PauseReason::Loop));
        assert_eq!(circles(&engine, id).await, [noticed, (None, 0)]);
        assert_eq!(voice.requests().len(), requests);
    }
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_says_nothing_is_asked_to_say_or_do_something_once_and_then_held() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let thinks = json!({"text": "", "reasoning": "I wonder what to do.", "calls": []});
    let steps = vec![thinks.clone(), thinks.clone(), thinks, turn("", vec![finish("Done after all.")])];
    let voice = Voice::playing(steps).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.pause_reason), (Status::Paused, Some(PauseReason::Loop)));
    assert_eq!(
        told(&engine, id).await[5..],
        [&format!("turn: {TASK}"), "answered", "loopNoticed", "answered", "paused: Loop model_silent"]
    );
    let conversation = voice.conversation();
    let (role, said) = conversation.last().unwrap();
    assert!(role == "user" && said.contains("no words and no call"), "{conversation:?}");

    engine.resume(id).await.unwrap();
    rest(&engine, id).await;
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(
        told(&engine, id).await[10..],
        [
            "resumed",
            "loopNoticed",
            "answered",
            "paused: Loop model_silent",
            "resumed",
            "loopNoticed",
            "answered",
            "asked for finish",
            "finish Ok",
            "completed: Done after all.",
        ]
    );
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_only_talks_ends_its_turn() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("I would do it so.", vec![])]).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(circles(&engine, id).await, []);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_said_nothing_and_is_told_more_hears_that_next() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let thinks = json!({"text": "", "reasoning": "Hm.", "calls": []});
    let voice = Voice::playing(vec![thinks.clone(), thinks, turn("", vec![finish("Hello.")])]).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.pause_reason, Some(PauseReason::Loop));
    engine.instruct(id, "Say hello.").await.unwrap();
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let told = told(&engine, id).await;
    assert_eq!(
        told[told.len() - 6..],
        ["resumed", "turn: Say hello.", "answered", "asked for finish", "finish Ok", "completed: Hello."]
    );
    engine.close().await;
}
