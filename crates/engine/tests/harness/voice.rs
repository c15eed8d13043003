//! The model of a test: a scripted server behind a relay that listens, holds and breaks.
//!
//! The relay shows what the engine really sent, lets a test decide when an answer arrives, and can
//! answer in place of the server what no server should.

use anchorhold_domain::ModelChoice;
use anchorhold_model::{ScriptedServer, Trajectory};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub struct Voice {
    address: SocketAddr,
    heard: Arc<Heard>,
    relay: JoinHandle<()>,
    _script: ScriptedServer,
}

struct Heard {
    requests: watch::Sender<Vec<Value>>,
    /// The `Authorization` that came with each request; empty where there was none.
    authorizations: Mutex<Vec<String>>,
    /// The first request, from 1, whose answer is kept back.
    held_from: watch::Sender<usize>,
    instead: Mutex<VecDeque<Option<String>>>,
}

impl Voice {
    /// Plays the steps, in order.
    pub async fn playing(steps: Vec<Value>) -> Self {
        let script = ScriptedServer::start(trajectory(steps), 0).await.unwrap();
        let script_at: SocketAddr = address(&script.base_url());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let heard = Arc::new(Heard {
            requests: watch::Sender::default(),
            authorizations: Mutex::default(),
            held_from: watch::Sender::new(usize::MAX),
            instead: Mutex::default(),
        });
        let address = listener.local_addr().unwrap();
        let hearing = Arc::clone(&heard);
        let relay = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let heard = Arc::clone(&hearing);
                // A client that goes away in the middle is a part of many tests.
                tokio::spawn(async move { relay(client, script_at, &heard).await.ok() });
            }
        });
        Self { address, heard, relay, _script: script }
    }

    pub fn choice(&self) -> ModelChoice {
        ModelChoice {
            provider: "scripted".to_owned(),
            name: "demo".to_owned(),
            base_url: Some(self.base_url()),
            wire: None,
            effort: None,
        }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Keeps the answers back, from that of the request with this number on.
    pub fn hold_from(&self, request: usize) {
        self.heard.held_from.send_replace(request);
    }

    /// Lets the answers go.
    pub fn release(&self) {
        self.heard.held_from.send_replace(usize::MAX);
    }

    /// Answers requests with these bytes instead, in order; `None` stands for the script's answer.
    pub fn instead(&self, responses: Vec<Option<&str>>) {
        let responses = responses.into_iter().map(|response| response.map(str::to_owned));
        self.heard.instead.lock().unwrap().extend(responses);
    }

    /// Waits until so many requests have come in.
    pub async fn asked(&self, count: usize) {
        let mut requests = self.heard.requests.subscribe();
        super::soon("the model is asked", requests.wait_for(|requests| requests.len() >= count))
            .await
            .unwrap();
    }

    /// What the model was asked, request by request.
    pub fn requests(&self) -> Vec<Value> {
        self.heard.requests.borrow().clone()
    }

    /// What came as `Authorization`, request by request.
    pub fn authorizations(&self) -> Vec<String> {
        self.heard.authorizations.lock().unwrap().clone()
    }

    /// The messages of the last request behind the system prompt, each as its role and what it says.
    pub fn conversation(&self) -> Vec<(String, String)> {
        let requests = self.heard.requests.borrow();
        let messages = requests.last().unwrap()["messages"].as_array().unwrap().clone();
        messages
            .iter()
            .skip(1)
            .map(|message| {
                let content = message["content"].as_str().unwrap_or_default();
                let calls = message["tool_calls"].as_array().map(Vec::as_slice).unwrap_or_default();
                let calls: String = calls
                    .iter()
                    .map(|call| format!("[{}]", call["function"]["name"].as_str().unwrap()))
                    .collect();
                (message["role"].as_str().unwrap().to_owned(), format!("{content}{calls}"))
            })
            .collect()
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

async fn relay(mut client: TcpStream, script: SocketAddr, heard: &Heard) -> std::io::Result<()> {
    let (head, body) = request_of(&mut client).await?;
    let request = serde_json::from_slice(&body)?;
    let authorization =
        head.lines().find_map(|line| line.split_once(':').filter(|(name, _)| is_authorization(name)));
    let authorization = authorization.map(|(_, value)| value.trim().to_owned()).unwrap_or_default();
    heard.authorizations.lock().unwrap().push(authorization);
    let mut number = 0;
    heard.requests.send_modify(|requests| {
        requests.push(request);
        number = requests.len();
    });
    let mut held_from = heard.held_from.subscribe();
    let _ = held_from.wait_for(|from| number < *from).await;
    let instead = heard.instead.lock().unwrap().pop_front().flatten();
    if let Some(response) = instead {
        return client.write_all(response.as_bytes()).await;
    }
    let mut server = TcpStream::connect(script).await?;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: {script}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    server.write_all(head.as_bytes()).await?;
    server.write_all(&body).await?;
    tokio::io::copy(&mut server, &mut client).await?;
    client.shutdown().await
}

fn is_authorization(name: &str) -> bool {
    name.eq_ignore_ascii_case("authorization")
}

/// Reads one request: its head and its body.
pub async fn request_of(client: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let ended = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let head = loop {
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(ended());
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let lower = text.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.and_then(|length| length.trim().parse().ok()).ok_or_else(ended)?;
    while bytes.len() < head + length {
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(ended());
        }
    }
    Ok((text, bytes.split_off(head)))
}

fn address(base_url: &str) -> SocketAddr {
    base_url.trim_start_matches("http://").split('/').next().unwrap().parse().unwrap()
}

/// A recording of these steps.
pub fn trajectory(steps: Vec<Value>) -> Trajectory {
    Trajectory::parse(&json!({"title": "A test", "steps": steps}).to_string()).unwrap()
}

/// One answer: a text and the calls that go with it.
pub fn turn(text: &str, calls: Vec<Value>) -> Value {
    json!({"text": text, "calls": calls})
}

pub fn read(path: &str) -> Value {
    json!({"tool": "read_file", "arguments": {"path": path}})
}

pub fn search(pattern: &str) -> Value {
    json!({"tool": "search", "arguments": {"pattern": pattern}})
}

pub fn write(path: &str, content: &str) -> Value {
    json!({"tool": "write_file", "arguments": {"path": path, "content": content}})
}

pub fn edit(path: &str, old: &str, new: &str) -> Value {
    json!({"tool": "edit_file", "arguments": {"path": path, "edits": [{"old": old, "new": new}]}})
}

pub fn delete(path: &str) -> Value {
    json!({"tool": "delete_file", "arguments": {"path": path}})
}

pub fn ask(question: &str) -> Value {
    json!({"tool": "ask_user", "arguments": {"question": question}})
}

pub fn finish(summary: &str) -> Value {
    json!({"tool": "finish", "arguments": {"summary": summary}})
}
