//! What goes back to a wire of an earlier answer: to the model that made it everything, to any other
//! only its words and calls.

use super::frames::{block, chat_call, gemini, reasoned, words};
use super::stage::{Script, Stage};
use super::support::{WIRES, ask_of, choice, conversation, thinking, user};
use anchorhold_domain::{ModelChoice, Usage, Wire};
use anchorhold_model::{Answer, CallRequest, ErrorClass, Message, ToolResult};
use serde_json::{Value, json};

/// The message that an answer becomes.
pub fn said(answer: Answer) -> Message {
    Message::Assistant { text: answer.text, calls: answer.calls, replay: answer.replay }
}

/// A result for each call.
pub fn results(calls: &[CallRequest]) -> Message {
    let result = |call: &CallRequest| ToolResult {
        call: call.id.clone(),
        tool: call.tool.clone(),
        content: format!("what {} says", call.arguments),
    };
    Message::ToolResults(calls.iter().map(result).collect())
}

/// Lets a wire's model answer with reasoning, and returns where it did and its answer.
async fn first(wire: Wire) -> (Stage, Answer) {
    let stage = Stage::start([reasoned(wire)]).await;
    let asked = conversation(vec![user("Read")]);
    let (answer, _) = ask_of(&thinking(wire, &stage.url), "key", &asked).await.unwrap();
    (stage, answer)
}

/// Sends an answer back to where it came from and returns the body of that request.
async fn sent_back((stage, answer): (&Stage, Answer), to: impl Fn(&str) -> ModelChoice) -> Value {
    let to = to(&stage.url);
    stage.then(words(to.wire.unwrap(), "Done."));
    let results = results(&answer.calls);
    let asked = conversation(vec![user("Read"), said(answer), results]);
    ask_of(&to, "key", &asked).await.unwrap();
    stage.requests().pop().unwrap()["body"].take()
}

#[tokio::test]
async fn usage_counts_the_cache_and_the_reasoning_on_every_wire() {
    for (wire, ..) in WIRES {
        let (_, answer) = first(wire).await;
        // Gemini does not say what it writes to its cache.
        let cache_write_tokens = if wire == Wire::Gemini { 0 } else { 10 };
        let counted = Usage {
            input_tokens: 100,
            cached_tokens: 60,
            cache_write_tokens,
            output_tokens: 30,
            reasoning_tokens: 12,
        };
        assert_eq!(answer.usage, counted, "{wire:?}");
        assert_eq!(answer.reasoning.as_deref(), Some("Think of both."), "{wire:?}");
    }
}

#[tokio::test]
async fn the_model_that_reasoned_gets_its_reasoning_back_as_its_wire_wants_it() {
    let back = |wire| async move {
        let (stage, answer) = first(wire).await;
        sent_back((&stage, answer), |url| thinking(wire, url)).await
    };

    let chat = back(Wire::Chat).await;
    assert_eq!(chat["messages"][2]["reasoning_content"], "Think of both.");

    let responses = back(Wire::Responses).await;
    let kinds: Vec<_> =
        responses["input"].as_array().unwrap().iter().map(|item| item["type"].clone()).collect();
    assert_eq!(
        kinds,
        [
            Value::Null,
            "reasoning".into(),
            "message".into(),
            "function_call".into(),
            "function_call".into(),
            "function_call_output".into(),
            "function_call_output".into()
        ]
    );
    assert_eq!(responses["input"][1]["encrypted_content"], "SEALED");
    assert_eq!(
        (&responses["store"], &responses["include"]),
        (&json!(false), &json!(["reasoning.encrypted_content"]))
    );

    let messages = back(Wire::Messages).await;
    let content = messages["messages"][1]["content"].as_array().unwrap();
    assert_eq!(content[0], json!({"type": "thinking", "thinking": "Think of both.", "signature": "SEALED"}));
    assert_eq!(content[1], json!({"type": "redacted_thinking", "data": "SEALED-TOO"}));
    assert_eq!(content[2]["text"], "I read both.");

    let gemini = back(Wire::Gemini).await;
    let parts = gemini["contents"][1]["parts"].as_array().unwrap();
    assert_eq!(parts[0], json!({"text": "I read both."}));
    assert_eq!(
        (&parts[1]["thoughtSignature"], &parts[1]["functionCall"]["id"]),
        (&json!("SEALED"), &json!("call_a"))
    );
    assert_eq!(parts[2].get("thoughtSignature"), None);
}

