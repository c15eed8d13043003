//! The ids that calls and their results are sent with.

use crate::Message;
use std::collections::{HashMap, HashSet, VecDeque};

/// The longest id of a call that every server of the wire takes.
const LONGEST: usize = 40;
/// The length of an id for Mistral's models, whose API and templates refuse any other.
const NINE: usize = 9;

/// Gives every call of a conversation an id that its server takes and that no other call has, the same in
/// every request: another provider's model may have made the earlier ones, and some servers begin anew
/// with each answer.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// Whether an id has [`NINE`] letters and digits, neither more nor less.
    nine: bool,
    used: HashSet<String>,
    /// The ids of the newest answer's calls by the ones they came with, for their results.
    open: HashMap<String, VecDeque<String>>,
    calls: usize,
}

impl Ids {
    /// Begins a conversation with a model. Only those that want it get short ids: a router tells by the id
    /// that it gave a call which reasoning belongs to it.
    pub(super) fn new(model: &str, address: &str) -> Self {
        let model = model.to_lowercase();
        // Mistral, Ministral, Devstral and the like; Mixtral, Pixtral, Voxtral.
        let named = ["stral", "xtral"].iter().any(|end| model.contains(end));
        Self { nine: named || address.contains(".mistral.ai/"), ..Self::default() }
    }

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
        if !self.takes(&id) || !self.used.insert(id.clone()) {
            id = if self.nine { format!("call{:05}", self.calls) } else { format!("call_n{}", self.calls) };
            self.used.insert(id.clone());
        }
        self.open.entry(given.to_owned()).or_default().push_back(id.clone());
        id
    }

    fn takes(&self, id: &str) -> bool {
        let is_nine = || id.len() == NINE && id.chars().all(|character| character.is_ascii_alphanumeric());
        if self.nine { is_nine() } else { !id.is_empty() }
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

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn nine_letters_and_digits_are_for_mistrals_models_and_for_its_own_server() {
        let own = "https://api.mistral.ai/v1/";
        let other = "https://openrouter.ai/api/v1/";
        let begun = |model, address| Ids::new(model, address).begin("call_1");
        for (model, address) in [
            ("mistralai/Mistral-Small-3.2", other),
            ("Ministral-8B", other),
            ("pixtral-12b", other),
            ("ft:mine", own),
        ] {
            assert_eq!(begun(model, address), "call00001", "{model} at {address}");
        }
        for (model, address) in
            [("google/gemini-3-pro", other), ("ft:mine", "https://mistral.ai.example/v1/")]
        {
            assert_eq!(begun(model, address), "call_1", "{model} at {address}");
        }
    }
}
