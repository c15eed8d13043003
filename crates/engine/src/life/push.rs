//! The way out: what was prepared is sent, and the pull request hears of it.

use super::Life;
use crate::pushing::{Push, cancelled};
use crate::{EngineError, delivery};
use anchorhold_domain::{Agent, DeliveryStep, EventKind, PushWish, Status};
use anchorhold_repo::PushOutcome;
use std::sync::atomic::{AtomicBool, Ordering};

impl Life {
    /// Sends the commits that were made, and writes down what came of it.
    ///
    /// # Errors
    /// Where the log takes no more; a push that failed is in it.
    pub(super) async fn push(&self, commit: String, push: Push) -> Result<(), EngineError> {
        let agent = self.agent();
        let result = self.send(&agent, commit.clone(), &push).await;
        let pushed = result.is_ok();
        let event = match result {
            Ok(outcome) => EventKind::PushCompleted {
                branch: agent.target_branch.clone(),
                commit,
                created: outcome.created,
            },
            Err(_) if push.is_cancelled() && self.shared.shutdown.is_cancelled() => {
                EventKind::PushFailed { fault: delivery::interrupted(&agent.target_branch) }
            }
            Err(error) => EventKind::PushFailed { fault: error.fault() },
        };
        self.resident.log.append(vec![event]).await?;
        drop(push);
        if pushed {
            // Neither a program that ends nor a deletion waits for GitHub; the next start or push sees to it.
            let telling = delivery::after_push(&self.shared, &self.resident);
            self.wishes.stop.run_until_cancelled(telling).await;
        }
        Ok(())
    }

    /// Makes the commits of a completed agent that may push without a review, and says so in the log;
    /// `None` where it may not, or where nothing is to be sent.
    pub(super) async fn push_unreviewed(&self) -> Result<Option<(String, Push)>, EngineError> {
        let agent = self.agent();
        let may = |agent: &Agent| {
            agent.status == Status::Completed
                && agent.delivery.push_unreviewed
                && agent.error_code.is_none()
                && agent.deleted_at.is_none()
        };
        if !may(&agent) || self.wishes.stop.is_cancelled() {
            return Ok(None);
        }
        // What was pushed just now is not begun again, which an interrupt could cancel.
        if matches!(delivery::has_something_to_push(&self.shared, &agent).await, Ok(false)) {
            return Ok(None);
        }
        let push = self.resident.pushes.begin();
        let prepared = match delivery::prepare(&self.shared, &agent, PushWish::default(), true, &push).await {
            Ok(prepared) => prepared,
            Err(EngineError::NothingToPush { .. }) => return Ok(None),
            // The next start does it, unless the agent is being deleted.
            Err(_) if self.wishes.stop.is_cancelled() => return Ok(None),
            Err(error) => {
                let failed = EventKind::DeliveryFailed { step: DeliveryStep::Push, fault: error.fault() };
                self.resident.log.append(vec![failed]).await?;
                return Ok(None);
            }
        };
        // The user may have set it to work or changed their mind meanwhile.
        let decide = |latest: &Agent, _: &[_]| {
            let same = latest.checkpoint == agent.checkpoint
                && latest.target_branch == agent.target_branch
                && latest.delivery == agent.delivery;
            let wanted = may(latest) && same && !self.wishes.stop.is_cancelled();
            Ok(if wanted { prepared.events } else { vec![] })
        };
        let appended = self.resident.log.append_if(decide).await?;
        Ok((!appended.events.is_empty()).then_some((prepared.commit, push)))
    }

    async fn send(&self, agent: &Agent, commit: String, push: &Push) -> Result<PushOutcome, EngineError> {
        let mirror = self.shared.mirror(&agent.github_repo).await?;
        // What was put onto another tip, or pushed to another branch before, is a descendant of where the
        // branch may be, and the push sees to it that it is.
        let expected = agent.pushed_commit.clone().filter(|_| agent.push_parent.is_none());
        let begun = AtomicBool::new(false);
        let send = |credentials| {
            begun.store(true, Ordering::Relaxed);
            let (mirror, commit, expected) = (mirror.clone(), commit.clone(), expected.clone());
            let (branch, source) = (agent.target_branch.clone(), agent.source_branch.clone());
            let cancellation = push.cancellation();
            let sending = tokio::task::spawn_blocking(move || {
                let expected = expected.as_deref();
                mirror.push_unless(&cancellation, &branch, &commit, &credentials, expected, &[&source])
            });
            async move { Ok(sending.await.map_err(|_| EngineError::Panicked { verb: "push" })??) }
        };
        let sending = self.shared.with_credentials(Some(agent), mirror.remote(), send);
        tokio::pin!(sending);
        tokio::select! {
            biased;
            sent = &mut sending => return sent,
            () = push.cancelled() => {}
        }
        // Once it has begun it ends at once by itself, and knows what came of it.
        if begun.load(Ordering::Relaxed) { sending.await } else { Err(cancelled(&agent.target_branch)) }
    }
}
