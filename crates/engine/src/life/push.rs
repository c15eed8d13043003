//! The way out: a commit in the user's name, onto the target branch.

use super::Life;
use crate::EngineError;
use crate::engine::Shared;
use crate::history;
use anchorhold_domain::{Agent, Event, EventKind};
use anchorhold_repo::{PushOutcome, Signature};
use std::sync::Arc;

/// Makes the commit that a push will send, and the event that says so.
///
/// # Errors
/// Where nothing differs from the base, git knows no identity, or the repository refuses.
pub(crate) async fn prepare_push(shared: &Arc<Shared>, agent: &Agent) -> Result<EventKind, EngineError> {
    let nothing =
        || EngineError::NothingToPush { name: agent.name.clone(), branch: agent.source_branch.clone() };
    let base_tree = agent.base_tree.clone().ok_or_else(nothing)?;
    let base_commit = agent.base_commit.clone().ok_or_else(nothing)?;
    let checkpoint = agent.checkpoint.clone().ok_or_else(nothing)?;
    let identity = shared.identity_of(agent).await?;
    let mirror = shared.mirror(&agent.github_repo)?;
    let author =
        Signature { name: identity.name, email: identity.email, at_ms: (shared.config.clock)().0, offset: 0 };
    let message = message(agent, &summaries(&shared.store.all_events(agent.id, 0).await?));
    let parent = agent.pushed_commit.clone().unwrap_or(base_commit);
    let branch = agent.target_branch.clone();
    let no_change = nothing();
    let made = tokio::task::spawn_blocking(move || {
        let tree = mirror.tree_of(&checkpoint)?;
        if tree == base_tree || mirror.tree_of(&parent)? == tree {
            return Err(no_change);
        }
        let commit = mirror.commit_for_push(&tree, &[parent], &author, &message)?;
        Ok(EventKind::PushStarted { branch, commit, tree })
    });
    made.await.map_err(|_| EngineError::Panicked { verb: "make the commit" })?
}

impl Life {
    /// Sends the commit that was made; the outcome is always written down.
    pub(super) async fn push(&self, commit: String) {
        let agent = self.agent();
        let result = self.send(&agent, commit.clone()).await;
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
        }
    }

    async fn send(&self, agent: &Agent, commit: String) -> Result<PushOutcome, EngineError> {
        let mirror = self.shared.mirror(&agent.github_repo)?;
        let send = |credentials| {
            let (mirror, commit) = (mirror.clone(), commit.clone());
            let (branch, source) = (agent.target_branch.clone(), agent.source_branch.clone());
            let expected = agent.pushed_commit.clone();
            let sending = tokio::task::spawn_blocking(move || {
                mirror.push(&branch, &commit, &credentials, expected.as_deref(), &[&source])
            });
            async move { Ok(sending.await.map_err(|_| EngineError::Panicked { verb: "push" })??) }
        };
        self.shared.with_credentials(Some(agent), mirror.remote(), send).await
    }
}

/// What each instruction since the last push came to, in the model's words.
fn summaries(events: &[Event]) -> Vec<String> {
    let mut summaries = Vec::new();
    for event in events {
        match &event.kind {
            EventKind::ToolRequested { tool, arguments, .. } if tool == "finish" => {
                summaries.extend(history::finish(arguments).map(|(summary, _)| summary.trim().to_owned()));
            }
            EventKind::PushCompleted { .. } => summaries.clear(),
            _ => {}
        }
    }
    summaries
}

/// The agent's name as the subject, and what it said it did as the body.
fn message(agent: &Agent, summaries: &[String]) -> String {
    match summaries {
        [] => format!("{}\n", agent.name),
        [summary] => format!("{}\n\n{summary}\n", agent.name),
        several => {
            let list: String = several.iter().map(|summary| format!("- {summary}\n")).collect();
            format!("{}\n\n{list}", agent.name)
        }
    }
}
