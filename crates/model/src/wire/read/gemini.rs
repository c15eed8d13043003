//! Reading the wire of Gemini's `generateContent`.

use super::heard::{Heard, Stop, count, present, text};
use crate::wire::replay::Part;
use anchorhold_domain::Usage;
use serde_json::Value;

pub(super) fn take(heard: &mut Heard, frame: &Value) {
    if let Some(found) = present(frame, "/usageMetadata") {
        heard.usage = usage(found);
    }
    let blocked = text(frame, "/promptFeedback/blockReason");
    if !blocked.is_empty() {
        heard.stop = Some(Stop::Refused(format!("the request was blocked: {blocked}")));
        return;
    }
    for part in frame.pointer("/candidates/0/content/parts").and_then(Value::as_array).into_iter().flatten() {
        take_part(heard, part);
    }
    let reason = text(frame, "/candidates/0/finishReason");
    if !reason.is_empty() {
        heard.stop = Some(stop(reason, text(frame, "/candidates/0/finishMessage")));
    }
}

fn take_part(heard: &mut Heard, part: &Value) {
    let signature = text(part, "/thoughtSignature");
    if !signature.is_empty() {
        // It belongs to what follows.
        heard.parts.push(Part::Signature(signature.to_owned()));
    }
    if let Some(call) = part.get("functionCall") {
        let place = heard.begin_call(None, text(call, "/id"), text(call, "/name"));
        let arguments = call.get("args").filter(|args| !args.is_null()).map(ToString::to_string);
        heard.add_arguments(place, arguments.as_deref().unwrap_or("{}"));
        heard.end_call(place, "");
    } else if let Some(piece) = part.get("text").and_then(Value::as_str) {
        if part.get("thought").and_then(Value::as_bool) == Some(true) {
            heard.think(piece);
        } else if !piece.is_empty() || !signature.is_empty() {
            heard.say(piece);
        }
    }
}

fn stop(reason: &str, message: &str) -> Stop {
    let said = || match message {
        "" => reason.to_owned(),
        message => format!("{reason}: {message}"),
    };
    match reason {
        "STOP" => Stop::End,
        "MAX_TOKENS" => Stop::OutputLimit,
        "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII"
        | "IMAGE_SAFETY" => Stop::Refused(format!("the answer was stopped: {}", said())),
        "OTHER"
        | "MALFORMED_FUNCTION_CALL"
        | "MALFORMED_RESPONSE"
        | "MISSING_THOUGHT_SIGNATURE"
        | "TOO_MANY_TOOL_CALLS"
        | "UNEXPECTED_TOOL_CALL" => Stop::Botched(format!("the answer failed: {}", said())),
        _ => Stop::End,
    }
}

/// Its output leaves out the thinking, ours does not.
fn usage(found: &Value) -> Usage {
    let of = |pointer| count(found, pointer).unwrap_or(0);
    let thoughts = of("/thoughtsTokenCount");
    Usage {
        input_tokens: of("/promptTokenCount").saturating_add(of("/toolUsePromptTokenCount")),
        cached_tokens: of("/cachedContentTokenCount"),
        cache_write_tokens: 0,
        output_tokens: of("/candidatesTokenCount").saturating_add(thoughts),
        reasoning_tokens: thoughts,
    }
}
