//! Writing the wire of OpenAI's Responses.

use super::super::replay::Piece;
use super::{Asked, Preface, Start, arguments, fields, some, thinking};
use crate::{ToolResult, ToolSpec};
use anchorhold_domain::Wire;
use serde_json::{Value, json};

pub(super) fn start(asked: &Asked, preface: &Preface<'_>) -> Start {
    let reasons = thinking::reasons(Wire::Responses, &asked.maker.model);
    let reasoning = || {
        Value::Object(fields([
            ("summary", "auto".into()),
            ("effort", asked.effort.map(thinking::word).into()),
        ]))
    };
    let instructions = Some(preface.system).filter(|system| !system.is_empty());
    Start {
        fields: fields([
            // Nothing stays with the provider, so reasoning comes sealed and goes back with each request.
            ("store", false.into()),
            ("model", asked.maker.model.as_str().into()),
            ("stream", true.into()),
            ("instructions", instructions.into()),
            ("reasoning", if reasons { reasoning() } else { Value::Null }),
            ("include", if reasons { json!(["reasoning.encrypted_content"]) } else { Value::Null }),
            ("prompt_cache_key", preface.cache_key.into()),
            ("tools", some(preface.tools.iter().map(tool).collect())),
        ]),
        list: "input",
        first: None,
    }
}

fn tool(tool: &ToolSpec) -> Value {
    json!({
        "type": "function",
        "name": tool.name,
        "parameters": tool.schema,
        "description": tool.description,
        // Left alone, this wire makes every optional argument a required one.
        "strict": false,
    })
}

pub(super) fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

pub(super) fn assistant(pieces: Vec<Piece<'_>>) -> Vec<Value> {
    let item = |piece| match piece {
        Piece::Text(text) => Some(json!({
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": text}],
        })),
        Piece::Call { id, call } => Some(json!({
            "type": "function_call",
            "call_id": id,
            "name": call.tool,
            "arguments": arguments(call).to_string(),
        })),
        Piece::Signature(sealed) => {
            Some(json!({"type": "reasoning", "encrypted_content": sealed, "summary": []}))
        }
        Piece::Reasoning(_) | Piece::Block(_) => None,
    };
    pieces.into_iter().filter_map(item).collect()
}

pub(super) fn results(results: &[(String, &ToolResult)]) -> Vec<Value> {
    let result = |(id, result): &(String, &ToolResult)| json!({"type": "function_call_output", "call_id": id, "output": result.content});
    results.iter().map(result).collect()
}
