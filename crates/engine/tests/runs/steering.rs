//! Instructions sent into the middle of the work, and stops in the middle of anything.

use crate::harness::{
    Gate, House, Listener, TASK, Voice, ask, errand, finish, freeze_in_call, rest, soon, start, told, turn,
    until, write,
};
use anchorhold_domain::{Agent, AgentId, PauseReason, PushWish, Signal, Status, Update};
use anchorhold_engine::Engine;
use std::time::Duration;

fn standing(agent: &Agent) -> (Status, Option<PauseReason>) {
    (agent.status, agent.pause_reason)
}

/// Queues an instruction and sends it now.
async fn send(engine: &Engine, id: AgentId, text: &str, interrupt: bool) {
    let instruction = engine.instruct(id, text).await.unwrap().id;
    engine.send_now(id, instruction, interrupt).await.unwrap();
}

/// What the user said, as the last request has it.
fn heard(voice: &Voice) -> Vec<String> {
    let said = voice.conversation().into_iter();
    said.filter_map(|(role, said)| (role == "user").then_some(said)).collect()
}

async fn after_the_turn(engine: &Engine, id: AgentId) -> Vec<String> {
    let told = told(engine, id).await;
    let turn = told.iter().position(|line| line.starts_with("turn: ")).unwrap();
    told[turn + 1..].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_now_is_heard_at_the_next_request_within_the_turn() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        turn("", vec![finish("Both.")]),
        turn("", vec![finish("Last.")]),
    ])
    .await;
    voice.hold_from(1);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(1).await;
    engine.instruct(id, "Later.").await.unwrap();
    send(&engine, id, "Now.", false).await;
    voice.release();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(
        after_the_turn(&engine, id).await,
        [
            "queued: Later.",
            "queued: Now.",
            "sent now",
            "answered",
            "asked for write_file",
            "write_file Ok",
            "turn: Now.",
            "answered",
            "asked for finish",
            "finish Ok",
            "turn: Later.",
            "answered",
            "asked for finish",
            "finish Ok",
            "completed: Last.",
        ]
    );
    assert_eq!(heard(&voice), [TASK, "Now.", "Later."]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_breaks_the_answer_off_and_the_next_request_has_the_instruction() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let listener = Listener::saying("First I").await;
    let engine = house.open().await;
    let id = engine.create(errand(&remote.address(), listener.choice())).await.unwrap().id;
    let mut updates = engine.watch(id, 0).await.unwrap();
    engine.start(id).await.unwrap();
    let hearing = async {
        while let Some(update) = updates.recv().await {
            if matches!(&update, Update::Signal { signal: Signal::TextDelta { text } } if text == "First I") {
                return;
            }
        }
    };
    soon("the model says something", hearing).await;
    send(&engine, id, "Stop that.", true).await;
    listener.left(1).await;
    listener.began(2).await;
    assert_eq!(
        after_the_turn(&engine, id).await,
        ["queued: Stop that.", "sent now, at once", "answerLost", "interrupted: First I", "turn: Stop that."]
    );
    // What is sent without haste does not break an answer off.
    send(&engine, id, "No haste.", false).await;
    let agent = soon("stop", engine.stop(id)).await.unwrap();
    assert_eq!(standing(&agent), (Status::Paused, Some(PauseReason::Stopped)));
    listener.left(2).await;
    assert_eq!(
        after_the_turn(&engine, id).await[5..],
        ["queued: No haste.", "sent now", "answerLost", "paused: Stopped"]
    );
    // Nobody answered, and what was read is paid for.
    let agent = engine.agent(id).await.unwrap();
    assert_eq!((agent.requests, agent.usage.input_tokens, agent.unpriced), (0, 200, 2));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_does_not_touch_a_tool_call_and_is_heard_right_after_it() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        turn("", vec![write("c", "c\n")]),
        turn("", vec![finish("Done.")]),
    ])
    .await;
    voice.hold_from(2);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let container = freeze_in_call(&house, &engine, id, &voice, 2, "Write c").await;
    send(&engine, id, "Now.", true).await;
    house.docker.thaw(&container).unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(
        after_the_turn(&engine, id).await[4..],
        [
            "asked for write_file",
            "queued: Now.",
            "sent now, at once",
            "write_file Ok",
            "turn: Now.",
            "answered",
            "asked for finish",
            "finish Ok",
            "completed: Done.",
        ]
    );
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_cuts_a_tool_call_off_which_is_done_again_in_a_workspace_built_anew() {
    for _ in 0..20 {
        // A stop may also come between the log's word and the call, which then does not run at all.
        if stopped_in_a_call().await {
            return;
        }
    }
    panic!("no stop came in the middle of a call");
}

