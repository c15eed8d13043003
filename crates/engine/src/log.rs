//! The one way by which something happens to an agent: it is appended to its log.

use crate::EngineError;
use crate::alarm::Alarm;
use crate::hub::{Broadcast, Hub};
use crate::ledger::Ledger;
use anchorhold_domain::{Agent, AgentId, Event, EventKind, Instruction, InstructionQueue, Timestamp};
use anchorhold_store::{Blob, Store};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

/// An agent's log, open for appending.
#[derive(Debug)]
pub(crate) struct Log {
    store: Store,
    clock: fn() -> Timestamp,
    head: Arc<Mutex<Head>>,
    listeners: Listeners,
}

/// The end of the log: what the next append builds on.
#[derive(Debug)]
struct Head {
    agent: Agent,
    queue: InstructionQueue,
    /// What was appended last, first to last.
    lately: VecDeque<Arc<Vec<Event>>>,
}

/// How many appends are remembered for those who read on: more than a turn makes.
const LATELY: usize = 16;

/// What is appended at once.
struct Entry {
    kinds: Vec<EventKind>,
    belongings: Belongings,
    at: Timestamp,
}

/// What is written with events in one transaction.
#[derive(Default)]
pub(crate) struct Belongings {
    /// The long results that the events name.
    pub results: Vec<Blob>,
    /// The objects of the checkpoint that they name, which git has in no file yet.
    pub objects: Option<Blob>,
}

/// Who hears of an append.
#[derive(Clone, Debug)]
struct Listeners {
    /// The agent after the last append, for those who only look.
    latest: watch::Sender<Arc<Agent>>,
    hub: Hub,
    changed: watch::Sender<u64>,
    /// The number of the last event that broke an answer off for an instruction; 0 for none.
    interrupts: watch::Sender<u32>,
    ledger: Arc<Ledger>,
    alarm: Arc<Alarm>,
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
        alarm: Arc<Alarm>,
    ) -> Result<Self, EngineError> {
        let mut queue = InstructionQueue::default();
        for event in store.all_events(agent.id, 0).await? {
            queue.fold(event.at, &event.kind);
        }
        let latest = watch::Sender::new(Arc::new(agent.clone()));
        let listeners =
            Listeners { latest, hub: Hub::new(), changed, interrupts: watch::Sender::new(0), ledger, alarm };
        Ok(Self {
            store,
            clock,
            head: Arc::new(Mutex::new(Head { agent, queue, lately: VecDeque::new() })),
            listeners,
        })
    }

    /// Appends events.
    ///
    /// Listeners hear of them after the commit, so that nobody sees an event the log could lose.
    pub(crate) async fn append(&self, kinds: Vec<EventKind>) -> Result<Appended, EngineError> {
        self.append_if(|_, _| Ok(kinds)).await
    }

    /// Appends events together with what belongs to them, in one transaction.
    pub(crate) async fn append_with(
        &self,
        kinds: Vec<EventKind>,
        belongings: Belongings,
    ) -> Result<Appended, EngineError> {
        self.append_decided(|_, _| Ok(kinds), belongings).await
    }

    /// Appends what `decide` makes of the agent and its waiting instructions; nothing can come in
    /// between.
    ///
    /// What was decided is written even where the caller is dropped meanwhile: a run can be cut off
    /// anywhere, and the head must never fall behind the store.
    pub(crate) async fn append_if(
        &self,
        decide: impl FnOnce(&Agent, &[Instruction]) -> Result<Vec<EventKind>, EngineError>,
    ) -> Result<Appended, EngineError> {
        self.append_decided(decide, Belongings::default()).await
    }

    async fn append_decided(
        &self,
        decide: impl FnOnce(&Agent, &[Instruction]) -> Result<Vec<EventKind>, EngineError>,
        belongings: Belongings,
    ) -> Result<Appended, EngineError> {
        let head = Arc::clone(&self.head).lock_owned().await;
        let kinds = decide(&head.agent, head.queue.waiting())?;
        if kinds.is_empty() {
            return Ok(Appended { agent: self.latest(), events: Arc::default() });
        }
        let entry = Entry { kinds, belongings, at: (self.clock)() };
        let writing = write(self.store.clone(), head, entry, self.listeners.clone());
        tokio::spawn(writing).await.map_err(|_| EngineError::Panicked { verb: "append to the log" })?
    }

    /// The events after the one with this number; read from the store only where that is long ago.
    pub(crate) async fn after(&self, seq: u32) -> Result<Vec<Event>, EngineError> {
        {
            let head = self.head.lock().await;
            let first = head.lately.front().and_then(|events| events.first());
            if first.is_some_and(|first| first.seq <= seq.saturating_add(1)) {
                let events = head.lately.iter().flat_map(|events| events.iter());
                return Ok(events.filter(|event| event.seq > seq).cloned().collect());
            }
        }
        Ok(self.store.all_events(self.id(), seq).await?)
    }

    /// The instructions that wait, next first.
    pub(crate) async fn waiting(&self) -> Vec<Instruction> {
        self.head.lock().await.queue.waiting().to_vec()
    }

    /// The instruction that waits first, and the last interrupt so far: one that belongs to an instruction
    /// that has left the queue is not counted twice.
    pub(crate) async fn first_waiting(&self) -> (Option<Instruction>, u32) {
        let head = self.head.lock().await;
        (head.queue.waiting().first().cloned(), *self.listeners.interrupts.borrow())
    }

    /// The number of the last event that breaks an answer off, as it changes.
    pub(crate) fn interrupts(&self) -> watch::Receiver<u32> {
        self.listeners.interrupts.subscribe()
    }

    /// The agent after the last append.
    pub(crate) fn latest(&self) -> Arc<Agent> {
        Arc::clone(&self.listeners.latest.borrow())
    }

    pub(crate) fn id(&self) -> AgentId {
        self.listeners.latest.borrow().id
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.listeners.hub
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<Agent>> {
        self.listeners.latest.subscribe()
    }
}

