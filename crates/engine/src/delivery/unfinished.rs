//! What was still to be handed over by itself when a process ended: a push without a review, a pull request;
//! and what came of a push that it ended in the middle of.
//!
//! The log alone says so. What was tried and failed is not tried again, and what the user turned off by now,
//! or turned on only afterwards, is left to them.

use super::arrived::was_interrupted;
use super::pull_request::{after_push, is_open};
use crate::life::Stage;
use crate::resident::AtWork;
use crate::{Engine, EngineError};
use anchorhold_domain::{Agent, AgentId, Delivery, DeliveryStep, Event, EventKind, PullRequestWish, Status};

/// What is still to be handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Unfinished {
    /// What was completed is to be pushed.
    push: bool,
    /// The pull request is to hear of a push.
    pull_request: bool,
}

/// Whether it is worth it to read an agent's log for something unfinished.
pub(crate) fn may_be_unfinished(agent: &Agent) -> bool {
    let push = agent.delivery.push_unreviewed
        && agent.status == Status::Completed
        && agent.error_code.is_none()
        && agent.checkpoint.is_some();
    was_interrupted(agent)
        || push
        || agent.pushed_commit.is_some()
            && hears(agent.pull_request.as_ref().is_some_and(is_open), agent.delivery)
}

impl Engine {
    /// Hands over what a process that ended left undone.
    pub(crate) async fn finish_delivery(self, id: AgentId, at_work: AtWork) {
        let finishing = self.take_up_delivery(id);
        match self.shared().shutdown.run_until_cancelled(finishing).await {
            // The next start does it.
            None | Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::error!(agent = %id, error = error.message(), "what was unfinished cannot be handed over");
            }
        }
        drop(at_work);
    }

    async fn take_up_delivery(&self, id: AgentId) -> Result<(), EngineError> {
        let resident = self.resident(id).await?;
        let agent = resident.log.latest();
        if was_interrupted(&agent) {
            let push = resident.pushes.begin();
            self.record_arrival(&resident, &agent, &push).await?;
        }
        if Unfinished::read(&self.events(id, 0).await?).pull_request {
            after_push(self.shared(), &resident).await;
        }
        let mut work = resident.work.lock().await;
        // Whatever was set to work meanwhile sees to it by itself.
        if work.is_none() && Unfinished::read(&self.events(id, 0).await?).push {
            self.begin(&resident, &mut work, Stage::Deliver);
        }
        Ok(())
    }
}

impl Unfinished {
    fn read(events: &[Event]) -> Self {
        let (mut delivery, mut open, mut left) = (Delivery::default(), false, Self::default());
        for event in events {
            match &event.kind {
                EventKind::Created { agent: Some(agent), .. } => delivery = agent.delivery,
                EventKind::DeliveryChanged { delivery: chosen } => {
                    delivery = *chosen;
                    left.push &= delivery.push_unreviewed;
                    left.pull_request &= hears(open, delivery);
                }
                EventKind::Completed { .. } => left.push = delivery.push_unreviewed,
                EventKind::Resumed | EventKind::WrapUpRequested | EventKind::PushStarted { .. } => {
                    left.push = false;
                }
                EventKind::PushCompleted { .. } => left.pull_request = hears(open, delivery),
                EventKind::PullRequestChanged { pull_request } => {
                    open = is_open(pull_request);
                    left.pull_request = false;
                }
                EventKind::TargetChanged { .. } => {
                    open = false;
                    left.pull_request = false;
                }
                EventKind::DeliveryFailed { step, .. } => match step {
                    DeliveryStep::Push => left.push = false,
                    DeliveryStep::PullRequest => left.pull_request = false,
                    DeliveryStep::FollowUp => {}
                },
                EventKind::Deleted => left = Self::default(),
                _ => {}
            }
        }
        left
    }
}

/// Whether a pull request is opened or brought up to date after a push.
fn hears(open: bool, delivery: Delivery) -> bool {
    open || match delivery.pull_request {
        PullRequestWish::OnRequest => false,
        PullRequestWish::Draft | PullRequestWish::Ready => true,
    }
}
