//! Servers that answer badly in ways that the mock cannot, on every wire.

use super::frames::{block, chat_call, gemini, piece, words};
use super::stage::{End, Script, Stage};
use super::support::{WIRES, ask_of, ask_within, choice, conversation, user};
use anchorhold_domain::Wire;
use anchorhold_model::{Answer, ErrorClass, ModelError};
use serde_json::{Value, json};
use std::time::Duration;

async fn play(wire: Wire, script: Script) -> Result<Answer, ModelError> {
    let stage = Stage::start([script]).await;
    let asked = conversation(vec![user("Go")]);
    Ok(ask_of(&choice(wire, &stage.url), "planted-key", &asked).await?.0)
}

/// The reasons that a wire gives for an end.
#[derive(Clone, Copy)]
enum Reason {
    Limit,
    Refusal,
}

/// The events that end an answer.
fn end(wire: Wire, reason: Reason) -> Vec<Value> {
    match wire {
        Wire::Chat => {
            let reason = match reason {
                Reason::Limit => "length",
                Reason::Refusal => "content_filter",
            };
            vec![json!({"choices": [{"delta": {}, "finish_reason": reason}]}), "[DONE]".into()]
        }
        Wire::Responses => {
            let reason = match reason {
                Reason::Limit => "max_output_tokens",
                Reason::Refusal => "content_filter",
            };
            vec![json!({"type": "response.incomplete", "response": {
                "id": "r", "model": "m", "status": "incomplete", "output": [], "incomplete_details": {"reason": reason}
            }})]
        }
        Wire::Messages => {
            let reason = match reason {
                Reason::Limit => "max_tokens",
                Reason::Refusal => "refusal",
            };
            vec![
                json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 9}}),
                json!({"type": "message_stop"}),
            ]
        }
        Wire::Gemini => {
            let reason = match reason {
                Reason::Limit => "MAX_TOKENS",
                Reason::Refusal => "SAFETY",
            };
            vec![json!({"candidates": [{"content": {"parts": []}, "finishReason": reason}]})]
        }
    }
}

/// The events of a call whose arguments are as given, with nothing to say that they are whole.
fn call(wire: Wire, arguments: &str) -> Vec<Value> {
    match wire {
        Wire::Chat => vec![chat_call(0, "call_a", "read_file", arguments)],
        Wire::Responses => {
            let item =
                json!({"type": "function_call", "call_id": "call_a", "name": "read_file", "arguments": ""});
            vec![
                json!({"type": "response.output_item.added", "output_index": 0, "item": item}),
                json!({"type": "response.function_call_arguments.delta", "output_index": 0, "delta": arguments}),
            ]
        }
        Wire::Messages => vec![
            block(0, json!({"type": "tool_use", "id": "call_a", "name": "read_file", "input": {}})),
            piece(0, json!({"type": "input_json_delta", "partial_json": arguments})),
            // This wire stops each block, also the one that was cut off.
            json!({"type": "content_block_stop", "index": 0}),
        ],
        // This wire has arguments whole or not at all.
        Wire::Gemini => {
            vec![gemini(json!([{"functionCall": {"id": "call_a", "name": "read_file", "args": arguments}}]))]
        }
    }
}

#[tokio::test]
async fn malformed_arguments_are_passed_on_as_they_are_and_go_back_as_an_object() {
    for (wire, ..) in WIRES {
        let mut events = call(wire, "{path: a.txt");
        events.extend(end(wire, Reason::Limit));
        let answer = play(wire, Script::events(&events)).await.unwrap();
        let arguments = &answer.calls[0].arguments;
        assert!(arguments.contains("{path: a.txt"), "{wire:?}: {arguments}");
        assert!(!serde_json::from_str::<Value>(arguments).is_ok_and(|value| value.is_object()), "{wire:?}");

        let stage = Stage::start([words(wire, "Again.")]).await;
        let results = super::replay::results(&answer.calls);
        let asked = conversation(vec![user("Go"), super::replay::said(answer), results]);
        ask_of(&choice(wire, &stage.url), "key", &asked).await.unwrap();
        let sent = stage.requests().remove(0)["body"].to_string();
        assert!(sent.contains("unreadable_arguments"), "{wire:?}: {sent}");
    }
}

