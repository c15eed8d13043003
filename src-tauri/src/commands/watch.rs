//! Following what happens.

use super::{Answer, fault};
use crate::mailbox::Mailbox;
use crate::opened::Opened;
use crate::watches::{Followed, Watches};
use anchorhold_domain::{Agent, AgentId, SignInProgress, Update};
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

/// Tells how sign-ins end by a link that none of the page's own waits for; returns the watch's number. Those
/// that ended before the page listened come first.
#[tauri::command]
#[specta::specta]
pub async fn watch_sign_ins(
    watches: State<'_, Watches>,
    ended: State<'_, Mailbox<SignInProgress>>,
    channel: Channel<SignInProgress>,
) -> Answer<u32> {
    Ok(watches.begin(ended.hear(), channel))
}

/// Tells which agents the program was started once more for; returns the watch's number.
#[tauri::command]
#[specta::specta]
pub async fn watch_visits(
    watches: State<'_, Watches>,
    asked: State<'_, Mailbox<AgentId>>,
    channel: Channel<AgentId>,
) -> Answer<u32> {
    Ok(watches.begin(asked.hear(), channel))
}

/// Ends a watch.
#[tauri::command]
#[specta::specta]
pub async fn unwatch(watches: State<'_, Watches>, watch: u32) -> Answer<()> {
    watches.end(watch);
    Ok(())
}