/// Stops in the middle of a call and goes on; false where the call had not begun.
async fn stopped_in_a_call() -> bool {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        turn("", vec![write("c", "c\n")]),
        turn("", vec![finish("Done.")]),
    ])
    .await;
    voice.hold_from(2);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let container = freeze_in_call(&house, &engine, id, &voice, 2, "Write c").await;
    let agent = soon("stop", engine.stop(id)).await.unwrap();
    assert_eq!(standing(&agent), (Status::Paused, Some(PauseReason::Stopped)));
    // The container may be gone by now, since the agent does not run any more.
    let _ = house.docker.thaw(&container);
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let log = after_the_turn(&engine, id).await.split_off(4);
    if log[1] == "write_file Cancelled" {
        engine.close().await;
        return false;
    }
    assert_eq!(
        log,
        [
            "asked for write_file",
            "paused: Stopped",
            "resumed",
            "write_file Ok",
            "answered",
            "asked for finish",
            "finish Ok",
            "completed: Done.",
        ]
    );
    let files = [("b", Some("b\n")), ("c", Some("c\n"))];
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", &files));
    engine.close().await;
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_the_wait_for_the_next_try() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    voice.instead(vec![Some(
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    )]);
    let mut config = house.config();
    // Drawn by chance from this, it is long in any case.
    config.patience.first_wait = Duration::from_secs(1_000_000_000);
    config.patience.longest_wait = Duration::from_secs(1_000_000_000);
    let engine = Engine::open(config).await.unwrap();
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let mut updates = engine.watch(id, 0).await.unwrap();
    let retried = async {
        while let Some(update) = updates.recv().await {
            let Update::Events { events, .. } = update else { continue };
            if events.iter().any(|event| event.kind.name() == "modelRetried") {
                return;
            }
        }
    };
    soon("the agent waits", retried).await;
    send(&engine, id, "Now.", true).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(heard(&voice), [format!("{TASK}\n\nNow.")]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_now_sets_a_held_agent_to_work_unless_it_waits_for_an_answer() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        turn("", vec![ask("Why?")]),
        turn("", vec![finish("First.")]),
        turn("", vec![finish("Second.")]),
        turn("", vec![finish("Third.")]),
    ])
    .await;
    voice.hold_from(1);
    let engine = house.open().await;
    let id = engine.create(errand(&remote.address(), voice.choice())).await.unwrap().id;
    // Not started, and at its first request: it goes first.
    engine.instruct(id, "Later.").await.unwrap();
    send(&engine, id, "Before.", true).await;
    engine.start(id).await.unwrap();
    voice.asked(1).await;
    assert_eq!(heard(&voice), ["Before."]);
    engine.stop(id).await.unwrap();
    // Stopped: it goes on.
    voice.release();
    send(&engine, id, "Go on.", false).await;
    let agent = until(&engine, id, "asks", |agent| agent.pause_reason == Some(PauseReason::Question)).await;
    assert_eq!(agent.activity.as_deref(), Some("Why?"));
    assert_eq!(heard(&voice), ["Before.\n\nGo on."]);
    // A question waits for its answer, and the instruction with it.
    send(&engine, id, "By the way.", true).await;
    assert_eq!(engine.agent(id).await.unwrap().pause_reason, Some(PauseReason::Question));
    engine.answer(id, "So.").await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, heard(&voice).len()), (Status::Completed, 4));
    assert_eq!(heard(&voice)[..2], ["Before.\n\nGo on.", "By the way."]);
    // Completed: it is taken up.
    send_when_completed(&engine, id).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(heard(&voice).last().map(String::as_str), Some("One more."));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_queued_while_an_agent_is_held_waits_until_it_goes_on() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice =
        Voice::playing(vec![turn("", vec![finish("First.")]), turn("", vec![finish("Second.")])]).await;
    voice.hold_from(1);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(1).await;
    engine.stop(id).await.unwrap();
    engine.instruct(id, "Later.").await.unwrap();
    let agent = engine.agent(id).await.unwrap();
    assert_eq!(standing(&agent), (Status::Paused, Some(PauseReason::Stopped)));
    voice.release();
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(
        after_the_turn(&engine, id).await,
        [
            "paused: Stopped",
            "queued: Later.",
            "resumed",
            "answered",
            "asked for finish",
            "finish Ok",
            "turn: Later.",
            "answered",
            "asked for finish",
            "finish Ok",
            "completed: Second.",
        ]
    );
    // Which model is asked is said once, as long as it stays the same.
    let events = engine.events(id, 0).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.kind.name() == "modelSelected").count(), 1);
    engine.close().await;
}

