//! What can be chosen, and whether an agent can run.

use super::{Answer, fault};
use anchorhold_domain::Branches;
use anchorhold_engine::{Engine, EngineStatus, ModelOption};
use tauri::State;

/// Asks a repository for its branches.
#[tauri::command]
#[specta::specta]
pub async fn branches(engine: State<'_, Engine>, repo: String) -> Answer<Branches> {
    engine.branches(&repo).await.map_err(fault)
}

/// Asks the container engine whether it is there.
#[tauri::command]
#[specta::specta]
pub async fn engine_status(engine: State<'_, Engine>) -> Answer<EngineStatus> {
    Ok(engine.status().await)
}

/// Returns the models that can be chosen.
#[tauri::command]
#[specta::specta]
pub async fn models(engine: State<'_, Engine>) -> Answer<Vec<ModelOption>> {
    Ok(engine.models())
}
