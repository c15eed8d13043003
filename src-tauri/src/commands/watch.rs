//! Following what happens.

use super::{Answer, fault};
use crate::opened::Opened;
use crate::watches::Watches;
use anchorhold_domain::{Agent, AgentId, Update};
use tauri::State;
use tauri::ipc::Channel;

/// Follows the list of agents; returns the watch's number.
#[tauri::command]
#[specta::specta]
pub async fn watch_agents(
    engine: State<'_, Opened>,
    watches: State<'_, Watches>,
    channel: Channel<Vec<Agent>>,
) -> Answer<u32> {
    Ok(watches.begin(engine.get().await?.watch_agents(), channel))
}

/// Follows an agent after an event; returns the watch's number.
#[tauri::command]
#[specta::specta]
pub async fn watch(
    engine: State<'_, Opened>,
    watches: State<'_, Watches>,
    id: AgentId,
    after_seq: u32,
    channel: Channel<Update>,
) -> Answer<u32> {
    Ok(watches.begin(engine.get().await?.watch(id, after_seq).await.map_err(fault)?, channel))
}

/// Ends a watch.
#[tauri::command]
#[specta::specta]
pub async fn unwatch(watches: State<'_, Watches>, watch: u32) -> Answer<()> {
    watches.end(watch);
    Ok(())
}