#[tokio::test]
async fn reasoning_between_calls_keeps_its_place() {
    let sealed = |number: u32, seal: &str| {
        json!({"type": "response.output_item.done", "output_index": number,
               "item": {"type": "reasoning", "encrypted_content": seal, "summary": []}})
    };
    let called = |number: u32, id: &str| {
        json!({"type": "response.output_item.done", "output_index": number,
               "item": {"type": "function_call", "call_id": id, "name": "read_file", "arguments": "{}"}})
    };
    let done = json!({"type": "response.completed", "response": {"id": "r", "status": "completed", "model": "m", "output": []}});
    let responses =
        Script::events(&[sealed(0, "ONE"), called(1, "a"), sealed(2, "TWO"), called(3, "b"), done]);
    let thought = |number: u32, seal: &str| {
        block(number, json!({"type": "thinking", "thinking": "", "signature": seal}))
    };
    let used = |number: u32, id: &str| {
        block(number, json!({"type": "tool_use", "id": id, "name": "read_file", "input": {}}))
    };
    let ended = json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}});
    let messages = Script::events(&[
        thought(0, "ONE"),
        used(1, "a"),
        thought(2, "TWO"),
        used(3, "b"),
        ended,
        json!({"type": "message_stop"}),
    ]);
    for (wire, script) in [(Wire::Responses, responses), (Wire::Messages, messages)] {
        let stage = Stage::start([script]).await;
        let asked = conversation(vec![user("Read")]);
        let (answer, _) = ask_of(&choice(wire, &stage.url), "key", &asked).await.unwrap();
        let body = sent_back((&stage, answer), |url| choice(wire, url)).await.to_string();
        let places: Vec<_> =
            ["\"ONE\"", "\"a\"", "\"TWO\"", "\"b\""].map(|word| body.find(word).unwrap()).into();
        assert!(places.is_sorted(), "{wire:?}: {body}");
    }
}

#[tokio::test]
async fn an_answer_that_was_shortened_since_goes_back_without_its_order() {
    let (stage, mut answer) = first(Wire::Messages).await;
    answer.text.truncate(6);
    let body = sent_back((&stage, answer), |url| thinking(Wire::Messages, url)).await;
    let content = &body["messages"][1]["content"];
    assert_eq!(content[0], json!({"type": "text", "text": "I read"}));
    assert!(!body.to_string().contains("SEALED"));
}

#[tokio::test]
async fn no_other_model_gets_signatures_or_reasoning() {
    for (made, ..) in WIRES {
        for (asked, ..) in WIRES {
            let mut other = choice(asked, "");
            other.name.push_str("-two");
            let (stage, answer) = first(made).await;
            let body = sent_back((&stage, answer), |url| ModelChoice {
                base_url: Some(url.to_owned()),
                ..other.clone()
            });
            let body = body.await.to_string();
            for secret in ["SEALED", "Think of both."] {
                assert!(!body.contains(secret), "{secret} of {made:?} went to {asked:?}: {body}");
            }
            assert!(body.contains("I read both.") && body.matches("read_file").count() >= 3, "{body}");
        }
    }
}

#[tokio::test]
async fn no_other_address_gets_signatures_or_reasoning() {
    for (wire, ..) in WIRES {
        let (made, answer) = first(wire).await;
        let elsewhere = Stage::start([]).await;
        let body = sent_back((&elsewhere, answer.clone()), |url| thinking(wire, url)).await.to_string();
        assert!(!body.contains("SEALED") && !body.contains("Think of both."), "{wire:?}: {body}");
        // What an earlier version wrote names no address.
        let mut replay: Value = serde_json::from_str(&answer.replay.clone().unwrap()).unwrap();
        assert!(replay["address"].as_str().unwrap().starts_with(&made.url), "{wire:?}: {replay}");
        replay.as_object_mut().unwrap().remove("address");
        let earlier = Answer { replay: Some(replay.to_string()), ..answer };
        let body = sent_back((&made, earlier), |url| thinking(wire, url)).await.to_string();
        assert!(body.contains("SEALED") || body.contains("Think of both."), "{wire:?}: {body}");
    }
}

