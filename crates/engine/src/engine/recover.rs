//! What a process that ended in the middle left behind, brought in order.

use super::{Engine, hears_at_once};
use crate::{EngineError, delivery};
use anchorhold_domain::{Agent, Event, EventKind, PauseReason, Status};

impl Engine {
    /// Brings every agent that was at work into a status that needs no task, and lets runs go on.
    ///
    /// The cell of an interrupted run is rebuilt from the last checkpoint, and a tool call without
    /// a result is done again. What came of a push is found out afterwards, and what was still to be handed over
    /// by itself is. An agent that cannot be brought in order stays as it is and keeps nobody else from work.
    pub(super) async fn recover(&self) -> Result<(), EngineError> {
        let mut agents = self.agents().await?;
        // In the order in which they had their turn, so that this is the order of the slots.
        agents.sort_by_key(|agent| (agent.started_at, agent.created_at));
        for agent in agents {
            if let Err(error) = self.bring_in_order(&agent).await {
                // The others have their own logs, and whoever looks at this one is told.
                tracing::error!(agent = %agent.id, error = error.message(), "an agent cannot be brought in order");
                if let Ok(resident) = self.resident(agent.id).await {
                    resident.unwritten.send_replace(Some(error.fault()));
                }
            }
        }
        // A program that only looks may have changed the limits since.
        if self.shared.config.resume_interrupted { self.release_all().await } else { Ok(()) }
    }

    async fn bring_in_order(&self, agent: &Agent) -> Result<(), EngineError> {
        let events = match agent.status {
            Status::Idle if agent.waiting => vec![EventKind::StartCancelled],
            Status::Cloning => vec![EventKind::CloneCancelled { reason: PauseReason::Interrupted }],
            Status::Running => vec![EventKind::Paused {
                reason: PauseReason::Interrupted,
                limit: None,
                until: None,
                fault: None,
            }],
            // Its server may be silent, and is asked once the folder is open.
            Status::Pushing => {
                vec![EventKind::PushFailed { fault: delivery::interrupted(&agent.target_branch) }]
            }
            Status::Idle => self.forgotten_task(agent).await?,
            Status::Paused | Status::Completed | Status::Error => vec![],
        };
        if !events.is_empty() {
            self.resident(agent.id).await?.log.append(events).await?;
        }
        if !self.shared.config.resume_interrupted {
            return Ok(());
        }
        let latest = self.shared.store.agent(agent.id).await?;
        self.shared.alarm.set(&latest);
        self.shared.watching.set(&latest);
        if delivery::may_be_unfinished(&latest) {
            let at_work = self.resident(agent.id).await?.at_work();
            self.shared.tasks.spawn(self.clone().finish_delivery(agent.id, at_work));
        }
        if latest.pause_reason == Some(PauseReason::Interrupted) || self.was_to_go_on(&latest).await? {
            self.resume_left(agent.id).await?;
        }
        Ok(())
    }

    /// The task of an agent whose log ends with its creation: an earlier version queued it afterwards.
    async fn forgotten_task(&self, agent: &Agent) -> Result<Vec<EventKind>, EngineError> {
        if agent.last_seq > 1 {
            return Ok(vec![]);
        }
        let queued = |event: Event| match event.kind {
            EventKind::Created { task, instruction, .. } => {
                Some(EventKind::InstructionQueued { id: instruction, text: task })
            }
            _ => None,
        };
        Ok(self.events(agent.id, 0).await?.into_iter().filter_map(queued).collect())
    }

    /// Whether the last thing that an agent was told was to set it to work, which the process did not come to.
    async fn was_to_go_on(&self, agent: &Agent) -> Result<bool, EngineError> {
        if !hears_at_once(agent) || agent.base_tree.is_none() {
            return Ok(false);
        }
        let last = self.events(agent.id, agent.last_seq.saturating_sub(1)).await?.pop();
        Ok(last.is_some_and(|event| match event.kind {
            EventKind::InstructionQueued { .. } => agent.status == Status::Completed,
            EventKind::InstructionSentNow { .. } => true,
            _ => false,
        }))
    }
}
