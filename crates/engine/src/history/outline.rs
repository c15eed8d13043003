//! The conversation by its sizes, and cutting it.

use super::{History, cut, message_bytes};
use crate::context::{self, Budget, Outline, Part, Step, Words, next_step};
use anchorhold_model::{CallRequest, Conversation, Message};
use std::sync::Arc;

impl History {
    /// Returns how many tokens the next request holds, as estimated.
    pub(crate) fn tokens(&self) -> u32 {
        self.estimate.tokens(self.bytes)
    }

    /// Returns what is to be done before the next request; `None` where it can be made.
    pub(crate) fn next_step(&self, budget: Budget) -> Option<Step> {
        // Looking at every message is for when it is getting full.
        if self.tokens() < budget.shrink_at() {
            return None;
        }
        next_step(&self.outline(), &self.estimate, budget, self.past)
    }

    /// Returns the tokens that would be left after these were cut.
    pub(crate) fn tokens_without(&self, ids: &[String]) -> u32 {
        let mut copy = self.clone_to_try();
        copy.shrink(ids);
        copy.tokens()
    }

    /// Returns the tokens that would be left after everything through an event was summed up.
    pub(crate) fn tokens_summed(&self, through: u32, summary: &str) -> u32 {
        let mut copy = self.clone_to_try();
        copy.sum_up(through, summary);
        copy.tokens()
    }

    /// Asks in at most so many tokens for a summary of everything through an event.
    pub(crate) fn request_summary(&self, through: u32, tokens: u32) -> Conversation {
        context::request(self.to_sum_up(through), self.estimate.bytes(tokens))
    }

    /// Lists everything through an event, where no model sums it up.
    pub(crate) fn list(&self, through: u32, budget: Budget) -> String {
        context::mechanical(self.to_sum_up(through), self.summary_bytes(budget))
    }

    fn to_sum_up(&self, through: u32) -> &[Arc<Message>] {
        self.conversation.messages.get(..self.first_kept(through)).unwrap_or_default()
    }

    /// The most bytes that a summary may hold.
    pub(crate) fn summary_bytes(&self, budget: Budget) -> usize {
        self.estimate.bytes(budget.summary())
    }

    /// Cuts the results and arguments of these calls, and shortens these instructions.
    ///
    /// An id may stand for several calls, since some servers count them anew; they are named in the order
    /// of the conversation.
    pub(super) fn shrink(&mut self, ids: &[String]) {
        let (mut from, mut result_from) = (0, 0);
        for id in ids {
            if let Some(at) = self.said.iter().position(|said| said.id().as_ref() == Some(id)) {
                if let Some(said) = self.said.get_mut(at) {
                    said.shorten();
                }
                self.say_again(at);
                continue;
            }
            let found = self.cuttable(from, result_from).into_iter().find(|found| found.id == *id);
            if let Some(found) = found {
                (from, result_from) = (found.message, found.result + 1);
                self.cut(&found);
            }
        }
    }

    fn outline(&self) -> Outline {
        let mut parts: Vec<Part> = Vec::new();
        for (message, mark) in self.conversation.messages.iter().zip(&self.marks) {
            match &**message {
                Message::ToolResults(_) => {
                    if let Some(answer) = parts.last_mut() {
                        answer.bytes += mark.bytes;
                    }
                }
                Message::User(_) | Message::Assistant { .. } => {
                    // The notes in place of what was summed up are no answer that could stay for itself.
                    let answer = matches!(**message, Message::Assistant { .. }) && mark.seq > self.summed;
                    parts.push(Part { seq: mark.seq, bytes: mark.bytes, answer, cuts: Vec::new() });
                }
            }
        }
        for cut in self.cuttable(0, 0) {
            let seq =
                cut.message.checked_sub(1).and_then(|answer| self.marks.get(answer)).map(|mark| mark.seq);
            if let Some(part) = parts.iter_mut().find(|part| part.answer && Some(part.seq) == seq) {
                part.cuts.push((cut.id, cut.frees));
            }
        }
        let words = self.said.iter().filter(|said| said.is_users());
        let words = words.map(|said| Words { id: said.id(), bytes: said.bytes(), attached: said.attached() });
        Outline {
            fixed: self.bytes - self.marks.iter().map(|mark| mark.bytes).sum::<usize>(),
            parts,
            words: words.collect(),
            through: self.last_seq,
            open: !self.open_calls.is_empty(),
        }
    }

