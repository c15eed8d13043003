//! What every failure here is measured with: a cell with a known tree, and an error read aloud.

use std::convert::Infallible;
use std::path::Path;

use anchorhold_sandbox::bridge::{ChangeStatus, MODE_FILE};
use anchorhold_sandbox::{
    Cell, CellSpec, Docker, Endpoint, ImportFile, Quotas, Request, Response, SandboxError,
};
use futures_util::{Stream, stream};

/// A spec that no other test, and no other run, has.
pub fn spec(test: &str) -> CellSpec {
    let nanoseconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    CellSpec {
        agent: format!("test-{test}-{}-{nanoseconds}", std::process::id()),
        home: "test".into(),
        place: "test".into(),
        quotas: Quotas::default(),
    }
}

pub async fn connect(socket: &Path) -> Docker {
    Docker::connect(&Endpoint::socket(socket)).await.unwrap()
}

pub fn file(path: &str, bytes: &[u8]) -> ImportFile {
    ImportFile { path: path.as_bytes().to_vec(), mode: MODE_FILE, bytes: bytes.to_vec() }
}

/// Files without end, one a moment.
pub fn endless() -> impl Stream<Item = Result<ImportFile, Infallible>> {
    stream::unfold(0_u32, |number| async move {
        tokio::task::yield_now().await;
        Some((Ok(file(&format!("endless/{number}"), &[b'x'; 1000])), number + 1))
    })
}

/// Fills the workspace with two files, and edits a third into it.
pub async fn fill(cell: &Cell) {
    let files = [file("kept", b"kept\n"), file("edited", b"before\n")].map(Ok::<_, Infallible>);
    cell.import(stream::iter(files), |_, _| {}).await.unwrap();
    write(cell, "added", b"added\n").await.unwrap();
}

pub async fn write(cell: &Cell, path: &str, bytes: &[u8]) -> Result<Response, SandboxError> {
    let request = Request::Write { path: path.into(), executable: None };
    cell.call(request, bytes.to_vec()).await.map(|(response, _)| response)
}

/// The paths that differ from what the workspace was filled with.
pub async fn changed(cell: &Cell) -> Vec<(String, ChangeStatus)> {
    let (response, _) = cell.call(Request::Changes { after: None }, Vec::new()).await.unwrap();
    let Response::Changes { changes, .. } = response else { panic!("{response:?}") };
    changes.iter().map(|change| (change.path.to_text().into_owned(), change.status)).collect()
}

/// An error as it is told: its code, its words, and what to do.
pub fn aloud(error: &SandboxError) -> [String; 3] {
    [error.code().to_owned(), error.to_string(), error.hint().unwrap_or_default()]
}