/// Writes events and tells the listeners, holding the head all the while.
async fn write(
    store: Store,
    mut head: OwnedMutexGuard<Head>,
    entry: Entry,
    listeners: Listeners,
) -> Result<Appended, EngineError> {
    let Entry { kinds, belongings: Belongings { results, objects }, at } = entry;
    let (next, events) = store.append_with(&head.agent, kinds, &results, objects.as_ref(), at).await?;
    for event in &events {
        head.queue.fold(event.at, &event.kind);
    }
    listeners.ledger.take(&head.agent, &next, &events);
    listeners.alarm.appended(&head.agent, &next);
    head.agent = next;
    let agent = Arc::new(head.agent.clone());
    let events = Arc::new(events);
    if head.lately.len() == LATELY {
        head.lately.pop_front();
    }
    head.lately.push_back(Arc::clone(&events));
    listeners.latest.send_replace(Arc::clone(&agent));
    listeners.hub.send(Broadcast::Events(Arc::clone(&events), Arc::clone(&agent)));
    listeners.changed.send_modify(|count| *count = count.wrapping_add(1));
    for event in events.iter() {
        if matches!(event.kind, EventKind::InstructionSentNow { interrupt: true, .. }) {
            listeners.interrupts.send_replace(event.seq);
        }
    }
    Ok(Appended { agent, events })
}

#[cfg(test)]
pub(crate) mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{LATELY, Log};
    use crate::alarm::Alarm;
    use crate::ledger::Ledger;
    use anchorhold_domain::{
        Agent, AgentId, Delivery, EventKind, FileRules, InstructionId, Limits, ModelChoice, NewAgent,
        Timestamp,
    };
    use anchorhold_store::Store;
    use futures_util::FutureExt;
    use std::sync::Arc;
    use tempfile::TempDir;
    use tokio::sync::watch;
    use uuid::Uuid;

    /// A new agent, whose repository is nowhere, and how its log begins.
    pub(crate) fn agent() -> (Agent, EventKind) {
        let model = ModelChoice {
            provider: "scripted".to_owned(),
            name: "demo".to_owned(),
            base_url: None,
            wire: None,
            effort: None,
        };
        let new = NewAgent {
            name: "Errand".to_owned(),
            task: "Do it.".to_owned(),
            github_repo: "/nowhere/hello.git".to_owned(),
            source_branch: "main".to_owned(),
            target_branch: "agent/work".to_owned(),
            history_depth: None,
            model,
            fallback: None,
            limits: Limits::default(),
            files: FileRules::default(),
            delivery: Delivery::default(),
        };
        let agent = Agent::new(AgentId(Uuid::now_v7()), new, "local".to_owned(), Timestamp(1));
        let instruction = InstructionId(Uuid::now_v7());
        let created = EventKind::Created { task: agent.task.clone(), instruction, agent: None };
        (agent, created)
    }

    /// The log of an agent that was created and no more, and the folder that it lies in.
    pub(crate) async fn log() -> (Log, TempDir) {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(&place.path().join("log.db")).await.unwrap();
        let (agent, created) = agent();
        store.create(&agent, created, vec![]).await.unwrap();
        let changed = watch::Sender::new(0);
        let clock: fn() -> Timestamp = || Timestamp(2);
        let (ledger, alarm) = (Arc::new(Ledger::open(&store, clock).await.unwrap()), Arc::<Alarm>::default());
        (Log::open(store, clock, agent, changed, ledger, alarm).await.unwrap(), place)
    }

    pub(crate) fn note(message: &str) -> Vec<EventKind> {
        vec![EventKind::Noted { message: message.to_owned() }]
    }

    #[tokio::test]
    async fn what_came_lately_is_the_same_from_memory_as_from_the_store() {
        let (log, _place) = log().await;
        for number in 0..LATELY + 5 {
            log.append(note(&format!("{number} a")).into_iter().chain(note("b")).collect()).await.unwrap();
            let last = log.latest().last_seq;
            for seq in 0..=last + 1 {
                let stored = log.store().all_events(log.id(), seq).await.unwrap();
                assert_eq!(log.after(seq).await.unwrap(), stored, "after {seq} of {last}");
            }
        }
    }

    #[tokio::test]
    async fn what_was_decided_is_written_although_nobody_waits_for_it_any_more() {
        let (log, _place) = log().await;
        assert!(log.append(note("cut off")).now_or_never().is_none());
        log.append(note("next")).await.unwrap();
        let events = log.store().all_events(log.id(), 1).await.unwrap();
        let written: Vec<_> = events.into_iter().map(|event| (event.seq, vec![event.kind])).collect();
        assert_eq!(written, [(2, note("cut off")), (3, note("next"))]);
    }
}