    /// What can be cut from a result of a message on, oldest first.
    fn cuttable(&self, from: usize, result_from: usize) -> Vec<Cuttable> {
        let mut found = Vec::new();
        for (at, message) in self.conversation.messages.iter().enumerate().skip(from) {
            let Message::ToolResults(results) = &**message else { continue };
            let before = at.checked_sub(1).and_then(|before| self.conversation.messages.get(before));
            let skipped = if at == from { result_from } else { 0 };
            for (place, result) in results.iter().enumerate().skip(skipped) {
                // What the user answered is no result like others.
                if self.marks.get(at).is_some_and(|mark| mark.answers.contains(&place)) {
                    continue;
                }
                let (call, replayed) = match before.map(|before| &**before) {
                    Some(Message::Assistant { calls, replay, .. }) => {
                        (calls.iter().find(|call| call.id == result.call), replay.is_some())
                    }
                    _ => (None, false),
                };
                let content = cut::stub(result, call);
                // What is replayed is signed, and sent as it came.
                let arguments = call.filter(|_| !replayed).and_then(cut::arguments);
                let saved = |before: usize, after: &Option<String>| {
                    after.as_ref().map_or(0, |after| before.saturating_sub(after.len()))
                };
                let frees = saved(result.content.len(), &content)
                    + saved(call.map_or(0, |call| call.arguments.len()), &arguments);
                if frees > 0 {
                    let id = result.call.clone();
                    found.push(Cuttable { id, message: at, result: place, frees, content, arguments });
                }
            }
        }
        found
    }

    fn cut(&mut self, cut: &Cuttable) {
        let messages = &mut self.conversation.messages;
        if let (Some(content), Some(Message::ToolResults(results))) =
            (&cut.content, messages.get_mut(cut.message).map(Arc::make_mut))
            && let Some(result) = results.get_mut(cut.result)
        {
            result.content.clone_from(content);
        }
        if let (Some(arguments), Some(Message::Assistant { calls, .. })) = (
            &cut.arguments,
            cut.message.checked_sub(1).and_then(|at| messages.get_mut(at)).map(Arc::make_mut),
        ) {
            let same = |call: &&mut CallRequest| call.id == cut.id;
            if let Some(call) = calls.iter_mut().find(same) {
                call.arguments.clone_from(arguments);
            }
        }
        self.measure(cut.message);
        self.measure(cut.message.saturating_sub(1));
    }

    /// Writes the message anew that holds what was said.
    fn say_again(&mut self, said: usize) {
        let found =
            self.marks.iter().zip(&self.conversation.messages).position(|(mark, message)| {
                mark.said.contains(&said) && matches!(**message, Message::User(_))
            });
        let Some(at) = found else { return };
        let texts: Vec<String> = self.marks.get(at).map_or_else(Vec::new, |mark| {
            self.said.get(mark.said.clone()).unwrap_or_default().iter().map(super::Said::text).collect()
        });
        if let Some(Message::User(text)) = self.conversation.messages.get_mut(at).map(Arc::make_mut) {
            *text = texts.join("\n\n");
        }
        self.measure(at);
    }

    /// Counts a message that was changed.
    pub(super) fn measure(&mut self, at: usize) {
        if let (Some(message), Some(mark)) = (self.conversation.messages.get(at), self.marks.get_mut(at)) {
            let bytes = message_bytes(message);
            self.bytes = self.bytes - mark.bytes + bytes;
            mark.bytes = bytes;
        }
    }

    /// A copy without what does not bear on sizes.
    fn clone_to_try(&self) -> Self {
        Self {
            conversation: self.conversation.clone(),
            marks: self.marks.clone(),
            said: self.said.clone(),
            held: Vec::new(),
            bytes: self.bytes,
            estimate: self.estimate.clone(),
            past: self.past,
            summed: self.summed,
            last_seq: self.last_seq,
            open_calls: self.open_calls.clone(),
            refused: self.refused,
            turn_open: self.turn_open,
            wrapping_up: None,
            wrapped_up: self.wrapped_up,
            held_by_user: self.held_by_user,
            plan: self.plan.clone(),
            window: None,
            edited: self.edited.clone(),
            last_text: String::new(),
            finish: None,
        }
    }
}

/// A result that can be cut, with the arguments of its call.
struct Cuttable {
    id: String,
    message: usize,
    result: usize,
    frees: usize,
    content: Option<String>,
    arguments: Option<String>,
}
