//! The watch over pull requests: GitHub is asked now and then what came back, while somebody's engine is open.
//!
//! It holds the agents of this process whose pull request is open. A pull request that is merged or closed
//! is left alone from then on. Looks are spread a little, so that many agents do not ask at once; where
//! GitHub asks to wait, or does not answer, the next look is later.

use super::pull_request::is_open;
use crate::EngineError;
use crate::engine::{Engine, Shared};
use anchorhold_domain::{Agent, AgentId};
use anchorhold_forge::ForgeError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The longest time between two looks, whatever goes wrong.
const LONGEST: Duration = Duration::from_secs(3600);
/// The longest time between two looks where GitHub does not say when it answers again.
const LONGEST_UNASKED: Duration = Duration::from_secs(900);

/// Who is looked after, and when next.
#[derive(Debug)]
pub(crate) struct Watching {
    every: Duration,
    due: Mutex<HashMap<AgentId, Look>>,
    changed: Notify,
}

/// When an agent is looked after next.
#[derive(Clone, Copy, Debug)]
struct Look {
    at: Instant,
    /// Looks in a row that failed.
    failed: u32,
}

impl Watching {
    pub(crate) fn new(every: Duration) -> Self {
        Self { every, due: Mutex::default(), changed: Notify::new() }
    }

    /// Looks after an agent from now on, or no more, as its pull request is.
    pub(crate) fn set(&self, agent: &Agent) {
        if !is_watched(agent) {
            self.due().remove(&agent.id);
            return;
        }
        let at = Instant::now() + spread(self.every);
        self.due().entry(agent.id).or_insert(Look { at, failed: 0 });
        self.changed.notify_one();
    }

    /// Looks after an agent that is looked after very soon.
    pub(crate) fn soon(&self, agent: &Agent) {
        if let Some(look) = self.due().get_mut(&agent.id) {
            look.at = Instant::now();
        }
        self.changed.notify_one();
    }

    /// Takes a look that succeeded into account, whoever looked.
    pub(crate) fn looked(&self, agent: &Agent) {
        if !is_watched(agent) {
            self.due().remove(&agent.id);
        } else if let Some(look) = self.due().get_mut(&agent.id) {
            *look = Look { at: Instant::now() + spread(self.every), failed: 0 };
        }
    }

    /// Takes a look that failed into account.
    fn failed(&self, id: AgentId, error: &EngineError) {
        if let Some(look) = self.due().get_mut(&id) {
            look.failed = look.failed.saturating_add(1);
            look.at = Instant::now() + wait(self.every, look.failed, error);
        }
    }

    fn next(&self) -> Option<Instant> {
        self.due().values().map(|look| look.at).min()
    }

    /// Those whose time has come; the next look is set for the case that this one never ends.
    fn take_due(&self) -> Vec<AgentId> {
        let now = Instant::now();
        let mut due = self.due();
        let come = due.iter_mut().filter(|(_, look)| look.at <= now);
        come.map(|(id, look)| {
            look.at = now + self.every;
            *id
        })
        .collect()
    }

    fn due(&self) -> MutexGuard<'_, HashMap<AgentId, Look>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks after the agents until `end`.
pub(crate) async fn watch(shared: Weak<Shared>, watching: Arc<Watching>, end: CancellationToken) {
    loop {
        let next = watching.next();
        tokio::select! {
            () = async { match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            } } => {}
            () = watching.changed.notified() => {}
            () = end.cancelled() => return,
        }
        for id in watching.take_due() {
            let Some(shared) = shared.upgrade() else { return };
            let look = Engine::over(shared);
            match end.run_until_cancelled(look.look_for_feedback(id)).await {
                None => return,
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    tracing::info!(agent = %id, error = error.message(), "what came back cannot be looked at");
                    watching.failed(id, &error);
                }
            }
        }
    }
}

fn is_watched(agent: &Agent) -> bool {
    agent.deleted_at.is_none() && agent.pull_request.as_ref().is_some_and(is_open)
}

/// A time and up to a fifth more.
fn spread(every: Duration) -> Duration {
    every.mul_f64(1.0 + fastrand::f64() / 5.0)
}

/// How long to wait after looks that failed.
fn wait(every: Duration, failed: u32, error: &EngineError) -> Duration {
    let doubled = every.saturating_mul(1_u32 << failed.min(10));
    let usual = spread(doubled.min(LONGEST_UNASKED.max(every)));
    let EngineError::Forge(ForgeError::RateLimited { retry_after, resets_at, .. }) = error else {
        return usual;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let until = resets_at.map(|at| Duration::from_secs(at).saturating_sub(now));
    retry_after.or(until).map_or(usual, |asked| spread(asked.min(LONGEST)).max(usual))
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, LONGEST_UNASKED, Watching, wait};
    use crate::EngineError;
    use crate::log::tests::log;
    use anchorhold_domain::{Agent, ChecksState, PullRequest, PullRequestState, Timestamp};
    use anchorhold_forge::ForgeError;
    use std::time::Duration;

    fn pull_request(state: PullRequestState) -> PullRequest {
        PullRequest {
            number: 7,
            url: String::new(),
            title: String::new(),
            state,
            head: String::new(),
            base: String::new(),
            checks: ChecksState::None,
            withheld: vec![],
        }
    }

    #[tokio::test]
    async fn an_agent_is_looked_after_while_it_is_there_and_its_pull_request_is_open() {
        let (log, _place) = log().await;
        let agent = |state| Agent { pull_request: Some(pull_request(state)), ..Agent::clone(&log.latest()) };
        let watching = Watching::new(Duration::ZERO);
        watching.set(&log.latest());
        assert_eq!(watching.take_due(), []);
        let open = agent(PullRequestState::Draft);
        watching.set(&open);
        assert_eq!(watching.take_due(), [open.id]);
        watching.failed(open.id, &EngineError::InstructionEmpty);
        let ended = [
            agent(PullRequestState::Merged),
            agent(PullRequestState::Closed),
            Agent { deleted_at: Some(Timestamp(1)), ..open.clone() },
        ];
        for ended in ended {
            watching.set(&open);
            watching.looked(&ended);
            assert_eq!(watching.next(), None);
        }
    }

    #[test]
    fn a_look_that_failed_is_made_later_and_when_github_says() {
        let limited = |seconds| {
            EngineError::Forge(ForgeError::RateLimited {
                attempt: "look".to_owned(),
                host: "github.com".to_owned(),
                retry_after: Some(Duration::from_secs(seconds)),
                resets_at: None,
            })
        };
        let minute = Duration::from_secs(60);
        let within = |wait: Duration, least: Duration| least <= wait && wait <= least.mul_f64(1.2);
        assert!(within(wait(minute, 1, &EngineError::InstructionEmpty), 2 * minute));
        assert!(within(wait(minute, 30, &EngineError::InstructionEmpty), LONGEST_UNASKED));
        assert!(within(wait(minute, 1, &limited(1_000)), Duration::from_secs(1_000)));
        assert!(within(wait(minute, 1, &limited(1_000_000)), LONGEST));
    }
}
