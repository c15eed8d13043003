//! How each agent is spoken to: the wire and the names of its tools.

use super::trajectory::Ask;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

/// What matters here of a request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wish {
    tools: Vec<IgnoredAny>,
    stream: bool,
}

/// An agent's way of speaking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Ours, over OpenAI Chat.
    Anchorhold,
    /// Codex CLI, over OpenAI Responses.
    Codex,
    /// goose, over OpenAI Chat.
    Goose,
}

const EVENTS: &str = "text/event-stream";
const JSON: &str = "application/json";

impl Dialect {
    /// Whether the request is part of the work, unlike one for a title, a summary or the list of models.
    pub fn is_work(self, path: &str, request: &Wish) -> bool {
        (path.ends_with("/chat/completions") || path.ends_with("/responses")) && !request.tools.is_empty()
    }

    /// The answer with this number to a request of so many tokens, as a content type and a body.
    pub fn answer(self, request: &Wish, number: usize, ask: &Ask, tokens: usize) -> (&'static str, String) {
        match self {
            Self::Anchorhold | Self::Goose => chat(request, number, self.call(ask), tokens),
            Self::Codex => (EVENTS, responses(number, self.call(ask), tokens)),
        }
    }

    /// The answer to a request that is no part of the work.
    pub fn aside(self, path: &str, request: &Wish, tokens: usize) -> (&'static str, String) {
        if path.ends_with("/chat/completions") {
            return chat(request, 0, None, tokens);
        }
        let models = json!({"object": "list", "data": [{"id": "bench", "object": "model"}], "models": []});
        (JSON, models.to_string())
    }

    /// The tool and its arguments; `None` where the agent ends by saying something.
    fn call(self, ask: &Ask) -> Option<(&'static str, Value)> {
        match (self, ask) {
            (Self::Anchorhold, Ask::Read { path }) => Some(("read_file", json!({"path": path}))),
            (Self::Anchorhold, Ask::Edit { path, old, new }) => {
                Some(("edit_file", json!({"path": path, "edits": [{"old": old, "new": new}]})))
            }
            (Self::Anchorhold, Ask::Finish) => {
                Some(("finish", json!({"summary": "Fifty lines were edited."})))
            }
            (Self::Codex, Ask::Read { path }) => {
                Some(("exec_command", json!({"cmd": format!("cat {path}")})))
            }
            (Self::Codex, Ask::Edit { path, old, new }) => {
                let patch =
                    format!("*** Begin Patch\n*** Update File: {path}\n@@\n-{old}+{new}*** End Patch\n");
                Some(("exec_command", json!({"cmd": format!("apply_patch <<'EOF'\n{patch}EOF")})))
            }
            (Self::Goose, Ask::Read { path }) => Some(("shell", json!({"command": format!("cat {path}")}))),
            (Self::Goose, Ask::Edit { path, old, new }) => {
                Some(("edit", json!({"path": path, "before": old, "after": new})))
            }
            (Self::Codex | Self::Goose, Ask::Finish) => None,
        }
    }
}

fn chat(request: &Wish, number: usize, call: Option<(&str, Value)>, tokens: usize) -> (&'static str, String) {
    let usage = json!({"prompt_tokens": tokens, "completion_tokens": 50, "total_tokens": tokens + 50});
    let reason = if call.is_some() { "tool_calls" } else { "stop" };
    let calls: Vec<Value> = call
        .into_iter()
        .map(|(name, arguments)| {
            let function = json!({"name": name, "arguments": arguments.to_string()});
            json!({"index": 0, "id": format!("call_{number}"), "type": "function", "function": function})
        })
        .collect();
    let message = if calls.is_empty() {
        json!({"role": "assistant", "content": "Done."})
    } else {
        json!({"role": "assistant", "content": "Next.", "tool_calls": calls})
    };
    let whole = |object: &str, choice: Value, usage: Value| {
        json!({"id": format!("answer_{number}"), "object": object, "created": 0, "model": "bench",
               "choices": [choice], "usage": usage})
    };
    if !request.stream {
        let choice = json!({"index": 0, "message": message, "finish_reason": reason});
        return (JSON, whole("chat.completion", choice, usage).to_string());
    }
    let said = json!({"index": 0, "delta": message, "finish_reason": null});
    let said = whole("chat.completion.chunk", said, Value::Null);
    let end = json!({"index": 0, "delta": {}, "finish_reason": reason});
    let end = whole("chat.completion.chunk", end, usage);
    (EVENTS, format!("data: {said}\n\ndata: {end}\n\ndata: [DONE]\n\n"))
}

fn responses(number: usize, call: Option<(&str, Value)>, tokens: usize) -> String {
    let id = format!("resp_{number}");
    let item = match call {
        Some((name, arguments)) => json!({
            "type": "function_call", "id": format!("fc_{number}"), "call_id": format!("call_{number}"),
            "name": name, "arguments": arguments.to_string(),
        }),
        None => json!({
            "type": "message", "id": format!("msg_{number}"), "role": "assistant",
            "content": [{"type": "output_text", "text": "Fifty lines were edited."}],
        }),
    };
    let usage = json!({"input_tokens": tokens, "input_tokens_details": {"cached_tokens": 0},
                       "output_tokens": 50, "output_tokens_details": {"reasoning_tokens": 0},
                       "total_tokens": tokens + 50});
    [
        json!({"type": "response.created", "response": {"id": id}}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
        json!({"type": "response.completed", "response": {"id": id, "output": [item], "usage": usage}}),
    ]
    .iter()
    .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default()))
    .collect()
}
