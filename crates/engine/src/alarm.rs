//! The alarm: agents that are paused until a time go on by themselves when it comes.
//!
//! It holds what the logs of this process say (`Agent::resumes_at`). Nothing is asked again and again: its
//! task sleeps until the earliest time and is woken by the append that brings an earlier one. Only while
//! somebody waits does it look at the clock now and then, since a suspended machine or a clock that was set
//! makes a long sleep end at the wrong time.

use crate::EngineError;
use crate::engine::{Engine, Shared};
use anchorhold_domain::{Agent, AgentId, Status, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Who goes on by itself, and when.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    due: Mutex<HashMap<AgentId, Timestamp>>,
    changed: Notify,
}

impl Alarm {
    /// Takes an agent as it stands into account.
    pub(crate) fn set(&self, agent: &Agent) {
        let at = due(agent);
        let mut dues = self.due();
        let before = match at {
            Some(at) => dues.insert(agent.id, at),
            None => dues.remove(&agent.id),
        };
        drop(dues);
        if before != at {
            self.changed.notify_one();
        }
    }

    /// Takes an append into account, where it changed when the agent goes on.
    pub(crate) fn appended(&self, before: &Agent, after: &Agent) {
        if due(before) != due(after) {
            self.set(after);
        }
    }

    /// Whether this process lets the agent go on at its time.
    pub(crate) fn holds(&self, id: AgentId) -> bool {
        self.due().contains_key(&id)
    }

    /// Sets an agent's time anew, where resuming it failed.
    fn failed(&self, id: AgentId, error: &EngineError, now: Timestamp) {
        tracing::warn!(agent = %id, error = error.message(), "an agent cannot go on by itself yet");
        self.due().insert(id, Timestamp(now.0.saturating_add(60_000)));
        self.changed.notify_one();
    }

    fn next(&self) -> Option<Timestamp> {
        self.due().values().copied().min()
    }

    fn take_due(&self, now: Timestamp) -> Vec<AgentId> {
        let mut dues = self.due();
        let mut come: Vec<_> = dues.iter().filter(|(_, at)| **at <= now).map(|(id, at)| (*at, *id)).collect();
        come.sort_by_key(|(at, _)| *at);
        for (_, id) in &come {
            dues.remove(id);
        }
        come.into_iter().map(|(_, id)| id).collect()
    }

    fn due(&self) -> MutexGuard<'_, HashMap<AgentId, Timestamp>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When an agent goes on by itself, if it does.
fn due(agent: &Agent) -> Option<Timestamp> {
    agent.resumes_at.filter(|_| agent.status == Status::Paused && agent.deleted_at.is_none())
}

/// Resumes agents whose time has come, until `end`. `look` is the longest sleep while somebody waits.
pub(crate) async fn ring(
    shared: Weak<Shared>,
    alarm: Arc<Alarm>,
    clock: fn() -> Timestamp,
    look: Duration,
    end: CancellationToken,
) {
    loop {
        let until = alarm.next().map(|at| {
            let remaining = u64::try_from(at.0.saturating_sub(clock().0)).unwrap_or(0);
            Duration::from_millis(remaining).min(look)
        });
        tokio::select! {
            () = async { match until {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            } } => {}
            () = alarm.changed.notified() => {}
            () = end.cancelled() => return,
        }
        for id in alarm.take_due(clock()) {
            let Some(shared) = shared.upgrade() else { return };
            let engine = Engine::over(shared);
            match engine.resume_due(id, false).await {
                Ok(true) => {}
                // It waits by itself, so that the others go on, in the order of the line.
                Ok(false) => {
                    let (alarm, end) = (Arc::clone(&alarm), end.clone());
                    engine.shared().tasks.clone().spawn(async move {
                        let resumed = end.run_until_cancelled(engine.resume_due(id, true)).await;
                        if let Some(Err(error)) = resumed {
                            alarm.failed(id, &error, clock());
                        }
                    });
                }
                Err(error) => alarm.failed(id, &error, clock()),
            }
        }
    }
}
