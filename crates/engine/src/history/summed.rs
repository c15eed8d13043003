//! The conversation after its older part was summed up.
//!
//! What stays is every word of the user, then the agent's own notes as its own words, so that nothing a
//! repository said gains the user's authority by being summed up, then what the program knows better than
//! any notes: the plan and the edited files. The last turns follow whole.

use super::words::Said;
use super::{History, Mark};
use crate::context::NOTES;
use anchorhold_domain::StepStatus;
use anchorhold_model::Message;

/// Edited files that are named, at most.
const FILES: usize = 200;

impl History {
    /// Returns the first message that stays where everything through an event is summed up.
    ///
    /// It never parts calls from their results: the messages before it are whole turns of speaking.
    pub(super) fn first_kept(&self, through: u32) -> usize {
        let messages = &self.conversation.messages;
        let kept =
            self.marks.iter().zip(messages).position(|(mark, message)| {
                mark.seq > through && !matches!(**message, Message::ToolResults(_))
            });
        let kept = kept.unwrap_or(messages.len());
        if self.open_calls.is_empty() {
            return kept;
        }
        // The answer whose calls wait for results stays.
        let open = messages.iter().rposition(|message| matches!(**message, Message::Assistant { .. }));
        open.map_or(kept, |open| kept.min(open))
    }

    /// Puts a summary in the place of everything through an event.
    pub(super) fn sum_up(&mut self, through: u32, summary: &str) {
        let first = self.first_kept(through);
        if first == 0 {
            return;
        }
        self.bytes -= self.marks.iter().map(|mark| mark.bytes).sum::<usize>();
        let messages = self.conversation.messages.split_off(first);
        let marks = self.marks.split_off(first);
        let old: usize = self.marks.iter().map(|mark| mark.said.end).max().unwrap_or(0);
        self.conversation.messages.clear();
        self.marks.clear();

        let kept = self.said.split_off(old.min(self.said.len()));
        let front = std::mem::take(&mut self.said);
        for mut said in front.into_iter().filter(Said::is_users) {
            said.drop_attached();
            self.push_said(said);
        }
        if self.said.is_empty() {
            self.push_said(Said::host(through, "The beginning of this conversation was cut to make room."));
        }
        if !summary.trim().is_empty() {
            let text = format!("{NOTES}\n\n{summary}");
            self.push(through, Message::Assistant { text, calls: Vec::new(), replay: None }, 0..0);
        }
        self.push_said(Said::host(through, &self.whereabouts()));

        let mut kept = kept.into_iter();
        for (message, mark) in messages.into_iter().zip(marks) {
            let said = kept.by_ref().take(mark.said.len());
            match &*message {
                Message::User(_) => said.for_each(|said| self.push_said(said)),
                Message::Assistant { .. } | Message::ToolResults(_) => {
                    let start = self.said.len();
                    self.said.extend(said);
                    self.bytes += mark.bytes;
                    self.marks.push(Mark { said: start..self.said.len(), ..mark });
                    self.conversation.messages.push(message);
                }
            }
        }
        self.said.extend(kept);
        self.summed = through;
        // Counts of what is not there any more say nothing of what is.
        self.estimate.recast();
    }

    /// What the program knows of the work.
    fn whereabouts(&self) -> String {
        let mut text = "The conversation before this was cut to make room. What the user said in it stands above, \
                        and your own notes stand for the rest. Go on with the work from here; read again what you \
                        need."
            .to_owned();
        if !self.plan.is_empty() {
            text.push_str("\n\nYour plan:");
            for step in &self.plan {
                let mark = match step.status {
                    StepStatus::Pending => "[ ]",
                    StepStatus::Active => "[>]",
                    StepStatus::Done => "[x]",
                };
                text.push_str(&format!("\n{mark} {}", step.text));
            }
        }
        if !self.edited.is_empty() {
            text.push_str("\n\nFiles you have edited:");
            for path in self.edited.iter().take(FILES) {
                text.push_str(&format!("\n{path}"));
            }
            if self.edited.len() > FILES {
                text.push_str(&format!("\nand {} more", self.edited.len() - FILES));
            }
        }
        text
    }
}
