//! The conversation as a reading of the log.
//!
//! It is always rebuilt from the log and then kept up to date by the same fold, so that a run that
//! goes on after a pause, a restart or a crash sends the model exactly what it would have sent. What is cut
//! or summed up to make room is in the log as well, and the same everywhere.
//!
//! Every event costs what it adds: nothing here looks at the whole conversation, except where room is made.

mod cut;
mod outline;
#[cfg(test)]
mod overhead;
mod plain;
mod summed;
#[cfg(test)]
mod tests;
mod words;

use crate::EngineError;
use crate::context::{Estimate, Past};
use anchorhold_domain::{AgentId, Event, EventKind, ModelChoice, PauseReason, PlanStep, ToolOutcome};
use anchorhold_model::{CallRequest, Conversation, Message, ToolResult, ToolSpec};
use anchorhold_store::Store;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use words::Said;

/// What the model is told when it is to come to an end.
const WRAP_UP: &str = "The user ends the work here. Your tools are gone and nothing more can be changed. Say in a few \
    sentences what is done, and what is left to do. End with a paragraph that begins with “Not verified:” and \
    names what you could not verify.";
/// What it is told where the user thinks better of it.
const GO_ON: &str = "The user lets you go on after all: your tools are back.";
/// What it is told where the workspace is another one than it left.
const REAPPLIED: &str = "Others had pushed to the target branch. Your changes were put onto their state, so files can \
    differ from what you read and wrote: read a file again before you edit it.";
/// What a message, a call or a result takes beside its text, in bytes.
const AROUND: usize = 20;
/// Stands for an answer without words, which no wire takes back.
const NO_WORDS: &str = "(no words)";

/// What the log says to the model, and what it still owes.
#[derive(Debug)]
pub(crate) struct History {
    conversation: Conversation,
    /// For each message where it comes from.
    marks: Vec<Mark>,
    /// Everything that was said to the model, in its order; messages point into it.
    said: Vec<Said>,
    /// What was said while calls had no result yet; it follows the results.
    held: Vec<Said>,
    /// The size of the whole conversation, in bytes.
    bytes: usize,
    estimate: Estimate,
    past: Past,
    /// The last event that a summary stands for.
    summed: u32,
    /// The last event that was taken.
    last_seq: u32,
    /// Calls of the last answer that have no result yet, in the model's order.
    open_calls: Vec<CallRequest>,
    /// Whether a call of the last answer was refused.
    refused: bool,
    /// Whether an instruction is being worked on.
    turn_open: bool,
    /// The conversation without tools, while the last answer is awaited.
    wrapping_up: Option<Box<Conversation>>,
    /// Whether the last answer was the one that wraps up, whatever it calls.
    wrapped_up: bool,
    /// Whether it was the user who held the agent last, rather than a crash or a provider in trouble.
    held_by_user: bool,
    plan: Vec<PlanStep>,
    /// The smallest window that was told of the model that is asked.
    window: Option<(ModelChoice, u32)>,
    /// The files that were edited.
    edited: BTreeSet<String>,
    /// The last text of the model, which sums a turn up where nothing else does.
    last_text: String,
    /// What the last `finish` said: the summary, and what could not be verified.
    finish: Option<(String, Option<String>)>,
}

/// Where a message comes from.
#[derive(Clone, Debug)]
struct Mark {
    /// Its first event.
    seq: u32,
    /// Its size.
    bytes: usize,
    /// What of `said` it holds.
    said: Range<usize>,
    /// The results that are answers of the user.
    answers: Vec<usize>,
}

