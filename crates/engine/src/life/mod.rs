//! An agent's life: the work behind each verb, from clone to push.
//!
//! Every function here appends to the log and leaves the agent in a status that no task is needed
//! for, whatever happens.

mod cell;
mod clone;
mod limits;
mod loops;
mod lost;
mod mentions;
mod model;
mod prompting;
mod push;
mod room;
mod steer;
mod tool_calls;
mod turns;

use crate::EngineError;
use crate::engine::Shared;
use crate::hub::Hub;
use crate::resident::{Resident, Wishes};
use crate::workspace::CellState;
use anchorhold_domain::{Agent, EventKind, PauseReason, Status};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

pub(crate) use push::prepare_push;

/// What a task is to do.
#[derive(Debug)]
pub(crate) enum Stage {
    /// Clone, then run.
    Start,
    /// Run on; `rebuild` where the workspace cannot be trusted to be at the last checkpoint.
    Continue { rebuild: bool },
    /// Send the commit that `PushStarted` named.
    Push { commit: String },
}

/// The work for one agent.
pub(crate) struct Life {
    pub(crate) shared: Arc<Shared>,
    pub(crate) resident: Arc<Resident>,
    pub(crate) wishes: Wishes,
    /// How far the cell is that this life opened last, if it did.
    pub(crate) opening: Mutex<Option<watch::Receiver<CellState>>>,
}

/// How a run came to its end without a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// The log says why: completed, paused, or waiting for an answer.
    Told,
    /// It was stopped, which is still to be written down.
    Stopped,
}

impl Life {
    /// Does the work; everything that goes wrong ends up in the log.
    pub(crate) async fn run(self, stage: Stage) {
        self.resident.unwritten.send_replace(None);
        let result = match stage {
            Stage::Start => self.start().await,
            Stage::Continue { rebuild } => self.go_on(rebuild).await,
            Stage::Push { commit } => {
                self.push(commit).await;
                self.follow_up().await
            }
        };
        let written = match result {
            Ok(Ended::Told) => Ok(()),
            Ok(Ended::Stopped) => self.write_stop().await,
            // What breaks because it was stopped, such as a cell that was still opening, is no fault.
            Err(error) if self.wishes.stop.is_cancelled() => {
                tracing::debug!(agent = %self.resident.log.id(), error = error.message(), "stopped in the middle");
                self.write_stop().await
            }
            Err(error) => self.write_failure(&error).await,
        };
        if let Err(error) = written {
            tracing::error!(agent = %self.resident.log.id(), error = error.message(), "the end of a run cannot be written down");
            self.resident.unwritten.send_replace(Some(error.fault()));
        }
        self.park_cell().await;
    }

    /// Goes on where instructions came in while the agent pushed.
    async fn follow_up(&self) -> Result<Ended, EngineError> {
        let decide = |agent: &Agent, waiting: &[_]| {
            let goes_on =
                agent.status == Status::Completed && agent.error_code.is_none() && !waiting.is_empty();
            Ok(if goes_on { vec![EventKind::Resumed] } else { vec![] })
        };
        let appended = self.resident.log.append_if(decide).await?;
        if appended.events.is_empty() { Ok(Ended::Told) } else { self.go_on(true).await }
    }

    async fn write_stop(&self) -> Result<(), EngineError> {
        let reason =
            if self.shared.shutdown.is_cancelled() { PauseReason::Interrupted } else { PauseReason::Stopped };
        let stopped = |agent: &Agent, _: &[_]| {
            Ok(match agent.status {
                Status::Cloning => vec![EventKind::CloneCancelled { reason }],
                Status::Running => vec![EventKind::Paused { reason, limit: None, until: None, fault: None }],
                Status::Idle if agent.waiting => vec![EventKind::StartCancelled],
                Status::Idle | Status::Paused | Status::Completed | Status::Error | Status::Pushing => vec![],
            })
        };
        self.resident.log.append_if(stopped).await.map(drop)
    }

    async fn write_failure(&self, error: &EngineError) -> Result<(), EngineError> {
        let fault = error.fault();
        let failed = |agent: &Agent, _: &[_]| {
            Ok(match agent.status {
                Status::Cloning | Status::Running => vec![EventKind::Failed { fault }],
                Status::Pushing => vec![EventKind::PushFailed { fault }],
                Status::Idle if agent.waiting => vec![EventKind::StartCancelled],
                Status::Idle | Status::Paused | Status::Completed | Status::Error => {
                    vec![EventKind::Noted { message: fault.message }]
                }
            })
        };
        self.resident.log.append_if(failed).await.map(drop)
    }

    fn agent(&self) -> Arc<Agent> {
        self.resident.log.latest()
    }

    fn hub(&self) -> &Hub {
        self.resident.log.hub()
    }
}
