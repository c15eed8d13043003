//! The last answer: without tools, held by no limit, and the end of the run whatever becomes of it.

use crate::harness::{
    House, TASK, Voice, errand, finish, freeze_in_call, push, rest, soon, start, told, turn, until, write,
};
use anchorhold_domain::{EventKind, Limits, NewAgent, PauseReason, Status};
use serde_json::{Value, json};

fn limited(address: &str, voice: &Voice) -> NewAgent {
    let limits = Limits { turns: Some(1), ..Limits::default() };
    NewAgent { limits, ..errand(address, voice.choice()) }
}

fn has_tools(request: &Value) -> bool {
    request["tools"].as_array().is_some_and(|tools| !tools.is_empty())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_at_its_limit_says_how_far_it_came_and_what_it_did_can_be_pushed() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let last = turn("Half is done.\n\nNot verified: the tests.", vec![write("c", "never\n")]);
    let voice = Voice::playing(vec![turn("", vec![write("b", "b\n")]), last]).await;
    let engine = house.open().await;
    let id = start(&engine, limited(&remote.address(), &voice)).await;
    assert_eq!(rest(&engine, id).await.pause_reason, Some(PauseReason::Limit));
    engine.wrap_up(id).await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.requests), (Status::Completed, 2));
    assert_eq!(
        told(&engine, id).await[6..],
        [
            "answered",
            "asked for write_file",
            "write_file Ok",
            "paused: Limit Turns",
            "wrapUpRequested",
            "answered",
            "completed: Half is done.",
        ]
    );
    let events = engine.events(id, 0).await.unwrap();
    let EventKind::Completed { unverified, .. } = &events.last().unwrap().kind else { panic!() };
    assert_eq!(unverified.as_deref(), Some("the tests."));
    let requests = voice.requests();
    assert_eq!((requests.len(), requests.iter().map(has_tools).collect::<Vec<_>>()), (2, vec![true, false]));
    assert_eq!(voice.conversation().last().unwrap().0, "user");

    assert!(push(&engine, id).await.pushed_commit.is_some());
    assert_eq!(remote.tree("agent/work"), remote.tree_with("main", &[("b", Some("b\n"))]));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_answer_that_fails_leaves_a_pause_and_the_agent_can_be_asked_again_or_go_on() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let refused =
        |text: &str, calls: Vec<Value>| json!({"text": text, "calls": calls, "fault": {"status": 401}});
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        refused("", vec![write("c", "c\n")]),
        refused("That is all.", vec![]),
    ])
    .await;
    let engine = house.open().await;
    let id = start(&engine, limited(&remote.address(), &voice)).await;
    rest(&engine, id).await;
    engine.wrap_up(id).await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.pause_reason), (Status::Paused, Some(PauseReason::Provider)));
    assert_eq!(agent.error_code.as_deref(), Some("model_key_invalid"));
    assert_eq!(voice.requests().len(), 2);

    // With another limit it goes on, with its tools.
    engine.set_limits(id, Limits { turns: Some(2), ..Limits::default() }).await.unwrap();
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.pause_reason, Some(PauseReason::Limit));
    assert!(has_tools(voice.requests().last().unwrap()));
    engine.wrap_up(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.pause_reason, Some(PauseReason::Provider));
    // Resumed as it is, it is still to wrap up.
    engine.resume(id).await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.activity.as_deref()), (Status::Completed, Some("That is all.")));
    assert!(!has_tools(voice.requests().last().unwrap()));
    assert!(engine.wrap_up(id).await.is_err());
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_ends_in_the_middle_of_it_asks_for_the_last_answer_again() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![write("b", "b\n")]), turn("Half is done.", vec![])]).await;
    let engine = house.open().await;
    let id = start(&engine, limited(&remote.address(), &voice)).await;
    rest(&engine, id).await;
    voice.hold_from(2);
    engine.wrap_up(id).await.unwrap();
    voice.asked(2).await;
    soon("close", engine.close()).await;
    drop(engine);
    voice.release();

    let engine = house.open().await;
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.activity.as_deref()), (Status::Completed, Some("Half is done.")));
    assert_eq!(voice.requests().iter().map(has_tools).collect::<Vec<_>>(), [true, false, false]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrap_up_that_is_stopped_is_taken_back() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice =
        Voice::playing(vec![turn("", vec![write("b", "b\n")]), turn("", vec![finish("Done.")])]).await;
    let engine = house.open().await;
    let id = start(&engine, limited(&remote.address(), &voice)).await;
    rest(&engine, id).await;
    voice.hold_from(2);
    engine.wrap_up(id).await.unwrap();
    voice.asked(2).await;
    let agent = soon("stop", engine.stop(id)).await.unwrap();
    assert_eq!((agent.status, agent.pause_reason), (Status::Paused, Some(PauseReason::Stopped)));
    voice.release();
    engine.set_limits(id, Limits::default()).await.unwrap();
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.activity.as_deref(), Some("Done."));
    assert!(has_tools(voice.requests().last().unwrap()));
    assert!(voice.conversation().first().unwrap().1.contains(TASK));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_were_still_to_be_run_are_not_run_any_more() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        turn("", vec![write("c", "c\n"), write("d", "d\n")]),
        turn("It ends here.", vec![]),
    ])
    .await;
    voice.hold_from(2);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let container = freeze_in_call(&house, &engine, id, &voice, 2, "Write d").await;
    engine.pause(id).await.unwrap();
    house.docker.thaw(&container).unwrap();
    rest(&engine, id).await;
    engine.wrap_up(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let told = told(&engine, id).await;
    let place = told.iter().position(|line| line == "wrapUpRequested").unwrap();
    // The pause can come before the first of the two or after it.
    let left = told[place + 1..].iter().filter(|line| *line == "write_file Cancelled").count();
    let done = told[..place].iter().filter(|line| *line == "write_file Ok").count();
    assert!(left > 0 && left + done == 3, "{told:#?}");
    assert_eq!(told[place + 1 + left..], ["answered", "completed: It ends here."]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_says_nothing_at_the_end_is_completed_and_takes_the_next_instruction() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let thinks = json!({"text": "", "reasoning": "Hm.", "calls": [write("c", "c\n")]});
    let voice =
        Voice::playing(vec![turn("", vec![write("b", "b\n")]), thinks, turn("", vec![finish("Done.")])])
            .await;
    let engine = house.open().await;
    let id = start(&engine, limited(&remote.address(), &voice)).await;
    rest(&engine, id).await;
    engine.wrap_up(id).await.unwrap();
    let agent = rest(&engine, id).await;
    let nothing = "The agent was asked to wrap up and said nothing.";
    assert_eq!((agent.status, agent.activity.as_deref()), (Status::Completed, Some(nothing)));
    engine.set_limits(id, Limits::default()).await.unwrap();
    engine.instruct(id, "More.").await.unwrap();
    until(&engine, id, "is done", |agent| agent.activity.as_deref() == Some("Done.")).await;
    let told = told(&engine, id).await;
    let place = told.iter().position(|line| line == "queued: More.").unwrap();
    assert_eq!(told[place + 1..place + 4], ["resumed", "turn: More.", "answered"]);
    engine.close().await;
}
