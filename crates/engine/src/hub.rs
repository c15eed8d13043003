//! Who listens to an agent, and to the list of all.

use anchorhold_domain::{Agent, Event, Signal};
use std::sync::Arc;
use tokio::sync::broadcast;

/// How far a listener may fall behind before it reads the log again instead.
const BACKLOG: usize = 1024;

/// One message to those who watch an agent.
#[derive(Clone, Debug)]
pub(crate) enum Broadcast {
    /// Events that the store has committed, and the agent after them.
    Events(Arc<Vec<Event>>, Arc<Agent>),
    /// A signal, not kept.
    Signal(Arc<Signal>),
}

/// The listeners of one agent.
#[derive(Clone, Debug)]
pub(crate) struct Hub {
    sender: broadcast::Sender<Broadcast>,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::Sender::new(BACKLOG) }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Broadcast> {
        self.sender.subscribe()
    }

    /// Sends to whoever listens; that nobody does is no failure.
    pub(crate) fn send(&self, message: Broadcast) {
        let _ = self.sender.send(message);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.send(Broadcast::Signal(Arc::new(signal)));
    }
}
