//! Agents come and go.

use super::{Answer, fault};
use crate::opened::Opened;
use anchorhold_domain::{Agent, AgentId, NewAgent};
use tauri::State;

/// Returns the agents that are not deleted, newest first.
#[tauri::command]
#[specta::specta]
pub async fn agents(engine: State<'_, Opened>) -> Answer<Vec<Agent>> {
    engine.get().await?.agents().await.map_err(fault)
}

/// Creates an agent.
#[tauri::command]
#[specta::specta]
pub async fn create_agent(engine: State<'_, Opened>, new_agent: NewAgent) -> Answer<Agent> {
    engine.get().await?.create(new_agent).await.map_err(fault)
}

/// Deletes an agent; its log is kept.
#[tauri::command]
#[specta::specta]
pub async fn delete_agent(engine: State<'_, Opened>, id: AgentId) -> Answer<()> {
    engine.get().await?.delete(id).await.map(drop).map_err(fault)
}

/// Takes a deletion back.
#[tauri::command]
#[specta::specta]
pub async fn restore_agent(engine: State<'_, Opened>, id: AgentId) -> Answer<()> {
    engine.get().await?.restore(id).await.map(drop).map_err(fault)
}
