//! Every way to an engine, and every way not to reach one.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod answers;
mod choice;
mod contexts;
mod dockerd;
mod ssh;
mod tls;

use std::convert::Infallible;

use anchorhold_sandbox::bridge::MODE_FILE;
use anchorhold_sandbox::{CellSpec, Docker, Endpoint, ImportFile, Quotas, Request, Response, SandboxError};
use futures_util::stream;

const NO_ENGINE: &str =
    "these tests need a container engine; `cargo xtask test` starts one when none answers";

/// The engine of the tests, by its socket.
fn socket() -> String {
    let endpoint = Endpoint::from_environment().expect(NO_ENGINE);
    endpoint.path().expect(NO_ENGINE).to_string_lossy().into_owned()
}

/// Connects, and says what went wrong: the code, the words, and what to do.
async fn fault(endpoint: &Endpoint) -> (&'static str, String, String) {
    match Docker::connect(endpoint).await {
        Ok(_) => panic!("{endpoint} answers"),
        Err(error) => told(&error),
    }
}

fn told(error: &SandboxError) -> (&'static str, String, String) {
    (error.code(), error.to_string(), error.hint().unwrap_or_default())
}

/// A cell's whole life: made, filled, asked, parked, found with its files, removed.
async fn a_cell_lives(docker: &Docker, test: &str) {
    let nanoseconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let spec = CellSpec {
        agent: format!("test-{test}-{}-{nanoseconds}", std::process::id()),
        home: "test".into(),
        place: "test".into(),
        quotas: Quotas::default(),
    };
    let bytes: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
    let cell = docker.open(&spec).await.unwrap();
    let file = ImportFile { path: b"file".to_vec(), mode: MODE_FILE, bytes: bytes.clone() };
    cell.import(stream::iter([Ok::<_, Infallible>(file)]), |_, _| {}).await.unwrap();
    docker.park(&spec).await.unwrap();

    let cell = docker.open(&spec).await.unwrap();
    assert!(!cell.fresh());
    let request = Request::ReadRaw { path: "file".into(), offset: 0, len: 256 * 1024 };
    let (response, body) = cell.call(request, Vec::new()).await.unwrap();
    assert_eq!(response, Response::Raw { mode: MODE_FILE, total_bytes: 200_000 });
    assert!(body == bytes);
    docker.remove(&spec).await.unwrap();
}
