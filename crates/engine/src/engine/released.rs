//! Agents that a limit of the day holds, looked at again when these limits change.
//!
//! Who would have gone on by itself at midnight goes on at once. Who waits for the user in any case, such as
//! an agent whose model has no known price under a limit of money, says that it can be resumed.

use super::Engine;
use crate::EngineError;
use crate::life::day_still_holds;
use anchorhold_domain::{Agent, AgentId, EventKind, Fault, PauseReason, Status};

impl Engine {
    /// Lets agents go on that the limits of the day do not hold any more.
    ///
    /// # Errors
    /// Those of the store; where one agent cannot go on, the program's own log says so.
    pub(super) async fn release_all(&self) -> Result<(), EngineError> {
        let mut agents = self.agents().await?;
        // In the order in which they had their turn, so that this is the order of the slots.
        agents.sort_by_key(|agent| (agent.started_at, agent.created_at));
        for agent in agents.iter().filter(|agent| is_held(agent)) {
            self.release_or_warn(agent.id).await;
        }
        Ok(())
    }

    pub(crate) async fn release_or_warn(&self, id: AgentId) {
        if let Err(error) = self.release(id).await {
            tracing::warn!(agent = %id, error = error.message(), "an agent that the day's limits held stays held");
        }
    }

    /// Looks at one agent. A program that only looks lets nobody go on that it did not set to work.
    async fn release(&self, id: AgentId) -> Result<(), EngineError> {
        let resident = self.resident(id).await?;
        let agent = resident.log.latest();
        if !is_held(&agent) {
            return Ok(());
        }
        let events = self.events(id, 0).await?;
        if day_still_holds(&self.shared, &agent, &events) != Some(false) {
            return Ok(());
        }
        if agent.resumes_at.is_none() {
            let told = |agent: &Agent, _: &[_]| Ok(if waits_for_the_user(agent) { told() } else { vec![] });
            return resident.log.append_if(told).await.map(drop);
        }
        if !self.shared.alarm.holds(id) {
            return Ok(());
        }
        let goes_on = |agent: &Agent, _: &[_]| {
            let goes_on = is_held(agent) && agent.resumes_at.is_some();
            Ok(if goes_on { vec![EventKind::Resumed] } else { vec![] })
        };
        self.set_to_work(&resident, goes_on).await.map(drop)
    }
}

/// Whether a limit holds the agent, be it its own or one of the day.
fn is_held(agent: &Agent) -> bool {
    agent.status == Status::Paused
        && agent.pause_reason == Some(PauseReason::Limit)
        && agent.deleted_at.is_none()
}

fn waits_for_the_user(agent: &Agent) -> bool {
    is_held(agent) && agent.resumes_at.is_none()
}

/// The agent stays as it is, and says so; nothing comes between the two, so that nothing runs.
fn told() -> Vec<EventKind> {
    let fault = Fault {
        code: "day_limit_lifted".to_owned(),
        message: "wait for the day's limits: they do not hold the agent any more".to_owned(),
        hint: Some("resume the agent".to_owned()),
    };
    let (reason, fault) = (PauseReason::Stopped, Some(fault));
    vec![EventKind::Resumed, EventKind::Paused { reason, limit: None, until: None, fault }]
}
