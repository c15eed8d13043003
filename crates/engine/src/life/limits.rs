//! What an agent may use: a warning when it is nearly used up, and a pause that asks when it is.

use super::turns::Run;
use super::{Ended, Life};
use crate::EngineError;
use anchorhold_domain::{Agent, EventKind, LimitKind, PauseReason};

impl Life {
    /// Holds the agent where a limit is used up; `Some` where the run ends with that.
    pub(super) async fn hold_at_limits(&self, _run: &mut Run) -> Result<Option<Ended>, EngineError> {
        let agent = self.agent();
        let Some(limit) = reached(&agent, agent.ran_seconds(self.resident.log.now())) else {
            return Ok(None);
        };
        let paused =
            EventKind::Paused { reason: PauseReason::Limit, limit: Some(limit), until: None, fault: None };
        self.resident.log.append(vec![paused]).await?;
        Ok(Some(Ended::Told))
    }
}

/// Which limit of the agent is used up, if any.
fn reached(agent: &Agent, ran_seconds: u32) -> Option<LimitKind> {
    let limits = &agent.limits;
    if limits.turns.is_some_and(|most| agent.requests >= most) {
        return Some(LimitKind::Turns);
    }
    if limits.tokens.is_some_and(|most| agent.usage.total() >= most) {
        return Some(LimitKind::Tokens);
    }
    limits.seconds.is_some_and(|most| ran_seconds >= most).then_some(LimitKind::Time)
}
