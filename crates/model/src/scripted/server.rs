//! The HTTP side of the recording.

use super::trajectory::{ScriptedBreak, ScriptedStep, Trajectory};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The largest request body that is read; a conversation of a long run stays far below.
const MAX_BODY: usize = 256 * 1024 * 1024;

/// A running server; dropping it ends it.
#[derive(Debug)]
pub struct ScriptedServer {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

struct Recording {
    trajectory: Trajectory,
    failed: Mutex<HashSet<usize>>,
    broken: Mutex<HashSet<usize>>,
    stop: CancellationToken,
}

#[derive(Deserialize)]
struct ChatRequest {
    model: String,
    messages: Vec<ChatMessage>,
    #[serde(default)]
    stream: bool,
}

#[derive(Deserialize)]
struct ChatMessage {
    role: String,
}

impl ScriptedServer {
    /// Plays `trajectory` on a free port of the loopback interface, or on `port`.
    ///
    /// # Errors
    /// Where the port cannot be had.
    pub async fn start(trajectory: Trajectory, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let recording = Arc::new(Recording {
            trajectory,
            failed: Mutex::default(),
            broken: Mutex::default(),
            stop: stop.clone(),
        });
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .route("/v1/models", get(models))
            .with_state(recording);
        let tasks = TaskTracker::new();
        let ended = stop.clone();
        tasks.spawn(async move {
            let served = axum::serve(listener, router).with_graceful_shutdown(ended.cancelled_owned()).await;
            if let Err(error) = served {
                tracing::error!(%error, "the scripted model's server ended");
            }
        });
        tasks.close();
        Ok(Self { address, stop, tasks })
    }

    /// The base URL to give to a client.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1/", self.address)
    }

    /// Ends the server and waits for it.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn models() -> Json<Value> {
    Json(
        json!({"object": "list", "data": [{"id": super::DEMO_MODEL, "object": "model", "owned_by": "anchorhold"}]}),
    )
}

async fn complete(State(recording): State<Arc<Recording>>, request: Request) -> Response {
    let body = match axum::body::to_bytes(request.into_body(), MAX_BODY).await {
        Ok(body) => body,
        Err(error) => return refuse(StatusCode::PAYLOAD_TOO_LARGE, &error.to_string()),
    };
    let request: ChatRequest = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let number = request.messages.iter().filter(|message| message.role == "assistant").count();
    let step = recording.trajectory.step(number);
    if let Some(fault) = &step.fault
        && recording.failed.lock().unwrap_or_else(PoisonError::into_inner).insert(number)
    {
        let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = refuse(status, "a fault of the recording");
        if let Some(seconds) = fault.retry_after.and_then(|s| s.to_string().parse().ok()) {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        return response;
    }
    if step.pause_ms > 0 {
        tokio::time::sleep(Duration::from_millis(step.pause_ms)).await;
    }
    // Four bytes a token is the usual rule of thumb; the recording has no tokenizer.
    let usage = json!({
        "prompt_tokens": body.len() / 4,
        "completion_tokens": (step.text.len() + step.calls.iter().map(|c| c.text().len()).sum::<usize>()) / 4,
        "total_tokens": body.len() / 4 + step.text.len() / 4,
        "prompt_tokens_details": {"cached_tokens": 0}
    });
    if request.stream {
        let events = events(&request.model, number, &step, &usage);
        let first = |_: &ScriptedBreak| {
            recording.broken.lock().unwrap_or_else(PoisonError::into_inner).insert(number)
        };
        let body = match step.break_off.filter(first) {
            Some(how) => half(events, how, recording.stop.clone()),
            None => Body::from(events),
        };
        ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
    } else {
        whole(&request.model, number, &step, &usage)
    }
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"error": {"message": message, "type": "scripted"}}))).into_response()
}

fn call_id(number: usize, index: usize) -> String {
    format!("call_{number}_{index}")
}

fn finish_reason(step: &ScriptedStep) -> &'static str {
    match (step.cut_off, step.calls.is_empty()) {
        (true, _) => "length",
        (false, true) => "stop",
        (false, false) => "tool_calls",
    }
}

fn whole(model: &str, number: usize, step: &ScriptedStep, usage: &Value) -> Response {
    let calls: Vec<Value> = step
        .calls
        .iter()
        .enumerate()
        .map(|(index, call)| {
            json!({"id": call_id(number, index), "type": "function",
                   "function": {"name": call.tool, "arguments": call.text()}})
        })
        .collect();
    let mut message = json!({"role": "assistant", "content": step.text});
    if let (Some(message), false) = (message.as_object_mut(), calls.is_empty()) {
        message.insert("tool_calls".to_owned(), Value::Array(calls));
    }
    Json(json!({
        "id": format!("scripted-{number}"), "object": "chat.completion", "created": 0, "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason(step)}],
        "usage": usage
    }))
    .into_response()
}

/// Sends the first half of the events, then fails or waits for the server's end.
fn half(events: String, how: ScriptedBreak, stop: CancellationToken) -> Body {
    let ends: Vec<usize> = events.match_indices("\n\n").map(|(at, end)| at + end.len()).collect();
    let middle = ends.get(ends.len() / 2).copied().unwrap_or_default();
    let first = events.get(..middle).unwrap_or_default().to_owned();
    let rest = futures_util::stream::once(async move {
        match how {
            // What was sent must be on its way before the connection is torn down.
            ScriptedBreak::Drop => tokio::task::yield_now().await,
            ScriptedBreak::Stall => stop.cancelled().await,
        }
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    let first = futures_util::stream::once(async move { Ok::<_, io::Error>(first) });
    Body::from_stream(futures_util::StreamExt::chain(first, rest))
}

/// The answer as server-sent events: reasoning and text by words, then each call's name and arguments.
fn events(model: &str, number: usize, step: &ScriptedStep, usage: &Value) -> String {
    let mut events = String::new();
    let mut event = |delta: Value, finish: Option<&str>, usage: Option<&Value>| {
        let mut chunk = json!({
            "id": format!("scripted-{number}"), "object": "chat.completion.chunk", "created": 0, "model": model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]
        });
        if let (Some(chunk), Some(usage)) = (chunk.as_object_mut(), usage) {
            chunk.insert("choices".to_owned(), json!([]));
            chunk.insert("usage".to_owned(), usage.clone());
        }
        events.push_str(&format!("data: {chunk}\n\n"));
    };
    event(json!({"role": "assistant", "content": ""}), None, None);
    for word in step.reasoning.iter().flat_map(|reasoning| reasoning.split_inclusive(' ')) {
        event(json!({"reasoning_content": word}), None, None);
    }
    for word in step.text.split_inclusive(' ') {
        event(json!({"content": word}), None, None);
    }
    for (index, call) in step.calls.iter().enumerate() {
        event(
            json!({"tool_calls": [{"index": index, "id": call_id(number, index), "type": "function",
                   "function": {"name": call.tool, "arguments": ""}}]}),
            None,
            None,
        );
        event(json!({"tool_calls": [{"index": index, "function": {"arguments": call.text()}}]}), None, None);
    }
    event(json!({}), Some(finish_reason(step)), None);
    event(json!({}), None, Some(usage));
    events.push_str("data: [DONE]\n\n");
    events
}
