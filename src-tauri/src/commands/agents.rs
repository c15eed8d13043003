//! Agents come and go.

use super::{Answer, fault};
use anchorhold_domain::{Agent, AgentId, NewAgent};
use anchorhold_engine::Engine;
use tauri::State;

/// Returns the agents that are not deleted, newest first.
#[tauri::command]
#[specta::specta]
pub async fn agents(engine: State<'_, Engine>) -> Answer<Vec<Agent>> {
    engine.agents().await.map_err(fault)
}

/// Creates an agent.
#[tauri::command]
#[specta::specta]
pub async fn create_agent(engine: State<'_, Engine>, new_agent: NewAgent) -> Answer<Agent> {
    engine.create(new_agent).await.map_err(fault)
}

/// Deletes an agent; its log is kept.
#[tauri::command]
#[specta::specta]
pub async fn delete_agent(engine: State<'_, Engine>, id: AgentId) -> Answer<()> {
    engine.delete(id).await.map(drop).map_err(fault)
}

/// Takes a deletion back.
#[tauri::command]
#[specta::specta]
pub async fn restore_agent(engine: State<'_, Engine>, id: AgentId) -> Answer<()> {
    engine.restore(id).await.map(drop).map_err(fault)
}
