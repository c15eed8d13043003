//! What can be chosen, and whether an agent can run.

use super::{Answer, fault};
use crate::opened::Opened;
use anchorhold_domain::{Branches, ModelChoice};
use anchorhold_engine::{CatalogueInfo, EngineStatus, ModelTest, ProviderOption, forget_secret, keep_secret};
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

/// Returns the providers with their models, and the model servers found on this machine.
#[tauri::command]
#[specta::specta]
pub async fn providers(engine: State<'_, Opened>) -> Answer<Vec<ProviderOption>> {
    engine.get().await?.providers().await.map_err(fault)
}

/// Asks a model for a short answer, and says what is wrong.
#[tauri::command]
#[specta::specta]
pub async fn test_model(engine: State<'_, Opened>, model: ModelChoice) -> Answer<ModelTest> {
    engine.get().await?.test_model(&model).await.map_err(fault)
}

/// Says which price list is in use.
#[tauri::command]
#[specta::specta]
pub async fn catalogue(engine: State<'_, Opened>) -> Answer<CatalogueInfo> {
    Ok(engine.get().await?.catalogue().await)
}

/// Keeps a provider's key in the keychain; `what` is the provider, or the host of a server.
#[tauri::command]
#[specta::specta]
pub async fn keep_key(what: String, key: String) -> Answer<()> {
    keep_secret(&what, &key).await.map_err(fault)
}

/// Forgets a provider's key.
#[tauri::command]
#[specta::specta]
pub async fn forget_key(what: String) -> Answer<()> {
    forget_secret(&what).await.map_err(fault)
}
