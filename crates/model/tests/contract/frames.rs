//! Answers as each wire sends them.

use super::stage::Script;
use anchorhold_domain::Wire;
use serde_json::{Value, json};

/// An answer of a wire with reasoning, its signature, words, and two calls at once.
pub fn reasoned(wire: Wire) -> Script {
    match wire {
        Wire::Chat => Script::events(&[
            json!({"choices": [{"delta": {"role": "assistant", "content": ""}}]}),
            json!({"choices": [{"delta": {"reasoning_content": "Think of "}}]}),
            json!({"choices": [{"delta": {"reasoning_content": "both."}}]}),
            json!({"choices": [{"delta": {"content": "I read both."}}]}),
            chat_call(0, "call_a", "read_file", ""),
            chat_call(0, "", "", "{\"path\":"),
            chat_call(0, "", "", "\"a\"}"),
            chat_call(1, "call_b", "read_file", "{\"path\":\"b\"}"),
            json!({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}),
            json!({"choices": [], "usage": {
                "prompt_tokens": 100, "completion_tokens": 30,
                "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
                "completion_tokens_details": {"reasoning_tokens": 12}
            }}),
            "[DONE]".into(),
        ]),
        Wire::Responses => {
            let reasoning =
                json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "SEALED", "summary": []});
            let call = |id: &str, arguments: &str| json!({"type": "function_call", "call_id": id, "name": "read_file", "arguments": arguments});
            Script::events(&[
                json!({"type": "response.created", "response": {"id": "r"}}),
                json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": "Think of "}),
                json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": "both."}),
                json!({"type": "response.output_item.done", "output_index": 0, "item": reasoning}),
                json!({"type": "response.output_text.delta", "output_index": 1, "delta": "I read both."}),
                json!({"type": "response.output_item.added", "output_index": 2, "item": call("call_a", "")}),
                json!({"type": "response.function_call_arguments.delta", "output_index": 2, "delta": "{\"path\":"}),
                json!({"type": "response.function_call_arguments.delta", "output_index": 2, "delta": "\"a\"}"}),
                json!({"type": "response.output_item.done", "output_index": 2, "item": call("call_a", "{\"path\":\"a\"}")}),
                json!({"type": "response.output_item.added", "output_index": 3, "item": call("call_b", "")}),
                json!({"type": "response.output_item.done", "output_index": 3, "item": call("call_b", "{\"path\":\"b\"}")}),
                json!({"type": "response.completed", "response": {"id": "r", "status": "completed", "model": "gpt-5", "output": [], "usage": {
                    "input_tokens": 100, "output_tokens": 30, "total_tokens": 130,
                    "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
                    "output_tokens_details": {"reasoning_tokens": 12}
                }}}),
            ])
        }
        Wire::Messages => Script::events(&[
            json!({"type": "message_start", "message": {"usage": {
                "input_tokens": 30, "cache_read_input_tokens": 60, "cache_creation_input_tokens": 10, "output_tokens": 1
            }}}),
            block(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
            piece(0, json!({"type": "thinking_delta", "thinking": "Think of "})),
            piece(0, json!({"type": "thinking_delta", "thinking": "both."})),
            piece(0, json!({"type": "signature_delta", "signature": "SEALED"})),
            json!({"type": "content_block_stop", "index": 0}),
            block(1, json!({"type": "redacted_thinking", "data": "SEALED-TOO"})),
            json!({"type": "content_block_stop", "index": 1}),
            block(2, json!({"type": "text", "text": ""})),
            piece(2, json!({"type": "text_delta", "text": "I read both."})),
            json!({"type": "content_block_stop", "index": 2}),
            block(3, json!({"type": "tool_use", "id": "call_a", "name": "read_file", "input": {}})),
            piece(3, json!({"type": "input_json_delta", "partial_json": "{\"path\":"})),
            piece(3, json!({"type": "input_json_delta", "partial_json": "\"a\"}"})),
            json!({"type": "content_block_stop", "index": 3}),
            block(4, json!({"type": "tool_use", "id": "call_b", "name": "read_file", "input": {}})),
            piece(4, json!({"type": "input_json_delta", "partial_json": "{\"path\":\"b\"}"})),
            json!({"type": "content_block_stop", "index": 4}),
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {
                "output_tokens": 30, "output_tokens_details": {"thinking_tokens": 12}
            }}),
            json!({"type": "message_stop"}),
        ]),
        Wire::Gemini => Script::events(&[
            gemini(json!([{"text": "Think of ", "thought": true}])),
            gemini(json!([{"text": "both.", "thought": true}])),
            gemini(json!([{"text": "I read both."}])),
            gemini(json!([
                {"functionCall": {"name": "read_file", "args": {"path": "a"}, "id": "call_a"}, "thoughtSignature": "SEALED"},
                {"functionCall": {"name": "read_file", "args": {"path": "b"}, "id": "call_b"}}
            ])),
            json!({
                "candidates": [{"content": {"parts": [{"text": ""}]}, "finishReason": "STOP"}],
                "usageMetadata": {
                    "promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 18,
                    "thoughtsTokenCount": 12
                }
            }),
        ]),
    }
}

/// An answer of words alone.
pub fn words(wire: Wire, words: &str) -> Script {
    match wire {
        Wire::Chat => Script::events(&[
            json!({"choices": [{"delta": {"content": words}, "finish_reason": "stop"}]}),
            "[DONE]".into(),
        ]),
        Wire::Responses => Script::events(&[
            json!({"type": "response.output_text.delta", "output_index": 0, "delta": words}),
            json!({"type": "response.completed", "response": {"id": "r", "status": "completed", "model": "m", "output": []}}),
        ]),
        Wire::Messages => Script::events(&[
            json!({"type": "message_start", "message": {"usage": {"input_tokens": 1}}}),
            block(0, json!({"type": "text", "text": ""})),
            piece(0, json!({"type": "text_delta", "text": words})),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}),
            json!({"type": "message_stop"}),
        ]),
        Wire::Gemini => Script::events(&[
            json!({"candidates": [{"content": {"parts": [{"text": words}]}, "finishReason": "STOP"}]}),
        ]),
    }
}

pub fn chat_call(index: u32, id: &str, name: &str, arguments: &str) -> Value {
    let mut call = json!({"index": index, "function": {"arguments": arguments}});
    if !id.is_empty() {
        call["id"] = id.into();
        call["function"]["name"] = name.into();
    }
    json!({"choices": [{"delta": {"tool_calls": [call]}}]})
}

pub fn block(index: u32, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

pub fn piece(index: u32, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

pub fn gemini(parts: Value) -> Value {
    json!({"candidates": [{"content": {"role": "model", "parts": parts}}]})
}
