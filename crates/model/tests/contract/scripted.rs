//! Against the scripted server, and against servers that answer badly.

use super::support::{ask_of, ask_within, conversation, user};
use anchorhold_domain::ModelChoice;
use anchorhold_model::{
    Answer, CallRequest, Delta, ErrorClass, Message, ModelError, ScriptedServer, ToolResult, Trajectory,
};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn demo(base_url: &str) -> ModelChoice {
    ModelChoice {
        provider: "openai".to_owned(),
        name: "demo".to_owned(),
        base_url: Some(base_url.to_owned()),
        wire: None,
        effort: None,
    }
}

async fn ask(base_url: &str, messages: Vec<Message>) -> Result<(Answer, Vec<Delta>), ModelError> {
    ask_of(&demo(base_url), "key", &conversation(messages)).await
}

async fn scripted(steps: serde_json::Value) -> ScriptedServer {
    let trajectory = Trajectory::parse(&json!({"title": "a test", "steps": steps}).to_string()).unwrap();
    ScriptedServer::start(trajectory, 0).await.unwrap()
}

/// Answers one request with exactly these bytes, then closes.
async fn raw(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 64 * 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}/v1")
}

async fn failure(base_url: &str) -> (ErrorClass, String) {
    let error = ask(base_url, vec![Message::User("Read it".to_owned())]).await.unwrap_err();
    (error.class, error.to_string().replace(base_url, "SERVER"))
}

