//! How an agent's work is handed over: push, pull request, what comes back, and issues as tasks.

use super::{Answer, fault};
use crate::opened::Opened;
use anchorhold_domain::{AgentId, Delivery, FeedbackItem, Issue, PullRequestDraft, PushPlan, PushWish};
use tauri::State;

/// Returns what a push would do.
#[tauri::command]
#[specta::specta]
pub async fn push_plan(engine: State<'_, Opened>, id: AgentId) -> Answer<PushPlan> {
    engine.get().await?.push_plan(id).await.map_err(fault)
}

/// Pushes what an agent did, with what the user changed of the plan.
#[tauri::command]
#[specta::specta]
pub async fn push(engine: State<'_, Opened>, id: AgentId, wish: PushWish) -> Answer<()> {
    engine.get().await?.push(id, wish).await.map(drop).map_err(fault)
}

/// Cancels the push that is going on for an agent.
#[tauri::command]
#[specta::specta]
pub async fn cancel_push(engine: State<'_, Opened>, id: AgentId) -> Answer<()> {
    engine.get().await?.cancel_push(id).await.map(drop).map_err(fault)
}

/// Chooses another branch to push to.
#[tauri::command]
#[specta::specta]
pub async fn set_target_branch(engine: State<'_, Opened>, id: AgentId, branch: String) -> Answer<()> {
    engine.get().await?.set_target_branch(id, &branch).await.map(drop).map_err(fault)
}

/// Chooses how an agent's work is handed over.
#[tauri::command]
#[specta::specta]
pub async fn set_delivery(engine: State<'_, Opened>, id: AgentId, delivery: Delivery) -> Answer<()> {
    engine.get().await?.set_delivery(id, delivery).await.map(drop).map_err(fault)
}

/// Returns what a pull request would be opened with.
#[tauri::command]
#[specta::specta]
pub async fn pull_request_draft(engine: State<'_, Opened>, id: AgentId) -> Answer<PullRequestDraft> {
    engine.get().await?.pull_request_draft(id).await.map_err(fault)
}

/// Opens an agent's pull request, or brings it to another title and text.
#[tauri::command]
#[specta::specta]
pub async fn open_pull_request(
    engine: State<'_, Opened>,
    id: AgentId,
    draft: PullRequestDraft,
) -> Answer<()> {
    engine.get().await?.open_pull_request(id, draft).await.map(drop).map_err(fault)
}

/// Asks GitHub now what came back.
#[tauri::command]
#[specta::specta]
pub async fn look_for_feedback(engine: State<'_, Opened>, id: AgentId) -> Answer<()> {
    engine.get().await?.look_for_feedback(id).await.map_err(fault)
}

/// Returns what came back for an agent's pull request.
#[tauri::command]
#[specta::specta]
pub async fn feedback(engine: State<'_, Opened>, id: AgentId) -> Answer<Vec<FeedbackItem>> {
    engine.get().await?.feedback(id).await.map_err(fault)
}

/// Makes one instruction of pieces of feedback.
#[tauri::command]
#[specta::specta]
pub async fn take_feedback(
    engine: State<'_, Opened>,
    id: AgentId,
    ids: Vec<String>,
    note: Option<String>,
) -> Answer<()> {
    engine.get().await?.take_feedback(id, ids, note).await.map(drop).map_err(fault)
}

/// Returns open issues of a repository.
#[tauri::command]
#[specta::specta]
pub async fn issues(engine: State<'_, Opened>, repo: String, text: String) -> Answer<Vec<Issue>> {
    engine.get().await?.issues(&repo, &text).await.map_err(fault)
}

/// Returns the task that an issue becomes.
#[tauri::command]
#[specta::specta]
pub async fn issue_task(engine: State<'_, Opened>, repo: String, number: u32) -> Answer<String> {
    engine.get().await?.issue_task(&repo, number).await.map_err(fault)
}
