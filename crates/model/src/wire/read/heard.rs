//! What has come of an answer, whatever the wire.

use super::{chat, gemini, messages, responses};
use crate::wire::replay::Part;
use crate::{CallRequest, Delta};
use anchorhold_domain::{Usage, Wire};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::time::{SystemTime, UNIX_EPOCH};

/// Why a stream says that its answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::wire) enum Stop {
    /// It is whole.
    End,
    /// The model may not write more.
    OutputLimit,
    /// The model cannot read more.
    ContextFull,
    /// The provider declined, with its reason.
    Refused(String),
    /// The provider could not make an answer of what the model wrote, with its reason.
    Botched(String),
}

/// A tool call that is still coming.
#[derive(Debug, Default)]
struct Call {
    id: String,
    tool: String,
    arguments: String,
    /// Whether the wire said that the arguments are all there.
    whole: bool,
}

/// What has come of an answer so far.
#[derive(Debug)]
pub(in crate::wire) struct Heard {
    wire: Wire,
    /// Whether a frame came that could be read.
    pub(in crate::wire) began: bool,
    pub(in crate::wire) text: String,
    pub(in crate::wire) reasoning: String,
    calls: Vec<Call>,
    /// Everything in its order, for the way back.
    pub(in crate::wire) parts: Vec<Part>,
    pub(in crate::wire) usage: Usage,
    pub(in crate::wire) stop: Option<Stop>,
    /// An error that came in place of the rest.
    pub(in crate::wire) fault: Option<Value>,
    /// Pieces that no one was told of yet.
    deltas: Vec<Delta>,
    /// Places in `calls` by the number that the wire gives a call.
    numbers: HashMap<u64, usize>,
    /// Places in `parts` by the number that the wire gives a block.
    pub(super) blocks: HashMap<u64, usize>,
}

impl Heard {
    pub(in crate::wire) fn new(wire: Wire) -> Self {
        Self {
            wire,
            began: false,
            text: String::new(),
            reasoning: String::new(),
            calls: Vec::new(),
            parts: Vec::new(),
            usage: Usage::default(),
            stop: None,
            fault: None,
            deltas: Vec::new(),
            numbers: HashMap::new(),
            blocks: HashMap::new(),
        }
    }

    /// Takes the data of one event of the stream; what is no JSON is passed over.
    pub(in crate::wire) fn take(&mut self, data: &str) {
        if data == "[DONE]" {
            // Some servers of this wire never name a reason.
            self.stop.get_or_insert(Stop::End);
            return;
        }
        let Ok(frame) = serde_json::from_str::<Value>(data) else { return };
        self.began = true;
        if let Some(fault) = present(&frame, "/error") {
            self.fault = Some(fault.clone());
            return;
        }
        match self.wire {
            Wire::Chat => chat::take(self, &frame),
            Wire::Responses => responses::take(self, &frame),
            Wire::Messages => messages::take(self, &frame),
            Wire::Gemini => gemini::take(self, &frame),
        }
    }

    /// Returns the pieces that came since it was last asked.
    pub(in crate::wire) fn take_deltas(&mut self) -> Vec<Delta> {
        std::mem::take(&mut self.deltas)
    }

    pub(super) fn say(&mut self, piece: &str) {
        if let Some(Part::Text(bytes)) = self.parts.last_mut() {
            *bytes += piece.len();
        } else {
            self.parts.push(Part::Text(piece.len()));
        }
        if !piece.is_empty() {
            self.text.push_str(piece);
            self.deltas.push(Delta::Text(piece.to_owned()));
        }
    }

    pub(super) fn think(&mut self, piece: &str) {
        if !piece.is_empty() {
            self.reasoning.push_str(piece);
            self.deltas.push(Delta::Reasoning(piece.to_owned()));
        }
    }

    /// Returns the place of the call with this number, where one began.
    pub(super) fn numbered(&self, number: u64) -> Option<usize> {
        self.numbers.get(&number).copied()
    }

    /// Returns the place of the newest call.
    pub(super) fn newest(&self) -> Option<usize> {
        self.calls.len().checked_sub(1)
    }

    pub(super) fn id(&self, place: usize) -> &str {
        self.calls.get(place).map_or("", |call| &call.id)
    }

    /// Begins a call and returns its place.
    pub(super) fn begin_call(&mut self, number: Option<u64>, id: &str, tool: &str) -> usize {
        let place = self.calls.len();
        self.calls.push(Call { id: id.to_owned(), tool: tool.to_owned(), ..Call::default() });
        self.parts.push(Part::Call(place));
        if let Some(number) = number {
            self.numbers.insert(number, place);
        }
        self.tell(place, String::new());
        place
    }

    /// Completes the names of a call whose first piece had none.
    pub(super) fn name_call(&mut self, place: usize, id: &str, tool: &str) {
        let Some(call) = self.calls.get_mut(place) else { return };
        if call.id.is_empty() {
            id.clone_into(&mut call.id);
        }
        if call.tool.is_empty() {
            tool.clone_into(&mut call.tool);
        }
    }

    pub(super) fn add_arguments(&mut self, place: usize, piece: &str) {
        let Some(call) = self.calls.get_mut(place) else { return };
        if !piece.is_empty() {
            call.arguments.push_str(piece);
            self.tell(place, piece.to_owned());
        }
    }

    /// Ends a call; `all` is the whole of its arguments, where the wire says it once more.
    pub(super) fn end_call(&mut self, place: usize, all: &str) {
        let Some(call) = self.calls.get_mut(place) else { return };
        call.whole = true;
        if all.is_empty() || call.arguments == all {
            return;
        }
        let rest = all.strip_prefix(call.arguments.as_str()).map(str::to_owned);
        all.clone_into(&mut call.arguments);
        if let Some(rest) = rest {
            self.tell(place, rest);
        }
    }

    fn tell(&mut self, place: usize, arguments: String) {
        let tool = self.calls.get(place).map(|call| call.tool.clone()).unwrap_or_default();
        let index = u32::try_from(place).unwrap_or(u32::MAX);
        self.deltas.push(Delta::Call { index, tool, arguments });
    }

    /// Returns the calls with an id each. Arguments are passed on as they are, but for a call without
    /// any, whose arguments are an empty object.
    pub(in crate::wire) fn take_calls(&mut self) -> Vec<CallRequest> {
        let cut_off = self.stop != Some(Stop::End);
        let last = self.newest();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let mut seen = HashSet::new();
        std::mem::take(&mut self.calls)
            .into_iter()
            .enumerate()
            .map(|(place, mut call)| {
                if call.id.is_empty() || !seen.insert(call.id.clone()) {
                    call.id = format!("call_{now:x}_{place}");
                    seen.insert(call.id.clone());
                }
                // What was cut off before its first argument must not pass for a call without any.
                let complete = call.whole || !cut_off || Some(place) != last;
                if complete && call.arguments.trim().is_empty() {
                    "{}".clone_into(&mut call.arguments);
                }
                CallRequest { id: call.id, tool: call.tool, arguments: call.arguments }
            })
            .collect()
    }
}

/// Returns a text of a frame, empty where it is missing.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Returns a count of a frame, where it is there.
pub(super) fn count(value: &Value, pointer: &str) -> Option<u32> {
    let number = value.pointer(pointer)?;
    let number = number.as_u64().or_else(|| number.as_f64().map(|float| float.max(0.0) as u64))?;
    Some(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Returns what of a frame is there and not null.
pub(super) fn present<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    value.pointer(pointer).filter(|found| !found.is_null())
}
