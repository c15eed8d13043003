//! The way out: what was prepared is sent, and the pull request hears of it.

use super::Life;
use crate::{EngineError, delivery};
use anchorhold_domain::{Agent, EventKind, PushWish, Status};
use anchorhold_repo::PushOutcome;

impl Life {
    /// Sends the commits that were made; the outcome is always written down.
    pub(super) async fn push(&self, commit: String) {
        let agent = self.agent();
        let result = self.send(&agent, commit.clone()).await;
        let pushed = result.is_ok();
        let event = match result {
            Ok(outcome) => EventKind::PushCompleted {
                branch: agent.target_branch.clone(),
                commit,
                created: outcome.created,
            },
            Err(error) => EventKind::PushFailed { fault: error.fault() },
        };
        if let Err(error) = self.resident.log.append(vec![event]).await {
            tracing::error!(agent = %agent.id, error = error.message(), "the end of a push cannot be written down");
            return;
        }
        if pushed {
            // Neither a program that ends nor a deletion waits for GitHub; the next start or push sees to it.
            let telling = delivery::after_push(&self.shared, &self.resident);
            self.wishes.stop.run_until_cancelled(telling).await;
        }
    }

    /// Makes the commits of a completed agent that may push without a review, and says so in the log;
    /// `None` where it may not, or where nothing is to be sent.
    pub(super) async fn push_unreviewed(&self) -> Result<Option<String>, EngineError> {
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
        let prepared = match delivery::prepare(&self.shared, &agent, PushWish::default(), true).await {
            Ok(prepared) => prepared,
            Err(EngineError::NothingToPush { .. }) => return Ok(None),
            Err(error) => {
                let message = format!("{}: {}", delivery::UNPUSHED, error.message());
                self.resident.log.append(vec![EventKind::Noted { message }]).await?;
                return Ok(None);
            }
        };
        // The user may have set it to work or changed their mind meanwhile.
        let decide = |latest: &Agent, _: &[_]| {
            let same = latest.checkpoint == agent.checkpoint
                && latest.target_branch == agent.target_branch
                && latest.delivery == agent.delivery;
            Ok(if may(latest) && same { prepared.events } else { vec![] })
        };
        let appended = self.resident.log.append_if(decide).await?;
        Ok((!appended.events.is_empty()).then_some(prepared.commit))
    }

    async fn send(&self, agent: &Agent, commit: String) -> Result<PushOutcome, EngineError> {
        let mirror = self.shared.mirror(&agent.github_repo)?;
        // What was put onto another tip, or pushed to another branch before, is a descendant of where the
        // branch may be, and the push sees to it that it is.
        let expected = agent.pushed_commit.clone().filter(|_| agent.push_parent.is_none());
        let send = |credentials| {
            let (mirror, commit, expected) = (mirror.clone(), commit.clone(), expected.clone());
            let (branch, source) = (agent.target_branch.clone(), agent.source_branch.clone());
            let sending = tokio::task::spawn_blocking(move || {
                mirror.push(&branch, &commit, &credentials, expected.as_deref(), &[&source])
            });
            async move { Ok(sending.await.map_err(|_| EngineError::Panicked { verb: "push" })??) }
        };
        self.shared.with_credentials(Some(agent), mirror.remote(), send).await
    }
}
