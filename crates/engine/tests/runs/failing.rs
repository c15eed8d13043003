//! The container engine killed under a run, and cells that die although the engine lives.
//!
//! However it is disturbed, a run ends with the tree that it would have had.

use crate::harness::{
    House, Voice, cells, edit, errand, finish, freeze_in_call, read, rest, soon, start, told, turn, until,
    write,
};
use anchorhold_domain::{AgentId, EventKind, PauseReason, Signal, Status, Update};
use anchorhold_engine::Engine;
use anchorhold_sandbox::Endpoint;
use anchorhold_testkit::{ContainerEngine, EngineOptions};
use serde_json::Value;
use std::os::unix::net::UnixListener;
use std::time::Duration;

fn two_steps() -> Vec<Value> {
    vec![turn("", vec![write("b", "b\n")]), turn("", vec![write("c", "c\n"), finish("Done.")])]
}

const BOTH: &[(&str, Option<&str>)] = &[("b", Some("b\n")), ("c", Some("c\n"))];

fn private(live_restore: bool) -> ContainerEngine {
    ContainerEngine::start(EngineOptions { live_restore, ..EngineOptions::default() }).unwrap()
}

/// Checks that an agent says that its engine is gone and what to do, also when it is asked again.
async fn check_gone(engine: &Engine, id: AgentId, containers: &ContainerEngine) {
    let missing =
        format!("reach the container engine at {}: it is not running", containers.socket().display());
    let hint = "start Docker (Docker Desktop, or `sudo systemctl start docker`) and try again";
    for _ in 0..2 {
        let agent = rest(engine, id).await;
        assert_eq!(agent.status, Status::Error);
        assert_eq!(
            (agent.error_code.as_deref(), agent.error_message.as_deref(), agent.error_hint.as_deref()),
            (Some("engine_stopped"), Some(missing.as_str()), Some(hint))
        );
        engine.resume(id).await.unwrap();
    }
    rest(engine, id).await;
}

/// Opens an engine whose cells are where the house says.
async fn open(house: &House) -> Engine {
    let mut config = house.config();
    config.endpoint = Some(Endpoint::socket(house.docker.path()));
    Engine::open(config).await.unwrap()
}

/// What the log says of a cell whose engine is gone.
fn lost(containers: &ContainerEngine) -> String {
    format!(
        "note: talk to the cell: reach the container engine at {}: it is not running; \
         it is made anew from the last checkpoint",
        containers.socket().display()
    )
}

