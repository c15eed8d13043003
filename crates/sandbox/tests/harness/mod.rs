//! What the tests of cells share: the engine, seen through the library and beside it.
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "each test program uses its part of the fixture"
)]

mod proxy;

pub use proxy::Proxy;

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use anchorhold_sandbox::bridge::MODE_FILE;
use anchorhold_sandbox::{Cell, CellSpec, Docker, Endpoint, ImportFile, Quotas, Request, Response};
use bollard::models::{ContainerCreateBody, VolumeCreateRequest};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, ListContainersOptionsBuilder, ListVolumesOptionsBuilder,
    RemoveContainerOptionsBuilder, RemoveVolumeOptionsBuilder,
};
use futures_util::stream;

const NO_ENGINE: &str =
    "these tests need a container engine; `cargo xtask test` starts one when none answers";
/// Where every data folder of these tests says to be, each as if on a machine of its own.
const PLACE: &str = "/home/ada/.local/share/anchorhold";
/// How long a removal may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(120);

pub async fn docker() -> Docker {
    Docker::connect(&Endpoint::from_environment().expect(NO_ENGINE)).await.expect(NO_ENGINE)
}

/// The engine without the library in between.
pub async fn engine() -> bollard::Docker {
    let socket = Endpoint::from_environment()
        .expect(NO_ENGINE)
        .path()
        .expect(NO_ENGINE)
        .to_string_lossy()
        .into_owned();
    let engine = bollard::Docker::connect_with_unix(&socket, 120, bollard::API_DEFAULT_VERSION).unwrap();
    engine.negotiate_version().await.expect(NO_ENGINE)
}

/// A word that no other test, and no other run, has.
pub fn unique(word: &str) -> String {
    let nanoseconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    format!("{word}-{}-{nanoseconds}", std::process::id())
}

pub fn spec(test: &str) -> CellSpec {
    let agent = unique(&format!("test-{test}"));
    CellSpec { home: format!("home of {agent}"), place: PLACE.into(), agent, quotas: Quotas::default() }
}

/// Removes everything of an agent's, and waits until it is gone.
pub async fn remove(docker: &Docker, spec: &CellSpec) {
    docker.remove(spec).await.unwrap();
    settle(docker).await;
}

pub async fn settle(docker: &Docker) {
    assert!(docker.settle(PATIENCE).await, "the removals never end");
}

/// Fills a workspace with small files.
pub async fn fill(cell: &Cell, count: usize) {
    let files = (0..count).map(|number| {
        let path = format!("folder-{}/file-{number}", number / 100).into_bytes();
        Ok::<_, Infallible>(ImportFile { path, mode: MODE_FILE, bytes: b"content".to_vec() })
    });
    cell.import(stream::iter(files), |_, _| {}).await.unwrap();
}

/// Whether the bridge answers.
pub async fn answers(cell: &Cell) -> bool {
    matches!(cell.call(Request::Hello, Vec::new()).await, Ok((Response::Hello(_), _)))
}

/// The agents that have a container, in order.
pub async fn containers(engine: &bollard::Docker, home: &str) -> Vec<String> {
    let options = ListContainersOptionsBuilder::new().all(true).filters(&of(home)).build();
    let found = engine.list_containers(Some(options)).await.unwrap();
    let mut agents: Vec<String> =
        found.into_iter().map(|found| found.labels.unwrap()["dev.anchorhold.agent"].clone()).collect();
    agents.sort();
    agents
}

/// The agents that have a volume, in order.
pub async fn volumes(engine: &bollard::Docker, home: &str) -> Vec<String> {
    let options = ListVolumesOptionsBuilder::new().filters(&of(home)).build();
    let found = engine.list_volumes(Some(options)).await.unwrap().volumes.unwrap_or_default();
    let mut agents: Vec<String> =
        found.into_iter().map(|volume| volume.labels["dev.anchorhold.agent"].clone()).collect();
    agents.sort();
    agents
}

/// What a process that was killed leaves of an agent: a container and a volume.
pub async fn leave(engine: &bollard::Docker, image: &str, home: &str, agent: &str) -> String {
    let name = format!("anchorhold-{agent}");
    let labels = HashMap::from([
        ("dev.anchorhold.home".to_owned(), PLACE.to_owned()),
        ("dev.anchorhold.home-id".to_owned(), home.to_owned()),
        ("dev.anchorhold.agent".to_owned(), agent.to_owned()),
    ]);
    let volume =
        VolumeCreateRequest { name: Some(name.clone()), labels: Some(labels.clone()), ..Default::default() };
    engine.create_volume(volume).await.unwrap();
    let body = ContainerCreateBody {
        image: Some(image.to_owned()),
        entrypoint: Some(vec!["/anchorhold-bridge".to_owned()]),
        open_stdin: Some(true),
        labels: Some(labels),
        ..Default::default()
    };
    let options = CreateContainerOptionsBuilder::new().name(&name).build();
    engine.create_container(Some(options), body).await.unwrap();
    name
}

/// Takes away what a test left on purpose.
pub async fn clear(engine: &bollard::Docker, names: &[&str]) {
    for name in names {
        let force = RemoveContainerOptionsBuilder::new().force(true).build();
        let _ = engine.remove_container(name, Some(force)).await;
        let force = RemoveVolumeOptionsBuilder::new().force(true).build();
        let _ = engine.remove_volume(name, Some(force)).await;
    }
}

fn of(home: &str) -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![format!("dev.anchorhold.home-id={home}")])])
}
