//! The pull request of an agent: opened when the user or the agent's delivery says so, brought up to date
//! after each push, never merged.

use super::body::{self, Work};
use super::place::Place;
use super::template;
use crate::accounts::Whose;
use crate::engine::Shared;
use crate::resident::Resident;
use crate::{Engine, EngineError};
use anchorhold_domain::{
    Agent, AgentId, DeliveryStep, EventKind, PullRequest, PullRequestDraft, PullRequestState, PullRequestWish,
};
use anchorhold_forge::{NewPullRequest, PullRequestChange};
use std::sync::Arc;

/// How much of what GitHub says of a pull request is kept, in bytes a field.
const LONGEST_FIELD: usize = 2048;

impl Engine {
    /// Returns what a pull request would be opened with.
    ///
    /// # Errors
    /// [`EngineError::NotOnGitHub`], and those of the repository.
    pub async fn pull_request_draft(&self, id: AgentId) -> Result<PullRequestDraft, EngineError> {
        let agent = self.agent(id).await?;
        draft(self.shared(), &agent).await
    }

    /// Opens the pull request of the target branch, or brings the one that is there to this title and text.
    ///
    /// # Errors
    /// [`EngineError::NotPushed`], [`EngineError::NotOnGitHub`], [`EngineError::PullRequestInvalid`], and
    /// what GitHub refuses.
    pub async fn open_pull_request(
        &self,
        id: AgentId,
        draft: PullRequestDraft,
    ) -> Result<Agent, EngineError> {
        let resident = self.resident(id).await?;
        let agent = resident.log.latest();
        let draft = checked(draft)?;
        let push = resident.pushes.begin();
        let opened = tokio::select! {
            opened = open(self.shared(), &agent, draft) => opened?,
            () = push.cancelled() => return Err(EngineError::PullRequestCancelled { branch: agent.target_branch.clone() }),
        };
        write(self.shared(), &resident, opened).await?;
        Ok(Agent::clone(&resident.log.latest()))
    }
}

/// Opens or updates the pull request after a push, where there is one or the agent is to have one. What
/// goes wrong is written down: the push itself went well.
pub(crate) async fn after_push(shared: &Arc<Shared>, resident: &Arc<Resident>) {
    let agent = resident.log.latest();
    let done = match (&agent.pull_request, agent.delivery.pull_request) {
        (Some(open), _) if is_open(open) => update(shared, &agent, open.number).await.map(Some),
        (_, PullRequestWish::OnRequest) => Ok(None),
        (_, wish @ (PullRequestWish::Draft | PullRequestWish::Ready)) => {
            open_by_itself(shared, &agent, wish).await.map(Some)
        }
    };
    let written = match done {
        Ok(None) => Ok(()),
        Ok(Some(pull_request)) => write(shared, resident, pull_request).await,
        Err(error) => {
            let failed = EventKind::DeliveryFailed { step: DeliveryStep::PullRequest, fault: error.fault() };
            resident.log.append(vec![failed]).await.map(drop)
        }
    };
    if let Err(error) = written {
        tracing::error!(agent = %agent.id, error = error.message(), "the pull request cannot be written down");
    }
}

/// Whether something can still come back for it.
pub(super) fn is_open(pull_request: &PullRequest) -> bool {
    match pull_request.state {
        PullRequestState::Draft | PullRequestState::Open => true,
        PullRequestState::Closed | PullRequestState::Merged => false,
    }
}

/// The pull request with nothing in it longer than a record can hold.
pub(super) fn bounded(mut pull_request: PullRequest) -> PullRequest {
    for text in
        [&mut pull_request.url, &mut pull_request.title, &mut pull_request.head, &mut pull_request.base]
    {
        text.truncate(text.floor_char_boundary(LONGEST_FIELD));
    }
    pull_request
}

async fn open_by_itself(
    shared: &Shared,
    agent: &Agent,
    wish: PullRequestWish,
) -> Result<PullRequest, EngineError> {
    let place = Place::of(shared, &agent.github_repo).await?;
    let there = place
        .ask(shared, Whose::Agent(agent), |forge, Place { owner, name }| async move {
            forge.pull_request_of(&owner, &name, &agent.target_branch).await
        })
        .await?;
    // It may be one that was opened when an answer was lost, and somebody may have rewritten it since.
    if let Some(there) = there.filter(is_open) {
        return update(shared, agent, there.number).await;
    }
    let draft = PullRequestDraft { draft: wish == PullRequestWish::Draft, ..draft(shared, agent).await? };
    open(shared, agent, draft).await
}

