//! The model of a run, and what becomes of its answers.

use super::Life;
use super::asking::Weight;
use super::turns::Run;
use crate::EngineError;
use crate::engine::{Shared, shown};
use anchorhold_domain::{Agent, Event, EventKind, Fault, ModelChoice};
use anchorhold_model::{Answer, CallRequest, Model, ModelError, ModelInfo};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinHandle;

/// The model that a run asks at present.
pub(super) struct Voice {
    pub(super) model: Box<dyn Model>,
    pub(super) choice: ModelChoice,
    pub(super) info: ModelInfo,
    /// Set while the log does not say yet that this model is asked: why another is not any more.
    pub(super) untold: Option<Option<Fault>>,
}

/// A model that is being prepared by a task of its own; a fault where no model can be, which the user can
/// mend: a keychain that does not open, an address that is no longer allowed.
pub(super) type OpeningVoice = JoinHandle<Result<Result<Voice, Fault>, EngineError>>;

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
    /// Another model is to be asked from now on, with a window and a price of its own; nothing was sent to it.
    Changed,
}

/// How asking for the next answer ended.
pub(super) enum Asked {
    /// With an answer, which is in the log.
    Answered,
    /// With something new in the log; limits and room are to be looked at, and it is to be asked again.
    Again,
    /// The user stopped the agent.
    Stopped,
    /// The agent was held, and the log says why.
    Held,
}

/// What the log says of a model that was selected.
type Facts = (ModelChoice, Option<u32>, Option<u32>, bool);

impl Voice {
    /// Prepares to ask a model; nothing is sent.
    pub(super) async fn prepare(shared: &Shared, choice: &ModelChoice) -> Result<Self, EngineError> {
        let model = shared.model(choice).await?;
        let info = shared.model_info(choice);
        Ok(Self { model, choice: choice.clone(), info, untold: None })
    }

    fn facts(&self) -> Facts {
        let info = &self.info;
        (self.choice.clone(), info.window, info.output_limit, info.price.is_some())
    }
}

/// The model that an agent's log says is asked, unless the user chose another since.
fn selected(events: &[Event]) -> Option<Facts> {
    events.iter().rev().find_map(|event| match &event.kind {
        EventKind::ModelSelected { model, window, output_limit, priced, .. } => {
            Some(Some((model.clone(), *window, *output_limit, *priced)))
        }
        EventKind::ModelChanged { .. } => Some(None),
        _ => None,
    })?
}

impl Life {
    /// Begins to prepare the model: its key may have to be asked for, and certificates be read. Where that
    /// fails, the one that stands in is prepared.
    pub(super) fn open_voice(&self) -> OpeningVoice {
        let (shared, agent) = (Arc::clone(&self.shared), self.agent());
        self.shared.tasks.spawn(async move {
            let error = match Voice::prepare(&shared, &agent.model).await {
                Ok(mut voice) => {
                    let told = selected(&shared.store.all_events(agent.id, 0).await?);
                    voice.untold = (told != Some(voice.facts())).then_some(None);
                    return Ok(Ok(voice));
                }
                Err(error) => error,
            };
            let Some(other) = &agent.fallback else { return Ok(Err(unprepared(&agent, &error, None))) };
            Ok(match Voice::prepare(&shared, other).await {
                Ok(mut voice) => {
                    voice.untold = Some(Some(error.fault()));
                    Ok(voice)
                }
                Err(second) => Err(unprepared(&agent, &error, Some((other, &second)))),
            })
        })
    }

    /// Asks the model and writes its answer down.
    pub(super) async fn ask_model(&self, run: &mut Run) -> Result<Asked, EngineError> {
        let request = self.agent().requests.saturating_add(1);
        let began = Instant::now();
        let answer =
            match self.answer_to(&mut run.voice, run.history.conversation(), request, Weight::Whole).await? {
                Reply::Answer(answer) => answer,
                Reply::Stopped => return Ok(Asked::Stopped),
                Reply::Held => return Ok(Asked::Held),
                Reply::Interrupted(text) => {
                    let interrupted = EventKind::ModelInterrupted { request, text };
                    let events = self.resident.log.append(vec![interrupted]).await?.events;
                    for event in events.iter() {
                        run.history.take(event, None);
                    }
                    return Ok(Asked::Again);
                }
                Reply::TooLong(error) => return self.learn_limit(run, &error).await,
                Reply::Changed => return Ok(Asked::Again),
            };
        let duration_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        let events = self.resident.log.append(events(run, request, answer, duration_ms)).await?.events;
        for event in events.iter() {
            run.history.take(event, None);
        }
        Ok(Asked::Answered)
    }
}

/// What an agent is held with whose model cannot be prepared, nor the one that stands in, if it has one.
fn unprepared(agent: &Agent, error: &EngineError, other: Option<(&ModelChoice, &EngineError)>) -> Fault {
    let mut message = format!("prepare {}: {}", shown(&agent.model), error.message());
    if let Some((other, error)) = other {
        message.push_str(&format!("; prepare {}: {}", shown(other), error.message()));
    }
    let first = error.hint().unwrap_or_else(|| "look at what this says".to_owned());
    let hint = format!("{first}; then resume the agent, or give it another model");
    Fault { code: error.code().to_owned(), message, hint: Some(hint) }
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
