//! What the user tells an agent, and the queue in which it waits.

use crate::{EventKind, InstructionId, Timestamp};
use serde::{Deserialize, Serialize};

/// One thing the user told the agent; the task itself is the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Instruction {
    /// Which instruction this is.
    pub id: InstructionId,
    /// The user's words.
    pub text: String,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// Whether it is to be heard at the model's next request, within what is worked on.
    pub now: bool,
}

/// Instructions that wait for their turn, a reading of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstructionQueue(Vec<Instruction>);

impl InstructionQueue {
    /// Takes one event of the log into account.
    pub fn fold(&mut self, at: Timestamp, kind: &EventKind) {
        match kind {
            EventKind::InstructionQueued { id, text } => {
                self.0.push(Instruction { id: *id, text: text.clone(), queued_at: at, now: false })
            }
            EventKind::InstructionEdited { id, text } => {
                if let Some(found) = self.0.iter_mut().find(|i| i.id == *id) {
                    found.text.clone_from(text);
                }
            }
            EventKind::InstructionRemoved { id } | EventKind::TurnStarted { instruction: id, .. } => {
                self.0.retain(|i| i.id != *id);
            }
            EventKind::InstructionSentNow { id, .. } => {
                if let Some(place) = self.0.iter().position(|i| i.id == *id) {
                    let mut sent = self.0.remove(place);
                    sent.now = true;
                    // Behind those that were sent before it.
                    let behind = self.0.iter().take_while(|i| i.now).count();
                    self.0.insert(behind, sent);
                }
            }
            EventKind::InstructionsReordered { ids } => {
                // Ids the caller did not name keep their order behind those it did.
                self.0.sort_by_key(|i| ids.iter().position(|id| *id == i.id).unwrap_or(usize::MAX));
            }
            _ => {}
        }
    }

    /// The instructions that wait, next first.
    #[must_use]
    pub fn waiting(&self) -> &[Instruction] {
        &self.0
    }

    /// Hands out the queue, next first.
    #[must_use]
    pub fn into_waiting(self) -> Vec<Instruction> {
        self.0
    }
}
