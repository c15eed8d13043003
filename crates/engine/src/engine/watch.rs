//! Following an agent and the list of all, from any point and without a gap.

use super::Engine;
use crate::EngineError;
use crate::hub::Broadcast;
use crate::log::Log;
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
/// How many characters of a task the list is sent with.
const TASK_SHOWN: usize = 200;

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

    /// Follows the list of agents: all of them now, and again after each change, of long tasks the beginning
    /// alone. It ends where the list cannot be read, so that nobody takes an old one for the present.
    #[must_use]
    pub fn watch_agents(&self) -> mpsc::Receiver<Vec<Agent>> {
        let (sender, receiver) = mpsc::channel(1);
        let mut changed = self.shared.changed.subscribe();
        let engine = self.clone();
        let shutdown = self.shared.shutdown.clone();
        self.shared.tasks.spawn(async move {
            loop {
                match engine.agents().await {
                    Ok(mut agents) => {
                        agents.iter_mut().for_each(cut_task);
                        if sender.send(agents).await.is_err() {
                            return;
                        }
                    }
                    Err(error) => {
                        tracing::error!(error = error.message(), "the list of agents cannot be read");
                        return;
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

/// A list is sent several times a second, and a task can be as long as a book.
fn cut_task(agent: &mut Agent) {
    if let Some((end, _)) = agent.task.char_indices().nth(TASK_SHOWN) {
        agent.task.truncate(end);
    }
}

async fn follow(
    resident: &Resident,
    mut after: u32,
    mut live: broadcast::Receiver<Broadcast>,
    sender: &mpsc::Sender<Update>,
) {
    if !catch_up(&resident.log, &mut after, sender).await {
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
                if !catch_up(&resident.log, &mut after, sender).await {
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
///
/// An agent goes with the events up to its last and no others: ahead of them it would be seen as ended
/// before its last events are, and behind them it would be seen as at work for good. The store may hold
/// more than the log has told by now; that is broadcast in a moment.
async fn catch_up(log: &Log, after: &mut u32, sender: &mpsc::Sender<Update>) -> bool {
    let agent = log.latest();
    loop {
        let mut events = match log.store().events(log.id(), *after, PAGE).await {
            Ok(events) => events,
            Err(error) => {
                tracing::error!(agent = %log.id(), error = EngineError::from(error).message(), "the log cannot be read");
                return false;
            }
        };
        let short = events.len() < PAGE as usize;
        events.retain(|event| event.seq <= agent.last_seq);
        *after = events.last().map_or(*after, |last| last.seq);
        let live = short || *after >= agent.last_seq;
        let update = Update::Events { events, agent: Box::new(Agent::clone(&agent)), live };
        if sender.send(update).await.is_err() {
            return false;
        }
        if live {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::{Log, catch_up};
    use crate::log::tests::{log, note};
    use crate::{Config, Engine};
    use anchorhold_domain::{Timestamp, Update};
    use std::sync::Arc;
    use tokio::sync::mpsc;

    /// What a watcher is told first: the number of the last event, and the agent's own.
    async fn caught_up(log: &Log) -> (u32, u32) {
        let (sender, mut told) = mpsc::channel(8);
        let mut after = 0;
        assert!(catch_up(log, &mut after, &sender).await);
        match told.recv().await {
            Some(Update::Events { events, agent, live: true }) => {
                assert_eq!(events.last().map(|event| event.seq), Some(after));
                (after, agent.last_seq)
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn what_the_store_has_and_the_log_has_not_told_yet_is_left_to_the_broadcast() {
        let (log, _place) = log().await;
        log.append(note("told")).await.unwrap();
        log.store().append(&log.latest(), note("not told yet"), Timestamp(3)).await.unwrap();
        assert_eq!(caught_up(&log).await, (2, 2));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_agent_is_never_told_without_its_last_event_nor_the_other_way_about() {
        let (log, _place) = log().await;
        let log = Arc::new(log);
        let writer = Arc::clone(&log);
        let writing = tokio::spawn(async move {
            for _ in 0..400 {
                writer.append(note("on")).await.unwrap();
            }
        });
        while !writing.is_finished() {
            let (event, agent) = caught_up(&log).await;
            assert_eq!(event, agent);
        }
        writing.await.unwrap();
        assert_eq!(caught_up(&log).await, (401, 401));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_list_that_cannot_be_read_any_more_ends_rather_than_stand_still() {
        let place = tempfile::tempdir().unwrap();
        let engine = Engine::open(Config::new(place.path().join("home"), "a test")).await.unwrap();
        let mut list = engine.watch_agents();
        assert_eq!(list.recv().await, Some(Vec::new()));
        engine.shared.store.close().await;
        engine.shared.changed.send_modify(|_| ());
        assert_eq!(list.recv().await, None);
    }
}
