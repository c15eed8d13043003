//! The queue of instructions.

use super::{Answer, fault};
use anchorhold_domain::{AgentId, InstructionId};
use anchorhold_engine::Engine;
use tauri::State;

/// Queues an instruction.
#[tauri::command]
#[specta::specta]
pub async fn instruct(engine: State<'_, Engine>, id: AgentId, text: String) -> Answer<()> {
    engine.instruct(id, &text).await.map(drop).map_err(fault)
}

/// Rewords an instruction that waits.
#[tauri::command]
#[specta::specta]
pub async fn edit_instruction(
    engine: State<'_, Engine>,
    id: AgentId,
    instruction: InstructionId,
    text: String,
) -> Answer<()> {
    engine.edit_instruction(id, instruction, &text).await.map(drop).map_err(fault)
}

/// Takes back an instruction that waits.
#[tauri::command]
#[specta::specta]
pub async fn remove_instruction(
    engine: State<'_, Engine>,
    id: AgentId,
    instruction: InstructionId,
) -> Answer<()> {
    engine.remove_instruction(id, instruction).await.map(drop).map_err(fault)
}

/// Puts the waiting instructions in another order.
#[tauri::command]
#[specta::specta]
pub async fn reorder_instructions(
    engine: State<'_, Engine>,
    id: AgentId,
    ids: Vec<InstructionId>,
) -> Answer<()> {
    engine.reorder_instructions(id, ids).await.map(drop).map_err(fault)
}
