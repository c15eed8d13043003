//! Cells on a real engine: no test here passes without one.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod harness;

use std::collections::BTreeMap;
use std::convert::Infallible;

use anchorhold_sandbox::bridge::{ChangeStatus, MODE_EXECUTABLE, MODE_FILE, MODE_SUBMODULE, MODE_SYMLINK};
use anchorhold_sandbox::{Cell, CellSpec, Docker, Endpoint, ImportFile, Request, Response, SandboxError};
use futures_util::stream;
use harness::{answers, docker, engine, remove, spec};

fn file(path: &[u8], mode: u32, bytes: &[u8]) -> ImportFile {
    ImportFile { path: path.to_vec(), mode, bytes: bytes.to_vec() }
}

fn tree() -> Vec<ImportFile> {
    let large: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    vec![
        file(b"README.md", MODE_FILE, b"# hello\r\n"),
        file(b"run.sh", MODE_EXECUTABLE, b"#!/bin/sh\n"),
        file(b"src/empty", MODE_FILE, b""),
        file(b"src/link", MODE_SYMLINK, b"../../outside"),
        file(b"src/n\xffme", MODE_FILE, b"\xef\xbb\xbfbytes"),
        file(b"large.bin", MODE_FILE, &large),
        file(b"vendored", MODE_SUBMODULE, b""),
    ]
}

async fn fill(cell: &Cell, files: Vec<ImportFile>) {
    let files = stream::iter(files.into_iter().map(Ok::<_, Infallible>));
    cell.import(files, |_, _| {}).await.unwrap();
}

