//! The queue of instructions.

use super::{Answer, fault};
use crate::opened::Opened;
use anchorhold_domain::{AgentId, InstructionId};
use tauri::State;

/// Queues an instruction; returns its id.
#[tauri::command]
#[specta::specta]
pub async fn instruct(engine: State<'_, Opened>, id: AgentId, text: String) -> Answer<InstructionId> {
    engine.get().await?.instruct(id, &text).await.map(|queued| queued.id).map_err(fault)
}

/// Rewords an instruction that waits.
#[tauri::command]
#[specta::specta]
pub async fn edit_instruction(
    engine: State<'_, Opened>,
    id: AgentId,
    instruction: InstructionId,
    text: String,
) -> Answer<()> {
    engine.get().await?.edit_instruction(id, instruction, &text).await.map(drop).map_err(fault)
}

/// Takes back an instruction that waits.
#[tauri::command]
#[specta::specta]
pub async fn remove_instruction(
    engine: State<'_, Opened>,
    id: AgentId,
    instruction: InstructionId,
) -> Answer<()> {
    engine.get().await?.remove_instruction(id, instruction).await.map(drop).map_err(fault)
}

/// Puts the waiting instructions in another order.
#[tauri::command]
#[specta::specta]
pub async fn reorder_instructions(
    engine: State<'_, Opened>,
    id: AgentId,
    ids: Vec<InstructionId>,
) -> Answer<()> {
    engine.get().await?.reorder_instructions(id, ids).await.map(drop).map_err(fault)
}

/// Lets the model hear a waiting instruction at its next request, or at once.
#[tauri::command]
#[specta::specta]
pub async fn send_now(
    engine: State<'_, Opened>,
    id: AgentId,
    instruction: InstructionId,
    interrupt: bool,
) -> Answer<()> {
    engine.get().await?.send_now(id, instruction, interrupt).await.map(drop).map_err(fault)
}

/// Returns paths that match what was typed behind an `@`.
#[tauri::command]
#[specta::specta]
pub async fn mentionable(engine: State<'_, Opened>, id: AgentId, typed: String) -> Answer<Vec<String>> {
    engine.get().await?.mentionable(id, &typed).await.map_err(fault)
}