#[tokio::test]
async fn a_call_that_was_cut_off_never_passes_for_a_whole_one() {
    for (wire, ..) in WIRES.into_iter().filter(|row| row.0 != Wire::Gemini) {
        for arguments in ["{\"path\":\"a.txt\"", "{\"path\":", "{", ""] {
            let mut events = call(wire, arguments);
            events.extend(end(wire, Reason::Limit));
            let answer = play(wire, Script::events(&events)).await.unwrap();
            assert_eq!(answer.calls[0].arguments, arguments, "{wire:?}");
            assert!(serde_json::from_str::<Value>(&answer.calls[0].arguments).is_err(), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn a_call_without_arguments_is_whole_where_another_block_came_after_it() {
    let mut events = call(Wire::Messages, "");
    events.push(block(1, json!({"type": "tool_use", "id": "call_b", "name": "read_file", "input": {}})));
    events.push(json!({"type": "content_block_stop", "index": 1}));
    events.extend(end(Wire::Messages, Reason::Limit));
    let calls = play(Wire::Messages, Script::events(&events)).await.unwrap().calls;
    let arguments: Vec<_> = calls.iter().map(|call| call.arguments.as_str()).collect();
    assert_eq!(arguments, ["{}", ""]);

    let mut events = call(Wire::Messages, "");
    events.push(block(1, json!({"type": "text", "text": "And so"})));
    events.extend(end(Wire::Messages, Reason::Limit));
    let calls = play(Wire::Messages, Script::events(&events)).await.unwrap().calls;
    assert_eq!(calls[0].arguments, "{}");
}

#[tokio::test]
async fn an_answer_that_is_only_reasoning_is_an_answer() {
    let chat = Script::events(&[
        json!({"choices": [{"delta": {"reasoning_content": "Hm."}, "finish_reason": "stop"}]}),
        "[DONE]".into(),
    ]);
    let responses = Script::events(&[
        json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": "Hm."}),
        json!({"type": "response.completed", "response": {"id": "r", "model": "m", "status": "completed", "output": []}}),
    ]);
    let messages = Script::events(&[
        block(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        piece(0, json!({"type": "thinking_delta", "thinking": "Hm."})),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}),
        json!({"type": "message_stop"}),
    ]);
    let gemini = Script::events(&[json!({"candidates": [{
        "content": {"parts": [{"text": "Hm.", "thought": true}]}, "finishReason": "STOP"
    }]})]);
    for ((wire, ..), script) in WIRES.into_iter().zip([chat, responses, messages, gemini]) {
        let answer = play(wire, script).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.reasoning.as_deref()), ("", Some("Hm.")), "{wire:?}");
    }
}

#[tokio::test]
async fn a_refusal_has_its_own_class_on_every_wire() {
    for (wire, ..) in WIRES {
        let error = play(wire, Script::events(&end(wire, Reason::Refusal))).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Refused, "{wire:?}: {error}");
    }
    let blocked = Script::events(&[json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})]);
    let error = play(Wire::Gemini, blocked).await.unwrap_err();
    assert_eq!(
        (error.class, error.reason.as_str()),
        (ErrorClass::Refused, "the request was blocked: PROHIBITED_CONTENT")
    );
}

