//! What a push would do, for the user to read, and the choices about it.

use super::arrived::Doubtful;
use super::messages::{commits, stretches};
use crate::engine::Shared;
use crate::{Engine, EngineError};
use anchorhold_domain::{
    Agent, AgentId, Delivery, Event, EventKind, MovedTarget, PlannedCommit, PushPlan, Timestamp,
};
use anchorhold_repo::{
    Cancellation, CommitToMake, Credentials, Merged, Mirror, Tip, check_branch, free_branch_name, signing,
};

/// More follow-ups by themselves are an agent that was forgotten.
const MOST_FOLLOW_UPS: u32 = 20;

/// What a push is made of, before anything is made.
#[derive(Debug)]
pub(super) struct Planned {
    /// The commit that it builds on.
    pub(super) parent: String,
    /// That commit's tree.
    pub(super) parent_tree: String,
    /// The tree that goes out.
    pub(super) tree: String,
    /// The commits; none where what was pushed to another branch goes to this one as it is.
    pub(super) commits: Vec<CommitToMake>,
}

impl Engine {
    /// Returns what a push would do: commits, signing, risks of what this push adds, and where the target
    /// branch is if somebody else moved it. Without a network the last is left out.
    ///
    /// # Errors
    /// [`EngineError::NothingToPush`], [`EngineError::IdentityMissing`], and those of the repository.
    pub async fn push_plan(&self, id: AgentId) -> Result<PushPlan, EngineError> {
        let agent = self.agent(id).await?;
        let events = self.events(id, 0).await?;
        let identity = self.shared().identity_of(&agent).await?;
        let emails = self.shared().emails_of(&agent, &identity).await?;
        let mirror = self.shared().mirror(&agent.github_repo).await?;
        let credentials = self.shared().credentials(&agent, mirror.remote()).await;
        let planning = tokio::task::spawn_blocking(move || {
            let planned = plan(&mirror, &agent, &events)?;
            let risks = mirror.risks(&planned.parent_tree, &planned.tree)?;
            let sent = Doubtful::read(&events);
            let moved = credentials
                .and_then(|credentials| moved(&mirror, &agent, &planned, sent.as_ref(), &credentials));
            let moved = moved.unwrap_or_else(|error| {
                tracing::info!(agent = %agent.id, error = error.message(), "the target branch cannot be looked at");
                None
            });
            Ok::<_, EngineError>(PushPlan {
                branch: agent.target_branch.clone(),
                commits: listed(&mirror, &planned)?,
                tree: planned.tree,
                signing: signing(&identity.email),
                author_name: identity.name,
                emails,
                author_email: identity.email,
                risks: risks.found,
                risks_left_out: risks.left_out,
                moved,
            })
        });
        planning.await.map_err(|_| EngineError::Panicked { verb: "plan the push" })?
    }

    /// Chooses another branch to push to.
    ///
    /// # Errors
    /// Where that is no branch's name or the source branch, and [`EngineError::Illegal`] during a push.
    pub async fn set_target_branch(&self, id: AgentId, branch: &str) -> Result<Agent, EngineError> {
        let branch = branch.trim().to_owned();
        check_branch(&branch)?;
        let resident = self.resident(id).await?;
        let decide = |agent: &Agent, _: &[_]| {
            if branch == agent.source_branch {
                return Err(EngineError::Invalid {
                    attempt: "choose the target branch",
                    code: "target_is_source",
                    reason: format!("{branch} is the source branch, which is never pushed to"),
                });
            }
            Ok(if branch == agent.target_branch { vec![] } else { vec![EventKind::TargetChanged { branch }] })
        };
        Ok(Agent::clone(&resident.log.append_if(decide).await?.agent))
    }

    /// Chooses how an agent's work is handed over.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for too many follow-ups.
    pub async fn set_delivery(&self, id: AgentId, delivery: Delivery) -> Result<Agent, EngineError> {
        check_delivery(&delivery)?;
        let resident = self.resident(id).await?;
        let decide = |agent: &Agent, _: &[_]| {
            Ok(if delivery == agent.delivery {
                vec![]
            } else {
                vec![EventKind::DeliveryChanged { delivery }]
            })
        };
        let agent = resident.log.append_if(decide).await?.agent;
        // What is open already may be followed up from now on.
        self.shared().watching.soon(&agent);
        Ok(Agent::clone(&agent))
    }
}

