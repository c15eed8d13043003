//! Writing a conversation as the four wires want it, each message once.

mod body;
mod chat;
mod gemini;
mod ids;
mod messages;
mod responses;
mod thinking;

pub(super) use body::Body;

use super::replay::{Maker, Piece};
use crate::{CallRequest, Message, ToolSpec};
use anchorhold_domain::{Effort, Wire};
use ids::Ids;
use serde_json::{Map, Value};

/// What a model is asked for besides the conversation, the same in every request.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) maker: Maker,
    /// The address as it is shown.
    pub(super) address: String,
    pub(super) effort: Option<Effort>,
    /// How many tokens the model can write at once, where that is known.
    pub(super) output_limit: Option<u32>,
}

/// What a wire's request begins with.
struct Start {
    /// Its fields, but for the list of messages.
    fields: Map<String, Value>,
    /// The name of the list of messages.
    list: &'static str,
    /// What stands in the list before the first message.
    first: Option<Value>,
}

/// What of a conversation stands before its messages.
struct Preface<'a> {
    system: &'a str,
    tools: &'a [ToolSpec],
    cache_key: Option<&'a str>,
}

impl Asked {
    fn start(&self, preface: &Preface<'_>) -> Start {
        match self.maker.wire {
            Wire::Chat => chat::start(self, preface),
            Wire::Responses => responses::start(self, preface),
            Wire::Messages => messages::start(self, preface),
            Wire::Gemini => gemini::start(self, preface),
        }
    }

    /// Writes a message as items of the wire's list, without the list's brackets; sealed and signed parts only
    /// where they are `sealed`.
    fn items(&self, message: &Message, ids: &mut Ids, sealed: bool) -> String {
        match message {
            Message::User(text) => match self.maker.wire {
                Wire::Chat => chat::user(text).to_string(),
                Wire::Responses => responses::user(text).to_string(),
                Wire::Messages => messages::user(text),
                Wire::Gemini => gemini::user(text).to_string(),
            },
            Message::Assistant { text, calls, replay } => {
                let pieces = self.pieces(text, calls, replay.as_deref().filter(|_| sealed), ids);
                match self.maker.wire {
                    Wire::Chat => chat::assistant(pieces).to_string(),
                    Wire::Responses => listed(&responses::assistant(pieces)),
                    Wire::Messages => messages::assistant(pieces).to_string(),
                    Wire::Gemini => gemini::assistant(pieces, &self.maker.model).to_string(),
                }
            }
            Message::ToolResults(results) => {
                let results: Vec<_> = results.iter().map(|result| (ids.end(&result.call), result)).collect();
                match self.maker.wire {
                    Wire::Chat => listed(&chat::results(&results)),
                    Wire::Responses => listed(&responses::results(&results)),
                    Wire::Messages => messages::results(&results),
                    Wire::Gemini => gemini::results(&results).to_string(),
                }
            }
        }
    }

    fn pieces<'a>(
        &self,
        text: &'a str,
        calls: &'a [CallRequest],
        replay: Option<&str>,
        ids: &mut Ids,
    ) -> Vec<Piece<'a>> {
        ids.answer();
        let given = calls.iter().map(|call| ids.begin(&call.id)).collect();
        self.maker.pieces(text, calls, given, replay)
    }
}

/// Returns the arguments of a call as the wires want them: an object, whatever the model wrote.
fn arguments(call: &CallRequest) -> Value {
    match serde_json::from_str(&call.arguments) {
        Ok(object @ Value::Object(_)) => object,
        _ if call.arguments.trim().is_empty() => Value::Object(Map::new()),
        _ => serde_json::json!({ "unreadable_arguments": call.arguments }),
    }
}

/// Collects the fields of a request in their order, leaving out those without a value.
fn fields<const N: usize>(all: [(&str, Value); N]) -> Map<String, Value> {
    all.into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Writes a list without its brackets.
fn listed(items: &[Value]) -> String {
    items.iter().map(Value::to_string).collect::<Vec<_>>().join(",")
}

/// A list, or nothing where it would be empty.
fn some(list: Vec<Value>) -> Value {
    if list.is_empty() { Value::Null } else { list.into() }
}
