//! Reading the wire of OpenAI's Chat Completions, as its many imitators speak it.

use super::heard::{Heard, Stop, count, present, text};
use crate::wire::replay::Part;
use anchorhold_domain::Usage;
use serde_json::Value;

pub(super) fn take(heard: &mut Heard, frame: &Value) {
    if let Some(found) = present(frame, "/usage").or_else(|| present(frame, "/choices/0/usage")) {
        heard.usage = usage(found);
    }
    let Some(choice) = frame.pointer("/choices/0") else { return };
    if let Some(delta) = choice.get("delta").or_else(|| choice.get("message")) {
        reasoning(heard, delta);
        match delta.get("content") {
            Some(Value::String(piece)) if !piece.is_empty() => heard.say(piece),
            Some(Value::Array(chunks)) => chunks.iter().for_each(|chunk| chunked(heard, chunk)),
            _ => {}
        }
        let refusal = text(delta, "/refusal");
        if !refusal.is_empty() {
            heard.say(refusal);
        }
        for call in delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            tool_call(heard, call);
        }
    }
    if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str) {
        heard.stop = Some(stop(reason));
    }
}

fn stop(reason: &str) -> Stop {
    match reason {
        "length" | "max_tokens" => Stop::OutputLimit,
        "model_context_window_exceeded" => Stop::ContextFull,
        "content_filter" | "sensitive" => Stop::Refused("the content filter stopped the answer".to_owned()),
        "error" | "network_error" => Stop::Botched("the server says that the answer failed".to_owned()),
        _ => Stop::End,
    }
}

fn reasoning(heard: &mut Heard, delta: &Value) {
    for detail in delta.get("reasoning_details").and_then(Value::as_array).into_iter().flatten() {
        add_detail(heard, detail);
    }
    let piece = match text(delta, "/reasoning_content") {
        "" => text(delta, "/reasoning"),
        piece => piece,
    };
    if !piece.is_empty() {
        heard.think(piece);
        if let Some(Part::Reasoning(all)) = heard.parts.last_mut() {
            all.push_str(piece);
        } else if !heard.parts.iter().any(|part| matches!(part, Part::Block(_))) {
            // Blocks say the same and more.
            heard.parts.push(Part::Reasoning(piece.to_owned()));
        }
    }
}

/// Joins the pieces of a block of reasoning, which OpenRouter wants back whole.
fn add_detail(heard: &mut Heard, detail: &Value) {
    let same =
        |block: &Value| block.get("type") == detail.get("type") && block.get("index") == detail.get("index");
    let known = heard.parts.iter_mut().rev().find_map(|part| match part {
        Part::Block(block) if same(block) => Some(block),
        _ => None,
    });
    let (Some(Value::Object(block)), Some(pieces)) = (known, detail.as_object()) else {
        heard.parts.push(Part::Block(detail.clone()));
        return;
    };
    for (name, piece) in pieces {
        match (block.get_mut(name), piece) {
            (Some(Value::String(all)), Value::String(piece))
                if matches!(name.as_str(), "text" | "summary" | "data") =>
            {
                all.push_str(piece);
            }
            (_, Value::Null) => {}
            _ => {
                block.insert(name.clone(), piece.clone());
            }
        }
    }
}

/// Mistral sends its text and its thinking in chunks with a type each.
fn chunked(heard: &mut Heard, chunk: &Value) {
    match text(chunk, "/type") {
        "text" => heard.say(text(chunk, "/text")),
        "thinking" => {
            for inner in chunk.get("thinking").and_then(Value::as_array).into_iter().flatten() {
                heard.think(text(inner, "/text"));
            }
        }
        _ => {}
    }
}

fn tool_call(heard: &mut Heard, call: &Value) {
    let (id, tool) = (text(call, "/id"), text(call, "/function/name"));
    let number = call.get("index").and_then(Value::as_u64);
    let known = match number {
        Some(number) => heard.numbered(number),
        // A piece without a number or a name belongs to the call before it.
        None if tool.is_empty() => heard.newest(),
        None => None,
    };
    // Some servers give every call of an answer the number 0.
    let another = |place: usize| {
        !tool.is_empty() && !id.is_empty() && !heard.id(place).is_empty() && heard.id(place) != id
    };
    let place = match known {
        Some(place) if !another(place) => {
            heard.name_call(place, id, tool);
            place
        }
        _ => heard.begin_call(number, id, tool),
    };
    match call.pointer("/function/arguments") {
        Some(Value::String(piece)) => heard.add_arguments(place, piece),
        Some(whole @ Value::Object(_)) => heard.add_arguments(place, &whole.to_string()),
        _ => {}
    }
}

fn usage(found: &Value) -> Usage {
    let any = |pointers: &[&str]| pointers.iter().find_map(|pointer| count(found, pointer)).unwrap_or(0);
    let reasoning = any(&["/completion_tokens_details/reasoning_tokens"]);
    let written = any(&["/completion_tokens"]);
    let input = any(&["/prompt_tokens"]);
    // Some servers leave reasoning out of the count, which their total gives away; without one, more reasoning
    // than was written does.
    let both = written.saturating_add(reasoning);
    let beside = count(found, "/total_tokens").is_some_and(|total| total.checked_sub(input) == Some(both));
    Usage {
        input_tokens: input,
        cached_tokens: any(&["/prompt_tokens_details/cached_tokens", "/prompt_cache_hit_tokens"]),
        cache_write_tokens: any(&["/prompt_tokens_details/cache_write_tokens"]),
        output_tokens: if beside || reasoning > written { both } else { written },
        reasoning_tokens: reasoning,
    }
}