async fn send_when_completed(engine: &Engine, id: AgentId) {
    let instruction = engine.instruct(id, "One more.").await.unwrap().id;
    // Queued, it set the agent to work already; sent, it is heard or was heard.
    match engine.send_now(id, instruction, false).await {
        Ok(_) => {}
        Err(error) => assert_eq!(error.code(), "instruction_taken"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_now_while_a_push_is_on_its_way_is_taken_up_first_behind_it() {
    let house = House::new();
    let (server, _remote) = house.served("a");
    let gate = Gate::before(&server).await;
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n"), finish("First.")]),
        turn("", vec![finish("Second.")]),
        turn("", vec![finish("Third.")]),
    ])
    .await;
    let engine = house.open().await;
    let id = start(&engine, errand(&gate.url("a"), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    engine.push(id, PushWish::default()).await.unwrap();
    gate.reached().await;
    engine.instruct(id, "Later.").await.unwrap();
    send(&engine, id, "Now.", true).await;
    assert_eq!(engine.stop(id).await.unwrap_err().code(), "wrong_status");
    gate.open();
    until(&engine, id, "goes on", |agent| agent.activity.as_deref() == Some("Third.")).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(heard(&voice), [TASK, "Now.", "Later."]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_now_while_the_agent_clones_lets_it_clone_and_is_heard_first() {
    let house = House::new();
    let (server, _remote) = house.served("a");
    let gate = Gate::before_fetches(&server).await;
    let voice =
        Voice::playing(vec![turn("", vec![finish("First.")]), turn("", vec![finish("Second.")])]).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&gate.url("a"), voice.choice())).await;
    gate.reached().await;
    let instruction = engine.instruct(id, "Now.").await.unwrap().id;
    let waiting = engine.send_now(id, instruction, true).await.unwrap();
    let waiting: Vec<_> = waiting.iter().map(|waits| (waits.text.as_str(), waits.now)).collect();
    assert_eq!(waiting, [("Now.", true), (TASK, false)]);
    assert_eq!(standing(&engine.agent(id).await.unwrap()), (Status::Cloning, None));
    gate.open();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(heard(&voice), ["Now.", TASK]);
    let told = told(&engine, id).await;
    let expected = ["cloneStarted", "queued: Now.", "sent now, at once", "cloned", "turn: Now."];
    assert_eq!(told[3..3 + expected.len()], expected);
    engine.close().await;
}
