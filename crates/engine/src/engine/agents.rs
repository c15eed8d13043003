//! Agents come, are looked at, and go.

use super::{Engine, finish};
use crate::life::stopped;
use crate::{EngineError, validate};
use anchorhold_domain::{Agent, AgentId, EventKind, InstructionId, NewAgent, PauseReason};
use std::sync::Arc;
use uuid::Uuid;

impl Engine {
    /// Creates an agent; its task is the first instruction in its queue.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a field, and where the name is taken.
    pub async fn create(&self, new: NewAgent) -> Result<Agent, EngineError> {
        let new = validate::new_agent(new)?;
        self.check_models(&new.model, new.fallback.as_ref(), &new.limits)?;
        let at = (self.shared.config.clock)();
        let task = new.task.clone();
        let id = AgentId(Uuid::now_v7());
        let owner = self.shared.owner_of(&new.github_repo).await?;
        let agent = Agent::new(id, new.clone(), owner, at);
        let instruction = InstructionId(Uuid::now_v7());
        let created = EventKind::Created { task: task.clone(), instruction, agent: Some(Box::new(new)) };
        let queued = EventKind::InstructionQueued { id: instruction, text: task };
        let (agent, _) = self.shared.store.create(&agent, created, vec![queued]).await?;
        self.shared.changed.send_modify(|count| *count = count.wrapping_add(1));
        Ok(agent)
    }

    /// Returns the agents that are not deleted, newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn agents(&self) -> Result<Vec<Agent>, EngineError> {
        Ok(self.shared.store.agents().await?)
    }

    /// Returns one agent.
    ///
    /// # Errors
    /// Where there is none with this id.
    pub async fn agent(&self, id: AgentId) -> Result<Arc<Agent>, EngineError> {
        Ok(self.resident(id).await?.log.latest())
    }

    /// Deletes an agent: what it does is stopped and its cell is freed; its log is kept.
    ///
    /// # Errors
    /// [`EngineError::WrongStatus`] while it pushes.
    pub async fn delete(&self, id: AgentId) -> Result<Agent, EngineError> {
        let resident = self.resident(id).await?;
        let mut work = resident.work.lock().await;
        if let Some(working) = work.as_ref() {
            if resident.log.latest().status == anchorhold_domain::Status::Pushing {
                return Err(Self::wrong_status("delete", &resident.log.latest()));
            }
            // Nor is anything sent whose commits are still being made.
            resident.pushes.cancel();
            working.wishes.stop();
        }
        finish(work.take()).await;
        // Work whose end could not be written down is still in the log.
        let deleted = |agent: &Agent, _: &[_]| {
            let mut events = stopped(agent, PauseReason::Stopped);
            events.push(EventKind::Deleted);
            Ok(events)
        };
        let agent = resident.log.append_if(deleted).await?.agent;
        let shared = Arc::clone(&self.shared);
        // A clone that was stopped can have made a cell that the log never heard of.
        if agent.started_at.is_some() {
            // The volume can be rebuilt from the checkpoint, so an undo loses nothing. What is not
            // removed when the program ends is reaped at the next start, since the agent is gone.
            let resident = Arc::clone(&resident);
            self.shared.tasks.spawn(async move {
                // Nobody sets it to work again until its container is gone.
                let _work = resident.work.lock().await;
                if resident.log.latest().deleted_at.is_none() {
                    return;
                }
                let cell = shared.cell_of(id);
                let freed = async { shared.docker().await?.remove(&cell).await.map_err(EngineError::from) };
                if let Err(error) = freed.await {
                    tracing::warn!(agent = %id, error = error.message(), "the cell cannot be removed");
                }
            });
        }
        Ok(Agent::clone(&agent))
    }

    /// Takes a deletion back.
    ///
    /// # Errors
    /// Where its name was taken meanwhile.
    pub async fn restore(&self, id: AgentId) -> Result<Agent, EngineError> {
        let resident = self.resident(id).await?;
        let deleted = |agent: &Agent, _: &[_]| {
            Ok(agent.deleted_at.map(|_| EventKind::Restored).into_iter().collect::<Vec<_>>())
        };
        let agent = resident.log.append_if(deleted).await?.agent;
        self.shared.watching.set(&agent);
        Ok(Agent::clone(&agent))
    }

    pub(super) fn wrong_status(verb: &'static str, agent: &Agent) -> EngineError {
        EngineError::WrongStatus { verb, name: agent.name.clone(), status: agent.status }
    }
}
