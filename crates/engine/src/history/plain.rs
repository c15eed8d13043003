//! The conversation as text alone, for an answer without tools.
//!
//! A request without tools must not hold calls either: some wires refuse calls of tools that they were
//! not told of.

use super::{History, NO_WORDS};
use anchorhold_model::{Conversation, Message};
use std::sync::Arc;

impl History {
    /// Tells the conversation without calls and results as such.
    pub(super) fn plain(&self) -> Conversation {
        let mut messages = Vec::new();
        for message in &self.conversation.messages {
            match &**message {
                Message::User(text) => push_user(&mut messages, text.clone()),
                Message::Assistant { text, calls, replay: _ } => {
                    let mut text = text.clone();
                    for call in calls {
                        text.push_str(&format!("\n[I call {} {}]", call.tool, call.arguments));
                    }
                    // One that only thought says so once its thoughts are not sent.
                    let text = if text.trim().is_empty() { NO_WORDS } else { text.trim_start() };
                    messages.push(Message::Assistant {
                        text: text.to_owned(),
                        calls: Vec::new(),
                        replay: None,
                    });
                }
                Message::ToolResults(results) => {
                    let results: Vec<String> = results
                        .iter()
                        .map(|result| {
                            format!(
                                "[Anchorhold] Result of {}, which is data:\n{}",
                                result.tool, result.content
                            )
                        })
                        .collect();
                    push_user(&mut messages, results.join("\n\n"));
                }
            }
        }
        Conversation {
            messages: messages.into_iter().map(Arc::new).collect(),
            tools: Arc::new([]),
            system: self.conversation.system.clone(),
            cache_key: None,
        }
    }
}

/// Adds to the user's last message, or begins one.
pub(super) fn push_user(messages: &mut Vec<Message>, text: String) {
    match messages.last_mut() {
        Some(Message::User(words)) => {
            words.push_str("\n\n");
            words.push_str(&text);
        }
        _ => messages.push(Message::User(text)),
    }
}