#[tokio::test]
async fn sealed_parts_that_a_server_no_longer_takes_are_left_out_from_then_on() {
    let sealed = json!({"error": {"code": "invalid_encrypted_content", "type": "invalid_request_error",
        "message": "The encrypted content gAAA could not be verified."}});
    let signed = json!({"type": "error", "error": {"type": "invalid_request_error",
        "message": "messages.1.content.0: Invalid `signature` in `thinking` block"}});
    let redacted = json!({"type": "error", "error": {"type": "invalid_request_error",
        "message": "messages.1.content.1: Invalid `data` in `redacted_thinking` block"}});
    let changed = json!({"type": "error", "error": {"type": "invalid_request_error",
        "message": "messages.1.content.1: `thinking` or `redacted_thinking` blocks in the latest assistant \
                    message cannot be modified. These blocks must remain as they were in the original \
                    response."}});
    let thought = json!({"error": {"code": 400, "status": "INVALID_ARGUMENT",
        "message": "Corrupted thought signature."}});
    let cases = [
        (Wire::Responses, sealed),
        (Wire::Messages, signed),
        (Wire::Messages, redacted),
        (Wire::Messages, changed),
        (Wire::Gemini, thought),
    ];
    for (wire, refusal) in cases {
        let refused = || Script::failure(400, refusal.clone());
        let (stage, answer) = first(wire).await;
        stage.then(refused());
        let body = sent_back((&stage, answer.clone()), |url| thinking(wire, url)).await.to_string();
        assert!(!body.contains("SEALED") && body.contains("I read both."), "{refusal}: {body}");
        assert!(stage.requests()[1]["body"].to_string().contains("SEALED"), "{refusal}");

        // One that is refused without them too is not asked for ever.
        stage.then(refused());
        stage.then(refused());
        let asked = conversation(vec![user("Read"), said(answer.clone()), results(&answer.calls)]);
        let error = ask_of(&thinking(wire, &stage.url), "key", &asked).await.unwrap_err();
        assert_eq!((error.class, stage.requests().len()), (ErrorClass::BadRequest, 5), "{refusal}");
    }
}

#[tokio::test]
async fn all_results_of_an_answer_stand_together_and_name_their_calls() {
    for (wire, ..) in WIRES {
        let (stage, answer) = first(wire).await;
        let body = sent_back((&stage, answer), |url| choice(wire, url)).await;
        let pairs = pairs(wire, &body);
        assert_eq!(pairs.len(), 2, "{wire:?}: {body}");
        for (path, (call, result)) in ["a", "b"].iter().zip(pairs) {
            assert!(
                call.contains(path) && result.contains(&format!("\"path\":\"{path}\"")),
                "{call} {result}"
            );
        }
    }
}

#[tokio::test]
async fn calls_without_an_id_or_with_one_twice_still_find_their_results() {
    let no_ids = Script::events(&[
        json!({"choices": [{"delta": {"tool_calls": [
            {"index": 0, "function": {"name": "read_file", "arguments": "{\"path\":\"a\"}"}},
            {"index": 1, "function": {"name": "read_file", "arguments": "{\"path\":\"b\"}"}}
        ]}, "finish_reason": "tool_calls"}]}),
        "[DONE]".into(),
    ]);
    let same_ids = Script::events(&[
        json!({"choices": [{"delta": {"tool_calls": [
            {"index": 0, "id": "x", "function": {"name": "read_file", "arguments": "{\"path\":\"a\"}"}},
            {"index": 1, "id": "x", "function": {"name": "read_file", "arguments": "{\"path\":\"b\"}"}}
        ]}, "finish_reason": "tool_calls"}]}),
        "[DONE]".into(),
    ]);
    // All calls are number 0 for some servers, and others give no numbers.
    let same_numbers = Script::events(&[
        chat_call(0, "x", "read_file", "{\"path\":\"a\"}"),
        chat_call(0, "y", "read_file", "{\"path\":\"b\"}"),
        "[DONE]".into(),
    ]);
    let no_numbers = Script::events(&[
        json!({"choices": [{"delta": {"tool_calls": [{"id": "x", "function": {"name": "read_file", "arguments": "{\"path\":"}}]}}]}),
        json!({"choices": [{"delta": {"tool_calls": [{"function": {"arguments": "\"a\"}"}}]}}]}),
        json!({"choices": [{"delta": {"tool_calls": [{"id": "y", "function": {"name": "read_file", "arguments": "{\"path\":\"b\"}"}}]}}]}),
        "[DONE]".into(),
    ]);
    let gemini = Script::events(&[
        gemini(json!([{"functionCall": {"name": "read_file", "args": {"path": "a"}}}])),
        json!({"candidates": [{"content": {"parts": [{"functionCall": {"name": "read_file", "args": {"path": "b"}}}]}, "finishReason": "STOP"}]}),
    ]);
    let cases = [
        (Wire::Chat, no_ids),
        (Wire::Chat, same_ids),
        (Wire::Chat, same_numbers),
        (Wire::Chat, no_numbers),
        (Wire::Gemini, gemini),
    ];
    for (wire, script) in cases {
        let stage = Stage::start([script.clone()]).await;
        let asked = conversation(vec![user("Read")]);
        let (answer, _) = ask_of(&choice(wire, &stage.url), "key", &asked).await.unwrap();
        for (back, ..) in WIRES {
            let body = sent_back((&stage, answer.clone()), |url| choice(back, url)).await;
            let pairs = pairs(back, &body);
            assert_eq!(pairs.len(), 2, "{back:?} of {script:?}: {body}");
            for (path, (call, result)) in ["a", "b"].iter().zip(pairs) {
                let named = format!("\"path\":\"{path}\"");
                assert!(call.contains(path) && result.contains(&named), "{back:?}: {call} {result}");
            }
        }
    }
}

