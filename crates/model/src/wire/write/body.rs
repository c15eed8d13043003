//! The body of a request, kept from one request to the next.

use super::ids::Ids;
use super::{Asked, Preface, Start, messages};
use crate::{Conversation, Message, ToolSpec};
use anchorhold_domain::Wire;
use serde_json::Value;
use std::sync::Arc;

/// How many of the last messages are marked for the cache: the last is written, the one before is read.
const CACHED_MESSAGES: usize = 2;

/// What was written of a conversation so far. A request is put together from it, and only what is new is
/// written: a conversation grows at its end, and is seldom shortened before.
#[derive(Debug, Default)]
pub(in crate::wire) struct Body {
    head: Option<Head>,
    written: Vec<Written>,
    ids: Ids,
    /// Whether what is sealed or signed of earlier answers stays away.
    unsealed: bool,
    /// How many messages were written in all, some of them more than once.
    #[cfg(test)]
    pub(super) writings: usize,
}

/// All of a request that stands before its messages.
#[derive(Debug)]
struct Head {
    system: String,
    tools: Arc<[ToolSpec]>,
    cache_key: Option<String>,
    json: String,
    /// Whether the list of messages is not empty with it.
    begun: bool,
}

/// One message as it was written, as items of a list without its brackets.
#[derive(Debug)]
struct Written {
    message: Arc<Message>,
    json: String,
}

impl Body {
    /// Begins anew without what is sealed or signed of earlier answers; `false` where it is without already.
    pub(in crate::wire) fn unseal(&mut self) -> bool {
        if self.unsealed {
            return false;
        }
        *self = Self { unsealed: true, ..Self::default() };
        true
    }

    /// Writes what is new of a conversation, and returns the body of the request.
    pub(in crate::wire) fn of(&mut self, asked: &Asked, conversation: &Conversation) -> Vec<u8> {
        if !self.head.as_ref().is_some_and(|head| head.fits(conversation)) {
            self.head = Some(Head::new(asked, conversation));
        }
        self.keep_common(asked, conversation);
        for message in conversation.messages.iter().skip(self.written.len()) {
            let json = asked.items(message, &mut self.ids, !self.unsealed);
            self.written.push(Written { message: Arc::clone(message), json });
            #[cfg(test)]
            {
                self.writings += 1;
            }
        }
        self.put_together(asked.maker.wire)
    }

    /// Forgets what is not how the conversation begins.
    fn keep_common(&mut self, asked: &Asked, conversation: &Conversation) {
        let pairs = self.written.iter().zip(&conversation.messages);
        let common = pairs.take_while(|(written, message)| Arc::ptr_eq(&written.message, message)).count();
        if common < self.written.len() || common == 0 {
            self.written.truncate(common);
            self.ids = Ids::new(&asked.maker.model, &asked.address);
            self.written.iter().for_each(|written| self.ids.pass(&written.message));
        }
    }

    fn put_together(&self, wire: Wire) -> Vec<u8> {
        let (head, mut begun) = self.head.as_ref().map_or(("", false), |head| (&head.json, head.begun));
        let marked = if wire == Wire::Messages { self.last_inputs() } else { Vec::new() };
        let messages = self.written.iter().map(|written| written.json.len() + 1).sum::<usize>();
        let size = head.len() + messages + marked.len() * messages::MARK.len() + 2;
        let mut body = Vec::with_capacity(size);
        body.extend_from_slice(head.as_bytes());
        for (place, written) in
            self.written.iter().enumerate().filter(|(_, written)| !written.json.is_empty())
        {
            if begun {
                body.push(b',');
            }
            begun = true;
            match marked.contains(&place).then(|| messages::at_mark(&written.json)).flatten() {
                Some((before, after)) => {
                    for piece in [before, messages::MARK, after] {
                        body.extend_from_slice(piece.as_bytes());
                    }
                }
                None => body.extend_from_slice(written.json.as_bytes()),
            }
        }
        body.extend_from_slice(b"]}");
        body
    }

    /// Returns the places of the last messages that are no answers and say something.
    fn last_inputs(&self) -> Vec<usize> {
        let inputs = self.written.iter().enumerate().rev().filter(|(_, written)| match &*written.message {
            Message::User(text) => !text.trim().is_empty(),
            Message::ToolResults(results) => !results.is_empty(),
            Message::Assistant { .. } => false,
        });
        inputs.map(|(place, _)| place).take(CACHED_MESSAGES).collect()
    }
}