impl History {
    /// Starts a conversation that nothing was said in yet.
    pub(crate) fn new(system: String, tools: Arc<[ToolSpec]>) -> Self {
        let specs: usize = tools
            .iter()
            .map(|tool| tool.name.len() + tool.description.len() + tool.schema.to_string().len() + AROUND)
            .sum();
        Self {
            bytes: system.len() + specs,
            conversation: Conversation { system, messages: Vec::new(), tools, cache_key: None },
            marks: Vec::new(),
            said: Vec::new(),
            held: Vec::new(),
            estimate: Estimate::default(),
            past: Past::default(),
            summed: 0,
            last_seq: 0,
            open_calls: Vec::new(),
            refused: false,
            turn_open: false,
            wrapping_up: None,
            wrapped_up: false,
            held_by_user: false,
            plan: Vec::new(),
            window: None,
            edited: BTreeSet::new(),
            last_text: String::new(),
            finish: None,
        }
    }

    /// Names the conversation, so that the provider finds what it has cached of it.
    pub(crate) fn named(mut self, id: AgentId) -> Self {
        self.conversation.cache_key = Some(id.to_string());
        self
    }

    /// Reads the whole log of an agent.
    pub(crate) async fn read(mut self, store: &Store, id: AgentId) -> Result<Self, EngineError> {
        for event in store.all_events(id, 0).await? {
            let whole = match &event.kind {
                EventKind::ToolFinished { result_blob: Some(hash), .. }
                | EventKind::TurnStarted { attached: Some(hash), .. } => {
                    Some(String::from_utf8_lossy(&store.blob(hash).await?).into_owned())
                }
                _ => None,
            };
            self.take(&event, whole);
        }
        Ok(self)
    }

    /// Takes an event; `whole` is the result of which the event holds only the beginning, or the text of
    /// the files that go with an instruction.
    pub(crate) fn take(&mut self, event: &Event, whole: Option<String>) {
        self.last_seq = event.seq;
        match &event.kind {
            EventKind::TurnStarted { instruction, text, shown, .. } => {
                self.turn_open = true;
                // The user wants more than an end.
                self.wrapping_up = None;
                self.wrapped_up = false;
                self.say(Said::instruction(event.seq, *instruction, text, shown, whole));
            }
            EventKind::LoopNoticed { advice, .. } => {
                // An answer that said nothing had ended the turn; the model has to answer this.
                self.turn_open = true;
                self.say(Said::host(event.seq, advice));
            }
            EventKind::WrapUpRequested => {
                self.turn_open = true;
                self.wrapping_up = Some(Box::new(self.plain()));
                self.say(Said::host(event.seq, WRAP_UP));
            }
            EventKind::ModelAnswered { text, replay, usage, .. } => {
                self.estimate.count(self.bytes, usage);
                self.past.in_a_row = 0;
                self.past.last = self.past.last.map(|(freed, answers)| (freed, answers.saturating_add(1)));
                self.last_text.clone_from(text);
                self.refused = false;
                // An answer without calls ends the turn; a call that follows opens it again.
                self.turn_open = false;
                self.wrapped_up = self.wrapping_up.take().is_some();
                if self.wrapped_up {
                    self.finish = None;
                }
                let (text, replay) = (text.clone(), replay.clone());
                self.push(event.seq, Message::Assistant { text, calls: Vec::new(), replay }, 0..0);
                self.estimate.answered(self.bytes);
            }
            EventKind::ToolRequested { call, tool, arguments, .. } => {
                self.turn_open = !self.wrapped_up;
                let request =
                    CallRequest { id: call.clone(), tool: tool.clone(), arguments: arguments.clone() };
                self.open_calls.push(request.clone());
                if let Some(Message::Assistant { calls, .. }) = self.last_mut() {
                    let bytes = call_bytes(&request);
                    calls.push(request);
                    self.grow(bytes);
                }
                self.estimate.answered(self.bytes);
            }
            EventKind::ToolFinished { call, result, outcome, edited, .. } => {
                self.edited.extend(edited.iter().map(|file| file.path.clone()));
                self.refused |= *outcome == ToolOutcome::Refused;
                let content = whole.unwrap_or_else(|| result.clone());
                if let Some(request) = self.answer_call(event.seq, call, content)
                    && request.tool == "finish"
                    && *outcome == ToolOutcome::Ok
                {
                    self.turn_open = false;
                    self.finish = finish(&request.arguments);
                }
                self.say_held();
            }
            EventKind::QuestionAnswered { call, text } => {
                // A `finish` beside the question did not know the answer, which the model has to hear.
                self.turn_open = true;
                self.finish = None;
                self.answered_by_user(event.seq, call, text);
                self.say_held();
            }
            EventKind::ModelSelected { model, window: Some(window), .. } => {
                let before = self.window_of(model).unwrap_or(u32::MAX);
                self.window = Some((model.clone(), before.min(*window)));
            }
            EventKind::Paused { reason, .. } => {
                self.held_by_user = match reason {
                    PauseReason::Interrupted | PauseReason::Quota | PauseReason::Provider => false,
                    PauseReason::User
                    | PauseReason::Stopped
                    | PauseReason::Question
                    | PauseReason::Limit
                    | PauseReason::Loop => true,
                };
            }
            EventKind::Resumed if self.held_by_user => self.go_on_after_all(event.seq),
            EventKind::LimitsChanged { .. } => self.go_on_after_all(event.seq),
            EventKind::Reapplied { .. } => self.say(Said::host(event.seq, REAPPLIED)),
            EventKind::PlanChanged { steps } => self.plan.clone_from(steps),
            EventKind::ResultsShrunk { calls, .. } => self.shrink(calls),
            EventKind::Compacted { through, summary, tokens_before, tokens_after, .. } => {
                self.sum_up(*through, summary);
                self.past.in_a_row += 1;
                self.past.last = Some((tokens_before.saturating_sub(*tokens_after), 0));
            }
            _ => {}
        }
        if self.wrapping_up.is_some() {
            self.wrapping_up = Some(Box::new(self.plain()));
        }
    }