/// Reads a file back, whole, in pieces.
async fn pull(cell: &Cell, path: &[u8]) -> (u32, Vec<u8>) {
    let mut content = Vec::new();
    loop {
        let offset = content.len() as u64;
        let request = Request::ReadRaw { path: path.into(), offset, len: 256 * 1024 };
        let (response, body) = cell.call(request, Vec::new()).await.unwrap();
        let Response::Raw { mode, total_bytes } = response else { panic!("{response:?}") };
        content.extend_from_slice(&body);
        if content.len() as u64 >= total_bytes {
            return (mode, content);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_goes_in_and_comes_out_as_it_was() {
    let (docker, spec) = (docker().await, spec("tree"));
    let cell = docker.open(&spec).await.unwrap();
    assert!(cell.fresh());
    fill(&cell, tree()).await;

    let expected: BTreeMap<Vec<u8>, (u32, Vec<u8>)> = tree()
        .into_iter()
        .filter(|file| file.mode != MODE_SUBMODULE)
        .map(|file| (file.path, (file.mode, file.bytes)))
        .collect();
    let mut pulled = BTreeMap::new();
    for path in expected.keys() {
        pulled.insert(path.clone(), pull(&cell, path).await);
    }
    assert_eq!(pulled, expected);

    let (changes, _) = cell.call(Request::Changes { after: None }, Vec::new()).await.unwrap();
    assert_eq!(changes, Response::Changes { changes: Vec::new(), truncated: false });
    remove(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cell_is_as_closed_as_promised() {
    let (docker, spec) = (docker().await, spec("closed"));
    let cell = docker.open(&spec).await.unwrap();
    let facts = cell.report().facts();
    remove(&docker, &spec).await;

    let lines: Vec<String> = facts
        .iter()
        .filter(|fact| fact.promised.is_some())
        .map(|fact| format!("{}: {} | {}", fact.name, fact.measured, fact.engine.as_deref().unwrap_or("-")))
        .collect();
    let landlock = cell.report().locks.landlock.unwrap();
    assert_eq!(
        lines,
        [
            "network: sockets are refused | none",
            "processes: alone; starting one is refused | -",
            "execution: no program but the bridge; running one is refused | -",
            "host mounts: its own volume at /workspace and nothing else | volume:/workspace",
            "devices of the host: none | -",
            "secrets: no variable and no file but its own | -",
            "root file system: read-only | read-only",
            "user: user 65532:65532, no capabilities, can gain none | user 65532:65532, drops ALL, adds none",
            "limits: 256 MiB, 8 processes | 256 MiB, 8 processes",
            "workspace: 2048 MiB, 200000 files and folders | -",
            "system call filter: tried, and the engine's own is in force | -",
            &format!("file rules: Landlock version {landlock} holds | -"),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_cell_comes_back_with_its_files_and_its_changes() {
    let (docker, spec) = (docker().await, spec("parked"));
    let cell = docker.open(&spec).await.unwrap();
    fill(&cell, tree()).await;
    let write = Request::Write { path: "src/new.rs".into(), executable: None };
    cell.call(write, b"fn main() {}\n".to_vec()).await.unwrap();
    docker.park(&spec).await.unwrap();

    let cell = docker.open(&spec).await.unwrap();
    assert!(!cell.fresh());
    let (response, _) = cell.call(Request::Changes { after: None }, Vec::new()).await.unwrap();
    let Response::Changes { changes, .. } = response else { panic!("{response:?}") };
    let changes: Vec<_> =
        changes.iter().map(|change| (change.path.to_text().into_owned(), change.status)).collect();
    assert_eq!(changes, [("src/new.rs".to_owned(), ChangeStatus::Added)]);
    remove(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_cell_is_found_again_by_the_next_host() {
    let (docker, spec) = (docker().await, spec("again"));
    let first = docker.open(&spec).await.unwrap();
    fill(&first, tree()).await;
    first.close().await;

    let second = docker.open(&spec).await.unwrap();
    assert_eq!(second.container_id(), first.container_id());
    assert!(!second.fresh());
    assert_eq!(pull(&second, b"run.sh").await, (MODE_EXECUTABLE, b"#!/bin/sh\n".to_vec()));
    remove(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_dropped_leaves_the_cell_fresh() {
    let (docker, spec) = (docker().await, spec("dropped"));
    let cell = docker.open(&spec).await.unwrap();
    let failing = stream::iter([
        Ok(file(b"one", MODE_FILE, b"1")),
        Err(std::io::Error::other("the object database is damaged")),
    ]);
    let error = cell.import(failing, |_, _| {}).await.unwrap_err();
    assert_eq!(error.code(), "import_source");
    docker.park(&spec).await.unwrap();

    let cell = docker.open(&spec).await.unwrap();
    assert!(cell.fresh());
    fill(&cell, tree()).await;
    let (response, _) = cell.call(Request::Stat { path: "one".into() }, Vec::new()).await.unwrap();
    assert!(matches!(response, Response::Refused(_)), "{response:?}");
    remove(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_to_a_killed_cell_says_that_it_was_killed_and_the_next_cell_has_its_files() {
    let (docker, spec) = (docker().await, spec("killed"));
    let cell = docker.open(&spec).await.unwrap();
    fill(&cell, tree()).await;
    let engine = engine().await;
    engine.kill_container(cell.container_id(), None).await.unwrap();
    let error = cell.call(Request::Hello, Vec::new()).await.unwrap_err();
    assert_eq!(error.code(), "cell_ended");
    assert_eq!(error.to_string(), "talk to the cell: it was killed (exit 137)");
    assert!(error.hint().is_some());

    let cell = docker.open(&spec).await.unwrap();
    assert_eq!(pull(&cell, b"run.sh").await, (MODE_EXECUTABLE, b"#!/bin/sh\n".to_vec()));
    remove(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_twice_is_fine_and_leaves_nothing() {
    let (docker, spec) = (docker().await, spec("twice"));
    docker.open(&spec).await.unwrap();
    docker.remove(&spec).await.unwrap();
    docker.remove(&spec).await.unwrap();
    assert!(docker.open(&spec).await.unwrap().fresh());
    remove(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_of_another_data_folder_is_not_touched() {
    let (docker, spec) = (docker().await, spec("other"));
    let cell = docker.open(&spec).await.unwrap();
    // A copied folder has the same agents.
    let copy = CellSpec { home: format!("copy of {}", spec.home), ..spec.clone() };
    let other = docker.open(&copy).await.unwrap();
    assert!(other.fresh());
    assert_ne!(other.volume(), None);
    docker.park(&copy).await.unwrap();
    assert!(answers(&cell).await, "what one folder parks is not the other's");
    remove(&docker, &copy).await;
    assert!(answers(&cell).await, "nor what it deletes");
    remove(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_parks_or_removes_the_same_agent_of_a_copied_folder_leaves_the_first_ones_cell_alone() {
    let (docker, spec) = (docker().await, spec("copied"));
    let cell = docker.open(&spec).await.unwrap();
    fill(&cell, tree()).await;
    let copy = CellSpec { home: "a copy of it".into(), ..spec.clone() };
    docker.park(&copy).await.unwrap();
    remove(&docker, &copy).await;
    assert_eq!(docker.open(&spec).await.err().map(|error| error.code()), Some("cell_in_use"));
    assert_eq!(pull(&cell, b"run.sh").await, (MODE_EXECUTABLE, b"#!/bin/sh\n".to_vec()));
    remove(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_not_to_reach_an_engine_has_its_own_error() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.sock");
    let stopped = folder.path().join("stopped.sock");
    drop(std::os::unix::net::UnixListener::bind(&stopped).unwrap());
    let code = |outcome: Result<Docker, SandboxError>| outcome.err().map(|error| error.code());
    let connect = |path| async move { code(Docker::connect(&Endpoint::socket(path)).await) };
    assert_eq!(connect(missing).await, Some("engine_missing"));
    assert_eq!(connect(stopped).await, Some("engine_stopped"));
}
