//! No room on the engine's disk, and no memory in the cell.

use std::convert::Infallible;

use anchorhold_sandbox::bridge::Replacement;
use anchorhold_sandbox::{RefusalCode, Request, Response};
use anchorhold_testkit::{ContainerEngine, DockerSocket, EngineOptions};
use futures_util::stream;

use crate::common::{aloud, connect, endless, file, fill, spec, write};

const MAKE_ROOM: &str = "free some space (`docker system df` shows what Docker uses) and try again";

fn small(mib: u32) -> ContainerEngine {
    let options = EngineOptions { disk_mib: Some(mib), ..EngineOptions::default() };
    ContainerEngine::start(options).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_without_room_for_the_image_is_told_and_the_cell_opens_once_there_is_room() {
    let engine = small(2);
    let docker = connect(&engine.socket()).await;
    let spec = spec("image");
    let error = docker.open(&spec).await.err().unwrap();
    assert_eq!(
        aloud(&error),
        ["disk_full", "import the bridge's image: the container engine's disk is full", MAKE_ROOM]
    );
    engine.resize_disk(64).unwrap();
    fill(&docker.open(&spec).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_refuses_the_import_and_the_write_and_the_cell_opens_once_there_is_room() {
    let engine = small(16);
    let docker = connect(&engine.socket()).await;
    let spec = spec("volume");
    let cell = docker.open(&spec).await.unwrap();
    let error = cell.import(endless(), |_, _| {}).await.unwrap_err();
    let [code, words, hint] = aloud(&error);
    assert_eq!((code.as_str(), hint.as_str()), ("disk_full", MAKE_ROOM));
    assert!(words.starts_with("fill the workspace: cannot import endless/"), "{words}");
    let refused = write(&cell, "large", &[b'x'; 200_000]).await.unwrap();
    assert!(
        matches!(&refused, Response::Refused(refusal) if refusal.code == RefusalCode::DiskFull),
        "{refused:?}"
    );
    engine.resize_disk(64).unwrap();
    docker.park(&spec.home, &spec.agent).await.unwrap();
    let cell = docker.open(&spec).await.unwrap();
    assert!(cell.fresh());
    fill(&cell).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_ran_out_of_memory_says_so_and_opens_again_with_what_it_had() {
    let engine = DockerSocket::find().unwrap();
    let docker = connect(engine.path()).await;
    let spec = spec("memory");
    let cell = docker.open(&spec).await.unwrap();
    let large = "line\n".repeat(2_000_000);
    let files = [file("large", large.as_bytes())].map(Ok::<_, Infallible>);
    cell.import(stream::iter(files), |_, _| {}).await.unwrap();
    let edit = || Request::Edit {
        path: "large".into(),
        edits: vec![Replacement { old: "line".into(), new: "mark".into(), replace_all: true }],
    };

    engine.limit_memory(cell.container_id(), 8 << 20).unwrap();
    let error = cell.call(edit(), Vec::new()).await.unwrap_err();
    assert_eq!(
        aloud(&error),
        [
            "cell_ended",
            "talk to the cell: it ran out of memory",
            "the workspace asks for more memory than a cell has; try again on a smaller part of it",
        ]
    );
    assert!(error.is_loss() && error.is_out_of_memory());
    let cell = docker.open(&spec).await.unwrap();
    assert!(!cell.fresh());
    // With the memory that a cell has it works, so that it was the memory.
    let (edited, _) = cell.call(edit(), Vec::new()).await.unwrap();
    assert!(matches!(edited, Response::Edited { replacements: 2_000_000, .. }), "{edited:?}");
    docker.remove(&spec.home, &spec.agent).await.unwrap();
}
