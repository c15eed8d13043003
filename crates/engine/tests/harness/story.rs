//! A log as a test compares it: one short line for each event.

use anchorhold_domain::{Event, EventKind};
use std::collections::HashMap;

/// Tells a log. The cell is made beside the run, so that the place of its event is left to chance
/// and it is left out, as are the prompt and the model that every run begins with.
pub fn story(events: &[Event]) -> Vec<String> {
    let mut tools: HashMap<&str, &str> = HashMap::new();
    let mut lines = Vec::new();
    for event in events {
        lines.push(match &event.kind {
            EventKind::CellOpened { .. }
            | EventKind::PromptPrepared { .. }
            | EventKind::ModelSelected { fault: None, .. } => continue,
            EventKind::ModelSelected { model, fault: Some(fault), .. } => {
                format!("asks {} instead: {}", model.name, fault.code)
            }
            EventKind::InstructionSentNow { interrupt: false, .. } => "sent now".to_owned(),
            EventKind::InstructionSentNow { interrupt: true, .. } => "sent now, at once".to_owned(),
            EventKind::ModelInterrupted { text, .. } => format!("interrupted: {text}"),
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
            EventKind::Paused { reason, limit: Some(limit), .. } => {
                format!("paused: {reason:?} {limit:?}")
            }
            EventKind::Paused { reason, limit: None, until: None, fault: Some(fault) } => {
                format!("paused: {reason:?} {}", fault.code)
            }
            EventKind::Paused { reason, limit: None, until: Some(_), fault: Some(fault) } => {
                format!("paused until: {reason:?} {}", fault.code)
            }
            EventKind::CloneCancelled { reason } => format!("clone cancelled: {reason:?}"),
            EventKind::Completed { summary, .. } => format!("completed: {summary}"),
            EventKind::Failed { fault } => format!("failed: {}", fault.code),
            EventKind::PushFailed { fault } => format!("push failed: {}", fault.code),
            EventKind::PushCompleted { created, .. } => format!("pushed, created: {created}"),
            EventKind::SlotAwaited { ahead } => format!("waits, ahead: {ahead}"),
            EventKind::PushStarted { unreviewed: true, .. } => "pushStarted, unreviewed".to_owned(),
            EventKind::PullRequestChanged { pull_request } => {
                format!(
                    "pull request {}: {:?}, {:?}",
                    pull_request.number, pull_request.state, pull_request.checks
                )
            }
            EventKind::FeedbackArrived { items, over } => {
                let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
                match over.as_slice() {
                    [] => format!("came back: {}", ids.join(", ")),
                    over => format!("came back: {}; over: {}", ids.join(", "), over.join(", ")),
                }
            }
            EventKind::FeedbackTaken { ids, attempt, .. } => {
                format!("taken, attempt {attempt}: {}", ids.join(", "))
            }
            EventKind::DeliveryFailed { step, fault } => format!("not delivered, {step:?}: {}", fault.code),
            EventKind::Noted { message } => format!("note: {message}"),
            other => other.name().to_owned(),
        });
    }
    lines
}