async fn draft(shared: &Shared, agent: &Agent) -> Result<PullRequestDraft, EngineError> {
    Place::of(shared, &agent.github_repo).await?;
    let work = Work::read(&shared.store.all_events(agent.id, 0).await?);
    let template = match agent.base_tree.clone() {
        None => None,
        Some(tree) => {
            let mirror = shared.mirror(&agent.github_repo).await?;
            let reading = tokio::task::spawn_blocking(move || template::read(&mirror, &tree));
            reading.await.map_err(|_| EngineError::Panicked { verb: "read the template" })??
        }
    };
    Ok(PullRequestDraft {
        title: body::title(agent, &work),
        body: body::text(agent, &work, template.as_deref()),
        draft: agent.delivery.pull_request == PullRequestWish::Draft,
    })
}

fn checked(draft: PullRequestDraft) -> Result<PullRequestDraft, EngineError> {
    let title = draft.title.trim().to_owned();
    let reason = if title.is_empty() {
        "it needs a title"
    } else if title.chars().count() > body::LONGEST_TITLE || title.chars().any(char::is_control) {
        "its title is longer than 256 characters or more than one line"
    } else if draft.body.chars().count() > body::LONGEST {
        "its text is longer than 65,536 characters"
    } else {
        return Ok(PullRequestDraft { title, ..draft });
    };
    Err(EngineError::PullRequestInvalid { reason })
}

async fn open(shared: &Shared, agent: &Agent, draft: PullRequestDraft) -> Result<PullRequest, EngineError> {
    let place = Place::of(shared, &agent.github_repo).await?;
    if agent.pushed_commit.is_none() {
        return Err(EngineError::NotPushed { name: agent.name.clone() });
    }
    let draft = &draft;
    place
        .ask(shared, Whose::Agent(agent), |forge, Place { owner, name }| async move {
            let there = forge.pull_request_of(&owner, &name, &agent.target_branch).await?;
            let (title, body) = (draft.title.clone(), draft.body.clone());
            let Some(there) = there.filter(is_open) else {
                let (head, base) = (agent.target_branch.clone(), agent.source_branch.clone());
                let new = NewPullRequest { head, base, title, body, draft: draft.draft };
                return forge.create_pull_request(&owner, &name, &new).await;
            };
            let change = PullRequestChange { title: Some(title), body: Some(body) };
            forge.update_pull_request(&owner, &name, there.number, &change).await
        })
        .await
}

/// Brings the provenance up to date, and looks at what GitHub makes of the push.
async fn update(shared: &Shared, agent: &Agent, number: u32) -> Result<PullRequest, EngineError> {
    let place = Place::of(shared, &agent.github_repo).await?;
    let work = &Work::read(&shared.store.all_events(agent.id, 0).await?);
    place
        .ask(shared, Whose::Agent(agent), |forge, Place { owner, name }| async move {
            let there = forge.pull_request_body(&owner, &name, number).await?;
            match body::renewed(&there, agent, work).filter(|body| *body != there) {
                Some(body) => {
                    let change = PullRequestChange { title: None, body: Some(body) };
                    forge.update_pull_request(&owner, &name, number, &change).await
                }
                None => forge.pull_request(&owner, &name, number).await,
            }
        })
        .await
}

async fn write(
    shared: &Shared,
    resident: &Arc<Resident>,
    pull_request: PullRequest,
) -> Result<(), EngineError> {
    let pull_request = bounded(pull_request);
    let decide = |agent: &Agent, _: &[_]| {
        let known = agent.pull_request.as_ref() == Some(&pull_request);
        Ok(if known { vec![] } else { vec![EventKind::PullRequestChanged { pull_request }] })
    };
    let agent = resident.log.append_if(decide).await?.agent;
    shared.watching.set(&agent);
    Ok(())
}
