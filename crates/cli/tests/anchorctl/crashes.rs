//! The program killed in the middle, and what the next one makes of what it left.

use crate::harness::{House, Voice, cells, eventually, finish, rest, told, turn, write};
use crate::{anchorctl, printed_until, run};
use anchorhold_domain::{AgentId, EventKind, Status};
use anchorhold_engine::{Engine, EngineState};

async fn only_agent(engine: &Engine) -> AgentId {
    engine.agents().await.unwrap()[0].id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_goes_on_and_does_the_unfinished_call_again() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        turn("", vec![write("c", "c\n")]),
        turn("", vec![finish("Done.")]),
    ])
    .await;
    voice.hold_from(2);
    let (address, base_url) = (remote.address(), voice.base_url());
    let mut child = anchorctl(&house, &run(&address, &base_url, &[])).spawn().unwrap();
    voice.asked(2).await;
    let cell = house.docker.containers(&house.home()).unwrap().remove(0);
    // With its cell frozen the second call begins and cannot end.
    house.docker.freeze(cell["Id"].as_str().unwrap()).unwrap();
    voice.release();
    printed_until(
        &mut child,
        |kind| matches!(kind, EventKind::ToolRequested { label, .. } if label == "Write c"),
    )
    .await;
    child.kill().await.unwrap();

    let engine = house.open().await;
    let id = only_agent(&engine).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(
        told(&engine, id).await[6..],
        [
            "answered",
            "asked for write_file",
            "write_file Ok",
            "answered",
            "asked for write_file",
            "paused: Interrupted",
            "resumed",
            "write_file Ok",
            "answered",
            "asked for finish",
            "finish Ok",
            "completed: Done.",
        ]
    );
    // What the model is told first is the same bytes before and behind the crash.
    let prompts: Vec<_> = voice.requests().iter().map(|request| request["messages"][0].clone()).collect();
    assert!(prompts.len() >= 3 && prompts.iter().all(|prompt| *prompt == prompts[0]), "{prompts:#?}");
    let uninterrupted = remote.tree_with("main", &[("b", Some("b\n")), ("c", Some("c\n"))]);
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), uninterrupted);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_whose_program_was_killed_is_found_again_by_the_next_one() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        turn("", vec![write("c", "c\n"), finish("Done.")]),
    ])
    .await;
    voice.hold_from(2);
    let (address, base_url) = (remote.address(), voice.base_url());
    let mut child = anchorctl(&house, &run(&address, &base_url, &[])).spawn().unwrap();
    voice.asked(2).await;
    let cell = house.docker.containers(&house.home()).unwrap().remove(0);
    child.kill().await.unwrap();
    voice.release();

    let engine = house.open().await;
    let id = only_agent(&engine).await;
    let agent = rest(&engine, id).await;
    assert_eq!(agent.status, Status::Completed);
    assert_eq!(agent.container_id.as_deref(), cell["Id"].as_str());
    assert_eq!(cells(&engine, id).await, 2);
    let uninterrupted = remote.tree_with("main", &[("b", Some("b\n")), ("c", Some("c\n"))]);
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), uninterrupted);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_that_was_killed_leaves_an_agent_that_can_be_started() {
    let house = House::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/a.git", silent.local_addr().unwrap());
    let mut child = anchorctl(&house, &run(&address, "http://127.0.0.1:9/v1", &[])).spawn().unwrap();
    printed_until(&mut child, |kind| matches!(kind, EventKind::CloneStarted)).await;
    child.kill().await.unwrap();

    let engine = house.open().await;
    let id = only_agent(&engine).await;
    assert_eq!(engine.agent(id).await.unwrap().status, Status::Idle);
    assert_eq!(told(&engine, id).await[3..], ["cloneStarted", "clone cancelled: Interrupted"]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_program_left_in_the_container_engine_is_removed_by_the_next_one() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice =
        Voice::playing(vec![turn("", vec![write("b", "b\n")]), turn("", vec![finish("Done.")])]).await;
    voice.hold_from(2);
    let (address, base_url) = (remote.address(), voice.base_url());
    let mut child = anchorctl(&house, &run(&address, &base_url, &[])).spawn().unwrap();
    voice.asked(2).await;
    assert_eq!(house.docker.containers(&house.home()).unwrap().len(), 1);
    child.kill().await.unwrap();

    let mut config = house.config();
    config.resume_interrupted = false;
    let engine = Engine::open(config).await.unwrap();
    // Whoever asks first whether the container engine is there connects to it.
    assert_eq!(engine.status().await.state, EngineState::Ready);
    let containers = || house.docker.containers(&house.home());
    eventually("the container is removed", || containers().is_ok_and(|found| found.is_empty())).await;
    assert_eq!(house.docker.volumes(&house.home()).unwrap().len(), 1, "the agent is still there");

    engine.delete(only_agent(&engine).await).await.unwrap();
    engine.close().await;
    eventually("the volume is removed", || house.is_empty()).await;
}
