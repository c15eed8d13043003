//! The cell beside the run: made while the model already thinks, filled from the mirror.

use super::Life;
use crate::EngineError;
use crate::filling::fill_cell;
use crate::resident::Resident;
use crate::rules::Seen;
use crate::workspace::CellState;
use anchorhold_bridge::Quotas;
use anchorhold_domain::{CellFact, EventKind, FactVerdict, Signal, Status};
use anchorhold_repo::Mirror;
use anchorhold_sandbox::{Cell, CellSpec, Docker, Fact, Verdict};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

/// How often a watcher hears of the import.
const PROGRESS_STEP: Duration = Duration::from_millis(100);
/// How long a stop waits for a container that is just being made.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// What those get who wait for a cell that is stopped; the log says that it was.
const STOPPED: EngineError = EngineError::Panicked { verb: "open the cell" };

/// What a cell is filled with: the files of a tree that the agent may be given, and no others.
type Filling = (Mirror, Seen);

/// A cell that is being opened by a task of its own.
pub(super) struct OpeningCell {
    state: watch::Receiver<CellState>,
    filling: std::sync::Mutex<Option<oneshot::Sender<Filling>>>,
    stop: CancellationToken,
}

impl OpeningCell {
    /// Says what belongs into the workspace.
    pub(super) fn fill(&self, mirror: Mirror, seen: Seen) {
        let sender = self.filling.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender {
            // A cell that already failed takes nothing, and its state says why.
            let _ = sender.send((mirror, seen));
        }
    }

    pub(super) fn state(&self) -> watch::Receiver<CellState> {
        self.state.clone()
    }

    /// Waits until it answers or failed, so that nothing is written after the run has ended. A stop does
    /// not wait for that.
    pub(super) async fn settled(&self) {
        let mut state = self.state.clone();
        tokio::select! {
            _ = state.wait_for(|state| !matches!(state, CellState::Opening)) => {}
            () = self.stop.cancelled() => {}
        }
    }
}

impl Life {
    /// Begins to open the cell; `rebuild` empties a workspace that cannot be trusted.
    pub(super) fn open_cell(&self, docker: Docker, rebuild: bool) -> OpeningCell {
        let (state, watched) = watch::channel(CellState::Opening);
        *self.opening.lock().unwrap_or_else(PoisonError::into_inner) = Some(watched.clone());
        let (filling, filled) = oneshot::channel();
        let resident = Arc::clone(&self.resident);
        let spec = CellSpec {
            agent: resident.log.id().to_string(),
            home: self.shared.folder.label(),
            quotas: Quotas::default(),
        };
        let stop = self.wishes.stop.clone();
        let stopped = stop.clone();
        self.shared.tasks.spawn(async move {
            let opened = async {
                let began = Instant::now();
                let cell = container(&docker, &spec, &stop).await?;
                tokio::select! {
                    filled = fill(&resident, &cell, began.elapsed(), rebuild, filled) => filled.map(|()| cell),
                    () = stop.cancelled() => Err(STOPPED),
                }
            };
            state.send_replace(match opened.await {
                Ok(cell) => CellState::Ready(cell),
                Err(error) => CellState::Failed(Arc::new(error)),
            });
        });
        OpeningCell { state: watched, filling: std::sync::Mutex::new(Some(filling)), stop: stopped }
    }

    /// Ends the container of an agent that does not run; its volume stays.
    pub(super) async fn park_cell(&self) {
        let id = self.resident.log.id();
        // Without this there is none: a push needs no cell, nor does a run without an engine.
        let opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut opening) = opening else { return };
        // A container that is still being made must be there before it can be taken away.
        let _ = opening.wait_for(|state| !matches!(state, CellState::Opening)).await;
        let parked = async {
            let docker = self.shared.docker().await?;
            docker
                .while_answering(docker.park(&self.shared.folder.label(), &id.to_string()))
                .await
                .map_err(EngineError::from)
        };
        if let Err(error) = parked.await {
            tracing::warn!(agent = %id, error = error.message(), "the cell cannot be parked");
        }
    }
}

/// Makes the container, or finds it.
///
/// A stop lets the engine finish what it was asked for: cut off in the middle it would go on behind
/// our back, and nobody would take the container away. An engine that says nothing is not waited for.
async fn container(docker: &Docker, spec: &CellSpec, stop: &CancellationToken) -> Result<Cell, EngineError> {
    let opening = docker.while_answering(docker.open(spec));
    tokio::pin!(opening);
    tokio::select! {
        cell = &mut opening => Ok(cell?),
        () = stop.cancelled() => {
            let _ = tokio::time::timeout(STOP_PATIENCE, opening).await;
            Err(STOPPED)
        }
    }
}

async fn fill(
    resident: &Resident,
    cell: &Cell,
    ready: Duration,
    rebuild: bool,
    filled: oneshot::Receiver<Filling>,
) -> Result<(), EngineError> {
    let ready_ms = u32::try_from(ready.as_millis()).unwrap_or(u32::MAX);
    // An import empties the workspace first, which takes less time than a new volume would.
    if rebuild || cell.fresh() {
        let (mirror, seen) =
            filled.await.map_err(|_| EngineError::Panicked { verb: "fill the workspace" })?;
        import(resident, cell, mirror, seen).await?;
    }
    let opened =
        EventKind::CellOpened { container_id: cell.container_id().to_owned(), facts: facts(cell), ready_ms };
    let write = |agent: &anchorhold_domain::Agent, _: &[_]| {
        Ok(match agent.status {
            Status::Cloning | Status::Running | Status::Paused => vec![opened],
            Status::Idle | Status::Completed | Status::Error | Status::Pushing => vec![],
        })
    };
    resident.log.append_if(write).await.map(drop)
}

/// Streams the tree into the workspace.
async fn import(resident: &Resident, cell: &Cell, mirror: Mirror, seen: Seen) -> Result<(), EngineError> {
    let entries = Arc::clone(seen.entries());
    let total = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    let mut told = Instant::now();
    let progress = |done| {
        if told.elapsed() >= PROGRESS_STEP {
            told = Instant::now();
            let done = u32::try_from(done).unwrap_or(u32::MAX);
            resident.log.hub().signal(Signal::ImportProgress { done, total });
        }
    };
    fill_cell(cell, mirror, entries, progress).await
}

fn facts(cell: &Cell) -> Vec<CellFact> {
    let verdict = |verdict| match verdict {
        Verdict::Holds => FactVerdict::Holds,
        Verdict::Reduced => FactVerdict::Reduced,
        Verdict::Broken => FactVerdict::Broken,
        Verdict::Told => FactVerdict::Told,
    };
    let fact = |fact: Fact| CellFact {
        name: fact.name.to_owned(),
        promised: fact.promised,
        measured: fact.measured,
        engine: fact.engine,
        verdict: verdict(fact.verdict),
    };
    cell.report().facts().into_iter().map(fact).collect()
}
