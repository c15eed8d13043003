//! What a wire must be given back of an answer, such as signatures of reasoning.

use crate::CallRequest;
use anchorhold_domain::{ModelChoice, Wire};
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

/// Who made an answer, and where. No other may be shown its signatures, and no other takes them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Maker {
    pub(super) wire: Wire,
    pub(super) provider: String,
    pub(super) model: String,
    /// The address as it is shown; logs of an earlier version do not name it.
    #[serde(default)]
    pub(super) address: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Replay {
    #[serde(flatten)]
    maker: Maker,
    parts: Vec<Part>,
}

impl Maker {
    pub(super) fn new(wire: Wire, choice: &ModelChoice, address: String) -> Self {
        Self { wire, provider: choice.provider.clone(), model: choice.name.clone(), address: Some(address) }
    }

    fn is(&self, other: &Self) -> bool {
        let same_place = self.address.is_none() || self.address == other.address;
        same_place && (self.wire, &self.provider, &self.model) == (other.wire, &other.provider, &other.model)
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
        replay.maker.is(self).then_some(replay.parts)
    }

    /// Returns an answer as it goes back, piece by piece. `ids` are those that its calls are sent with, in
    /// their order.
    pub(super) fn pieces<'a>(
        &self,
        said: &'a str,
        calls: &'a [CallRequest],
        ids: Vec<String>,
        replay: Option<&str>,
    ) -> Vec<Piece<'a>> {
        let parts = self
            .parts(replay)
            .filter(|parts| fits(parts, said, calls.len()))
            .unwrap_or_else(|| plain(said, calls.len()));
        let mut calls: Vec<_> = calls.iter().zip(ids).map(Some).collect();
        let mut rest = said;
        let mut pieces = Vec::with_capacity(parts.len());
        for part in parts {
            pieces.push(match part {
                Part::Text(bytes) => {
                    let (piece, after) = rest.split_at_checked(bytes).unwrap_or((rest, ""));
                    rest = after;
                    // On this wire an empty text may carry the signature before it.
                    if piece.trim().is_empty() && self.wire != Wire::Gemini {
                        continue;
                    }
                    Piece::Text(piece)
                }
                Part::Call(place) => match calls.get_mut(place).and_then(Option::take) {
                    Some((call, id)) => Piece::Call { id, call },
                    None => continue,
                },
                Part::Reasoning(text) => Piece::Reasoning(text),
                Part::Signature(signature) => Piece::Signature(signature),
                Part::Block(block) => Piece::Block(block),
            });
        }
        if !pieces.iter().any(|piece| matches!(piece, Piece::Text(_) | Piece::Call { .. })) {
            // No wire takes an answer that says nothing.
            pieces.push(Piece::Text(SAID_NOTHING));
        }
        pieces
    }
}

/// One piece of an answer on its way back, in the order that it came.
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// A call and the id that it is sent with.
    Call {
        id: String,
        call: &'a CallRequest,
    },
    Reasoning(String),
    /// Belongs to what follows it.
    Signature(String),
    Block(Value),
}

/// Stands for the text of an answer that had none.
pub(super) const SAID_NOTHING: &str = "(no words)";

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
