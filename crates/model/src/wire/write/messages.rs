//! Writing the wire of Anthropic's Messages.

use super::super::replay::{Piece, SAID_NOTHING};
use super::{Asked, Preface, Start, arguments, fields, listed, some, thinking};
use crate::{ToolResult, ToolSpec};
use serde_json::{Value, json};

/// Marks the block that it stands at the end of: everything up to it is kept by the provider.
pub(super) const MARK: &str = r#","cache_control":{"type":"ephemeral"}"#;
/// How an input ends: its last block, its blocks, itself.
const END: &str = "}]}";

pub(super) fn start(asked: &Asked, preface: &Preface<'_>) -> Start {
    let mark = json!({"type": "ephemeral"});
    let mut tools: Vec<Value> = preface.tools.iter().map(tool).collect();
    if let Some(Value::Object(last)) = tools.last_mut() {
        last.insert("cache_control".to_owned(), mark.clone());
    }
    let system = match preface.system.trim() {
        "" => Value::Null,
        _ => json!([{"type": "text", "text": preface.system, "cache_control": mark}]),
    };
    let mut fields = fields([
        ("model", asked.maker.model.as_str().into()),
        ("stream", true.into()),
        ("system", system),
        ("tools", some(tools)),
    ]);
    fields.extend(thinking::of_messages(&asked.maker.model, asked.effort, asked.output_limit));
    Start { fields, list: "messages", first: None }
}

fn tool(tool: &ToolSpec) -> Value {
    json!({"name": tool.name, "input_schema": tool.schema, "description": tool.description})
}

/// Splits an input where its mark belongs.
pub(super) fn at_mark(input: &str) -> Option<(&str, &str)> {
    input.strip_suffix(END).map(|before| (before, END))
}

/// Writes an input, which always ends in the same way.
fn input(blocks: &[Value]) -> String {
    format!("{{\"role\":\"user\",\"content\":[{}]}}", listed(blocks))
}

pub(super) fn user(text: &str) -> String {
    // An empty text is refused.
    let text = if text.trim().is_empty() { SAID_NOTHING } else { text };
    input(&[json!({"type": "text", "text": text})])
}

pub(super) fn assistant(pieces: Vec<Piece<'_>>) -> Value {
    let block = |piece| match piece {
        Piece::Text(text) => Some(json!({"type": "text", "text": text})),
        Piece::Call { id, call } => {
            Some(json!({"type": "tool_use", "id": id, "name": call.tool, "input": arguments(call)}))
        }
        // Thinking goes back as it came, where it came.
        Piece::Block(block) => Some(block),
        Piece::Reasoning(_) | Piece::Signature(_) => None,
    };
    json!({"role": "assistant", "content": pieces.into_iter().filter_map(block).collect::<Vec<_>>()})
}

pub(super) fn results(results: &[(String, &ToolResult)]) -> String {
    let block = |(id, result): &(String, &ToolResult)| json!({"type": "tool_result", "tool_use_id": id, "content": result.content});
    input(&results.iter().map(block).collect::<Vec<_>>())
}
