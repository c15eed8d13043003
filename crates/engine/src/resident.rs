//! One agent in this process: its log, and the work that is going on for it.

use crate::delivery::Heard;
use crate::log::Log;
use crate::pushing::Pushes;
use anchorhold_domain::Fault;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// An agent that somebody looked at or that is at work.
#[derive(Debug)]
pub(crate) struct Resident {
    pub(crate) log: Log,
    /// The work going on, at most one at a time.
    pub(crate) work: Mutex<Option<Work>>,
    /// The pushes going on, those included whose commits are only being made.
    pub(crate) pushes: Arc<Pushes>,
    /// How many tasks are at work, those that only tidy up included.
    pub(crate) tasks: watch::Sender<u32>,
    /// What came back for its pull request. Held while more is written down or taken, so that nothing is
    /// twice.
    pub(crate) feedback: Mutex<Heard>,
    /// Held while GitHub is asked what came back.
    pub(crate) looking: Mutex<()>,
    /// Why the end of the last work is not in the log, set by that work where the log takes no more.
    pub(crate) unwritten: watch::Sender<Option<Fault>>,
}

/// A task that works for an agent.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) wishes: Wishes,
    pub(crate) task: JoinHandle<()>,
}

/// What the user wants of the work going on.
#[derive(Clone, Debug)]
pub(crate) struct Wishes {
    /// Ends it at once: because the user says so, or because the engine closes.
    pub(crate) stop: CancellationToken,
    stopped: CancellationToken,
    pause: CancellationToken,
}

impl Resident {
    pub(crate) fn new(log: Log) -> Self {
        Self {
            log,
            work: Mutex::new(None),
            pushes: Arc::default(),
            tasks: watch::Sender::new(0),
            feedback: Mutex::default(),
            looking: Mutex::default(),
            unwritten: watch::Sender::new(None),
        }
    }

    /// Whether anybody works for the agent. Where its log says so and nobody does, the end of the last work
    /// could not be written down.
    pub(crate) fn is_at_work(&self) -> bool {
        *self.tasks.borrow() > 0
    }

    /// Counts a task until the guard is dropped.
    pub(crate) fn at_work(self: &Arc<Self>) -> AtWork {
        self.tasks.send_modify(|count| *count = count.saturating_add(1));
        AtWork(Arc::clone(self))
    }
}

/// A task that is counted.
#[derive(Debug)]
pub(crate) struct AtWork(Arc<Resident>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.tasks.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl Wishes {
    pub(crate) fn new(shutdown: &CancellationToken) -> Self {
        let token = CancellationToken::new;
        Self { stop: shutdown.child_token(), stopped: token(), pause: token() }
    }

    /// Ends it at once because the user says so.
    pub(crate) fn stop(&self) {
        self.stopped.cancel();
        self.stop.cancel();
    }

    pub(crate) fn wants_stop(&self) -> bool {
        self.stopped.is_cancelled()
    }

    /// Asks to hold after the current tool call, or in a wait.
    pub(crate) fn pause(&self) {
        self.pause.cancel();
    }

    pub(crate) fn wants_pause(&self) -> bool {
        self.pause.is_cancelled()
    }

    /// Waits until the agent is to be held.
    pub(crate) async fn paused(&self) {
        self.pause.cancelled().await;
    }
}