    /// Takes the end back that the user asked for.
    fn go_on_after_all(&mut self, seq: u32) {
        if self.wrapping_up.take().is_some() {
            self.say(Said::host(seq, GO_ON));
        }
    }

    /// Puts a result into the one message that holds all results of the answer before.
    fn answer_call(&mut self, seq: u32, call: &str, content: String) -> Option<CallRequest> {
        let place = self.open_calls.iter().position(|open| open.id == call)?;
        let request = self.open_calls.remove(place);
        let result = ToolResult { call: request.id.clone(), tool: request.tool.clone(), content };
        match self.last_mut() {
            Some(Message::ToolResults(results)) => {
                let bytes = result_bytes(&result);
                results.push(result);
                self.grow(bytes);
            }
            _ => {
                let at = self.said.len();
                self.push(seq, Message::ToolResults(vec![result]), at..at);
            }
        }
        Some(request)
    }

    /// Takes the user's answer to a question, which is the result of the call that asked and stays when
    /// that is summed up.
    fn answered_by_user(&mut self, seq: u32, call: &str, text: &str) {
        let Some(request) = self.answer_call(seq, call, format!("The user answers: {text}")) else { return };
        self.said.push(Said::answer(seq, question(&request.arguments), text));
        let results = match self.conversation.messages.last().map(|last| &**last) {
            Some(Message::ToolResults(results)) => results.len(),
            _ => 0,
        };
        if let Some(mark) = self.marks.last_mut() {
            mark.said.end = self.said.len();
            mark.answers.extend(results.checked_sub(1));
        }
    }

    /// Says something to the model, behind the results that it waits for.
    fn say(&mut self, said: Said) {
        self.held.push(said);
        self.say_held();
    }

    fn say_held(&mut self) {
        if !self.open_calls.is_empty() {
            return;
        }
        for said in std::mem::take(&mut self.held) {
            self.push_said(said);
        }
    }