/// Kills the engine while the workspace is being filled.
async fn while_it_is_filled(live_restore: bool) {
    let mut containers = private(live_restore);
    let house = House::on(containers.docker());
    let large = "a line of a large file\n".repeat(10_000);
    let names: Vec<String> = (0..400).map(|number| format!("large/{number}")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), large.as_str())).collect();
    let remote = house.repository(&files);
    let voice = Voice::playing(two_steps()).await;
    let engine = open(&house).await;
    let id = engine.create(errand(&remote.address(), voice.choice())).await.unwrap().id;
    let mut updates = engine.watch(id, 0).await.unwrap();
    engine.start(id).await.unwrap();
    let filling = async {
        while let Some(update) = updates.recv().await {
            if let Update::Signal { signal: Signal::ImportProgress { done, total } } = update {
                assert!(done < total);
                return;
            }
        }
        panic!("the workspace was never filled");
    };
    soon("the workspace is being filled", filling).await;
    containers.kill().unwrap();

    check_gone(&engine, id, &containers).await;
    assert_eq!(cells(&engine, id).await, 0);
    containers.restart().unwrap();
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(cells(&engine, id).await, 1);
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", BOTH));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_engine_was_killed_while_the_workspace_was_filled_ends_as_if_undisturbed() {
    while_it_is_filled(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_filled_cell_that_outlived_its_engine_is_filled_anew() {
    while_it_is_filled(true).await;
}

/// Kills the engine in the middle of the second edit, and says how the log goes on.
async fn in_a_call(live_restore: bool) {
    let mut containers = private(live_restore);
    let house = House::on(containers.docker());
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        turn("", vec![write("c", "c\n")]),
        turn("", vec![finish("Done.")]),
    ])
    .await;
    voice.hold_from(2);
    let engine = open(&house).await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(2).await;
    let container = engine.agent(id).await.unwrap().container_id.clone().unwrap();
    // With its cell frozen the call begins and cannot end.
    house.docker.freeze(&container).unwrap();
    voice.release();
    until(&engine, id, "writes c", |agent| agent.activity.as_deref() == Some("Write c")).await;
    containers.kill().unwrap();

    check_gone(&engine, id, &containers).await;
    containers.restart().unwrap();
    if live_restore {
        // What the cell was told before is done now; the rebuilt workspace knows nothing of it.
        house.docker.thaw(&container).unwrap();
    }
    engine.resume(id).await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!(agent.status, Status::Completed);
    assert_eq!(agent.container_id.as_deref() == Some(container.as_str()), live_restore);
    assert_eq!(
        told(&engine, id).await[6..],
        [
            "answered",
            "asked for write_file",
            "write_file Ok",
            "answered",
            "asked for write_file",
            lost(&containers).as_str(),
            "failed: engine_stopped",
            "resumed",
            "failed: engine_stopped",
            "resumed",
            "failed: engine_stopped",
            "resumed",
            "write_file Ok",
            "answered",
            "asked for finish",
            "finish Ok",
            "completed: Done.",
        ]
    );
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", BOTH));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_engine_was_killed_in_a_call_does_the_call_again_in_a_new_cell() {
    in_a_call(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_cell_outlived_the_engine_in_a_call_does_the_call_again_in_that_cell() {
    in_a_call(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_back_soon_is_waited_for_in_the_middle_of_a_call() {
    let mut containers = private(false);
    let house = House::on(containers.docker());
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(two_steps()).await;
    voice.hold_from(2);
    let engine = open(&house).await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(2).await;
    let mut updates = engine.watch(id, 0).await.unwrap();
    let noted = async {
        while let Some(update) = updates.recv().await {
            let Update::Events { events, .. } = update else { continue };
            if events.iter().any(|event| matches!(event.kind, EventKind::Noted { .. })) {
                return;
            }
        }
    };
    containers.kill().unwrap();
    voice.release();
    soon("the loss is noted", noted).await;
    containers.restart().unwrap();
    let agent = rest(&engine, id).await;
    let told = told(&engine, id).await;
    assert_eq!(agent.status, Status::Completed, "{told:#?}");
    assert!(told.contains(&lost(&containers)), "{told:#?}");
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", BOTH));
    engine.close().await;
}

/// Takes the engine away and starts it again while the model thinks: nobody has to do anything.
async fn between_calls(live_restore: bool, end: fn(&mut ContainerEngine)) {
    let mut containers = private(live_restore);
    let house = House::on(containers.docker());
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(two_steps()).await;
    voice.hold_from(2);
    let engine = open(&house).await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(2).await;
    end(&mut containers);
    containers.restart().unwrap();
    voice.release();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let told = told(&engine, id).await;
    let notes: Vec<_> = told.iter().filter(|line| line.starts_with("note: ")).collect();
    assert!(
        notes.len() == 1 && notes[0].ends_with("; it is made anew from the last checkpoint"),
        "{told:#?}"
    );
    assert_eq!(cells(&engine, id).await, 2);
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", BOTH));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_comes_back_while_the_model_thinks_is_not_the_users_concern() {
    between_calls(false, |containers| containers.kill().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_comes_back_with_its_cells_is_not_the_users_concern_either() {
    between_calls(true, |containers| containers.kill().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_was_stopped_and_started_in_good_order_is_not_the_users_concern() {
    between_calls(false, |containers| containers.stop().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_takes_connections_and_says_nothing_is_given_up_with_words() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![]).await;
    let socket = house.place().join("silent.sock");
    let _silent = UnixListener::bind(&socket).unwrap();
    let mut config = house.config();
    config.endpoint = Some(Endpoint::socket(&socket));
    let engine = Engine::open(config).await.unwrap();
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let agent = rest(&engine, id).await;
    assert_eq!(agent.status, Status::Error);
    assert_eq!(
        (agent.error_code.as_deref(), agent.error_message.as_deref(), agent.error_hint.as_deref()),
        (
            Some("engine_silent"),
            Some(&*format!("reach the container engine at {}: no answer within 10 s", socket.display())),
            Some("the container engine is slow or stuck; try again, or restart it")
        )
    );
    soon("close", engine.close()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_agent_does_not_mind_that_its_engine_was_killed() {
    let mut containers = private(false);
    let house = House::on(containers.docker());
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(two_steps()).await;
    voice.hold_from(2);
    let engine = open(&house).await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(2).await;
    let agent = engine.stop(id).await.unwrap();
    assert_eq!((agent.status, agent.pause_reason), (Status::Paused, Some(PauseReason::Stopped)));
    voice.release();
    containers.kill().unwrap();
    containers.restart().unwrap();
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", BOTH));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_a_cell_died_under_are_done_again() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n"), ("z", "z\n")]);
    let steps =
        vec![turn("", vec![write("b", "b\n")]), turn("", vec![read("a"), read("z"), finish("Done.")])];
    let voice = Voice::playing(steps).await;
    voice.hold_from(2);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(2).await;
    let container = engine.agent(id).await.unwrap().container_id.clone().unwrap();
    house.docker.kill(&container).unwrap();
    voice.release();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(
        told(&engine, id).await[9..],
        [
            "answered",
            "asked for read_file",
            "asked for read_file",
            "asked for finish",
            "note: talk to the cell: it was killed (exit 137); it is made anew from the last checkpoint",
            "read_file Ok",
            "read_file Ok",
            "finish Ok",
            "completed: Done.",
        ]
    );
    assert_eq!(cells(&engine, id).await, 2);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_under_a_run_ends_it_for_the_user_and_not_for_the_model() {
    let options = EngineOptions { disk_mib: Some(32), ..EngineOptions::default() };
    let containers = ContainerEngine::start(options).unwrap();
    let house = House::on(containers.docker());
    let remote = house.repository(&[("a", "a\n")]);
    let large = "a line of a large file\n".repeat(10_000);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        turn("", vec![write("large", &large), finish("Done.")]),
    ])
    .await;
    voice.hold_from(2);
    let engine = open(&house).await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(2).await;
    containers.fill_disk().unwrap();
    voice.release();
    let agent = rest(&engine, id).await;
    assert_eq!(agent.status, Status::Error);
    assert_eq!(
        (agent.error_code.as_deref(), agent.error_message.as_deref(), agent.error_hint.as_deref()),
        (
            Some("disk_full"),
            Some("change the workspace: the container engine's disk is full"),
            Some("free some space (`docker system df` shows what Docker uses) and try again")
        )
    );
    containers.resize_disk(128).unwrap();
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let files = [("b", Some("b\n")), ("large", Some(large.as_str()))];
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", &files));
    engine.close().await;
}

/// Lets a cell that does not answer be silent for longer than a call may take, on a clock that is wound
/// forward, until the log says that it is given up.
async fn silent_for_too_long(engine: &Engine, id: AgentId, given_up: usize) {
    let notes = async || {
        let events = engine.events(id, 0).await.unwrap();
        events.iter().filter(|event| matches!(event.kind, EventKind::Noted { .. })).count()
    };
    while notes().await < given_up {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(61)).await;
        tokio::time::resume();
        // A call that had not begun is given its time once more.
        let looking = async {
            while notes().await < given_up {
                tokio::task::yield_now().await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), looking).await;
    }
}

#[tokio::test]
async fn a_call_that_a_cell_comes_to_no_end_of_is_done_again_in_another() {
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
    freeze_in_call(&house, &engine, id, &voice, 2, "Write c").await;
    silent_for_too_long(&engine, id, 1).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let silent = "note: wait for the cell to write a file: no answer within 60 s; it is made anew from the last \
                  checkpoint";
    assert_eq!(told(&engine, id).await[9..13], ["answered", "asked for write_file", silent, "write_file Ok"]);
    assert_eq!(cells(&engine, id).await, 2);
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", BOTH));
    engine.close().await;
}

/// A file that is within the limits, and whose edit needs more memory than these cells have.
fn too_large() -> String {
    format!("first\n{}", "a line of a large file\n".repeat(600_000))
}

fn cramped() -> ContainerEngine {
    ContainerEngine::start(EngineOptions { memory_mib: Some(20), ..EngineOptions::default() }).unwrap()
}

const OUT_OF_MEMORY: &str =
    "note: talk to the cell: it ran out of memory; it is made anew from the last checkpoint";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_two_cells_have_no_memory_for_is_refused_and_the_run_goes_on() {
    let containers = cramped();
    let house = House::on(containers.docker());
    let remote = house.repository(&[("large", &too_large())]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        turn("", vec![edit("large", "first", "second")]),
        turn("", vec![write("c", "c\n"), finish("Done.")]),
    ])
    .await;
    let engine = open(&house).await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let agent = rest(&engine, id).await;
    let told = told(&engine, id).await;
    assert_eq!(agent.status, Status::Completed, "{told:#?}");
    assert_eq!(
        told[9..],
        [
            "answered",
            "asked for edit_file",
            OUT_OF_MEMORY,
            OUT_OF_MEMORY,
            "edit_file Refused",
            "answered",
            "asked for write_file",
            "asked for finish",
            "write_file Ok",
            "finish Ok",
            "completed: Done.",
        ]
    );
    let conversation = voice.conversation();
    let (role, said) = conversation.last().unwrap();
    assert_eq!(role, "tool");
    assert!(said.starts_with("the workspace ran out of memory on this call, and again"), "{said}");
    assert_eq!(cells(&engine, id).await, 3);
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", BOTH));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_keeps_asking_for_too_much_memory_ends_the_run_and_keeps_its_edits() {
    let containers = cramped();
    let house = House::on(containers.docker());
    let remote = house.repository(&[("large", &too_large())]);
    let mut steps = vec![turn("", vec![write("b", "b\n")])];
    steps.extend((0..9).map(|_| turn("", vec![edit("large", "first", "second")])));
    let voice = Voice::playing(steps).await;
    let engine = open(&house).await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let agent = rest(&engine, id).await;
    assert_eq!(
        (agent.status, agent.error_code.as_deref(), agent.error_message.as_deref()),
        (Status::Error, Some("cell_ended"), Some("talk to the cell: it ran out of memory"))
    );
    assert_eq!(cells(&engine, id).await, 7);
    let kept = remote.tree_with("main", &[("b", Some("b\n"))]);
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), kept);
    engine.close().await;
}
