//! Reading the wire of OpenAI's Responses.

use super::heard::{Heard, Stop, count, present, text};
use crate::wire::replay::Part;
use anchorhold_domain::Usage;
use serde_json::Value;

pub(super) fn take(heard: &mut Heard, frame: &Value) {
    let number = frame.get("output_index").and_then(Value::as_u64);
    match text(frame, "/type") {
        "response.output_text.delta" | "response.refusal.delta" => heard.say(text(frame, "/delta")),
        "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
            heard.think(text(frame, "/delta"));
        }
        "response.reasoning_summary_part.added" if !heard.reasoning.is_empty() => heard.think("\n\n"),
        "response.output_item.added" => {
            if let Some(item) = frame.get("item").filter(|item| text(item, "/type") == "function_call") {
                let place = heard.begin_call(number, text(item, "/call_id"), text(item, "/name"));
                heard.add_arguments(place, text(item, "/arguments"));
            }
        }
        "response.function_call_arguments.delta" => {
            if let Some(place) = number.and_then(|number| heard.numbered(number)) {
                heard.add_arguments(place, text(frame, "/delta"));
            }
        }
        "response.output_item.done" => {
            if let Some(item) = frame.get("item") {
                whole_item(heard, number, item);
            }
        }
        "response.completed" | "response.incomplete" => {
            let Some(response) = frame.get("response") else { return };
            if heard.parts.is_empty() {
                // Some servers send everything at the end.
                for item in response.get("output").and_then(Value::as_array).into_iter().flatten() {
                    whole_item(heard, None, item);
                }
            }
            heard.usage = usage(response);
            heard.stop = Some(stop(response));
        }
        "response.failed" => {
            heard.fault = present(frame, "/response/error").or_else(|| frame.get("response")).cloned();
        }
        "error" => heard.fault = Some(frame.clone()),
        _ => {}
    }
}

fn stop(response: &Value) -> Stop {
    match (text(response, "/status"), text(response, "/incomplete_details/reason")) {
        (_, "content_filter") => Stop::Refused("the content filter stopped the answer".to_owned()),
        (_, "max_output_tokens") | ("incomplete", _) => Stop::OutputLimit,
        _ => Stop::End,
    }
}

fn whole_item(heard: &mut Heard, number: Option<u64>, item: &Value) {
    match text(item, "/type") {
        "function_call" => {
            let place = number
                .and_then(|number| heard.numbered(number))
                .unwrap_or_else(|| heard.begin_call(number, text(item, "/call_id"), text(item, "/name")));
            // A call that was cut off is done too, and says so.
            if text(item, "/status") == "incomplete" {
                heard.add_arguments(place, "");
            } else {
                heard.end_call(place, text(item, "/arguments"));
            }
        }
        "reasoning" => {
            let sealed = text(item, "/encrypted_content");
            if !sealed.is_empty() {
                heard.parts.push(Part::Signature(sealed.to_owned()));
            }
        }
        "message" if heard.text.is_empty() => {
            for content in item.get("content").and_then(Value::as_array).into_iter().flatten() {
                heard.say(text(content, "/text"));
            }
        }
        _ => {}
    }
}

fn usage(response: &Value) -> Usage {
    let of = |pointer| count(response, pointer).unwrap_or(0);
    Usage {
        input_tokens: of("/usage/input_tokens"),
        cached_tokens: of("/usage/input_tokens_details/cached_tokens"),
        cache_write_tokens: of("/usage/input_tokens_details/cache_write_tokens"),
        output_tokens: of("/usage/output_tokens"),
        reasoning_tokens: of("/usage/output_tokens_details/reasoning_tokens"),
    }
}