#[tokio::test]
async fn an_error_in_the_middle_of_a_stream_has_the_class_that_it_names() {
    let overloaded = [
        json!({"error": {"code": 503, "message": "planted-key is busy"}}),
        json!({"type": "response.failed", "response": {"id": "r", "model": "m", "status": "failed", "output": [],
            "error": {"code": "server_is_overloaded", "message": "planted-key is busy"}}}),
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "planted-key is busy"}}),
        json!({"error": {"code": 503, "status": "UNAVAILABLE", "message": "planted-key is busy"}}),
    ];
    for ((wire, ..), event) in WIRES.into_iter().zip(overloaded) {
        let mut events = call(wire, "{}");
        events.push(event);
        let error = play(wire, Script::events(&events)).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Overloaded, "{wire:?}: {error}");
        // Some servers repeat the key.
        assert_eq!(error.reason, "[key] is busy", "{wire:?}");
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_stalls_or_ends_too_soon_is_a_network_error() {
    for (wire, ..) in WIRES {
        for how in [End::Drop, End::Stall, End::SignsOfLife, End::Whole] {
            let mut script = words(wire, "Half of");
            // What comes before the end says that there was one.
            let last = script.body.trim_end().rfind("event: ").unwrap();
            script.body.truncate(last);
            if matches!(wire, Wire::Chat | Wire::Gemini) {
                script = Script::events(&[match wire {
                    Wire::Chat => json!({"choices": [{"delta": {"content": "Half of"}}]}),
                    _ => gemini(json!([{"text": "Half of"}])),
                }]);
            } else if wire == Wire::Messages {
                script.body.truncate(script.body.rfind("event: message_delta").unwrap());
            }
            let stage = Stage::start([script.ending(how)]).await;
            let asked = conversation(vec![user("Go")]);
            let silence = match how {
                End::Stall | End::SignsOfLife => Duration::from_millis(200),
                End::Drop | End::Whole => Duration::from_secs(60),
            };
            let error = ask_within(&choice(wire, &stage.url), "key", &asked, silence).await.unwrap_err();
            assert_eq!(error.class, ErrorClass::Network, "{wire:?} {how:?}: {error}");
        }
    }
}

