//! What a wire must be given back of an answer, such as signatures of reasoning.

use crate::CallRequest;
use anchorhold_domain::{ModelChoice, Wire};
use genai::chat::{ContentPart, MessageContent};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One piece of an answer, in the order that it came. Text and calls stand in the message itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    /// So many bytes of the text.
    Text(usize),
    /// The call at this place.
    Call(usize),
    /// Reasoning without a signature.
    Reasoning(String),
    /// A signature or sealed reasoning.
    Signature(String),
    /// A block that goes back as it came.
    Block(Value),
}

/// Who made an answer. No other may be shown its signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Maker {
    pub(super) wire: Wire,
    pub(super) provider: String,
    pub(super) model: String,
}

#[derive(Serialize, Deserialize)]
struct Replay {
    #[serde(flatten)]
    maker: Maker,
    parts: Vec<Part>,
}

impl Maker {
    pub(super) fn new(wire: Wire, choice: &ModelChoice) -> Self {
        Self { wire, provider: choice.provider.clone(), model: choice.name.clone() }
    }

    /// Returns what to keep of an answer for the way back; `None` where its text and calls say it all.
    pub(super) fn replay(&self, parts: Vec<Part>) -> Option<String> {
        let plain = |part: &Part| matches!(part, Part::Text(_) | Part::Call(_));
        if parts.iter().all(plain) {
            return None;
        }
        serde_json::to_string(&Replay { maker: self.clone(), parts }).ok()
    }

    /// Returns the order of an answer that this model made itself.
    fn parts(&self, replay: Option<&str>) -> Option<Vec<Part>> {
        let replay: Replay = serde_json::from_str(replay?).ok()?;
        (replay.maker == *self).then_some(replay.parts)
    }

    /// Returns an answer as the wire wants it back: one content, or several in a row where reasoning
    /// came between, since `genai` puts all reasoning of a content first. `calls` are the calls of the
    /// message, each with the id it is sent with.
    pub(super) fn contents(
        &self,
        said: &str,
        calls: Vec<ContentPart>,
        replay: Option<&str>,
    ) -> Vec<MessageContent> {
        let parts = self
            .parts(replay)
            .filter(|parts| fits(parts, said, calls.len()))
            .unwrap_or_else(|| plain(said, calls.len()));
        let mut calls: Vec<Option<ContentPart>> = calls.into_iter().map(Some).collect();
        let mut rest = said;
        let mut contents = vec![Vec::new()];
        let mut spoken = false;
        for part in parts {
            let part = match part {
                Part::Text(bytes) => {
                    let (piece, after) = rest.split_at_checked(bytes).unwrap_or((rest, ""));
                    rest = after;
                    // An empty text only carries the signature before it.
                    let carries = self.wire == Wire::Gemini;
                    if piece.trim().is_empty() && !carries {
                        continue;
                    }
                    ContentPart::Text(piece.to_owned())
                }
                Part::Call(place) => match calls.get_mut(place).and_then(Option::take) {
                    Some(call) => call,
                    None => continue,
                },
                Part::Reasoning(text) => ContentPart::ReasoningContent(text),
                Part::Signature(signature) => ContentPart::ThoughtSignature(signature),
                Part::Block(block) => ContentPart::from_custom(block, None),
            };
            let speaks = matches!(part, ContentPart::Text(_) | ContentPart::ToolCall(_));
            if !speaks && spoken && matches!(self.wire, Wire::Messages | Wire::Responses) {
                contents.push(Vec::new());
            }
            spoken = speaks;
            if let Some(content) = contents.last_mut() {
                content.push(part);
            }
        }
        let speaks = |part: &ContentPart| matches!(part, ContentPart::Text(_) | ContentPart::ToolCall(_));
        if let Some(last) = contents.last_mut().filter(|last| !last.iter().any(speaks)) {
            // No wire takes an answer that says nothing.
            last.push(ContentPart::Text(SAID_NOTHING.to_owned()));
        }
        contents.into_iter().map(MessageContent::from_parts).collect()
    }
}

/// Stands for the text of an answer that had none.
const SAID_NOTHING: &str = "(no words)";

fn plain(said: &str, calls: usize) -> Vec<Part> {
    let text = (!said.trim().is_empty()).then_some(Part::Text(said.len()));
    text.into_iter().chain((0..calls).map(Part::Call)).collect()
}

/// Whether an order still belongs to a message: its text or calls may have been shortened since.
fn fits(parts: &[Part], said: &str, calls: usize) -> bool {
    let mut bytes = 0_usize;
    let mut called = 0_usize;
    for part in parts {
        match part {
            Part::Text(length) => {
                bytes = bytes.saturating_add(*length);
                if !said.is_char_boundary(bytes) {
                    return false;
                }
            }
            Part::Call(place) => {
                if *place != called {
                    return false;
                }
                called += 1;
            }
            Part::Reasoning(_) | Part::Signature(_) | Part::Block(_) => {}
        }
    }
    bytes == said.len() && called == calls
}

/// Returns the arguments of a call as the wires want them: an object, whatever the model wrote.
pub(super) fn arguments(call: &CallRequest) -> Value {
    match serde_json::from_str(&call.arguments) {
        Ok(object @ Value::Object(_)) => object,
        _ if call.arguments.trim().is_empty() => Value::Object(serde_json::Map::new()),
        _ => serde_json::json!({ "unreadable_arguments": call.arguments }),
    }
}
