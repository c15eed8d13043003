//! The ids that calls and their results are sent with.

use crate::Message;
use std::collections::{HashMap, HashSet, VecDeque};

/// The longest id of a call that every server of the wire takes.
const LONGEST: usize = 40;

/// Gives every call of a conversation an id that all wires take and that no other call has, the same in
/// every request: another provider's model may have made the earlier ones, and some servers begin anew
/// with each answer.
#[derive(Debug, Default)]
pub(super) struct Ids {
    used: HashSet<String>,
    /// The ids of the newest answer's calls by the ones they came with, for their results.
    open: HashMap<String, VecDeque<String>>,
    calls: usize,
}

impl Ids {
    /// Takes a message into account that was written before.
    pub(super) fn pass(&mut self, message: &Message) {
        match message {
            Message::User(_) => {}
            Message::Assistant { calls, .. } => {
                self.answer();
                calls.iter().for_each(|call| drop(self.begin(&call.id)));
            }
            Message::ToolResults(results) => results.iter().for_each(|result| drop(self.end(&result.call))),
        }
    }

    /// Begins an answer: what follows are its calls, then their results.
    pub(super) fn answer(&mut self) {
        self.open.clear();
    }

    /// Returns the id of an answer's next call.
    pub(super) fn begin(&mut self, given: &str) -> String {
        self.calls += 1;
        let mut id = clean(given);
        if id.is_empty() || !self.used.insert(id.clone()) {
            id = format!("call_n{}", self.calls);
            self.used.insert(id.clone());
        }
        self.open.entry(given.to_owned()).or_default().push_back(id.clone());
        id
    }

    /// Returns the id of the call that a result belongs to.
    pub(super) fn end(&mut self, given: &str) -> String {
        let Some(waiting) = self.open.get_mut(given) else { return clean(given) };
        // A second result for one call keeps its id.
        if waiting.len() > 1 { waiting.pop_front() } else { waiting.front().cloned() }.unwrap_or_default()
    }
}

fn clean(id: &str) -> String {
    id.chars()
        .map(|character| if character.is_ascii_alphanumeric() || character == '-' { character } else { '_' })
        .take(LONGEST)
        .collect()
}
