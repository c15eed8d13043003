//! Writing the wire of OpenAI's Chat Completions.

use super::super::replay::Piece;
use super::{Asked, Preface, Start, arguments, fields, some, thinking};
use crate::{ToolResult, ToolSpec};
use serde_json::{Value, json};

pub(super) fn start(asked: &Asked, preface: &Preface<'_>) -> Start {
    let maker = &asked.maker;
    // OpenRouter places the marks itself, and only these models need them.
    let marks = maker.provider == "openrouter" && maker.model.starts_with("anthropic/");
    // Other servers of this wire may refuse what they do not know.
    let own = ["https://api.openai.com/", "https://openrouter.ai/"];
    let cache_key = preface.cache_key.filter(|_| own.iter().any(|own| asked.address.starts_with(own)));
    Start {
        fields: fields([
            ("model", maker.model.as_str().into()),
            ("stream", true.into()),
            ("stream_options", json!({"include_usage": true})),
            ("reasoning_effort", asked.effort.map(thinking::word).into()),
            ("prompt_cache_key", cache_key.into()),
            ("cache_control", if marks { json!({"type": "ephemeral"}) } else { Value::Null }),
            ("tools", some(preface.tools.iter().map(tool).collect())),
        ]),
        list: "messages",
        first: (!preface.system.is_empty()).then(|| json!({"role": "system", "content": preface.system})),
    }
}

fn tool(tool: &ToolSpec) -> Value {
    let ToolSpec { name, description, schema } = tool;
    let function = json!({"name": name, "description": description, "parameters": schema, "strict": false});
    json!({"type": "function", "function": function})
}

pub(super) fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

pub(super) fn assistant(pieces: Vec<Piece<'_>>) -> Value {
    let (mut texts, mut calls) = (Vec::new(), Vec::new());
    let (mut reasoning, mut details) = (Vec::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Text(text) => texts.push(text),
            Piece::Call { id, call } => calls.push(json!({
                "type": "function",
                "id": id,
                "function": {"name": call.tool, "arguments": arguments(call).to_string()},
            })),
            Piece::Reasoning(text) => reasoning.push(text),
            // OpenRouter wants its blocks back as they came.
            Piece::Block(block) => details.push(block),
            Piece::Signature(_) => {}
        }
    }
    let reasoning = if reasoning.is_empty() { Value::Null } else { reasoning.join("\n").into() };
    Value::Object(fields([
        ("role", "assistant".into()),
        ("content", texts.join("\n\n").into()),
        ("tool_calls", some(calls)),
        ("reasoning_content", reasoning),
        ("reasoning_details", some(details)),
    ]))
}

pub(super) fn results(results: &[(String, &ToolResult)]) -> Vec<Value> {
    let result = |(id, result): &(String, &ToolResult)| json!({"role": "tool", "content": result.content, "tool_call_id": id});
    results.iter().map(result).collect()
}
