//! The commits of a push are made, on where the target branch is if the user wants that.

use super::messages::joined;
use super::plan::{Planned, moved_tip, plan};
use crate::EngineError;
use crate::engine::Shared;
use crate::pushing::{Push, cancelled};
use anchorhold_domain::{Agent, Conflict, EventKind, PushWish};
use anchorhold_repo::{CommitToMake, Credentials, Merged, Mirror, Signature, SigningConfig, Tip};
use std::sync::Arc;

/// A push that only has to be sent.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// What is written down before it leaves.
    pub(crate) events: Vec<EventKind>,
    /// The last commit.
    pub(crate) commit: String,
}

/// What work came to that was put onto another commit.
struct Reapplied {
    onto: String,
    tree: String,
    commits: Vec<CommitToMake>,
}

/// Makes the commits that a push will send, and the events that say so.
///
/// # Errors
/// Where nothing differs, something else was read, the work does not fit onto a target that moved, there is
/// no identity or it cannot sign, the repository refuses, or `push` is cancelled.
pub(crate) async fn prepare(
    shared: &Arc<Shared>,
    agent: &Agent,
    wish: PushWish,
    unreviewed: bool,
    push: &Push,
) -> Result<Prepared, EngineError> {
    let mirror = shared.mirror(&agent.github_repo).await?;
    let gathering = async {
        let identity = shared.identity_of(agent).await?;
        let credentials = if wish.reapply {
            shared.credentials(agent, mirror.remote()).await?
        } else {
            Credentials::none()
        };
        Ok((identity, credentials))
    };
    let (identity, credentials) = push.unless(&agent.target_branch, gathering).await?;
    let events = shared.store.all_events(agent.id, 0).await?;
    let cancellation = push.cancellation();
    let author =
        Signature { name: identity.name, email: identity.email, at_ms: (shared.config.clock)().0, offset: 0 };
    let (agent, branch) = (agent.clone(), agent.target_branch.clone());
    let making = tokio::task::spawn_blocking(move || {
        let planned = wished(plan(&mirror, &agent, &events)?, &wish, &agent)?;
        let signer = SigningConfig::of_user().signer(&author.email)?;
        let signer = signer.map(|signer| signer.unless(&cancellation));
        let mut events = Vec::new();
        let tip = if wish.reapply {
            moved_tip(&mirror, &agent, &planned, &credentials, &cancellation)?
        } else {
            None
        };
        let (parent, tree, commits) = match tip {
            None => (planned.parent, planned.tree, planned.commits),
            Some(tip) => {
                let moved = reapply(&mirror, &agent, &planned, tip)?;
                events.push(recorded(&mirror, &agent, &moved, author.at_ms)?);
                (moved.onto, moved.tree, moved.commits)
            }
        };
        let made = mirror.commits_for_push(&parent, &commits, &author, signer.as_ref())?;
        let commit = made.into_iter().next_back().unwrap_or(parent);
        let branch = agent.target_branch;
        events.push(EventKind::PushStarted { branch, commit: commit.clone(), tree, unreviewed });
        Ok(Prepared { events, commit })
    });
    let made = making.await.map_err(|_| EngineError::Panicked { verb: "make the commits" })?;
    // Whatever broke because it was cancelled, and what came too late to matter.
    if push.is_cancelled() { Err(cancelled(&branch)) } else { made }
}

/// The plan with what the user changed of it.
fn wished(mut planned: Planned, wish: &PushWish, agent: &Agent) -> Result<Planned, EngineError> {
    let outdated = || EngineError::PushOutdated { name: agent.name.clone() };
    if wish.tree.as_ref().is_some_and(|read| *read != planned.tree) {
        return Err(outdated());
    }
    if let Some(messages) = &wish.messages {
        if messages.len() != planned.commits.len() {
            return Err(outdated());
        }
        for (commit, message) in planned.commits.iter_mut().zip(messages) {
            commit.message.clone_from(message);
        }
    }
    Ok(planned)
}

/// Puts the work onto a commit that somebody else made, commit by commit; where that goes only for all of
/// it at once, it is one.
fn reapply(mirror: &Mirror, agent: &Agent, planned: &Planned, tip: Tip) -> Result<Reapplied, EngineError> {
    let onto = |tree: &str| Ok::<_, EngineError>(mirror.merge(&planned.parent, tree, &tip.commit)?);
    let tree = match onto(&planned.tree)? {
        Merged::Clean { tree } => tree,
        Merged::Conflicts(conflicts) => return Err(refused(agent, conflicts)),
    };
    let mut before = mirror.tree_of(&tip.commit)?;
    if tree == before {
        // Somebody did the same.
        return Err(EngineError::NothingToPush {
            name: agent.name.clone(),
            branch: agent.target_branch.clone(),
        });
    }
    let mut commits = Vec::new();
    for commit in &planned.commits {
        let Merged::Clean { tree } = onto(&commit.tree)? else {
            commits.clear();
            break;
        };
        if tree != before {
            commits.push(CommitToMake { tree: tree.clone(), message: commit.message.clone() });
            before = tree;
        }
    }
    if commits.is_empty() || before != tree {
        let message = match planned.commits.as_slice() {
            [] => format!("{}\n", agent.name),
            commits => joined(commits),
        };
        commits = vec![CommitToMake { tree: tree.clone(), message }];
    }
    Ok(Reapplied { onto: tip.commit, tree, commits })
}

fn refused(agent: &Agent, conflicts: Vec<Conflict>) -> EngineError {
    let paths = conflicts.into_iter().map(|conflict| conflict.path).collect();
    EngineError::Conflicts { branch: agent.target_branch.clone(), paths }
}

/// Records the outcome as a checkpoint, so that what is pushed is always one.
fn recorded(mirror: &Mirror, agent: &Agent, moved: &Reapplied, at_ms: i64) -> Result<EventKind, EngineError> {
    let label = format!("put onto {}", agent.target_branch);
    let parent = agent.checkpoint.as_deref();
    let made = mirror.checkpoint(parent, &moved.tree, &[], &label, at_ms)?;
    mirror.keep(&agent.id.to_string(), &made.commit)?;
    let files_changed = mirror.changed_files(&mirror.tree_of(&moved.onto)?, &moved.tree)?;
    Ok(EventKind::Reapplied { onto: moved.onto.clone(), checkpoint: made.commit, files_changed })
}
