//! Following what happens.

use super::{Answer, fault};
use crate::opened::Opened;
use crate::watches::{Followed, Watches};
use anchorhold_domain::{Agent, AgentId, Update};
use tauri::State;
use tauri::ipc::Channel;

/// Follows the list of agents; returns the watch's number.
#[tauri::command]
#[specta::specta]
pub async fn watch_agents(
    engine: State<'_, Opened>,
    watches: State<'_, Watches>,
    channel: Channel<Followed<Vec<Agent>>>,
) -> Answer<u32> {
    let engine = engine.get().await?;
    // A list that cannot be read is refused here, where the page hears why.
    engine.agents().await.map_err(fault)?;
    Ok(watches.follow(engine.watch_agents(), channel))
}

/// Follows an agent after an event; returns the watch's number.
#[tauri::command]
#[specta::specta]
pub async fn watch(
    engine: State<'_, Opened>,
    watches: State<'_, Watches>,
    id: AgentId,
    after_seq: u32,
    channel: Channel<Followed<Update>>,
) -> Answer<u32> {
    Ok(watches.follow(engine.get().await?.watch(id, after_seq).await.map_err(fault)?, channel))
}

/// Ends a watch.
#[tauri::command]
#[specta::specta]
pub async fn unwatch(watches: State<'_, Watches>, watch: u32) -> Answer<()> {
    watches.end(watch);
    Ok(())
}