#[tokio::test]
async fn ids_that_a_wire_would_refuse_are_made_anew_the_same_way_each_time() {
    let call = |id: &str| CallRequest {
        id: id.to_owned(),
        tool: "read_file".to_owned(),
        arguments: "{}".to_owned(),
    };
    let turn = |id: &str| {
        let calls = vec![call(id)];
        let results = results(&calls);
        [Message::Assistant { text: String::new(), calls, replay: None }, results]
    };
    let mut messages = vec![user("Read")];
    messages.extend(turn("functions.read_file:0"));
    messages.extend(turn("functions.read_file:0"));
    messages.extend(turn("Zy9fKx2Q1"));
    let sent = async |wire, model: &str| {
        let stage = Stage::start([words(wire, "Done.")]).await;
        let choice = ModelChoice { name: model.to_owned(), ..choice(wire, &stage.url) };
        ask_of(&choice, "key", &conversation(messages.clone())).await.unwrap();
        let body = stage.requests().remove(0)["body"].take();
        let ids: Vec<_> = pairs_by_id(wire, &body).into_iter().map(|(id, _)| id).collect();
        let results = pairs(wire, &body).len();
        (ids, results)
    };
    let cleaned = ["functions_read_file_0", "call_n2", "Zy9fKx2Q1"].map(str::to_owned).to_vec();
    assert_eq!(sent(Wire::Messages, "claude-sonnet-4-6").await, (cleaned.clone(), 1));
    assert_eq!(sent(Wire::Chat, "deepseek-reasoner").await, (cleaned, 3));
    // These models take nine letters and digits and nothing else.
    let nine = ["call00001", "call00002", "Zy9fKx2Q1"].map(str::to_owned).to_vec();
    for model in ["mistral-large-latest", "mistralai/Devstral-Small-2507", "open-mixtral-8x22b"] {
        assert_eq!(sent(Wire::Chat, model).await, (nine.clone(), 3), "{model}");
    }
}

/// The calls of a request with the result that has each one's id, as JSON.
fn pairs(wire: Wire, body: &Value) -> Vec<(String, String)> {
    let results = results_by_id(wire, body);
    let calls = pairs_by_id(wire, body).into_iter();
    calls
        .filter_map(|(id, call)| Some((call, results.iter().find(|result| result.0 == id)?.1.clone())))
        .collect()
}

fn listed(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn field(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// The calls of a request by their ids.
fn pairs_by_id(wire: Wire, body: &Value) -> Vec<(String, String)> {
    let found: Vec<(String, Value)> = match wire {
        Wire::Chat => listed(&body["messages"])
            .iter()
            .flat_map(|message| listed(&message["tool_calls"]))
            .map(|call| (field(&call, "id"), call["function"]["arguments"].clone()))
            .collect(),
        Wire::Responses => listed(&body["input"])
            .into_iter()
            .filter(|item| item["type"] == "function_call")
            .map(|item| (field(&item, "call_id"), item["arguments"].clone()))
            .collect(),
        Wire::Messages => listed(&body["messages"])
            .iter()
            .flat_map(|message| listed(&message["content"]))
            .filter(|part| part["type"] == "tool_use")
            .map(|part| (field(&part, "id"), part["input"].clone()))
            .collect(),
        Wire::Gemini => listed(&body["contents"])
            .iter()
            .flat_map(|content| listed(&content["parts"]))
            .filter(|part| part.get("functionCall").is_some())
            .map(|part| (field(&part["functionCall"], "id"), part["functionCall"]["args"].clone()))
            .collect(),
    };
    found.into_iter().map(|(id, call)| (id, call.to_string())).collect()
}

/// The results of a request by the ids of their calls; those of one answer must be in one message.
fn results_by_id(wire: Wire, body: &Value) -> Vec<(String, String)> {
    match wire {
        Wire::Chat => listed(&body["messages"])
            .iter()
            .filter(|message| message["role"] == "tool")
            .map(|message| (field(message, "tool_call_id"), field(message, "content")))
            .collect(),
        Wire::Responses => listed(&body["input"])
            .iter()
            .filter(|item| item["type"] == "function_call_output")
            .map(|item| (field(item, "call_id"), field(item, "output")))
            .collect(),
        Wire::Messages => listed(&listed(&body["messages"]).last().unwrap()["content"])
            .iter()
            .map(|part| (field(part, "tool_use_id"), field(part, "content")))
            .collect(),
        Wire::Gemini => listed(&listed(&body["contents"]).last().unwrap()["parts"])
            .iter()
            .map(|part| &part["functionResponse"])
            .map(|part| (field(part, "id"), field(&part["response"], "content")))
            .collect(),
    }
}