/// Checks what a user chose.
///
/// # Errors
/// [`EngineError::Invalid`].
pub(crate) fn check_delivery(delivery: &Delivery) -> Result<(), EngineError> {
    if delivery.most_follow_ups > MOST_FOLLOW_UPS {
        return Err(EngineError::Invalid {
            attempt: "choose how the work is handed over",
            code: "follow_ups_invalid",
            reason: format!("it follows up by itself at most {MOST_FOLLOW_UPS} times"),
        });
    }
    Ok(())
}

/// Says whether an agent's record holds anything that its target branch does not.
///
/// # Errors
/// Those of the repository.
pub(crate) async fn has_something_to_push(shared: &Shared, agent: &Agent) -> Result<bool, EngineError> {
    let (mirror, agent) = (shared.mirror(&agent.github_repo).await?, agent.clone());
    let reading = tokio::task::spawn_blocking(move || match whole(&mirror, &agent) {
        Err(EngineError::NothingToPush { .. }) => Ok(false),
        whole => whole.map(|_| true),
    });
    reading.await.map_err(|_| EngineError::Panicked { verb: "look for something to push" })?
}

/// Plans a push from the record and the log.
pub(super) fn plan(mirror: &Mirror, agent: &Agent, events: &[Event]) -> Result<Planned, EngineError> {
    let mut planned = whole(mirror, agent)?;
    if planned.tree != planned.parent_tree {
        let read = |commit: &str| mirror.tree_of(commit).map_err(EngineError::from);
        planned.commits = commits(agent, &stretches(events), &planned.parent_tree, &planned.tree, read)?;
    }
    Ok(planned)
}

/// What a push builds on and comes to, not yet in commits.
fn whole(mirror: &Mirror, agent: &Agent) -> Result<Planned, EngineError> {
    let pushed = agent.pushed_commit.is_some();
    let branch = if pushed { &agent.target_branch } else { &agent.source_branch };
    let nothing = || EngineError::NothingToPush { name: agent.name.clone(), branch: branch.clone() };
    let checkpoint = agent.checkpoint.as_ref().ok_or_else(nothing)?;
    let parent = [&agent.push_parent, &agent.pushed_commit, &agent.base_commit].into_iter().flatten().next();
    let parent = parent.ok_or_else(nothing)?.clone();
    let (tree, parent_tree) = (mirror.tree_of(checkpoint)?, mirror.tree_of(&parent)?);
    // It may be on another branch, and not on this one.
    let elsewhere = agent.push_parent.is_some() && agent.pushed_commit.is_none();
    if tree == parent_tree && !elsewhere {
        return Err(nothing());
    }
    Ok(Planned { parent, parent_tree, tree, commits: vec![] })
}

/// Where the target branch is, unless that is where the push builds on or behind it.
pub(super) fn moved_tip(
    mirror: &Mirror,
    agent: &Agent,
    planned: &Planned,
    credentials: &Credentials,
    cancellation: &Cancellation,
) -> Result<Option<Tip>, EngineError> {
    let Some(tip) = mirror.look_at_target(&agent.target_branch, credentials, cancellation)? else {
        return Ok(None);
    };
    Ok(if mirror.comes_from(&planned.parent, &tip.commit)? { None } else { Some(tip) })
}

fn moved(
    mirror: &Mirror,
    agent: &Agent,
    planned: &Planned,
    sent: Option<&Doubtful>,
    credentials: &Credentials,
) -> Result<Option<MovedTarget>, EngineError> {
    let tip = moved_tip(mirror, agent, planned, credentials, &Cancellation::default())?;
    // What was sent from here and arrived late is nobody else's.
    let Some(tip) = tip.filter(|tip| sent.is_none_or(|sent| sent.commit != tip.commit)) else {
        return Ok(None);
    };
    let conflicts = match mirror.merge(&planned.parent, &planned.tree, &tip.commit)? {
        Merged::Clean { .. } => Vec::new(),
        Merged::Conflicts(conflicts) => conflicts,
    };
    let branches = mirror.branches(credentials)?.names;
    Ok(Some(MovedTarget {
        free_name: free_branch_name(&agent.target_branch, &branches),
        tip: tip.commit,
        summary: tip.summary,
        at: Timestamp(tip.at_ms),
        conflicts,
    }))
}

fn listed(mirror: &Mirror, planned: &Planned) -> Result<Vec<PlannedCommit>, EngineError> {
    let mut before = planned.parent_tree.as_str();
    let mut listed = Vec::with_capacity(planned.commits.len());
    for commit in &planned.commits {
        listed.push(PlannedCommit {
            tree: commit.tree.clone(),
            message: commit.message.clone(),
            files: mirror.changed_files(before, &commit.tree)?,
        });
        before = &commit.tree;
    }
    Ok(listed)
}