impl Head {
    fn new(asked: &Asked, conversation: &Conversation) -> Self {
        let Conversation { system, tools, cache_key, .. } = conversation;
        let preface = Preface { system, tools, cache_key: cache_key.as_deref() };
        let Start { fields, list, first } = asked.start(&preface);
        let mut json = Value::Object(fields).to_string();
        // The list of messages is the last field, so that it can be written to its end.
        json.pop();
        json.push_str(&format!(",\"{list}\":["));
        if let Some(first) = &first {
            json.push_str(&first.to_string());
        }
        Self {
            system: system.clone(),
            tools: Arc::clone(tools),
            cache_key: cache_key.clone(),
            json,
            begun: first.is_some(),
        }
    }

    fn fits(&self, conversation: &Conversation) -> bool {
        Arc::ptr_eq(&self.tools, &conversation.tools)
            && self.cache_key == conversation.cache_key
            && self.system == conversation.system
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::{Asked, Body};
    use crate::wire::replay::Maker;
    use crate::{CallRequest, Conversation, Message, ToolResult, ToolSpec};
    use anchorhold_domain::Wire;
    use serde_json::{Value, json};
    use std::sync::Arc;

    const WIRES: [Wire; 4] = [Wire::Chat, Wire::Responses, Wire::Messages, Wire::Gemini];

    fn asked(wire: Wire) -> Asked {
        // One whose ids have a form of their own, which must outlast whatever is written again.
        let model = "devstral".to_owned();
        let maker = Maker { wire, provider: "p".to_owned(), model, address: None };
        Asked { maker, address: "http://h/v1/".to_owned(), effort: None, output_limit: None }
    }

    fn conversation() -> Conversation {
        let tool = ToolSpec {
            name: "read_file".to_owned(),
            description: "Reads.".to_owned(),
            schema: json!({"type": "object"}),
        };
        Conversation {
            system: "You edit files.".to_owned(),
            messages: vec![Arc::new(Message::User("Do \"it\".".to_owned()))],
            tools: [tool].into(),
            cache_key: Some("k".to_owned()),
        }
    }

    /// Adds a turn, with an id that every turn has.
    fn turn(conversation: &mut Conversation) {
        let call =
            CallRequest { id: "0".to_owned(), tool: "read_file".to_owned(), arguments: "{}".to_owned() };
        let result =
            ToolResult { call: "0".to_owned(), tool: "read_file".to_owned(), content: "so\nmuch".to_owned() };
        let answer = Message::Assistant { text: "I read.".to_owned(), calls: vec![call], replay: None };
        conversation.messages.extend([answer, Message::ToolResults(vec![result])].map(Arc::new));
    }

    /// Writes with a body that knows what was written before, and with one that does not.
    fn both(body: &mut Body, wire: Wire, conversation: &Conversation) -> (Value, Value) {
        let written = |body: &mut Body| serde_json::from_slice(&body.of(&asked(wire), conversation)).unwrap();
        (written(body), written(&mut Body::default()))
    }

    #[test]
    fn each_message_is_written_once_and_the_request_is_as_if_it_were_written_anew() {
        for wire in WIRES {
            let (mut body, mut conversation) = (Body::default(), conversation());
            for turns in 1..=20 {
                turn(&mut conversation);
                let (kept, anew) = both(&mut body, wire, &conversation);
                assert_eq!(kept, anew, "{wire:?}");
                assert_eq!(body.writings, 1 + 2 * turns, "{wire:?}");
            }
        }
    }

    #[test]
    fn what_changes_before_the_end_is_written_again_from_there_on() {
        for wire in WIRES {
            let (mut body, mut conversation) = (Body::default(), conversation());
            (0..5).for_each(|_| turn(&mut conversation));
            both(&mut body, wire, &conversation);
            if let Message::ToolResults(results) = Arc::make_mut(&mut conversation.messages[6]) {
                results[0].content = "cut".to_owned();
            }
            let (kept, anew) = both(&mut body, wire, &conversation);
            assert_eq!(kept, anew, "{wire:?}");
            assert_eq!(body.writings, 11 + 5, "{wire:?}");
            conversation.messages.truncate(3);
            turn(&mut conversation);
            let (kept, anew) = both(&mut body, wire, &conversation);
            assert_eq!(kept, anew, "{wire:?}");
        }
    }

    #[test]
    fn another_preface_is_written_and_the_messages_are_kept() {
        for wire in WIRES {
            let (mut body, mut conversation) = (Body::default(), conversation());
            turn(&mut conversation);
            both(&mut body, wire, &conversation);
            conversation.system.push_str(" Be short.");
            conversation.tools = Arc::new([]);
            let (kept, anew) = both(&mut body, wire, &conversation);
            assert_eq!(kept, anew, "{wire:?}");
            assert_eq!((kept.get("tools"), body.writings), (None, 3), "{wire:?}");
            assert!(kept.to_string().contains("Be short."), "{wire:?}");
        }
    }
}
