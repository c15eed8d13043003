//! The conversation as a reading of the log.
//!
//! It is always rebuilt from the log and then kept up to date by the same fold, so that a run that
//! goes on after a pause, a restart or a crash sends the model exactly what it would have sent.

use crate::EngineError;
use anchorhold_domain::{AgentId, EventKind, PauseReason, ToolOutcome};
use anchorhold_model::{CallRequest, Conversation, Message, ToolResult, ToolSpec};
use anchorhold_store::Store;
use std::sync::Arc;

/// What the log says to the model, and what it still owes.
#[derive(Debug)]
pub(crate) struct History {
    conversation: Conversation,
    /// Calls of the last answer that have no result yet, in the model's order.
    open_calls: Vec<CallRequest>,
    /// Whether an instruction is being worked on.
    turn_open: bool,
    /// The last text of the model, which sums a turn up where nothing else does.
    last_text: String,
    /// What the last `finish` said: the summary, and what could not be verified.
    finish: Option<(String, Option<String>)>,
    ending: Ending,
}

/// Whether the user asked for the last answer, which a crash or a provider in trouble does not take back.
#[derive(Debug, Default)]
struct Ending {
    asked: bool,
    /// Whether what held the agent since was none of the user's doing.
    held: bool,
}

impl Ending {
    fn take(&mut self, kind: &EventKind) {
        match kind {
            EventKind::WrapUpRequested => *self = Self { asked: true, held: false },
            EventKind::Paused { reason, .. } => {
                self.held = match reason {
                    PauseReason::Interrupted | PauseReason::Quota | PauseReason::Provider => true,
                    PauseReason::User
                    | PauseReason::Stopped
                    | PauseReason::Question
                    | PauseReason::Limit
                    | PauseReason::Loop => false,
                };
            }
            EventKind::Resumed => self.asked = self.asked && self.held,
            EventKind::LimitsChanged { .. } | EventKind::Completed { .. } => self.asked = false,
            _ => {}
        }
    }
}

impl History {
    /// Starts a conversation that nothing was said in yet.
    pub(crate) fn new(system: String, tools: Arc<[ToolSpec]>) -> Self {
        Self {
            conversation: Conversation { system, messages: Vec::new(), tools },
            open_calls: Vec::new(),
            turn_open: false,
            last_text: String::new(),
            finish: None,
            ending: Ending::default(),
        }
    }

    /// Reads the whole log of an agent.
    pub(crate) async fn read(mut self, store: &Store, id: AgentId) -> Result<Self, EngineError> {
        for event in store.all_events(id, 0).await? {
            let whole = match &event.kind {
                EventKind::ToolFinished { result_blob: Some(hash), .. } => {
                    Some(String::from_utf8_lossy(&store.blob(hash).await?).into_owned())
                }
                _ => None,
            };
            self.take(&event.kind, whole);
        }
        Ok(self)
    }

    /// Takes an event; `whole` is the result of which the event holds only the beginning.
    pub(crate) fn take(&mut self, kind: &EventKind, whole: Option<String>) {
        self.ending.take(kind);
        let messages = &mut self.conversation.messages;
        match kind {
            // The host's own words, which the model has to answer.
            EventKind::LoopNoticed { advice, .. } => {
                self.turn_open = true;
                messages.push(Message::User(advice.clone()));
            }
            EventKind::TurnStarted { text, .. } => {
                self.turn_open = true;
                messages.push(Message::User(text.clone()));
            }
            EventKind::ModelAnswered { text, replay, .. } => {
                self.last_text.clone_from(text);
                // An answer without calls ends the turn; a call that follows opens it again.
                self.turn_open = false;
                messages.push(Message::Assistant {
                    text: text.clone(),
                    calls: Vec::new(),
                    replay: replay.clone(),
                });
            }
            EventKind::ToolRequested { call, tool, arguments, .. } => {
                self.turn_open = true;
                let request =
                    CallRequest { id: call.clone(), tool: tool.clone(), arguments: arguments.clone() };
                if let Some(Message::Assistant { calls, .. }) = messages.last_mut() {
                    calls.push(request.clone());
                }
                self.open_calls.push(request);
            }
            EventKind::ToolFinished { call, result, outcome, .. } => {
                let content = whole.unwrap_or_else(|| result.clone());
                if let Some(request) = self.answer_call(call, content)
                    && request.tool == "finish"
                    && *outcome == ToolOutcome::Ok
                {
                    self.turn_open = false;
                    self.finish = finish(&request.arguments);
                }
            }
            EventKind::QuestionAnswered { call, text } => {
                self.answer_call(call, format!("The user answers: {text}"));
            }
            _ => {}
        }
    }

    /// Puts a result into the one message that holds all results of the answer before.
    fn answer_call(&mut self, call: &str, content: String) -> Option<CallRequest> {
        let place = self.open_calls.iter().position(|open| open.id == call)?;
        let request = self.open_calls.remove(place);
        let result = ToolResult { call: request.id.clone(), tool: request.tool.clone(), content };
        match self.conversation.messages.last_mut() {
            Some(Message::ToolResults(results)) => results.push(result),
            _ => self.conversation.messages.push(Message::ToolResults(vec![result])),
        }
        Some(request)
    }

    /// What to send to the model.
    pub(crate) fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    /// Calls that were requested and have no result, in the model's order.
    pub(crate) fn open_calls(&self) -> &[CallRequest] {
        &self.open_calls
    }

    /// Whether an instruction is being worked on.
    pub(crate) fn turn_open(&self) -> bool {
        self.turn_open
    }

    /// Whether one last answer is all that is left to be asked for.
    pub(crate) fn wrapping_up(&self) -> bool {
        self.ending.asked
    }

    /// What the work came to: the summary, and what could not be verified.
    pub(crate) fn outcome(&self) -> (String, Option<String>) {
        self.finish.clone().unwrap_or_else(|| (self.last_text.clone(), None))
    }
}

/// Reads the arguments of a `finish` call: the summary, and what could not be verified.
pub(crate) fn finish(arguments: &str) -> Option<(String, Option<String>)> {
    let value: serde_json::Value = serde_json::from_str(arguments).ok()?;
    let text = |name: &str| value.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
    Some((text("summary")?, text("unverified").filter(|text| !text.trim().is_empty())))
}
