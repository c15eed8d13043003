//! Start, stop, pause, resume, answer, push.

use super::{Answer, fault};
use crate::opened::Opened;
use anchorhold_domain::{AgentId, Limits};
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

/// Pushes what an agent did.
#[tauri::command]
#[specta::specta]
pub async fn push(engine: State<'_, Opened>, id: AgentId) -> Answer<()> {
    engine.get().await?.push(id).await.map(drop).map_err(fault)
}

/// Gives an agent other limits.
#[tauri::command]
#[specta::specta]
pub async fn set_limits(engine: State<'_, Opened>, id: AgentId, limits: Limits) -> Answer<()> {
    engine.get().await?.set_limits(id, limits).await.map(drop).map_err(fault)
}
