//! A cell from its first opening to its removal, on a real engine.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod harness;

use anchorhold_sandbox::bridge::{MODE_FILE, Replacement};
use anchorhold_sandbox::{ImportFile, Request, Response};
use bollard::models::ContainerUpdateBody;
use harness::{answers, containers, docker, engine, fill, remove, settle, spec, volumes};

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_has_one_owner_until_that_one_lets_go() {
    let (first, second, spec) = (docker().await, docker().await, spec("owner"));
    let cell = first.open(&spec).await.unwrap();
    for docker in [&first, &second] {
        let error = docker.open(&spec).await.err().unwrap();
        assert_eq!(error.code(), "cell_in_use");
        assert!(error.hint().is_some());
    }
    assert!(answers(&cell).await, "a refused owner disturbs nobody");
    let clone = cell.clone();
    drop(cell);
    assert_eq!(second.open(&spec).await.err().unwrap().code(), "cell_in_use", "a clone is the same owner");
    drop(clone);

    let dropped = second.open(&spec).await.unwrap();
    let container = dropped.container_id().to_owned();
    dropped.close().await;
    let closed = first.open(&spec).await.unwrap();
    assert_eq!(closed.container_id(), container, "the same container all along");
    assert!(answers(&closed).await);
    remove(&first, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_does_not_run_has_a_volume_and_no_container() {
    let (docker, engine, spec) = (docker().await, engine().await, spec("parked"));
    let cell = docker.open(&spec).await.unwrap();
    fill(&cell, 3).await;
    assert_eq!(containers(&engine, &spec.home).await, [spec.agent.as_str()]);
    docker.park(&spec.home, &spec.agent).await.unwrap();
    assert_eq!(containers(&engine, &spec.home).await, [""; 0]);
    assert_eq!(volumes(&engine, &spec.home).await, [spec.agent.as_str()]);
    assert_eq!(cell.call(Request::Hello, Vec::new()).await.unwrap_err().code(), "cell_ended");

    assert!(!docker.open(&spec).await.unwrap().fresh(), "parked, a cell has no owner");
    remove(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_cell_is_gone_at_once_and_its_volume_soon() {
    let (docker, engine, spec) = (docker().await, engine().await, spec("removed"));
    let cell = docker.open(&spec).await.unwrap();
    fill(&cell, 1000).await;
    docker.remove(&spec.home, &spec.agent).await.unwrap();
    assert_eq!(cell.call(Request::Hello, Vec::new()).await.unwrap_err().code(), "cell_ended");
    settle(&docker).await;
    assert_eq!(containers(&engine, &spec.home).await, [""; 0]);
    assert_eq!(volumes(&engine, &spec.home).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_is_taken_back_leaves_a_cell_to_be_filled_anew() {
    let (docker, engine, spec) = (docker().await, engine().await, spec("taken-back"));
    fill(&docker.open(&spec).await.unwrap(), 1000).await;
    docker.remove(&spec.home, &spec.agent).await.unwrap();
    let cell = docker.open(&spec).await.unwrap();
    assert!(cell.fresh(), "nobody knows how much of it is left");
    fill(&cell, 3).await;
    settle(&docker).await;
    let (listed, _) = cell.call(Request::List { path: "".into(), depth: Some(3) }, Vec::new()).await.unwrap();
    let Response::Listed { entries, .. } = listed else { panic!("{listed:?}") };
    assert_eq!(entries.len(), 4, "three files and their folder");
    assert_eq!(volumes(&engine, &spec.home).await, [spec.agent.as_str()]);
    remove(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_of_ours_that_does_not_run_is_replaced() {
    let (docker, engine, spec) = (docker().await, engine().await, spec("stopped"));
    let cell = docker.open(&spec).await.unwrap();
    fill(&cell, 3).await;
    engine.kill_container(cell.container_id(), None).await.unwrap();
    assert_eq!(cell.call(Request::Hello, Vec::new()).await.unwrap_err().code(), "cell_ended");
    let next = docker.open(&spec).await.unwrap();
    assert_ne!(next.container_id(), cell.container_id());
    assert!(!next.fresh());
    assert_eq!(containers(&engine, &spec.home).await, [spec.agent.as_str()]);
    remove(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_s_volume_is_neither_mounted_nor_changed() {
    let (docker, engine, spec) = (docker().await, engine().await, spec("foreign"));
    let name = format!("anchorhold-{}", spec.agent);
    let theirs = bollard::models::VolumeCreateRequest { name: Some(name.clone()), ..Default::default() };
    engine.create_volume(theirs).await.unwrap();
    let error = docker.open(&spec).await.err().unwrap();
    assert_eq!(error.code(), "cell_name_taken");
    assert_eq!(containers(&engine, &spec.home).await, [""; 0]);
    docker.remove(&spec.home, &spec.agent).await.unwrap();
    settle(&docker).await;
    assert!(engine.inspect_volume(&name).await.is_ok(), "it is not ours to remove");
    harness::clear(&engine, &[&name]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_runs_out_of_memory_says_so() {
    let (docker, engine, spec) = (docker().await, engine().await, spec("memory"));
    let cell = docker.open(&spec).await.unwrap();
    let large = ImportFile { path: b"large".to_vec(), mode: MODE_FILE, bytes: vec![b'a'; 15 << 20] };
    let files = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(large)]);
    cell.import(files, |_, _| {}).await.unwrap();
    let little = Some(8 << 20);
    let limits = ContainerUpdateBody { memory: little, memory_swap: little, ..Default::default() };
    engine.update_container(cell.container_id(), limits).await.unwrap();

    let edits = vec![Replacement { old: "a".into(), new: "b".into(), replace_all: true }];
    let edit = Request::Edit { path: "large".into(), edits };
    let error = cell.call(edit, Vec::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "talk to the cell: it ran out of memory");
    assert_eq!(
        error.hint().unwrap(),
        "the workspace asks for more memory than a cell has; try again on a smaller part of it"
    );
    assert!(!docker.open(&spec).await.unwrap().fresh(), "the next cell has what was imported");
    remove(&docker, &spec).await;
}
