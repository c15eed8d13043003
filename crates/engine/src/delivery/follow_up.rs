//! Feedback that becomes an instruction by itself, as often as the user allows.
//!
//! Failed checks do once all checks have ended and while they fail, and reviews and comments on lines when they come; a comment
//! on the pull request as a whole is left to the user. Whoever can review the pull request can say something
//! here: the agent reads it as material, what it changes is pushed without a review only where the user chose
//! that as well, and nothing is ever merged.

use super::pull_request::is_open;
use super::quoted;
use crate::resident::Resident;
use crate::{Engine, EngineError};
use anchorhold_domain::{Agent, ChecksState, DeliveryStep, EventKind, Feedback, FeedbackKind, Status};
use std::sync::Arc;

impl Engine {
    /// Takes what is open where the agent may, or says once that the user is asked.
    pub(super) async fn follow_up(&self, resident: &Arc<Resident>) -> Result<(), EngineError> {
        let heard = self.heard(resident).await?;
        let agent = resident.log.latest();
        if !waits(&agent) {
            return Ok(());
        }
        // The rest is left to the next time.
        let follows = heard.open().filter(|item| follows(&agent, item)).take(quoted::MOST_PIECES);
        let chosen: Vec<Feedback> = follows.cloned().collect();
        if chosen.is_empty() {
            return Ok(());
        }
        let most = agent.delivery.most_follow_ups;
        if agent.follow_ups < most {
            self.take(resident, &chosen, None, agent.follow_ups.saturating_add(1)).await?;
        } else if !heard.asked {
            let fault = EngineError::FollowUpsSpent { name: agent.name.clone(), most }.fault();
            let failed = EventKind::DeliveryFailed { step: DeliveryStep::FollowUp, fault };
            resident.log.append(vec![failed]).await?;
        }
        Ok(())
    }
}

/// Whether an agent has nothing else to do, and its pull request is where it left it.
fn waits(agent: &Agent) -> bool {
    agent.delivery.follow_up
        && agent.status == Status::Completed
        && agent.deleted_at.is_none()
        && agent.error_code.is_none()
        && agent.pull_request.as_ref().is_some_and(|pull_request| {
            is_open(pull_request) && agent.pushed_commit.as_ref() == Some(&pull_request.head)
        })
}

fn follows(agent: &Agent, item: &Feedback) -> bool {
    match item.kind {
        FeedbackKind::LineComment | FeedbackKind::Review => true,
        FeedbackKind::Comment => false,
        FeedbackKind::FailedCheck => {
            agent.pull_request.as_ref().is_some_and(|pull_request| pull_request.checks == ChecksState::Failed)
        }
    }
}
