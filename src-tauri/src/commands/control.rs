//! Start, stop, pause, resume, answer, wrap up, and what an agent works with.

use super::{Answer, fault};
use crate::opened::Opened;
use anchorhold_domain::{AgentId, DayUsage, Disclosure, FileRules, Limits, ModelChoice, Settings};
use tauri::State;

/// Starts an agent.
#[tauri::command]
#[specta::specta]
pub async fn start(engine: State<'_, Opened>, id: AgentId) -> Answer<()> {
    engine.get().await?.start(id).await.map(drop).map_err(fault)
}

/// Takes a start back while the agent waits for a slot.
#[tauri::command]
#[specta::specta]
pub async fn cancel_start(engine: State<'_, Opened>, id: AgentId) -> Answer<()> {
    engine.get().await?.stop(id).await.map(drop).map_err(fault)
}

/// Stops an agent at once.
#[tauri::command]
#[specta::specta]
pub async fn stop(engine: State<'_, Opened>, id: AgentId) -> Answer<()> {
    engine.get().await?.stop(id).await.map(drop).map_err(fault)
}

/// Holds an agent after its current tool call.
#[tauri::command]
#[specta::specta]
pub async fn pause(engine: State<'_, Opened>, id: AgentId) -> Answer<()> {
    engine.get().await?.pause(id).await.map(drop).map_err(fault)
}

/// Lets an agent run on.
#[tauri::command]
#[specta::specta]
pub async fn resume(engine: State<'_, Opened>, id: AgentId) -> Answer<()> {
    engine.get().await?.resume(id).await.map(drop).map_err(fault)
}

/// Answers an agent's question.
#[tauri::command]
#[specta::specta]
pub async fn answer(engine: State<'_, Opened>, id: AgentId, text: String) -> Answer<()> {
    engine.get().await?.answer(id, &text).await.map(drop).map_err(fault)
}

/// Gives an agent other limits.
#[tauri::command]
#[specta::specta]
pub async fn set_limits(engine: State<'_, Opened>, id: AgentId, limits: Limits) -> Answer<()> {
    engine.get().await?.set_limits(id, limits).await.map(drop).map_err(fault)
}

/// Gives an agent another model, and one that stands in for it.
#[tauri::command]
#[specta::specta]
pub async fn set_model(
    engine: State<'_, Opened>,
    id: AgentId,
    model: ModelChoice,
    fallback: Option<ModelChoice>,
) -> Answer<()> {
    engine.get().await?.set_model(id, model, fallback).await.map(drop).map_err(fault)
}

/// Gives an agent other rules about files.
#[tauri::command]
#[specta::specta]
pub async fn set_file_rules(engine: State<'_, Opened>, id: AgentId, files: FileRules) -> Answer<()> {
    engine.get().await?.set_file_rules(id, files).await.map(drop).map_err(fault)
}

/// Lets an agent say in one last answer how far it came.
#[tauri::command]
#[specta::specta]
pub async fn wrap_up(engine: State<'_, Opened>, id: AgentId) -> Answer<()> {
    engine.get().await?.wrap_up(id).await.map(drop).map_err(fault)
}

/// Returns which files' text went to which provider.
#[tauri::command]
#[specta::specta]
pub async fn disclosures(engine: State<'_, Opened>, id: AgentId) -> Answer<Vec<Disclosure>> {
    engine.get().await?.disclosures(id).await.map_err(fault)
}

/// Returns what holds for all agents.
#[tauri::command]
#[specta::specta]
pub async fn run_settings(engine: State<'_, Opened>) -> Answer<Settings> {
    engine.get().await?.settings().await.map_err(fault)
}

/// Keeps what holds for all agents.
#[tauri::command]
#[specta::specta]
pub async fn set_run_settings(engine: State<'_, Opened>, settings: Settings) -> Answer<()> {
    engine.get().await?.set_settings(settings).await.map_err(fault)
}

/// Returns what all agents together used today.
#[tauri::command]
#[specta::specta]
pub async fn day_usage(engine: State<'_, Opened>) -> Answer<DayUsage> {
    engine.get().await?.day_usage().await.map_err(fault)
}

/// Returns the file rules that a new agent has unless the user says otherwise.
#[tauri::command]
#[specta::specta]
pub fn usual_file_rules() -> FileRules {
    FileRules::default()
}
