//! Writing the wire of Gemini's `generateContent`.

use super::super::replay::Piece;
use super::{Asked, Preface, Start, arguments, fields, some, thinking};
use crate::{ToolResult, ToolSpec};
use serde_json::{Value, json};

/// What these models take in place of a signature that another model's call has not.
/// <https://ai.google.dev/gemini-api/docs/thought-signatures>
const UNSIGNED: &str = "skip_thought_signature_validator";

pub(super) fn start(asked: &Asked, preface: &Preface<'_>) -> Start {
    let generation = match thinking::of_gemini(&asked.maker.model, asked.effort) {
        Value::Null => Value::Null,
        thinking => json!({ "thinkingConfig": thinking }),
    };
    let system = match preface.system {
        "" => Value::Null,
        system => json!({"parts": [{"text": system}]}),
    };
    let tools = match some(preface.tools.iter().map(tool).collect()) {
        Value::Null => Value::Null,
        tools => json!([{ "functionDeclarations": tools }]),
    };
    Start {
        fields: fields([("generationConfig", generation), ("systemInstruction", system), ("tools", tools)]),
        list: "contents",
        first: None,
    }
}

fn tool(tool: &ToolSpec) -> Value {
    json!({"name": tool.name, "description": tool.description, "parametersJsonSchema": tool.schema})
}

pub(super) fn user(text: &str) -> Value {
    json!({"role": "user", "parts": [{"text": text}]})
}

pub(super) fn assistant(pieces: Vec<Piece<'_>>, model: &str) -> Value {
    let mut signature = None;
    // The first call must be signed, whoever made it.
    let mut unsigned = model.contains("gemini-3").then_some(UNSIGNED);
    let mut parts = Vec::new();
    for piece in pieces {
        let mut part = match piece {
            Piece::Signature(signed) => {
                signature = Some(signed);
                continue;
            }
            Piece::Text(text) => json!({ "text": text }),
            Piece::Call { id, call } => {
                let unsigned = unsigned.take();
                signature = signature.or_else(|| unsigned.map(str::to_owned));
                json!({"functionCall": {"id": id, "name": call.tool, "args": arguments(call)}})
            }
            Piece::Reasoning(_) | Piece::Block(_) => continue,
        };
        if let (Some(signed), Value::Object(fields)) = (signature.take(), &mut part) {
            fields.insert("thoughtSignature".to_owned(), signed.into());
        }
        parts.push(part);
    }
    json!({"role": "model", "parts": parts})
}

pub(super) fn results(results: &[(String, &ToolResult)]) -> Value {
    let part = |(id, result): &(String, &ToolResult)| {
        let response = json!({"name": result.tool, "content": result.content});
        json!({"functionResponse": {"name": result.tool, "response": response, "id": id}})
    };
    json!({"role": "user", "parts": results.iter().map(part).collect::<Vec<_>>()})
}
