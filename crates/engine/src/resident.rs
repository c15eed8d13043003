//! One agent in this process: its log, and the work that is going on for it.

use crate::log::Log;
use anchorhold_domain::Fault;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// An agent that somebody looked at or that is at work.
#[derive(Debug)]
pub(crate) struct Resident {
    pub(crate) log: Log,
    /// The work going on, at most one at a time.
    pub(crate) work: Mutex<Option<Work>>,
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
    /// Ends it at once.
    pub(crate) stop: CancellationToken,
    pause: CancellationToken,
}

impl Resident {
    pub(crate) fn new(log: Log) -> Self {
        Self { log, work: Mutex::new(None), unwritten: watch::Sender::new(None) }
    }
}

impl Wishes {
    pub(crate) fn new(shutdown: &CancellationToken) -> Self {
        Self { stop: shutdown.child_token(), pause: CancellationToken::new() }
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
