//! One answer of the model, asked for again where that may help.

use super::Life;
use super::turns::Run;
use crate::EngineError;
use anchorhold_domain::{EventKind, ModelChoice, Signal};
use anchorhold_model::{Answer, CallRequest, Conversation, Delta, ErrorClass, Model, ModelError, ModelInfo};
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

/// The model that a run asks at present.
pub(super) struct Voice {
    pub(super) model: Box<dyn Model>,
    pub(super) choice: ModelChoice,
    pub(super) info: ModelInfo,
}

/// A model that is being prepared by a task of its own.
pub(super) type OpeningVoice = JoinHandle<Result<Voice, EngineError>>;

/// What a request came to.
pub(super) enum Reply {
    /// The model answered.
    Answer(Answer),
    /// The user stopped the agent.
    Stopped,
    /// The user broke the answer off to be heard; this is what had come of its text.
    Interrupted(String),
    /// The agent was held, and the log says why.
    Held,
    /// The conversation is longer than the model can read.
    TooLong(ModelError),
}

/// How asking for the next answer ended.
pub(super) enum Asked {
    /// With an answer, which is in the log.
    Answered,
    /// With something new in the log; it is to be asked again.
    Again,
    /// The user stopped the agent.
    Stopped,
    /// The agent was held, and the log says why.
    Held,
}

impl Life {
    /// Begins to prepare the model: its key may have to be asked for, and certificates be read.
    pub(super) fn open_voice(&self) -> OpeningVoice {
        let (shared, choice) = (Arc::clone(&self.shared), self.agent().model.clone());
        self.shared.tasks.spawn(async move {
            let model = shared.model(&choice).await?;
            let info = shared.model_info(&choice);
            Ok(Voice { model, choice, info })
        })
    }

    /// Asks the model and writes its answer down.
    pub(super) async fn ask_model(&self, run: &mut Run) -> Result<Asked, EngineError> {
        let request = self.agent().requests.saturating_add(1);
        let began = Instant::now();
        let answer = match self.answer_to(&mut run.voice, run.history.conversation(), request).await? {
            Reply::Answer(answer) => answer,
            Reply::Stopped => return Ok(Asked::Stopped),
            Reply::Held => return Ok(Asked::Held),
            Reply::Interrupted(text) => {
                let interrupted = EventKind::ModelInterrupted { request, text };
                self.resident.log.append(vec![interrupted]).await?;
                return Ok(Asked::Again);
            }
            Reply::TooLong(error) => return self.learn_limit(run, &error).await,
        };
        let duration_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        let events = self.resident.log.append(events(run, request, answer, duration_ms)).await?.events;
        for event in events.iter() {
            run.history.take(event, None);
        }
        Ok(Asked::Answered)
    }

    /// Asks for one answer to a conversation, again where that may help. Every request of a run goes
    /// through here.
    pub(super) async fn answer_to(
        &self,
        voice: &mut Voice,
        conversation: &Conversation,
        request: u32,
    ) -> Result<Reply, EngineError> {
        let mut attempt = 1;
        loop {
            self.hub().signal(Signal::ModelRequested { request });
            let Some(result) = self.answer_once(voice, conversation).await else { return Ok(Reply::Stopped) };
            let error = match result {
                Ok(answer) => return Ok(Reply::Answer(answer)),
                Err(error) => error,
            };
            if error.class == ErrorClass::ContextLength {
                return Ok(Reply::TooLong(error));
            }
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
                () = self.wishes.stop.cancelled() => return Ok(Reply::Stopped),
            }
        }
    }

    /// Makes one request, passing on the pieces as they come; `None` where it was stopped.
    async fn answer_once(
        &self,
        voice: &Voice,
        conversation: &Conversation,
    ) -> Option<Result<Answer, ModelError>> {
        let (sender, mut deltas) = mpsc::channel(DELTAS);
        let answer = voice.model.answer(conversation, &sender);
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
    let cost = run.voice.info.price.as_ref().map(|price| price.cost(&answer.usage));
    let mut events = vec![EventKind::ModelAnswered {
        request,
        text: answer.text,
        reasoning: answer.reasoning,
        replay: answer.replay,
        usage: answer.usage,
        cost,
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
