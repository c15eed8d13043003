//! The engine killed: idle, in the middle of a call, in the middle of an import; its containers
//! outliving it or not.

use anchorhold_sandbox::bridge::ChangeStatus;
use anchorhold_sandbox::{Cell, CellSpec, Docker, SandboxError};
use anchorhold_testkit::{ContainerEngine, EngineOptions};

use crate::common::{aloud, changed, connect, endless, fill, spec, write};

/// A cell on an engine that may be killed.
struct Place {
    engine: ContainerEngine,
    docker: Docker,
    spec: CellSpec,
    cell: Cell,
}

impl Place {
    async fn new(test: &str, live_restore: bool) -> Self {
        let options = EngineOptions { live_restore, ..EngineOptions::default() };
        let engine = ContainerEngine::start(options).unwrap();
        let docker = connect(&engine.socket()).await;
        let spec = spec(test);
        let cell = docker.open(&spec).await.unwrap();
        assert!(cell.fresh());
        fill(&cell).await;
        Self { engine, docker, spec, cell }
    }

    /// Checks that an error tells of the engine and not of the cell, and what can be done.
    #[track_caller]
    fn check_lost(&self, error: &SandboxError) {
        let socket = self.engine.socket();
        assert_eq!(
            aloud(error),
            [
                "engine_stopped".to_owned(),
                format!(
                    "talk to the cell: reach the container engine at {}: it is not running",
                    socket.display()
                ),
                "start Docker (Docker Desktop, or `sudo systemctl start docker`) and try again".to_owned(),
            ]
        );
        assert!(error.is_loss());
    }

    /// Whether this is the container from before.
    fn is_same(&self, cell: &Cell) -> bool {
        cell.container_id() == self.cell.container_id()
    }
}

/// Kills the engine under an idle cell and opens the cell on the next one.
async fn idle(test: &str, live_restore: bool) -> (Place, Cell) {
    let mut place = Place::new(test, live_restore).await;
    place.engine.kill().unwrap();
    place.check_lost(&write(&place.cell, "late", b"").await.unwrap_err());
    assert_eq!(place.docker.open(&place.spec).await.err().unwrap().code(), "engine_stopped");
    place.engine.restart().unwrap();
    let cell = place.docker.open(&place.spec).await.unwrap();
    assert!(!cell.fresh());
    assert_eq!(changed(&cell).await, [("added".to_owned(), ChangeStatus::Added)]);
    write(&cell, "again", b"").await.unwrap();
    (place, cell)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_cell_that_outlived_its_engine_is_found_again_with_its_workspace_and_baseline() {
    let (place, cell) = idle("idle-live", true).await;
    assert!(place.is_same(&cell));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_cell_that_ended_with_its_engine_is_made_anew_on_its_workspace_and_baseline() {
    let (place, cell) = idle("idle", false).await;
    assert!(!place.is_same(&cell));
    let before = place.engine.docker().inspect(place.cell.container_id());
    assert!(before.is_err(), "the container from before is left behind: {before:?}");
}

/// Kills the engine while the cell owes an answer; the cell is held so that it does.
async fn in_a_call(test: &str, live_restore: bool) -> Place {
    let mut place = Place::new(test, live_restore).await;
    place.engine.docker().freeze(place.cell.container_id()).unwrap();
    let killing = async {
        // By the time of this answer the request is on its way.
        place.docker.ping().await.unwrap();
        place.engine.kill().unwrap();
    };
    let (outcome, ()) = tokio::join!(write(&place.cell, "owed", b"owed\n"), killing);
    place.check_lost(&outcome.unwrap_err());
    place.engine.restart().unwrap();
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_outlived_its_engine_in_a_call_finishes_it_and_is_found_again() {
    let place = in_a_call("call-live", true).await;
    place.engine.docker().thaw(place.cell.container_id()).unwrap();
    let cell = place.docker.open(&place.spec).await.unwrap();
    assert!(place.is_same(&cell) && !cell.fresh());
    let paths: Vec<_> = changed(&cell).await.into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["added", "owed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_is_still_frozen_when_its_engine_is_back_is_made_anew() {
    let place = in_a_call("call-frozen", true).await;
    let cell = place.docker.open(&place.spec).await.unwrap();
    assert!(!place.is_same(&cell) && !cell.fresh());
    write(&cell, "again", b"").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_ended_with_its_engine_in_a_call_is_made_anew() {
    let place = in_a_call("call", false).await;
    let cell = place.docker.open(&place.spec).await.unwrap();
    assert!(!place.is_same(&cell) && !cell.fresh());
    write(&cell, "again", b"").await.unwrap();
}

/// Kills the engine while the workspace is being filled; half of a tree is none.
async fn in_an_import(test: &str, live_restore: bool) {
    let mut place = Place::new(test, live_restore).await;
    let engine = &mut place.engine;
    let mut killed = false;
    let importing = place.cell.import(endless(), |files, _| {
        if files >= 3000 && !std::mem::replace(&mut killed, true) {
            engine.kill().unwrap();
        }
    });
    let error = importing.await.unwrap_err();
    place.check_lost(&error);
    place.engine.restart().unwrap();
    let cell = place.docker.open(&place.spec).await.unwrap();
    assert!(cell.fresh());
    fill(&cell).await;
    assert_eq!(changed(&cell).await, [("added".to_owned(), ChangeStatus::Added)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_whose_engine_was_killed_while_it_was_filled_is_filled_anew() {
    in_an_import("import", false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_half_filled_is_filled_anew_although_its_cell_outlived_the_engine() {
    in_an_import("import-live", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_loss_of_power_the_cell_is_made_anew_on_its_workspace() {
    let mut place = Place::new("power", true).await;
    place.engine.kill_all().unwrap();
    place.check_lost(&write(&place.cell, "late", b"").await.unwrap_err());
    place.engine.restart().unwrap();
    let cell = place.docker.open(&place.spec).await.unwrap();
    assert!(!place.is_same(&cell) && !cell.fresh());
    assert_eq!(changed(&cell).await, [("added".to_owned(), ChangeStatus::Added)]);
}
