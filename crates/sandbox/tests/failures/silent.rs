//! The engine there and silent, or there and slow.
//!
//! How long silence is borne is waited for on a clock that is wound forward: nothing here takes that long.

use std::time::Duration;

use anchorhold_sandbox::bridge::ChangeStatus;
use anchorhold_sandbox::{Docker, Endpoint, SandboxError};
use anchorhold_testkit::{ContainerEngine, DockerSocket, EngineOptions, SlowSocket};

use crate::common::{aloud, changed, connect, fill, spec, write};

#[track_caller]
fn check(error: Option<SandboxError>, expected: &str) {
    let error = error.unwrap();
    let hint = "the container engine is slow or stuck; try again, or restart it";
    assert_eq!(aloud(&error), ["timeout", expected, hint]);
}

#[tokio::test]
async fn a_silent_engine_is_given_up_and_serves_on_when_it_is_back() {
    let engine = ContainerEngine::start(EngineOptions::default()).unwrap();
    let endpoint = Endpoint::socket(engine.socket());
    let docker = connect(&engine.socket()).await;
    let spec = spec("silent");
    let cell = docker.open(&spec).await.unwrap();
    fill(&cell).await;

    engine.hold().unwrap();
    tokio::time::pause();
    let error = write(&cell, "late", b"late\n").await.err().unwrap();
    assert!(error.is_loss() && error.is_silence());
    let hint = "resume the agent: its cell is built anew from the last checkpoint";
    assert_eq!(
        aloud(&error),
        ["cell_silent", "wait for the cell to write a file: no answer within 60 s", hint]
    );
    cell.close().await;
    check(
        docker.while_answering(docker.open(&spec)).await.err(),
        "ask the container engine whether it is there: no answer within 15 s",
    );
    check(
        docker.while_answering(docker.park(&spec)).await.err(),
        "ask the container engine whether it is there: no answer within 15 s",
    );
    let error = Docker::connect(&endpoint).await.err().unwrap();
    assert_eq!(error.code(), "engine_silent");
    assert_eq!(error.to_string(), format!("reach the container engine at {endpoint}: no answer within 10 s"));
    tokio::time::resume();
    engine.let_go().unwrap();

    // What nobody waited for was carried out all the same, which is why a workspace is rebuilt.
    let cell = docker.while_answering(docker.open(&spec)).await.unwrap();
    assert_eq!(changed(&cell).await, ["added", "late"].map(|path| (path.to_owned(), ChangeStatus::Added)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_engine_is_waited_for() {
    let engine = DockerSocket::find().unwrap();
    let slow = SlowSocket::before(engine.path(), Duration::from_millis(20)).unwrap();
    let docker = Docker::connect(&Endpoint::socket(slow.path())).await.unwrap();
    let spec = spec("slow");
    let cell = docker.while_answering(docker.open(&spec)).await.unwrap();
    fill(&cell).await;
    cell.close().await;
    let again = docker.open(&spec).await.unwrap();
    assert_eq!(again.container_id(), cell.container_id());
    assert_eq!(changed(&again).await, [("added".to_owned(), ChangeStatus::Added)]);
    docker.remove(&spec).await.unwrap();
}
