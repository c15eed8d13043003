//! Following an agent and the list of all, from any point and without a gap.

use super::Engine;
use crate::EngineError;
use crate::hub::Broadcast;
use crate::resident::Resident;
use anchorhold_domain::{Agent, AgentId, Signal, Update};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};

/// How many events a watcher gets at once while it catches up.
const PAGE: u32 = 500;
/// How many batches may wait for a slow watcher.
const BATCHES: usize = 16;
/// How long the list gathers changes before it is sent again.
const LIST_STEP: Duration = Duration::from_millis(100);

impl Engine {
    /// Follows an agent: every event after `after_seq`, in order, then what happens from now on.
    ///
    /// Reload, a second window and recovery are this one path. A watcher that falls far behind is
    /// served from the log again, so it misses signals but never an event.
    ///
    /// # Errors
    /// Where there is no such agent.
    pub async fn watch(&self, id: AgentId, after_seq: u32) -> Result<mpsc::Receiver<Update>, EngineError> {
        let resident = self.resident(id).await?;
        let (sender, receiver) = mpsc::channel(BATCHES);
        let shutdown = self.shared.shutdown.clone();
        // Subscribed before the log is read, so that nothing falls in between.
        let live = resident.log.hub().subscribe();
        self.shared.tasks.spawn(async move {
            tokio::select! {
                () = follow(&resident, after_seq, live, &sender) => {}
                () = sender.closed() => {}
                () = shutdown.cancelled() => {}
            }
        });
        Ok(receiver)
    }

    /// Follows the list of agents: all of them now, and again after each change.
    #[must_use]
    pub fn watch_agents(&self) -> mpsc::Receiver<Vec<Agent>> {
        let (sender, receiver) = mpsc::channel(1);
        let mut changed = self.shared.changed.subscribe();
        let engine = self.clone();
        let shutdown = self.shared.shutdown.clone();
        self.shared.tasks.spawn(async move {
            loop {
                match engine.agents().await {
                    Ok(agents) => {
                        if sender.send(agents).await.is_err() {
                            return;
                        }
                    }
                    Err(error) => {
                        tracing::error!(error = error.message(), "the list of agents cannot be read")
                    }
                }
                tokio::select! {
                    next = changed.changed() => if next.is_err() { return },
                    () = sender.closed() => return,
                    () = shutdown.cancelled() => return,
                }
                tokio::time::sleep(LIST_STEP).await;
            }
        });
        receiver
    }

    /// Waits until an agent fulfils a condition.
    ///
    /// # Errors
    /// Where there is no such agent.
    pub async fn wait_for(
        &self,
        id: AgentId,
        condition: impl FnMut(&Arc<Agent>) -> bool,
    ) -> Result<Arc<Agent>, EngineError> {
        let mut latest = self.resident(id).await?.log.subscribe();
        let found =
            latest.wait_for(condition).await.map_err(|_| EngineError::UnknownAgent(id.to_string()))?;
        Ok(Arc::clone(&found))
    }
}

async fn follow(
    resident: &Resident,
    mut after: u32,
    mut live: broadcast::Receiver<Broadcast>,
    sender: &mpsc::Sender<Update>,
) {
    if !catch_up(resident, &mut after, sender).await {
        return;
    }
    let mut unwritten = resident.unwritten.subscribe();
    unwritten.mark_changed();
    loop {
        let received = tokio::select! {
            // What is in the log is told before what is not.
            biased;
            received = live.recv() => received,
            Ok(()) = unwritten.changed() => {
                let fault = unwritten.borrow_and_update().clone();
                let Some(fault) = fault else { continue };
                Ok(Broadcast::Signal(Arc::new(Signal::Unwritten { fault })))
            }
        };
        let update = match received {
            Ok(Broadcast::Signal(signal)) => Update::Signal { signal: (*signal).clone() },
            Ok(Broadcast::Events(events, agent)) => {
                let events: Vec<_> = events.iter().filter(|event| event.seq > after).cloned().collect();
                let Some(last) = events.last() else { continue };
                after = last.seq;
                Update::Events { events, agent: Box::new(Agent::clone(&agent)), live: true }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {
                if !catch_up(resident, &mut after, sender).await {
                    return;
                }
                continue;
            }
            Err(broadcast::error::RecvError::Closed) => return,
        };
        if sender.send(update).await.is_err() {
            return;
        }
    }
}

/// Sends what the log holds after `after`; `false` where the watcher is gone.
async fn catch_up(resident: &Resident, after: &mut u32, sender: &mpsc::Sender<Update>) -> bool {
    loop {
        let page = match resident.log.store().events(resident.log.id(), *after, PAGE).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(agent = %resident.log.id(), error = EngineError::from(error).message(), "the log cannot be read");
                return false;
            }
        };
        let live = page.len() < PAGE as usize;
        if let Some(last) = page.last() {
            *after = last.seq;
        }
        let agent = Box::new(Agent::clone(&resident.log.latest()));
        if sender.send(Update::Events { events: page, agent, live }).await.is_err() {
            return false;
        }
        if live {
            return true;
        }
    }
}
