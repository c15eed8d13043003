//! An agent's life: the work behind each verb, from clone to push.
//!
//! Every function here appends to the log and leaves the agent in a status that no task is needed
//! for, whatever happens.

mod asking;
mod cell;
mod clone;
mod limits;
mod look_back;
mod loops;
mod lost;
mod mentions;
mod model;
mod prompting;
mod push;
mod room;
mod steer;
mod tool_calls;
mod trouble;
mod turns;
mod wrap_up;

use crate::EngineError;
use crate::engine::Shared;
use crate::hub::Hub;
use crate::pushing::Push;
use crate::resident::{AtWork, Resident, Wishes, Work};
use crate::slots::{Place, Slot};
use crate::workspace::CellState;
use anchorhold_domain::{Agent, EventKind, PauseReason, Status};
use anchorhold_sandbox::Docker;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use limits::day_still_holds;

/// How long a run that is stopped has to come to its end by itself. Then it is cut off where it stands: a
/// call without a result is done again when the run goes on, in a workspace built anew.
const STOP_GRACE: Duration = Duration::from_millis(100);

/// What a task is to do.
#[derive(Debug)]
pub(crate) enum Stage {
    /// Clone, then run.
    Start,
    /// Run on; `rebuild` where the workspace cannot be trusted to be at the last checkpoint, `by_itself` where
    /// no user asked for it just now.
    Continue { rebuild: bool, by_itself: bool },
    /// Send the last of the commits, which `PushStarted` named.
    Push { commit: String, push: Push },
    /// Push by itself what was completed before.
    Deliver,
}

/// The work for one agent.
pub(crate) struct Life {
    pub(crate) shared: Arc<Shared>,
    pub(crate) resident: Arc<Resident>,
    pub(crate) wishes: Wishes,
    pub(crate) _at_work: AtWork,
    /// The cell that this life opened last, if it did: in which engine, and how far it is.
    pub(crate) opening: Mutex<Option<(Docker, watch::Receiver<CellState>)>>,
    /// The last event that breaks an answer off whose instruction was looked for in the queue.
    pub(crate) heard: AtomicU32,
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
    ///
    /// The work before has written its last event, and may still be tidying up.
    pub(crate) async fn run(self, stage: Stage, place: Option<Place>, before: Option<Work>) {
        self.resident.unwritten.send_replace(None);
        let mut before = before.map(|work| work.task);
        let mut result = match stage {
            Stage::Push { commit, push } => {
                tidied(&mut before).await;
                match self.push(commit, push).await {
                    Ok(()) => self.follow_up().await,
                    Err(error) => Err(error),
                }
            }
            Stage::Deliver => {
                tidied(&mut before).await;
                Ok(Ended::Told)
            }
            Stage::Start => {
                self.until_stopped(async {
                    tidied(&mut before).await;
                    match self.slot(place).await? {
                        Ok(_slot) => self.start().await,
                        Err(ended) => Ok(ended),
                    }
                })
                .await
            }
            Stage::Continue { rebuild, by_itself } => {
                self.until_stopped(async {
                    tidied(&mut before).await;
                    match self.slot(place).await? {
                        Ok(_slot) => self.go_on(rebuild, by_itself).await,
                        Err(ended) => Ok(ended),
                    }
                })
                .await
            }
        };
        while let Ok(Ended::Told) = result {
            result = match self.push_unreviewed().await {
                Ok(Some((commit, push))) => match self.push(commit, push).await {
                    Ok(()) => self.follow_up().await,
                    Err(error) => Err(error),
                },
                Ok(None) => break,
                Err(error) => Err(error),
            };
        }
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
        // Cut off before that, it would leave two at the same cell.
        tidied(&mut before).await;
        self.keep_checkpoints().await;
        self.park_cell().await;
    }

    /// Has git keep the checkpoints. The log has them all the same: what fails here is made good when the agent
    /// goes on.
    async fn keep_checkpoints(&self) {
        let agent = self.agent();
        if agent.checkpoint.is_none() {
            return;
        }
        let keeping = async {
            let mirror = self.shared.mirror(&agent.github_repo).await?;
            self.shared.keep(&mirror, &agent).await
        };
        if let Err(error) = keeping.await {
            tracing::info!(agent = %agent.id, error = error.message(), "the last checkpoints are in the log alone");
        }
    }

