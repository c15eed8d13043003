//! A GitHub on this machine: it answers what a test tells it, in GitHub's manner, and remembers what it was
//! asked.
//!
//! An answer with a tag is given to who shows that tag as `304 Not Modified`, which costs nothing of the limit;
//! everything else counts. What it was told nothing about is not found.

use anchorhold_forge::sign_in::Host;
use anchorhold_forge::{Cache, Forge, ForgeError};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Router, body};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;

pub const TOKEN: &str = "gho_S3CRET";
/// When the limit starts anew, in seconds since the Unix epoch.
pub const RESET: i64 = 1_900_000_000;
pub const LIMIT: u32 = 5_000;

#[derive(Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(HeaderName, String)>,
    body: String,
    ends: Ends,
}

/// How an answer ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Whole,
    /// The connection ends without an answer.
    HangsUp,
    /// The connection stays, and nothing comes.
    Stalls,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Such as `GET /user`.
    pub line: String,
    pub token: Option<String>,
    pub conditional: bool,
    pub body: Value,
    pub headers: HeaderMap,
}

#[derive(Default)]
pub struct Rules {
    answers: HashMap<String, VecDeque<Answer>>,
    asked: Vec<Asked>,
    counted: u32,
}

#[derive(Clone)]
pub struct GitHub {
    pub host: Host,
    pub address: String,
    rules: Arc<Mutex<Rules>>,
}

pub fn ok(body: Value) -> Answer {
    Answer { status: 200, headers: Vec::new(), body: body.to_string(), ends: Ends::Whole }
}

/// A refusal in GitHub's words.
pub fn refuse(status: u16, message: &str) -> Answer {
    let body = json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() });
    Answer { status, ..ok(body) }
}

pub fn redirect(status: u16, to: &str) -> Answer {
    Answer { status, ..ok(json!({ "message": "Moved Permanently", "url": to })) }.with("location", to)
}

pub fn hang_up() -> Answer {
    Answer { ends: Ends::HangsUp, ..ok(Value::Null) }
}

pub fn stall() -> Answer {
    Answer { ends: Ends::Stalls, ..ok(Value::Null) }
}

impl Answer {
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((HeaderName::from_static(name), value.to_owned()));
        self
    }

    pub fn tagged(self, tag: &str) -> Self {
        self.with("etag", &format!("\"{tag}\""))
    }

    pub fn text(text: &str) -> Self {
        Self { body: text.to_owned(), ..ok(Value::Null) }
    }

    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

impl GitHub {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let rules = Arc::default();
        let host = Host::on_this_machine(address).unwrap();
        let github = Self { host, address: format!("http://{address}"), rules };
        let routes = Router::new().fallback(answer).with_state(github.clone());
        // Ends with the test's runtime.
        tokio::spawn(async move { axum::serve(listener, routes).await });
        github
    }

    /// Answers `route`, such as `GET /user`, with these one after the other, and with the last for good. Without
    /// a query it answers all queries; before it, a token may stand.
    pub fn tell(&self, route: &str, answers: impl IntoIterator<Item = Answer>) -> &Self {
        self.rules().answers.insert(route.to_owned(), answers.into_iter().collect());
        self
    }

    pub fn tell_ok(&self, route: &str, body: Value) -> &Self {
        self.tell(route, [ok(body)])
    }

    pub fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap()
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.rules().asked.clone()
    }

    /// What was asked, in lines such as `GET /user`.
    pub fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }

    /// How much of the limit was used.
    pub fn counted(&self) -> u32 {
        self.rules().counted
    }

    pub async fn forge(&self) -> Forge {
        Forge::at(&self.host, Some(TOKEN)).await.unwrap()
    }

    pub async fn forge_with(&self, cache: &Cache) -> Forge {
        self.forge().await.with_cache(cache.clone())
    }

    /// What comes of asking for the account when it is answered so.
    pub async fn refused(answer: Answer) -> (Self, ForgeError) {
        let github = Self::start().await;
        github.tell("GET /user", [answer]);
        let error = github.forge().await.account().await.unwrap_err();
        (github, error)
    }
}

impl Rules {
    fn take(&mut self, asked: Asked) -> Answer {
        let answer = self.answer(&asked.line, asked.token.as_deref());
        self.asked.push(asked);
        answer.unwrap_or_else(|| refuse(404, "Not Found"))
    }

    fn answer(&mut self, line: &str, token: Option<&str>) -> Option<Answer> {
        let bare = line.split_once('?').map_or(line, |(bare, _)| bare);
        let own = |line: &str| format!("{} {line}", token.unwrap_or_default());
        let keys = [own(line), own(bare), line.to_owned(), bare.to_owned()];
        let queue = keys.into_iter().find(|key| self.answers.contains_key(key));
        let queue = self.answers.get_mut(&queue?).unwrap();
        if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() }
    }
}

async fn answer(State(github): State<GitHub>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().unwrap().as_str();
    let path = path.strip_prefix("/api/v3").unwrap_or_else(|| panic!("{path} is not of the API"));
    let line = format!("{} {path}", parts.method);
    let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let token = header("authorization").map(|shown| shown.strip_prefix("Bearer ").unwrap().to_owned());
    assert!(header("accept").unwrap().starts_with("application/vnd.github+json"));
    assert_eq!(header("x-github-api-version").as_deref(), Some("2022-11-28"));
    assert!(header("user-agent").unwrap().starts_with("anchorhold/"));
    let shown = header("if-none-match").or_else(|| header("if-modified-since"));
    let body = body::to_bytes(body, 1 << 20).await.unwrap();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };

    let asked =
        Asked { line: line.clone(), token, conditional: shown.is_some(), body, headers: parts.headers };
    let answer = github.rules().take(asked);
    match answer.ends {
        Ends::Whole => given(&github, path, shown, answer),
        Ends::HangsUp => std::panic::resume_unwind(Box::new("the connection ends")),
        Ends::Stalls => std::future::pending().await,
    }
}

fn given(github: &GitHub, path: &str, shown: Option<String>, answer: Answer) -> Response {
    let mut rules = github.rules();
    let known = answer.headers.iter().find(|(name, _)| name == "etag" || name == "last-modified");
    let unchanged = shown.is_some() && shown == known.map(|(_, value)| value.clone());
    if !unchanged {
        rules.counted += 1;
    }
    let resource = if path.starts_with("/search/") { "search" } else { "core" };
    let mut response = match unchanged {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => (StatusCode::from_u16(answer.status).unwrap(), Body::from(answer.body)).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert("content-type", "application/json; charset=utf-8".parse().unwrap());
    headers.insert("x-ratelimit-limit", LIMIT.into());
    headers.insert("x-ratelimit-remaining", LIMIT.saturating_sub(rules.counted).into());
    headers.insert("x-ratelimit-reset", RESET.into());
    headers.insert("x-ratelimit-resource", resource.parse().unwrap());
    for (name, value) in answer.headers {
        headers.insert(name, value.parse().unwrap());
    }
    response
}
