//! The container engine absent, stopped or hostile, and the data folder taken.

use crate::harness::{
    House, Voice, cells, edit, errand, eventually, finish, rest, start, told, turn, until, write,
};
use anchorhold_domain::Status;
use anchorhold_engine::{Engine, EngineState};
use anchorhold_sandbox::Endpoint;
use serde_json::Value;
use std::os::unix::net::UnixListener;

fn two_steps() -> Vec<Value> {
    vec![turn("", vec![write("b", "b\n")]), turn("", vec![write("c", "c\n"), finish("Done.")])]
}

const BOTH: &[(&str, Option<&str>)] = &[("b", Some("b\n")), ("c", Some("c\n"))];

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_is_killed_is_told_and_built_anew_from_the_last_checkpoint() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(two_steps()).await;
    voice.hold_from(2);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(2).await;
    let container = engine.agent(id).await.unwrap().container_id.clone().unwrap();
    house.docker.kill(&container).unwrap();
    voice.release();

    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(
        told(&engine, id).await[6..],
        [
            "answered",
            "asked for write_file",
            "write_file Ok",
            "answered",
            "asked for write_file",
            "asked for finish",
            "note: talk to the cell: it was killed (exit 137); it is made anew from the last checkpoint",
            "write_file Ok",
            "finish Ok",
            "completed: Done.",
        ]
    );
    assert_eq!(cells(&engine, id).await, 2);
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", BOTH));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_when_the_folder_is_opened_again() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(two_steps()).await;
    voice.hold_from(2);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(2).await;
    engine.close().await;
    drop(engine);
    assert_eq!(house.docker.containers(&house.home()).unwrap().len(), 0);
    voice.release();

    let engine = house.open().await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(
        told(&engine, id).await[8..13],
        ["write_file Ok", "paused: Interrupted", "resumed", "answered", "asked for write_file",]
    );
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", BOTH));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_container_engine_an_agent_says_so_and_runs_once_there_is_one() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(two_steps()).await;
    let stopped = house.place().join("stopped.sock");
    drop(UnixListener::bind(&stopped).unwrap());
    let cases = [
        (
            house.place().join("missing.sock"),
            EngineState::Missing,
            "engine_missing",
            "install Docker, or set DOCKER_HOST to where your engine listens",
        ),
        (
            stopped,
            EngineState::Stopped,
            "engine_stopped",
            "start Docker (Docker Desktop, or `sudo systemctl start docker`) and try again",
        ),
    ];
    let mut id = None;
    for (socket, state, code, hint) in cases {
        let mut config = house.config();
        config.endpoint = Some(Endpoint::socket(socket));
        let engine = Engine::open(config).await.unwrap();
        assert_eq!(engine.status().await.state, state);
        let id = *match &mut id {
            Some(id) => id,
            none => none.insert(engine.create(errand(&remote.address(), voice.choice())).await.unwrap().id),
        };
        engine.start(id).await.unwrap();
        let agent = rest(&engine, id).await;
        assert_eq!(
            (agent.status, agent.error_code.as_deref(), agent.error_hint.as_deref()),
            (Status::Error, Some(code), Some(hint))
        );
        engine.close().await;
    }
    let engine = house.open().await;
    let id = id.unwrap();
    assert_eq!(engine.status().await.state, EngineState::Ready);
    engine.start(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(
        told(&engine, id).await[2..10],
        [
            "startRequested",
            "cloneStarted",
            "failed: engine_missing",
            "startRequested",
            "cloneStarted",
            "failed: engine_stopped",
            "startRequested",
            "cloneStarted",
        ]
    );
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_belongs_to_one_program_which_the_other_is_told() {
    let house = House::new();
    let engine = house.open().await;
    let refused = Engine::open(house.config()).await.unwrap_err();
    let message = format!(
        "use the data folder {}: the tests (process {}) is using it",
        house.home().display(),
        std::process::id()
    );
    assert_eq!((refused.code(), refused.message()), ("folder_in_use", message));
    engine.close().await;
    drop(engine);
    house.open().await.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_agent_that_is_deleted_leaves_nothing_in_the_container_engine() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(two_steps()).await;
    voice.hold_from(2);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    until(&engine, id, "has a cell", |agent| agent.container_id.is_some()).await;
    engine.delete(id).await.unwrap();
    engine.close().await;
    eventually("nothing is left in the container engine", || house.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_deletion_is_taken_back_at_once_works_on_with_what_it_had() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n"), finish("Done.")]),
        turn("", vec![edit("b", "b", "B"), finish("Done again.")]),
    ])
    .await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    rest(&engine, id).await;
    engine.delete(id).await.unwrap();
    engine.restore(id).await.unwrap();
    engine.instruct(id, "More.").await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.error_message.as_deref()), (Status::Completed, None));
    assert_eq!(
        engine.reviewed_tree(id).await.unwrap().unwrap(),
        remote.tree_with("main", &[("b", Some("B\n"))])
    );
    engine.close().await;
    assert_eq!(house.docker.volumes(&house.home()).unwrap().len(), 1, "it is an agent like any other");
}
