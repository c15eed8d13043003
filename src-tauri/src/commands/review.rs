//! What an agent changed, and what its tools said.

use super::{Answer, fault};
use anchorhold_domain::{AgentId, DiffWindow, FileChange};
use anchorhold_engine::Engine;
use tauri::State;

/// Returns the files that differ from the base.
#[tauri::command]
#[specta::specta]
pub async fn changes(engine: State<'_, Engine>, id: AgentId) -> Answer<Vec<FileChange>> {
    engine.changes(id).await.map_err(fault)
}

/// Returns some rows of a file's difference.
#[tauri::command]
#[specta::specta]
pub async fn diff_rows(
    engine: State<'_, Engine>,
    id: AgentId,
    path: String,
    from: u32,
    count: u32,
) -> Answer<DiffWindow> {
    engine.diff_window(id, &path, from, count).await.map_err(fault)
}

/// Returns a tool call's whole result.
#[tauri::command]
#[specta::specta]
pub async fn tool_result(engine: State<'_, Engine>, hash: String) -> Answer<String> {
    engine.result(&hash).await.map_err(fault)
}
