//! Instructions: in order, exactly once, across pauses and restarts.

use crate::harness::{House, TASK, Voice, errand, finish, rest, start, told, turn, until, write};
use anchorhold_domain::{Agent, AgentId, EventKind, InstructionId, PauseReason, Status, Timestamp};
use anchorhold_engine::Engine;
use anchorhold_store::Store;
use serde_json::Value;

fn one_answer_each(count: usize) -> Vec<Value> {
    (1..=count).map(|number| turn("", vec![finish(&format!("{number} done."))])).collect()
}

async fn turns(engine: &Engine, id: AgentId) -> Vec<String> {
    let told = told(engine, id).await;
    told.into_iter().filter_map(|line| line.strip_prefix("turn: ").map(str::to_owned)).collect()
}

async fn waiting(engine: &Engine, id: AgentId) -> Vec<String> {
    let queue = engine.record(id).await.unwrap().instruction_queue;
    queue.into_iter().map(|instruction| instruction.text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_taken_in_the_order_the_user_gave_it_each_once() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(one_answer_each(4)).await;
    let engine = house.open().await;
    let id = engine.create(errand(&remote.address(), voice.choice())).await.unwrap().id;
    let task = engine.record(id).await.unwrap().instruction_queue[0].id;
    let removed = engine.instruct(id, "Removed.").await.unwrap().id;
    let edited = engine.instruct(id, "Edited.").await.unwrap().id;
    engine.instruct(id, "Last.").await.unwrap();
    let first = engine.instruct(id, "  First after the task. ").await.unwrap().id;
    engine.edit_instruction(id, edited, "Reworded.").await.unwrap();
    engine.remove_instruction(id, removed).await.unwrap();
    engine.reorder_instructions(id, vec![task, first, edited]).await.unwrap();
    let wanted = [TASK, "First after the task.", "Reworded.", "Last."];
    assert_eq!(waiting(&engine, id).await, wanted);

    engine.start(id).await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.activity.as_deref()), (Status::Completed, Some("4 done.")));
    assert_eq!(turns(&engine, id).await, wanted);
    assert_eq!(waiting(&engine, id).await, Vec::<String>::new());
    let refusals = [
        engine.edit_instruction(id, edited, "Too late.").await.unwrap_err(),
        engine.remove_instruction(id, removed).await.unwrap_err(),
        engine.instruct(id, " ").await.unwrap_err(),
    ];
    let codes = refusals.map(|refusal| refusal.code());
    assert_eq!(codes, ["instruction_taken", "instruction_taken", "instruction_empty"]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_queued_while_the_agent_runs_waits_for_the_end_of_the_turn() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        turn("", vec![finish("First.")]),
        turn("", vec![finish("Second.")]),
    ])
    .await;
    voice.hold_from(1);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(1).await;
    engine.instruct(id, "Then this.").await.unwrap();
    voice.release();
    rest(&engine, id).await;

    let told = told(&engine, id).await;
    let from = told.iter().position(|line| line.starts_with("turn")).unwrap();
    assert_eq!(
        told[from..],
        [
            &format!("turn: {TASK}"),
            "queued: Then this.",
            "answered",
            "asked for write_file",
            "write_file Ok",
            "answered",
            "asked for finish",
            "finish Ok",
            "turn: Then this.",
            "answered",
            "asked for finish",
            "finish Ok",
            "completed: Second.",
        ]
    );
    let users: Vec<String> = voice
        .conversation()
        .into_iter()
        .filter_map(|(role, said)| (role == "user").then_some(said))
        .collect();
    assert_eq!(users, [TASK, "Then this."]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_still_there_when_the_folder_is_opened_again() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(one_answer_each(3)).await;
    let engine = house.open().await;
    let id = engine.create(errand(&remote.address(), voice.choice())).await.unwrap().id;
    engine.instruct(id, "Second.").await.unwrap();
    engine.instruct(id, "Third.").await.unwrap();
    engine.close().await;
    drop(engine);

    let engine = house.open().await;
    assert_eq!(waiting(&engine, id).await, [TASK, "Second.", "Third."]);
    engine.start(id).await.unwrap();
    rest(&engine, id).await;
    assert_eq!(turns(&engine, id).await, [TASK, "Second.", "Third."]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_creation_was_cut_off_has_its_task() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(one_answer_each(1)).await;
    house.open().await.close().await;
    let new = errand(&remote.address(), voice.choice());
    let created = EventKind::Created {
        task: new.task.clone(),
        instruction: InstructionId(uuid::Uuid::now_v7()),
        agent: Some(Box::new(new.clone())),
    };
    let agent = Agent::new(AgentId(uuid::Uuid::now_v7()), new, "local".to_owned(), Timestamp(1));
    let store = Store::open(&house.home().join("anchorhold.db")).await.unwrap();
    store.create(&agent, created, vec![]).await.unwrap();
    store.close().await;

    let engine = house.open().await;
    assert_eq!(waiting(&engine, agent.id).await, [TASK]);
    engine.start(agent.id).await.unwrap();
    assert_eq!(rest(&engine, agent.id).await.status, Status::Completed);
    assert_eq!(turns(&engine, agent.id).await, [TASK]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instruction_that_was_queued_just_before_a_crash_is_taken_up() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(one_answer_each(3)).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    rest(&engine, id).await;
    engine.close().await;
    drop(engine);
    let instruction = InstructionId(uuid::Uuid::now_v7());
    let queued = |text: &str| EventKind::InstructionQueued { id: instruction, text: text.to_owned() };
    house.leave(id, vec![queued("To a completed agent.")]).await;

    let engine = house.open().await;
    until(&engine, id, "takes it up", |agent| agent.activity.as_deref() == Some("2 done.")).await;
    rest(&engine, id).await;
    engine.close().await;
    drop(engine);
    let paused = EventKind::Paused { reason: PauseReason::User, limit: None, until: None, fault: None };
    let sent = EventKind::InstructionSentNow { id: instruction, interrupt: false };
    let running = [queued("To a paused agent."), EventKind::Resumed, paused, sent];
    house.leave(id, running.to_vec()).await;

    let engine = house.open().await;
    until(&engine, id, "takes it up", |agent| agent.activity.as_deref() == Some("3 done.")).await;
    rest(&engine, id).await;
    assert_eq!(turns(&engine, id).await, [TASK, "To a completed agent.", "To a paused agent."]);
    engine.close().await;
}