    /// Adds what is said to the message of the user that is the last, or to a new one: some wires insist on
    /// roles that take turns.
    fn push_said(&mut self, said: Said) {
        if let Some(Message::Assistant { text, calls, replay: None }) = self.last_mut()
            && calls.is_empty()
            && text.trim().is_empty()
        {
            text.replace_range(.., NO_WORDS);
            self.grow(NO_WORDS.len());
        }
        let (seq, at, text) = (said.seq, self.said.len(), said.text());
        self.said.push(said);
        match self.last_mut() {
            Some(Message::User(words)) => {
                words.push_str("\n\n");
                words.push_str(&text);
                if let Some(mark) = self.marks.last_mut() {
                    mark.said.end = at + 1;
                }
                self.grow(text.len() + 2);
            }
            _ => self.push(seq, Message::User(text), at..at + 1),
        }
    }

    fn push(&mut self, seq: u32, message: Message, said: Range<usize>) {
        let bytes = message_bytes(&message);
        self.bytes += bytes;
        self.marks.push(Mark { seq, bytes, said, answers: Vec::new() });
        self.conversation.messages.push(Arc::new(message));
    }

    /// The last message, to be changed.
    fn last_mut(&mut self) -> Option<&mut Message> {
        self.conversation.messages.last_mut().map(Arc::make_mut)
    }

    /// Counts what was added to the last message.
    fn grow(&mut self, bytes: usize) {
        self.bytes += bytes;
        if let Some(mark) = self.marks.last_mut() {
            mark.bytes += bytes;
        }
    }

    /// What to send to the model.
    pub(crate) fn conversation(&self) -> &Conversation {
        self.wrapping_up.as_deref().unwrap_or(&self.conversation)
    }

    /// Calls that were requested and have no result, in the model's order.
    pub(crate) fn open_calls(&self) -> &[CallRequest] {
        &self.open_calls
    }

    /// Whether a call of the last answer was refused, which the model has not heard before it answers again.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    /// Whether an instruction is being worked on.
    pub(crate) fn turn_open(&self) -> bool {
        self.turn_open
    }

    /// Whether the next answer is the last, without tools.
    pub(crate) fn wrapping_up(&self) -> bool {
        self.wrapping_up.is_some()
    }

    /// The smallest window that the log tells of a model, which may have been learned from a refusal.
    pub(crate) fn window_of(&self, model: &ModelChoice) -> Option<u32> {
        self.window.as_ref().filter(|(told, _)| told == model).map(|(_, window)| *window)
    }

    /// What the work came to: the summary, and what could not be verified.
    pub(crate) fn outcome(&self) -> (String, Option<String>) {
        self.finish.clone().unwrap_or_else(|| (self.last_text.clone(), None))
    }
}

/// The size of a message, in bytes.
fn message_bytes(message: &Message) -> usize {
    match message {
        Message::User(text) => text.len() + AROUND,
        Message::Assistant { text, calls, replay } => {
            // A replay holds what is sent beside text and calls, and only their places.
            let replay = replay.as_ref().map_or(0, String::len);
            text.len() + calls.iter().map(call_bytes).sum::<usize>() + replay + AROUND
        }
        Message::ToolResults(results) => results.iter().map(result_bytes).sum::<usize>() + AROUND,
    }
}

fn call_bytes(call: &CallRequest) -> usize {
    call.id.len() + call.tool.len() + call.arguments.len() + AROUND
}

fn result_bytes(result: &ToolResult) -> usize {
    result.call.len() + result.tool.len() + result.content.len() + AROUND
}

/// Reads the arguments of a `finish` call: the summary, and what could not be verified.
pub(crate) fn finish(arguments: &str) -> Option<(String, Option<String>)> {
    let value: serde_json::Value = serde_json::from_str(arguments).ok()?;
    let text = |name: &str| value.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
    Some((text("summary")?, text("unverified").filter(|text| !text.trim().is_empty())))
}

/// Reads the arguments of an `ask_user` call.
fn question(arguments: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(arguments).unwrap_or_default();
    value.get("question").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}
