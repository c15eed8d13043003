//! What an agent changed, and what its tools said.

use super::{Answer, fault};
use crate::opened::Opened;
use anchorhold_domain::{AgentId, DiffWindow, FileChange};
use tauri::State;

/// Returns the files that differ from the base.
#[tauri::command]
#[specta::specta]
pub async fn changes(engine: State<'_, Opened>, id: AgentId) -> Answer<Vec<FileChange>> {
    engine.get().await?.changes(id).await.map_err(fault)
}

/// Returns some rows of a file's difference.
#[tauri::command]
#[specta::specta]
pub async fn diff_rows(
    engine: State<'_, Opened>,
    id: AgentId,
    path: String,
    from: u32,
    count: u32,
) -> Answer<DiffWindow> {
    engine.get().await?.diff_window(id, &path, from, count).await.map_err(fault)
}

/// Returns a tool call's whole result.
#[tauri::command]
#[specta::specta]
pub async fn tool_result(engine: State<'_, Opened>, hash: String) -> Answer<String> {
    engine.get().await?.result(&hash).await.map_err(fault)
}
