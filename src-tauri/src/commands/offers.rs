//! What can be chosen, and whether an agent can run.

use super::{Answer, fault};
use crate::opened::Opened;
use anchorhold_domain::Branches;
use anchorhold_engine::{EngineStatus, ModelOption};
use tauri::State;

/// Asks a repository for its branches.
#[tauri::command]
#[specta::specta]
pub async fn branches(engine: State<'_, Opened>, repo: String) -> Answer<Branches> {
    engine.get().await?.branches(&repo).await.map_err(fault)
}

/// Asks the container engine whether it is there.
#[tauri::command]
#[specta::specta]
pub async fn engine_status(engine: State<'_, Opened>) -> Answer<EngineStatus> {
    Ok(engine.get().await?.status().await)
}

/// Returns the models that can be chosen.
#[tauri::command]
#[specta::specta]
pub async fn models(engine: State<'_, Opened>) -> Answer<Vec<ModelOption>> {
    Ok(engine.get().await?.models())
}
