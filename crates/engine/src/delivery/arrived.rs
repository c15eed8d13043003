//! A push that failed as far as the log knows, and that the server took after all.
//!
//! One that was cancelled, or whose program died, may arrive later. Nobody else made that commit: it is no
//! target that moved, but what was pushed.

use crate::pushing::Push;
use crate::resident::Resident;
use crate::{Engine, EngineError};
use anchorhold_domain::{Agent, Event, EventKind, Fault};
use std::sync::Arc;

const INTERRUPTED: &str = "push_interrupted";

/// How it is told that a program ended in the middle of a push.
pub(crate) fn interrupted(branch: &str) -> Fault {
    Fault {
        code: INTERRUPTED.to_owned(),
        message: format!("push {branch}: the program ended in the middle of it"),
        hint: Some("push again; what arrived after all is not sent twice".to_owned()),
    }
}

/// Whether the program ended in the middle of an agent's last push, and nobody looked yet what came of it.
pub(super) fn was_interrupted(agent: &Agent) -> bool {
    agent.error_code.as_deref() == Some(INTERRUPTED)
}

/// The last push that the log knows to have begun and not to have arrived.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Doubtful {
    pub(super) branch: String,
    pub(super) commit: String,
    tree: String,
    unreviewed: bool,
}

impl Doubtful {
    /// Reads the log.
    pub(super) fn read(events: &[Event]) -> Option<Self> {
        let mut last = None;
        for event in events {
            match &event.kind {
                EventKind::PushStarted { branch, commit, tree, unreviewed } => {
                    last = Some(Self {
                        branch: branch.clone(),
                        commit: commit.clone(),
                        tree: tree.clone(),
                        unreviewed: *unreviewed,
                    });
                }
                EventKind::PushCompleted { .. } | EventKind::TargetChanged { .. } => last = None,
                _ => {}
            }
        }
        last
    }
}

impl Engine {
    /// Writes down that the server has what the last push sent, where it does; says whether it did. A server
    /// that cannot be asked is asked again by the push itself. The pull request is still to hear of it.
    pub(crate) async fn record_arrival(
        &self,
        resident: &Arc<Resident>,
        agent: &Agent,
        push: &Push,
    ) -> Result<bool, EngineError> {
        let Some(sent) = Doubtful::read(&self.events(agent.id, 0).await?) else { return Ok(false) };
        let Ok(Some(tip)) = self.tip_of(agent, &sent.branch, push).await else { return Ok(false) };
        if tip != sent.commit {
            return Ok(false);
        }
        let Doubtful { branch, commit, tree, unreviewed } = sent;
        let completed =
            EventKind::PushCompleted { branch: branch.clone(), commit: commit.clone(), created: false };
        let started = EventKind::PushStarted { branch, commit: commit.clone(), tree, unreviewed };
        // What came of the agent while the server was asked goes before.
        let decide = |latest: &Agent, _: &[_]| {
            let same = latest.status == agent.status
                && latest.error_code == agent.error_code
                && latest.deleted_at.is_none();
            Ok(if same { vec![started, completed] } else { vec![] })
        };
        let latest = resident.log.append_if(decide).await?.agent;
        Ok(latest.pushed_commit.as_ref() == Some(&commit))
    }

    async fn tip_of(&self, agent: &Agent, branch: &str, push: &Push) -> Result<Option<String>, EngineError> {
        let mirror = self.shared().mirror(&agent.github_repo).await?;
        let ask = |credentials| {
            let (mirror, branch, cancellation) = (mirror.clone(), branch.to_owned(), push.cancellation());
            let asking =
                tokio::task::spawn_blocking(move || mirror.tip_unless(&cancellation, &branch, &credentials));
            async move { Ok(asking.await.map_err(|_| EngineError::Panicked { verb: "ask the remote" })??) }
        };
        push.unless(branch, self.shared().with_credentials(Some(agent), mirror.remote(), ask)).await
    }
}
