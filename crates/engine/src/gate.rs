//! The gate before a provider: agents that share a key share what the provider says about it.
//!
//! Requests go in the order in which they came, and only so many at once. The number follows the
//! provider: it is halved where the provider is too busy, and grows again with what it answers (additive
//! increase, multiplicative decrease, as in TCP). A wait that the provider names for one request holds all
//! of them, and afterwards they begin with one and double, so that they do not come back all at once.
//! Whether a request is made again is decided by who makes it.

use anchorhold_domain::{Fault, ModelChoice};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Requests at once to a provider that has said nothing yet, and to which it can grow.
const REMOTE: (f64, f64) = (32.0, 64.0);
/// The same for a server on the user's own machine, which has one processor for all of them.
const LOCAL: (f64, f64) = (2.0, 2.0);
/// A wait that is too short to be told.
const SHORT: Duration = Duration::from_secs(1);

/// The gates of a process, one for each key.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    gates: Mutex<HashMap<String, Arc<Gate>>>,
}

/// The gate of one key.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    /// How many requests go at once; only whole ones count.
    width: f64,
    /// The width at which growing becomes careful.
    careful_from: f64,
    widest: f64,
    under_way: usize,
    next_ticket: u64,
    waiting: VecDeque<u64>,
    hold: Option<Hold>,
    /// Counts how often the width was cut, so that requests that failed together cut it once.
    cuts: u64,
    holds: u64,
}

/// The provider wants to be left alone.
#[derive(Clone, Debug)]
struct Hold {
    number: u64,
    until: Instant,
    fault: Fault,
}

/// A place before the gate; dropping it gives it up.
#[derive(Debug)]
pub(crate) struct Turn {
    gate: Arc<Gate>,
    ticket: u64,
    told: u64,
}

/// What comes to those who wait.
#[derive(Debug)]
pub(crate) enum Come {
    /// The request may go.
    Pass(Pass),
    /// The provider told somebody else to wait; said once for each time.
    Held { wait: Duration, fault: Fault },
}

/// A request under way; dropping it makes room for the next.
#[derive(Debug)]
pub(crate) struct Pass {
    gate: Arc<Gate>,
    cuts: u64,
}

enum Look {
    Go(u64),
    Held(Hold),
    Wait,
}

impl Gates {
    /// Returns the gate of the key that a model is asked with.
    pub(crate) fn of(&self, choice: &ModelChoice) -> Arc<Gate> {
        // A key is kept for a provider, and at another address for that host.
        let owner = choice.base_url.as_deref().and_then(|address| {
            let url = url::Url::parse(address).ok()?;
            Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
        });
        let key = owner.unwrap_or_else(|| choice.provider.clone());
        let (width, widest) = match choice.provider.as_str() {
            "ollama" | "lmstudio" | "llamacpp" => LOCAL,
            _ => REMOTE,
        };
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(key).or_insert_with(|| Arc::new(Gate::new(width, widest))))
    }
}