#[tokio::test]
async fn text_arrives_in_pieces_and_parallel_calls_keep_their_order_and_arguments() {
    let server = scripted(json!([{
        "text": "I read both files.",
        "reasoning": "Two are named.",
        "calls": [
            {"tool": "read_file", "arguments": {"path": "a.txt"}},
            {"tool": "read_file", "arguments": {"path": "b \"quoted\" ü.txt"}}
        ]
    }]))
    .await;
    let (answer, deltas) = ask(&server.base_url(), vec![user("Read them")]).await.unwrap();
    let call = |id: &str, path: &str| CallRequest {
        id: id.to_owned(),
        tool: "read_file".to_owned(),
        arguments: json!({"path": path}).to_string(),
    };
    assert_eq!(answer.calls, [call("call_0_0", "a.txt"), call("call_0_1", "b \"quoted\" ü.txt")]);
    assert_eq!(
        (answer.text.as_str(), answer.reasoning.as_deref()),
        ("I read both files.", Some("Two are named."))
    );
    assert!(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
    let text: String = deltas
        .iter()
        .map(|delta| match delta {
            Delta::Text(text) => text.as_str(),
            Delta::Reasoning(_) | Delta::Call { .. } | Delta::Used(_) => "",
        })
        .collect();
    assert_eq!((text.as_str(), deltas.len()), ("I read both files.", 4 + 3 + 2 * 2 + 1));
    assert_eq!(deltas.last(), Some(&Delta::Used(answer.usage)));
}

#[tokio::test]
async fn the_next_request_carries_the_answer_and_every_result_of_it() {
    let server = scripted(json!([
        {"reasoning": "Look first.", "calls": [
            {"tool": "read_file", "arguments": {"path": "a"}}, {"tool": "read_file", "arguments": {"path": "b"}}
        ]},
        {"text": "Both are empty."}
    ]))
    .await;
    let (first, _) = ask(&server.base_url(), vec![user("Read them")]).await.unwrap();
    let results = first
        .calls
        .iter()
        .map(|call| ToolResult {
            call: call.id.clone(),
            tool: call.tool.clone(),
            content: "empty".to_owned(),
        })
        .collect();
    let messages = vec![
        user("Read them"),
        Message::Assistant { text: first.text, calls: first.calls, replay: first.replay },
        Message::ToolResults(results),
    ];
    // The server picks its answer by the number of answers in the request.
    let (second, _) = ask(&server.base_url(), messages).await.unwrap();
    assert_eq!((second.text.as_str(), second.calls), ("Both are empty.", vec![]));
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait_and_then_passes() {
    let server = scripted(json!([{"text": "Here.", "fault": {"status": 429, "retryAfter": 7.0}}])).await;
    let error = ask(&server.base_url(), vec![user("Go")]).await.unwrap_err();
    assert_eq!((error.class, error.retry_after), (ErrorClass::RateLimited, Some(Duration::from_secs(7))));
    assert!(error.class.is_retryable());
    let (answer, _) = ask(&server.base_url(), vec![user("Go")]).await.unwrap();
    assert_eq!(answer.text, "Here.");
}

#[tokio::test]
async fn every_status_has_its_class() {
    let mut classes = Vec::new();
    for status in [400, 401, 403, 404, 413, 429, 500, 503, 529] {
        let server = scripted(json!([{"fault": {"status": status}}])).await;
        classes.push((status, ask(&server.base_url(), vec![user("Go")]).await.unwrap_err().code()));
    }
    assert_eq!(
        classes,
        [
            (400, "model_bad_request"),
            (401, "model_key_invalid"),
            (403, "model_key_invalid"),
            (404, "model_not_found"),
            (413, "model_context_length"),
            (429, "model_rate_limited"),
            (500, "model_server_failed"),
            (503, "model_overloaded"),
            (529, "model_overloaded"),
        ]
    );
}

#[tokio::test]
async fn a_server_that_is_down_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1/", listener.local_addr().unwrap());
    drop(listener);
    let (class, message) = failure(&base_url).await;
    assert_eq!(
        (class, message.as_str()),
        (ErrorClass::Network, "ask demo at SERVER: Connection refused (os error 111)")
    );
}

#[tokio::test]
async fn an_answer_that_is_no_answer_is_unreadable_and_names_the_server() {
    let html = raw(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14\r\nConnection: close\r\n\r\n<html>hi</html",
    )
    .await;
    let (class, message) = failure(&html).await;
    assert_eq!(class, ErrorClass::Nonsense, "{message}");
    assert!(message.starts_with("ask demo at SERVER/: "), "{message}");
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_no_answer() {
    let broken = raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n\
         data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Half an\"},\"finish_reason\":null}]}\n\n")
    .await;
    let (class, message) = failure(&broken).await;
    assert!(class.is_retryable(), "{class:?}: {message}");
}

#[tokio::test]
async fn the_key_is_never_part_of_an_error() {
    let server = scripted(json!([{"fault": {"status": 401}}])).await;
    let asked = conversation(vec![user("Go")]);
    let error = ask_of(&demo(&server.base_url()), "sk-planted-secret", &asked).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
}

#[tokio::test]
async fn past_its_end_a_recording_says_that_it_is_one() {
    let server = scripted(json!([])).await;
    let (answer, _) = ask(&server.base_url(), vec![user("More")]).await.unwrap();
    assert_eq!(answer.calls.iter().map(|call| call.tool.as_str()).collect::<Vec<_>>(), ["finish"]);
    assert_eq!(answer.text, "The recording ends here.");
}

#[tokio::test]
async fn a_recording_that_breaks_off_or_stalls_goes_on_when_it_is_asked_again() {
    for how in ["drop", "stall"] {
        let server = scripted(json!([{"text": "One two three four five six.", "breakOff": how}])).await;
        let asked = conversation(vec![user("Go")]);
        let silence = Duration::from_millis(200);
        let error = ask_within(&demo(&server.base_url()), "key", &asked, silence).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Network, "{how}: {error}");
        let (answer, _) = ask(&server.base_url(), vec![user("Go")]).await.unwrap();
        assert_eq!(answer.text, "One two three four five six.", "{how}");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_recording_can_send_arguments_that_are_no_json_and_reach_its_limit() {
    let server = scripted(json!([
        {"cutOff": true, "calls": [{"tool": "read_file", "arguments": "{\"path\": \"a"}]}
    ]))
    .await;
    let (answer, _) = ask(&server.base_url(), vec![user("Go")]).await.unwrap();
    assert_eq!(answer.calls[0].arguments, "{\"path\": \"a");
}
