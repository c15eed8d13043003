//! A server that sends what a test says and keeps what it was sent.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// How an answer ends.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// As it should.
    Whole,
    /// The connection is lost.
    Drop,
    /// Nothing more comes.
    Stall,
    /// Nothing more comes but signs of life.
    SignsOfLife,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Script {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub end: End,
}

impl Script {
    /// A stream of these events.
    pub fn events(events: &[Value]) -> Self {
        let body = events
            .iter()
            .map(|event| match event {
                // What is no JSON at all.
                Value::String(raw) => format!("data: {raw}\n\n"),
                event => format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or("message")),
            })
            .collect();
        let kind = ("content-type", "text/event-stream".to_owned());
        Self { status: 200, headers: vec![kind], body, end: End::Whole }
    }

    pub fn failure(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string(), end: End::Whole }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn ending(mut self, end: End) -> Self {
        self.end = end;
        self
    }
}

#[derive(Clone, Default)]
struct Shared {
    scripts: Arc<Mutex<VecDeque<Script>>>,
    requests: Arc<Mutex<Vec<Value>>>,
}

/// The server; it ends with the test's runtime.
pub struct Stage {
    pub url: String,
    shared: Shared,
}

impl Stage {
    /// Plays these answers in turn.
    pub async fn start(scripts: impl IntoIterator<Item = Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared =
            Shared { scripts: Arc::new(Mutex::new(scripts.into_iter().collect())), ..Shared::default() };
        let router = Router::new().fallback(play).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    /// Plays one more answer.
    pub fn then(&self, script: Script) {
        self.shared.scripts.lock().unwrap().push_back(script);
    }

    /// Returns the requests so far, each with its path, the headers that matter and its body.
    pub fn requests(&self) -> Vec<Value> {
        self.shared.requests.lock().unwrap().clone()
    }
}

const HEADERS: [&str; 5] =
    ["authorization", "x-api-key", "x-goog-api-key", "anthropic-version", "content-type"];

async fn play(State(shared): State<Shared>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let headers: Value = HEADERS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), parts.headers.get(*name)?.to_str().unwrap().into())))
        .collect::<serde_json::Map<_, _>>()
        .into();
    shared.requests.lock().unwrap().push(json!({
        "path": parts.uri.to_string(),
        "headers": headers,
        "body": serde_json::from_slice::<Value>(&body).unwrap_or_default(),
    }));
    let script = shared.scripts.lock().unwrap().pop_front().expect("one request too many");
    let mut answer = Response::builder().status(StatusCode::from_u16(script.status).unwrap());
    for (name, value) in &script.headers {
        answer = answer.header(*name, value);
    }
    let first = stream::once(async move { Ok::<_, std::io::Error>(script.body) });
    let body = match script.end {
        End::Whole => Body::from_stream(first),
        End::Drop => Body::from_stream(first.chain(stream::once(async {
            tokio::task::yield_now().await;
            Err(std::io::ErrorKind::ConnectionAborted.into())
        }))),
        End::SignsOfLife => {
            let beat = tokio::time::interval(std::time::Duration::from_millis(20));
            let signs = stream::unfold(beat, |mut beat| async {
                beat.tick().await;
                Some((Ok(": still here\n\n".to_owned()), beat))
            });
            Body::from_stream(first.chain(signs))
        }
        End::Stall => Body::from_stream(first.chain(stream::pending())),
    };
    answer.body(body).unwrap()
}
