//! One answer of the model, asked for again where that may help.

use super::Life;
use super::turns::Run;
use crate::EngineError;
use anchorhold_domain::{EventKind, Signal};
use anchorhold_model::{Answer, CallRequest, Delta, Model, ModelError};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How often a request is made before the run ends with its error.
const TRIES: u32 = 4;
/// The wait after the first failure; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait that a provider can ask for before the run ends instead.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// Pieces of text that may wait for a slow watcher.
const DELTAS: usize = 64;

/// A model that is being prepared by a task of its own.
pub(super) type OpeningModel = JoinHandle<Result<Box<dyn Model>, EngineError>>;

impl Life {
    /// Begins to prepare the model: its key may have to be asked for, and certificates be read.
    pub(super) fn open_model(&self) -> OpeningModel {
        let (shared, choice) = (Arc::clone(&self.shared), self.agent().model.clone());
        self.shared.tasks.spawn(async move { shared.model(&choice).await })
    }

    /// Asks the model and writes its answer down; `false` where the run was stopped meanwhile.
    pub(super) async fn ask_model(&self, run: &mut Run) -> Result<bool, EngineError> {
        let request = self.agent().requests.saturating_add(1);
        let began = Instant::now();
        let Some(answer) = self.answer(run, request).await? else { return Ok(false) };
        let duration_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        let events = self.resident.log.append(events(run, request, answer, duration_ms)).await?.events;
        for event in events.iter() {
            run.history.take(&event.kind, None);
        }
        Ok(true)
    }

    async fn answer(&self, run: &Run, request: u32) -> Result<Option<Answer>, EngineError> {
        let mut attempt = 1;
        loop {
            self.hub().signal(Signal::ModelRequested { request });
            let Some(result) = self.answer_once(run).await else { return Ok(None) };
            let error = match result {
                Ok(answer) => return Ok(Some(answer)),
                Err(error) => error,
            };
            let wait = error.retry_after.unwrap_or_else(|| backoff(attempt, self.resident.log.now().0));
            if !error.class.is_retryable() || attempt >= TRIES || wait > LONGEST_WAIT {
                return Err(error.into());
            }
            let wait_ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
            let retried =
                EventKind::ModelRetried { attempt, fault: EngineError::from(error).fault(), wait_ms };
            self.resident.log.append(vec![retried]).await?;
            tokio::select! {
                () = tokio::time::sleep(wait) => attempt += 1,
                () = self.wishes.stop.cancelled() => return Ok(None),
            }
        }
    }

    /// Makes one request, passing on the pieces as they come; `None` where it was stopped.
    async fn answer_once(&self, run: &Run) -> Option<Result<Answer, ModelError>> {
        let (sender, mut deltas) = mpsc::channel(DELTAS);
        let answer = run.model.answer(run.history.conversation(), &sender);
        tokio::pin!(answer);
        loop {
            tokio::select! {
                () = self.wishes.stop.cancelled() => return None,
                answer = &mut answer => return Some(answer),
                Some(delta) = deltas.recv() => self.hub().signal(match delta {
                    Delta::Text(text) => Signal::TextDelta { text },
                    Delta::Reasoning(text) => Signal::ReasoningDelta { text },
                    Delta::Call { index, tool, arguments } => Signal::CallDelta { index, tool, arguments },
                }),
            }
        }
    }
}

/// Doubles with each attempt, with up to a quarter added so that agents do not return in step.
fn backoff(attempt: u32, spread: i64) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    let quarter = wait.as_millis() as u64 / 4;
    wait + Duration::from_millis(spread.unsigned_abs() % quarter.max(1))
}

fn events(run: &Run, request: u32, answer: Answer, duration_ms: u32) -> Vec<EventKind> {
    let calls = unique(request, answer.calls);
    let mut events = vec![EventKind::ModelAnswered {
        request,
        text: answer.text,
        reasoning: answer.reasoning,
        replay: answer.replay,
        usage: answer.usage,
        cost: None,
        duration_ms,
    }];
    events.extend(calls.into_iter().map(|call| {
        EventKind::ToolRequested {
            label: run
                .tools
                .iter()
                .find(|tool| tool.name() == call.tool)
                .map_or_else(|| call.tool.clone(), |tool| tool.label(&call.arguments)),
            call: call.id,
            tool: call.tool,
            arguments: call.arguments,
        }
    }));
    events
}

/// Gives calls ids of their own where a server sent none or the same twice.
fn unique(request: u32, calls: Vec<CallRequest>) -> Vec<CallRequest> {
    let mut seen = HashSet::new();
    calls
        .into_iter()
        .enumerate()
        .map(|(index, mut call)| {
            if call.id.is_empty() || !seen.insert(call.id.clone()) {
                call.id = format!("call_{request}_{index}");
                seen.insert(call.id.clone());
            }
            call
        })
        .collect()
}
