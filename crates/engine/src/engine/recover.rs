//! What a process that ended in the middle left behind, brought in order.

use super::Engine;
use crate::{EngineError, delivery};
use anchorhold_domain::{Agent, EventKind, Fault, PauseReason, Status};

impl Engine {
    /// Brings every agent that was at work into a status that needs no task, and lets runs go on.
    ///
    /// The cell of an interrupted run is rebuilt from the last checkpoint, and a tool call without
    /// a result is done again. A push is compared with the remote before anything is said of it, and what was
    /// still to be handed over by itself is.
    pub(super) async fn recover(&self) -> Result<(), EngineError> {
        let mut agents = self.agents().await?;
        // In the order in which they had their turn, so that this is the order of the slots.
        agents.sort_by_key(|agent| (agent.started_at, agent.created_at));
        for agent in agents {
            let events = match agent.status {
                Status::Idle if agent.waiting => vec![EventKind::StartCancelled],
                Status::Cloning => vec![EventKind::CloneCancelled { reason: PauseReason::Interrupted }],
                Status::Running => vec![EventKind::Paused {
                    reason: PauseReason::Interrupted,
                    limit: None,
                    until: None,
                    fault: None,
                }],
                Status::Pushing => vec![self.interrupted_push(&agent).await?],
                Status::Idle | Status::Paused | Status::Completed | Status::Error => vec![],
            };
            if !events.is_empty() {
                self.resident(agent.id).await?.log.append(events).await?;
            }
            if !self.shared.config.resume_interrupted {
                continue;
            }
            let latest = self.shared.store.agent(agent.id).await?;
            self.shared.alarm.set(&latest);
            self.shared.watching.set(&latest);
            if delivery::may_be_unfinished(&latest) {
                let at_work = self.resident(agent.id).await?.at_work();
                self.shared.tasks.spawn(self.clone().finish_delivery(agent.id, at_work));
            }
            if latest.pause_reason == Some(PauseReason::Interrupted) {
                self.resume(agent.id).await?;
            }
        }
        // A program that only looks may have changed the limits since.
        if self.shared.config.resume_interrupted { self.release_all().await } else { Ok(()) }
    }

    async fn interrupted_push(&self, agent: &Agent) -> Result<EventKind, EngineError> {
        let mut on_its_way = None;
        for event in self.events(agent.id, 0).await? {
            if let EventKind::PushStarted { branch, commit, .. } = event.kind {
                on_its_way = Some((branch, commit));
            }
        }
        let (branch, commit) = on_its_way.ok_or(EngineError::Panicked { verb: "read the push" })?;
        Ok(match self.remote_tip(agent, &branch).await {
            Ok(Some(tip)) if tip == commit => EventKind::PushCompleted { branch, commit, created: false },
            Ok(_) => EventKind::PushFailed {
                fault: Fault {
                    code: "push_interrupted".to_owned(),
                    message: format!("push {branch}: the program ended before the remote had the commit"),
                    hint: Some("push again".to_owned()),
                },
            },
            Err(error) => EventKind::PushFailed { fault: error.fault() },
        })
    }

    async fn remote_tip(&self, agent: &Agent, branch: &str) -> Result<Option<String>, EngineError> {
        let mirror = self.shared.mirror(&agent.github_repo)?;
        let ask = |credentials| {
            let (mirror, branch) = (mirror.clone(), branch.to_owned());
            let asking = tokio::task::spawn_blocking(move || mirror.remote_tip(&branch, &credentials));
            async move { Ok(asking.await.map_err(|_| EngineError::Panicked { verb: "ask the remote" })??) }
        };
        self.shared.with_credentials(Some(agent), mirror.remote(), ask).await
    }
}