impl Gate {
    fn new(width: f64, widest: f64) -> Self {
        let state = State {
            width,
            careful_from: width,
            widest,
            under_way: 0,
            next_ticket: 0,
            waiting: VecDeque::new(),
            hold: None,
            cuts: 0,
            holds: 0,
        };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    /// Takes the last place before the gate.
    pub(crate) fn turn(self: &Arc<Self>) -> Turn {
        let mut state = self.state();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.waiting.push_back(ticket);
        Turn { gate: Arc::clone(self), ticket, told: 0 }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn look(&mut self, ticket: u64, now: Instant) -> Look {
        if let Some(hold) = &self.hold {
            if hold.until > now {
                return Look::Held(hold.clone());
            }
            self.hold = None;
        }
        // The width is at least 1 and far below what a float holds exactly.
        if self.waiting.front() == Some(&ticket) && self.under_way < self.width as usize {
            self.waiting.pop_front();
            self.under_way += 1;
            return Look::Go(self.cuts);
        }
        Look::Wait
    }

    fn succeeded(&mut self) {
        let more = if self.width < self.careful_from { 1.0 } else { 1.0 / self.width };
        self.width = (self.width + more).min(self.widest);
    }

    /// `cuts` is the count at which the failed request went.
    fn limited(&mut self, cuts: u64, wait: Option<Duration>, fault: &Fault, now: Instant) {
        if cuts == self.cuts {
            self.cuts += 1;
            self.careful_from = (self.width / 2.0).max(1.0);
            self.width = if wait.is_some() { 1.0 } else { self.careful_from };
        }
        let Some(until) = wait.and_then(|wait| now.checked_add(wait)) else { return };
        let before = self.hold.as_ref().filter(|hold| hold.until > now);
        if before.is_some_and(|hold| hold.until >= until) {
            return;
        }
        // Requests that failed together say nearly the same, which is told once.
        let number = match before {
            Some(hold) if until - hold.until < SHORT => hold.number,
            Some(_) | None => {
                self.holds += 1;
                self.holds
            }
        };
        self.hold = Some(Hold { number, until, fault: fault.clone() });
    }
}

impl Turn {
    /// Waits for what comes next; nothing is lost where the wait is dropped.
    pub(crate) async fn come(&mut self) -> Come {
        loop {
            let changed = self.gate.changed.notified();
            tokio::pin!(changed);
            // From here on a change is noticed, also one that comes before it is waited for.
            changed.as_mut().enable();
            let now = Instant::now();
            let look = self.gate.state().look(self.ticket, now);
            match look {
                Look::Go(cuts) => {
                    // The next one may find room as well.
                    self.gate.changed.notify_waiters();
                    return Come::Pass(Pass { gate: Arc::clone(&self.gate), cuts });
                }
                Look::Held(hold) => {
                    let wait = hold.until.saturating_duration_since(now);
                    if self.told < hold.number {
                        self.told = hold.number;
                        if wait >= SHORT {
                            return Come::Held { wait, fault: hold.fault };
                        }
                    }
                    tokio::select! {
                        () = changed => {}
                        () = tokio::time::sleep_until(hold.until) => {}
                    }
                }
                Look::Wait => changed.await,
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let ticket = self.ticket;
        self.gate.state().waiting.retain(|waits| *waits != ticket);
        self.gate.changed.notify_waiters();
    }
}

impl Pass {
    /// The provider answered.
    pub(crate) fn succeeded(&self) {
        self.gate.state().succeeded();
    }

    /// The provider was too busy; `wait` is how long it wants to be left alone, where it says so.
    pub(crate) fn limited(&self, wait: Option<Duration>, fault: &Fault) {
        self.gate.state().limited(self.cuts, wait, fault, Instant::now());
        self.gate.changed.notify_waiters();
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.gate.state().under_way -= 1;
        self.gate.changed.notify_waiters();
    }
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Come, Gate, Gates, Pass, Turn};
    use anchorhold_domain::{Fault, ModelChoice};
    use futures_util::FutureExt;
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::time::{Instant, advance, pause};

    fn busy() -> Fault {
        Fault { code: "model_rate_limited".to_owned(), message: String::new(), hint: None }
    }

    fn gate(width: f64) -> Arc<Gate> {
        Arc::new(Gate::new(width, 64.0))
    }

    fn passes(turn: &mut Turn) -> Option<Pass> {
        match turn.come().now_or_never() {
            Some(Come::Pass(pass)) => Some(pass),
            Some(Come::Held { .. }) | None => None,
        }
    }

    /// How many of these may go at once.
    fn go(gate: &Arc<Gate>, count: usize) -> Vec<Pass> {
        (0..count).filter_map(|_| passes(&mut gate.turn())).collect()
    }

    #[tokio::test]
    async fn requests_go_in_order_so_many_at_once_and_one_that_is_given_up_lets_the_next_one_go() {
        let gate = gate(2.0);
        let mut turns: Vec<Turn> = (0..5).map(|_| gate.turn()).collect();
        assert!(passes(&mut turns[1]).is_none(), "the second one goes before the first");
        let first = passes(&mut turns[0]).unwrap();
        let _second = passes(&mut turns[1]).unwrap();
        assert!(passes(&mut turns[2]).is_none());
        drop(first);
        turns.remove(2);
        assert!(passes(&mut turns[3]).is_none(), "the fourth one goes before the third");
        assert!(passes(&mut turns[2]).is_some());
    }

    #[tokio::test]
    async fn a_wait_that_the_provider_names_holds_all_and_is_told_to_each_once() {
        pause();
        let gate = gate(8.0);
        let mut turn = gate.turn();
        let pass = passes(&mut turn).unwrap();
        pass.limited(Some(Duration::from_secs(12)), &busy());
        drop(pass);
        let began = Instant::now();
        for mut turn in [gate.turn(), gate.turn()] {
            let Come::Held { wait, fault } = turn.come().await else { panic!("it is not held") };
            assert_eq!((wait, fault), (Duration::from_secs(12), busy()));
            assert!(turn.come().now_or_never().is_none());
        }
        // One that failed with it says nearly the same, which is no news.
        let mut turn = gate.turn();
        let Come::Held { .. } = turn.come().await else { panic!("it is not held") };
        gate.state().limited(0, Some(Duration::from_millis(12_500)), &busy(), Instant::now());
        assert!(turn.come().now_or_never().is_none());
        gate.state().limited(0, Some(Duration::from_secs(20)), &busy(), Instant::now());
        assert!(matches!(turn.come().now_or_never(), Some(Come::Held { .. })));
        drop(turn);
        let mut turn = gate.turn();
        turn.come().await;
        let Come::Pass(_) = turn.come().await else { panic!("it is told twice") };
        // The timer counts in milliseconds and rounds up.
        assert_eq!(began.elapsed().as_secs(), 20);
    }

    #[tokio::test]
    async fn after_a_wait_they_come_back_gently_and_grow_to_half_of_what_was_too_much() {
        pause();
        let gate = gate(16.0);
        let passes = go(&gate, 20);
        assert_eq!(passes.len(), 16);
        // All of them are refused, which counts once.
        passes.iter().for_each(|pass| pass.limited(Some(Duration::from_secs(2)), &busy()));
        drop(passes);
        assert_eq!(go(&gate, 20).len(), 0);
        advance(Duration::from_millis(2_001)).await;
        let mut widths = Vec::new();
        for _ in 0..6 {
            let passes = go(&gate, 20);
            widths.push(passes.len());
            passes.iter().for_each(Pass::succeeded);
        }
        assert_eq!(widths, [1, 2, 4, 8, 8, 9]);
    }

    #[tokio::test]
    async fn a_provider_that_names_no_wait_gets_half_as_many_and_never_none() {
        let gate = gate(4.0);
        for expected in [4, 2, 1, 1] {
            let passes = go(&gate, 20);
            assert_eq!(passes.len(), expected);
            passes.iter().for_each(|pass| pass.limited(None, &busy()));
        }
    }

    #[tokio::test]
    async fn one_key_has_one_gate_and_a_server_of_the_users_own_a_narrow_one() {
        let gates = Gates::default();
        let of = |provider: &str, name: &str, base_url: Option<&str>| {
            gates.of(&ModelChoice {
                provider: provider.to_owned(),
                name: name.to_owned(),
                base_url: base_url.map(str::to_owned),
                wire: None,
                effort: None,
            })
        };
        assert!(Arc::ptr_eq(&of("openai", "small", None), &of("openai", "large", None)));
        assert!(!Arc::ptr_eq(&of("openai", "small", None), &of("anthropic", "small", None)));
        assert!(!Arc::ptr_eq(&of("openai", "small", None), &of("openai", "small", Some("http://a:1/v1"))));
        assert_eq!(go(&of("ollama", "small", None), 20).len(), 2);
        assert_eq!(go(&of("openai", "small", None), 20).len(), 20);
    }
}