#[tokio::test]
async fn what_is_no_json_is_no_answer() {
    for (wire, ..) in WIRES {
        let error = play(wire, Script::events(&["{ not json".into()])).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Nonsense, "{wire:?}: {error}");
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_sent_is_not_shown() {
    for (wire, ..) in WIRES {
        let stage = Stage::start([]).await;
        let asked = conversation(vec![user("Go")]);
        let error = ask_of(&choice(wire, &stage.url), "planted\nkey", &asked).await.unwrap_err();
        assert!(!format!("{error}{error:?}").contains("planted"), "{wire:?}: {error:?}");
    }
}

#[tokio::test]
async fn the_length_of_an_answer_is_told_where_the_wire_demands_it() {
    use anchorhold_model::{Connections, Model, RemoteModel};
    let connections = Connections::new().unwrap();
    for (limit, told) in [(Some(8_000), 8_000), (Some(128_000), 32_000)] {
        let stage = Stage::start([words(Wire::Messages, "Yes.")]).await;
        let choice = choice(Wire::Messages, &stage.url);
        let model = RemoteModel::new(&connections, &choice, Some("key")).unwrap().with_output_limit(limit);
        let (sender, _receiver) = tokio::sync::mpsc::channel(64);
        model.answer(&conversation(vec![user("Go")]), &sender).await.unwrap();
        assert_eq!(stage.requests()[0]["body"]["max_tokens"], told);
    }
}

#[tokio::test]
async fn a_name_that_ends_like_an_effort_is_sent_whole() {
    for wire in [Wire::Chat, Wire::Responses] {
        let stage = Stage::start([words(wire, "Yes.")]).await;
        let mut choice = choice(wire, &stage.url);
        "qwen-max".clone_into(&mut choice.name);
        ask_of(&choice, "key", &conversation(vec![user("Go")])).await.unwrap();
        let body = stage.requests().remove(0)["body"].take();
        assert_eq!((&body["model"], body.get("reasoning_effort")), (&json!("qwen-max"), None), "{body}");
    }
}

#[tokio::test]
async fn routed_models_that_need_marks_for_the_cache_get_them() {
    let stage = Stage::start([words(Wire::Chat, "Yes."), words(Wire::Chat, "Yes.")]).await;
    let mut choice = choice(Wire::Chat, &stage.url);
    "openrouter".clone_into(&mut choice.provider);
    for name in ["anthropic/claude-sonnet-4.6", "openai/gpt-5"] {
        name.clone_into(&mut choice.name);
        ask_of(&choice, "key", &conversation(vec![user("Go")])).await.unwrap();
    }
    let marked: Vec<_> =
        stage.requests().iter().map(|sent| sent["body"].get("cache_control").cloned()).collect();
    assert_eq!(marked, [Some(json!({"type": "ephemeral"})), None]);
}

#[tokio::test]
async fn routed_reasoning_goes_back_block_by_block() {
    let detail =
        |detail: Value| json!({"choices": [{"delta": {"reasoning_details": [detail], "reasoning": "x"}}]});
    let script = Script::events(&[
        detail(json!({"type": "reasoning.text", "index": 0, "text": "Think "})),
        detail(json!({"type": "reasoning.text", "index": 0, "text": "twice."})),
        detail(json!({"type": "reasoning.text", "index": 0, "signature": "SEALED"})),
        chat_call(0, "call_a", "read_file", "{}"),
        "[DONE]".into(),
    ]);
    let stage = Stage::start([script, words(Wire::Chat, "Yes.")]).await;
    let choice = choice(Wire::Chat, &stage.url);
    let (answer, _) = ask_of(&choice, "key", &conversation(vec![user("Go")])).await.unwrap();
    let results = super::replay::results(&answer.calls);
    let asked = conversation(vec![user("Go"), super::replay::said(answer), results]);
    ask_of(&choice, "key", &asked).await.unwrap();
    let message = stage.requests().remove(1)["body"]["messages"][2].take();
    let whole =
        json!([{"type": "reasoning.text", "index": 0, "text": "Think twice.", "signature": "SEALED"}]);
    assert_eq!((&message["reasoning_details"], message.get("reasoning_content")), (&whole, None));
}

#[tokio::test]
async fn a_server_that_sends_a_request_on_is_not_followed_and_the_key_goes_nowhere_else() {
    for (wire, ..) in WIRES {
        let other = Stage::start([words(wire, "Stolen.")]).await;
        let place = format!("{}/v1?key=planted", other.url);
        let script = Script::failure(307, json!({})).header("location", &place);
        let error = play(wire, script).await.unwrap_err();
        assert_eq!(other.requests(), Vec::<Value>::new(), "{wire:?}");
        assert_eq!(error.class, ErrorClass::NotFound, "{wire:?}");
        let said = format!("the server sends its requests on to {}/v1, and a key", other.url);
        assert!(error.reason.starts_with(&said), "{wire:?}: {error}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_not_kept_in_memory() {
    let line = format!(": {}\n", "x".repeat(1 << 20));
    let script = Script::events(&[]);
    let script = Script { body: line.repeat(65), ..script };
    let error = play(Wire::Chat, script).await.unwrap_err();
    assert_eq!(
        (error.class, error.reason.as_str()),
        (ErrorClass::Nonsense, "the server's answer does not end")
    );
}

#[tokio::test]
async fn the_last_event_may_lack_its_empty_line() {
    for (wire, ..) in WIRES {
        let mut script = words(wire, "Done.");
        script.body.truncate(script.body.trim_end().len());
        assert_eq!(play(wire, script).await.unwrap().text, "Done.", "{wire:?}");
    }
}

#[tokio::test]
async fn a_key_that_no_header_can_carry_is_told_and_nothing_is_sent() {
    let stage = Stage::start([]).await;
    let asked = conversation(vec![user("Go")]);
    for (wire, ..) in WIRES {
        let error = ask_of(&choice(wire, &stage.url), "planted\nkey", &asked).await.unwrap_err();
        assert_eq!((error.class, stage.requests().len()), (ErrorClass::InvalidKey, 0), "{wire:?}");
        assert!(!format!("{error}{error:?}").contains("planted"), "{wire:?}: {error}");
    }
}

#[tokio::test]
async fn reasoning_that_a_server_counts_beside_what_was_written_is_counted_once() {
    // What was written, thought, and the total beside 100 tokens of input; and what the answer comes to.
    let cases = [
        (300, 200, Some(600), 500),
        (300, 200, Some(400), 300),
        (300, 200, None, 300),
        (20, 200, Some(320), 220),
        (20, 200, None, 220),
    ];
    for (written, thought, total, output) in cases {
        let usage = json!({
            "prompt_tokens": 100, "completion_tokens": written, "total_tokens": total,
            "completion_tokens_details": {"reasoning_tokens": thought}
        });
        let said = json!({"choices": [{"delta": {"content": "Yes."}, "finish_reason": "stop"}]});
        let script = Script::events(&[said, json!({"choices": [], "usage": usage}), "[DONE]".into()]);
        let counted = play(Wire::Chat, script).await.unwrap().usage;
        assert_eq!((counted.output_tokens, counted.reasoning_tokens), (output, thought), "{usage}");
    }
}