    /// Does work that may be cut off anywhere, since the log says how far it came.
    async fn until_stopped(
        &self,
        work: impl Future<Output = Result<Ended, EngineError>>,
    ) -> Result<Ended, EngineError> {
        let stopped = async {
            self.wishes.stop.cancelled().await;
            tokio::time::sleep(STOP_GRACE).await;
        };
        tokio::select! {
            biased;
            ended = work => ended,
            () = stopped => Ok(Ended::Stopped),
        }
    }

    /// Waits for a slot, unless the agent is stopped or paused before it has one.
    async fn slot(&self, place: Option<Place>) -> Result<Result<Slot, Ended>, EngineError> {
        let waiting = match place.unwrap_or_else(|| self.shared.slots.enter()) {
            Place::Slot(slot) => return Ok(Ok(slot)),
            Place::Line(waiting) => waiting,
        };
        let ahead = waiting.ahead;
        self.resident.log.append(vec![EventKind::SlotAwaited { ahead }]).await?;
        let slot = tokio::select! {
            biased;
            () = self.wishes.stop.cancelled() => return Ok(Err(Ended::Stopped)),
            () = self.wishes.paused() => {
                self.hold(PauseReason::User, None, None).await?;
                return Ok(Err(Ended::Told));
            }
            slot = waiting.slot() => slot,
        };
        // A start says so with its clone.
        let taken = |agent: &Agent, _: &[_]| {
            Ok(if agent.status == Status::Running { vec![EventKind::SlotTaken] } else { vec![] })
        };
        self.resident.log.append_if(taken).await?;
        Ok(Ok(slot))
    }

    /// Goes on where instructions came in while the agent pushed.
    async fn follow_up(&self) -> Result<Ended, EngineError> {
        let decide = |agent: &Agent, waiting: &[_]| {
            let goes_on =
                agent.status == Status::Completed && agent.error_code.is_none() && !waiting.is_empty();
            Ok(if goes_on { vec![EventKind::Resumed] } else { vec![] })
        };
        let appended = self.resident.log.append_if(decide).await?;
        if appended.events.is_empty() {
            return Ok(Ended::Told);
        }
        self.until_stopped(async {
            match self.slot(None).await? {
                Ok(_slot) => self.go_on(true, true).await,
                Err(ended) => Ok(ended),
            }
        })
        .await
    }

    async fn write_stop(&self) -> Result<(), EngineError> {
        // Who wished it to be held before the program ended does not want it to go on with the next start. A
        // pause that was still to come cuts off what is going on, as a stop does.
        let wished = self.wishes.wants_stop() || self.wishes.wants_pause();
        let reason = if wished { PauseReason::Stopped } else { PauseReason::Interrupted };
        self.resident.log.append_if(|agent, _| Ok(stopped(agent, reason))).await.map(drop)
    }

    async fn write_failure(&self, error: &EngineError) -> Result<(), EngineError> {
        let fault = error.fault();
        let failed = |agent: &Agent, _: &[_]| {
            Ok(match agent.status {
                // Whatever a provider or its key does, the run can go on.
                Status::Running if matches!(error, EngineError::Model(_)) => vec![EventKind::Paused {
                    reason: PauseReason::Provider,
                    limit: None,
                    until: None,
                    fault: Some(fault),
                }],
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

/// How work ends that is stopped where the agent stands; a push ends by itself.
pub(crate) fn stopped(agent: &Agent, reason: PauseReason) -> Vec<EventKind> {
    match agent.status {
        Status::Cloning => vec![EventKind::CloneCancelled { reason }],
        Status::Running => vec![EventKind::Paused { reason, limit: None, until: None, fault: None }],
        Status::Idle if agent.waiting => vec![EventKind::StartCancelled],
        Status::Idle | Status::Paused | Status::Completed | Status::Error | Status::Pushing => vec![],
    }
}

/// Waits for work that only tidies up; a panic in it was already reported by the runtime.
async fn tidied(before: &mut Option<JoinHandle<()>>) {
    if let Some(task) = before {
        let _ = task.await;
    }
    *before = None;
}
