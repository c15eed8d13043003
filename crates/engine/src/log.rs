//! The one way by which something happens to an agent: it is appended to its log.

use crate::EngineError;
use crate::hub::{Broadcast, Hub};
use crate::ledger::Ledger;
use anchorhold_domain::{Agent, AgentId, Event, EventKind, Instruction, InstructionQueue, Timestamp};
use anchorhold_store::Store;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

/// An agent's log, open for appending.
#[derive(Debug)]
pub(crate) struct Log {
    store: Store,
    clock: fn() -> Timestamp,
    head: Mutex<Head>,
    /// The agent after the last append, for those who only look.
    latest: watch::Sender<Arc<Agent>>,
    hub: Hub,
    changed: watch::Sender<u64>,
    ledger: Arc<Ledger>,
}

/// The end of the log: what the next append builds on.
#[derive(Debug)]
struct Head {
    agent: Agent,
    queue: InstructionQueue,
}

/// What an append did.
pub(crate) struct Appended {
    /// The agent after it.
    pub agent: Arc<Agent>,
    /// The events with their numbers and times.
    pub events: Arc<Vec<Event>>,
}

impl Log {
    /// Opens an agent's log, reading it once for the instructions that wait.
    pub(crate) async fn open(
        store: Store,
        clock: fn() -> Timestamp,
        agent: Agent,
        changed: watch::Sender<u64>,
        ledger: Arc<Ledger>,
    ) -> Result<Self, EngineError> {
        let mut queue = InstructionQueue::default();
        for event in store.all_events(agent.id, 0).await? {
            queue.fold(event.at, &event.kind);
        }
        let (latest, _) = watch::channel(Arc::new(agent.clone()));
        let head = Mutex::new(Head { agent, queue });
        Ok(Self { store, clock, head, latest, hub: Hub::new(), changed, ledger })
    }

    /// Appends events.
    ///
    /// Listeners hear of them after the commit, so that nobody sees an event the log could lose.
    pub(crate) async fn append(&self, kinds: Vec<EventKind>) -> Result<Appended, EngineError> {
        self.append_if(|_, _| Ok(kinds)).await
    }

    /// Appends what `decide` makes of the agent and its waiting instructions; nothing can come in
    /// between.
    pub(crate) async fn append_if(
        &self,
        decide: impl FnOnce(&Agent, &[Instruction]) -> Result<Vec<EventKind>, EngineError>,
    ) -> Result<Appended, EngineError> {
        let mut head = self.head.lock().await;
        let kinds = decide(&head.agent, head.queue.waiting())?;
        if kinds.is_empty() {
            return Ok(Appended { agent: self.latest(), events: Arc::default() });
        }
        let (next, events) = self.store.append(&head.agent, kinds, (self.clock)()).await?;
        for event in &events {
            head.queue.fold(event.at, &event.kind);
        }
        self.ledger.take(&head.agent, &next, &events);
        head.agent = next;
        let agent = Arc::new(head.agent.clone());
        let events = Arc::new(events);
        self.latest.send_replace(Arc::clone(&agent));
        self.hub.send(Broadcast::Events(Arc::clone(&events), Arc::clone(&agent)));
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
        Ok(Appended { agent, events })
    }

    /// The instructions that wait, next first.
    pub(crate) async fn waiting(&self) -> Vec<Instruction> {
        self.head.lock().await.queue.waiting().to_vec()
    }

    /// The agent after the last append.
    pub(crate) fn latest(&self) -> Arc<Agent> {
        Arc::clone(&self.latest.borrow())
    }

    pub(crate) fn id(&self) -> AgentId {
        self.latest.borrow().id
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<Agent>> {
        self.latest.subscribe()
    }
}
