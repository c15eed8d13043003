//! Reading the wire of Anthropic's Messages.

use super::heard::{Heard, Stop, count, text};
use crate::wire::replay::Part;
use serde_json::Value;

pub(super) fn take(heard: &mut Heard, frame: &Value) {
    let number = frame.get("index").and_then(Value::as_u64).unwrap_or(0);
    match text(frame, "/type") {
        "message_start" => usage(heard, frame.pointer("/message/usage")),
        "content_block_start" => {
            // What comes before another block is whole. That a block stops says nothing: this wire stops the
            // one that was cut off too.
            if let Some(place) = heard.newest() {
                heard.end_call(place, "");
            }
            if let Some(block) = frame.get("content_block") {
                begin(heard, number, block);
            }
        }
        "content_block_delta" => {
            if let Some(delta) = frame.get("delta") {
                add(heard, number, delta);
            }
        }
        "message_delta" => {
            usage(heard, frame.get("usage"));
            if let Some(reason) = frame.pointer("/delta/stop_reason").and_then(Value::as_str) {
                heard.stop = Some(stop(reason, text(frame, "/delta/stop_details/explanation")));
            }
        }
        "error" => heard.fault = Some(frame.clone()),
        _ => {}
    }
}

fn stop(reason: &str, explanation: &str) -> Stop {
    match reason {
        "max_tokens" => Stop::OutputLimit,
        "model_context_window_exceeded" => Stop::ContextFull,
        "refusal" if explanation.is_empty() => Stop::Refused("the model declined to answer".to_owned()),
        "refusal" => Stop::Refused(explanation.to_owned()),
        _ => Stop::End,
    }
}

fn begin(heard: &mut Heard, number: u64, block: &Value) {
    match text(block, "/type") {
        "text" => heard.say(text(block, "/text")),
        "tool_use" => {
            let place = heard.begin_call(Some(number), text(block, "/id"), text(block, "/name"));
            // The input is empty here and comes in pieces, but for servers that send it whole.
            if let Some(input) =
                block.get("input").filter(|input| input.as_object().is_some_and(|o| !o.is_empty()))
            {
                heard.add_arguments(place, &input.to_string());
            }
        }
        "thinking" | "redacted_thinking" => {
            heard.think(text(block, "/thinking"));
            heard.blocks.insert(number, heard.parts.len());
            heard.parts.push(Part::Block(block.clone()));
        }
        _ => {}
    }
}

fn add(heard: &mut Heard, number: u64, delta: &Value) {
    match text(delta, "/type") {
        "text_delta" => heard.say(text(delta, "/text")),
        "input_json_delta" => {
            if let Some(place) = heard.numbered(number) {
                heard.add_arguments(place, text(delta, "/partial_json"));
            }
        }
        "thinking_delta" => {
            heard.think(text(delta, "/thinking"));
            extend(heard, number, "thinking", text(delta, "/thinking"));
        }
        "signature_delta" => extend(heard, number, "signature", text(delta, "/signature")),
        _ => {}
    }
}

/// Adds to a text of a block of thinking.
fn extend(heard: &mut Heard, number: u64, name: &str, piece: &str) {
    let Some(Part::Block(Value::Object(block))) =
        heard.blocks.get(&number).and_then(|place| heard.parts.get_mut(*place))
    else {
        return;
    };
    match block.get_mut(name) {
        Some(Value::String(all)) => all.push_str(piece),
        _ => {
            block.insert(name.to_owned(), piece.into());
        }
    }
}

/// Takes a count; later ones repeat and complete earlier ones. Its input leaves out the cache, ours does not.
fn usage(heard: &mut Heard, found: Option<&Value>) {
    let Some(found) = found else { return };
    let usage = &mut heard.usage;
    let plain =
        usage.input_tokens.saturating_sub(usage.cached_tokens).saturating_sub(usage.cache_write_tokens);
    let later = |pointer: &str, before: u32| count(found, pointer).map_or(before, |now| now.max(before));
    let plain = later("/input_tokens", plain);
    usage.cached_tokens = later("/cache_read_input_tokens", usage.cached_tokens);
    usage.cache_write_tokens = later("/cache_creation_input_tokens", usage.cache_write_tokens);
    usage.input_tokens = plain.saturating_add(usage.cached_tokens).saturating_add(usage.cache_write_tokens);
    usage.output_tokens = later("/output_tokens", usage.output_tokens);
    usage.reasoning_tokens = later("/output_tokens_details/thinking_tokens", usage.reasoning_tokens);
}
