//! A log as a test compares it: one short line for each event.

use anchorhold_domain::{Event, EventKind};
use std::collections::HashMap;

/// Tells a log. The cell is made beside the run, so that the place of its event is left to chance
/// and it is left out. So is the prompt, which stands in front of every first answer.
pub fn story(events: &[Event]) -> Vec<String> {
    let mut tools: HashMap<&str, &str> = HashMap::new();
    let mut lines = Vec::new();
    for event in events {
        lines.push(match &event.kind {
            EventKind::CellOpened { .. } | EventKind::PromptPrepared { .. } => continue,
            EventKind::InstructionQueued { text, .. } => format!("queued: {text}"),
            EventKind::InstructionEdited { text, .. } => format!("reworded: {text}"),
            EventKind::TurnStarted { text, .. } => format!("turn: {text}"),
            EventKind::ModelAnswered { .. } => "answered".to_owned(),
            EventKind::ModelRetried { fault, .. } => format!("retried: {}", fault.code),
            EventKind::ToolRequested { call, tool, .. } => {
                tools.insert(call, tool);
                format!("asked for {tool}")
            }
            EventKind::ToolFinished { call, outcome, .. } => {
                format!("{} {outcome:?}", tools.get(call.as_str()).unwrap_or(&"?"))
            }
            EventKind::QuestionAsked { question, .. } => format!("question: {question}"),
            EventKind::QuestionAnswered { text, .. } => format!("answer: {text}"),
            EventKind::Paused { reason, limit: None, until: None, fault: None } => {
                format!("paused: {reason:?}")
            }
            EventKind::Paused { reason, limit: Some(limit), until: None, fault: None } => {
                format!("paused: {reason:?} {limit:?}")
            }
            EventKind::CloneCancelled { reason } => format!("clone cancelled: {reason:?}"),
            EventKind::Completed { summary, .. } => format!("completed: {summary}"),
            EventKind::Failed { fault } => format!("failed: {}", fault.code),
            EventKind::PushFailed { fault } => format!("push failed: {}", fault.code),
            EventKind::PushCompleted { created, .. } => format!("pushed, created: {created}"),
            EventKind::SlotAwaited { ahead } => format!("waits, ahead: {ahead}"),
            EventKind::Noted { message } => format!("note: {message}"),
            other => other.name().to_owned(),
        });
    }
    lines
}
