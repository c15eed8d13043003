//! A stand-in for GitHub on this machine: the part of its REST API that a pull request needs, and git itself
//! behind the same address, so that a repository's address leads to both.
//!
//! It answers as GitHub's documentation says, keeps what it is told and nothing more, and signs in for
//! whoever comes.

use super::gate::base64;
use super::{House, Repository};
use anchorhold_testkit::{GitServer, git};
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

const ROOT: &str = "/api/v3/repos/octo/hello";

pub struct StandIn {
    address: SocketAddr,
    kept: Arc<Kept>,
    relay: JoinHandle<()>,
    pub remote: Repository,
    _server: GitServer,
}

struct Kept {
    bare: PathBuf,
    server: String,
    sign_in: String,
    hub: Mutex<Hub>,
    /// Whether questions for a pull request are kept back.
    held: watch::Sender<bool>,
}

#[derive(Default)]
struct Hub {
    pulls: Vec<Value>,
    checks: Vec<Value>,
    comments: Vec<Value>,
    reviews: Vec<Value>,
    talk: Vec<Value>,
    issues: Vec<Value>,
    /// What was asked, and whether it was to be answered only where it changed.
    asked: Vec<(String, bool)>,
    limited: bool,
    broken: bool,
    silent: bool,
    withholds: bool,
}

impl StandIn {
    pub async fn start(house: &House, files: &[(&str, &str)]) -> Self {
        let root = house.place().join("served");
        std::fs::create_dir_all(root.join("octo")).unwrap();
        let server = GitServer::start(&root).unwrap();
        let bare = server.create_repository("octo/hello").unwrap();
        let remote = Repository::at(bare.clone(), &house.place().join("work"));
        remote.commit("main", files);
        let word = base64(format!("{}:{}", server.user(), server.password()).as_bytes());
        let kept = Arc::new(Kept {
            bare,
            server: server.host(),
            sign_in: format!("Authorization: Basic {word}\r\nConnection: close\r\n"),
            hub: Mutex::default(),
            held: watch::Sender::new(false),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = Arc::clone(&kept);
        let relay = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let kept = Arc::clone(&serving);
                tokio::spawn(async move { serve(client, &kept).await.ok() });
            }
        });
        Self { address, kept, relay, remote, _server: server }
    }

    /// What the engine is told of it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}/octo/hello.git", self.address)
    }

    /// The pull requests, each as its number, head and base branch, title, text, and whether it is a draft.
    pub fn pulls(&self) -> Vec<(u64, String, String, String, String, bool)> {
        let text = |value: &Value, path: &str| value.pointer(path).unwrap().as_str().unwrap().to_owned();
        let pull = |pull: &Value| {
            let draft = pull["draft"].as_bool().unwrap();
            let (head, base) = (text(pull, "/head/ref"), text(pull, "/base/ref"));
            (pull["number"].as_u64().unwrap(), head, base, text(pull, "/title"), text(pull, "/body"), draft)
        };
        self.hub(|hub| hub.pulls.iter().map(pull).collect())
    }

    /// Changes the text of the one pull request, as its reader would.
    pub fn write_body(&self, body: &str) {
        self.hub(|hub| hub.pulls[0]["body"] = body.into());
    }

    pub fn merge(&self) {
        self.hub(|hub| {
            hub.pulls[0]["state"] = "closed".into();
            hub.pulls[0]["merged_at"] = "2026-01-02T00:00:00Z".into();
        });
    }

    /// Tells of a check of a commit; `conclusion` is none while it runs.
    pub fn check(&self, id: u64, head: &str, conclusion: Option<&str>) {
        let check = json!({
            "id": id, "name": format!("build {id}"), "head_sha": head, "node_id": "n", "url": "u",
            "status": if conclusion.is_some() { "completed" } else { "in_progress" },
            "conclusion": conclusion,
            "html_url": format!("http://{}/checks/{id}", self.address),
            "details_url": null, "external_id": "", "started_at": "2026-01-01T00:00:00Z",
            "completed_at": conclusion.map(|_| "2026-01-01T00:01:00Z"),
            "check_suite": {"id": 1}, "pull_requests": [],
            "app": {"id": 1, "slug": "ci", "name": "CI", "node_id": "n"},
            "output": {"title": "It fails", "summary": "error: no such name", "text": null,
                "annotations_count": 1, "annotations_url": "u"},
        });
        self.hub(|hub| {
            hub.checks.retain(|known| known["id"] != id);
            hub.checks.push(check);
        });
    }

    /// Lists a check no more, as GitHub does once it ran again.
    pub fn forget_check(&self, id: u64) {
        self.hub(|hub| hub.checks.retain(|known| known["id"] != id));
    }

    pub fn comment_on(&self, id: u64, path: &str, line: u32, body: &str) {
        let commit = git(&self.kept.bare, &["rev-parse", "refs/heads/agent/work"]).unwrap();
        self.hub(|hub| {
            hub.comments.push(json!({
                "id": id, "path": path, "line": line, "side": "RIGHT", "body": body, "commit_id": commit,
                "original_commit_id": commit, "diff_hunk": "", "url": "u", "node_id": "n",
                "pull_request_review_id": 1, "user": user("grace"), "html_url": "http://127.0.0.1/c",
                "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
                "pull_request_url": "u", "_links": {}, "author_association": "MEMBER",
            }))
        });
    }

    pub fn issue(&self, number: u64, title: &str, body: &str, comment: &str) {
        self.hub(|hub| {
            hub.issues.push(json!({
                "id": number, "number": number, "title": title, "body": body, "state": "open",
                "user": user("ada"), "labels": [{"id": 1, "name": "bug", "node_id": "n", "url": "u",
                    "color": "ff0000", "default": true, "description": null}],
                "comments": 1, "html_url": "http://127.0.0.1/i", "updated_at": "2026-01-01T00:00:00Z",
                "created_at": "2026-01-01T00:00:00Z", "url": "u", "node_id": "n",
            }));
            hub.talk.push(json!({
                "id": 9, "issue": number, "body": comment, "user": user("grace"), "node_id": "n", "url": "u",
                "html_url": "http://127.0.0.1/t", "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z",
            }));
        });
    }

    /// Answers nothing but that it has a fault of its own, or well again.
    pub fn breaks(&self, broken: bool) {
        self.hub(|hub| hub.broken = broken);
    }

    /// Does what it is asked to and does not say so, or answers again.
    pub fn keeps_silent(&self, silent: bool) {
        self.hub(|hub| hub.silent = silent);
    }

    /// Lets no token read the checks of a commit, or every one.
    pub fn withholds(&self, withholds: bool) {
        self.hub(|hub| hub.withholds = withholds);
    }

    /// Answers that too much was asked, or answers again.
    pub fn limits(&self, limited: bool) {
        self.hub(|hub| hub.limited = limited);
    }

    /// Keeps the answers about pull requests back, or lets them go.
    pub fn holds(&self, held: bool) {
        self.kept.held.send_replace(held);
    }

    /// What was asked since this was called last, and whether with the mark of an earlier answer.
    pub fn take_asked(&self) -> Vec<(String, bool)> {
        self.hub(|hub| std::mem::take(&mut hub.asked))
    }

    fn hub<T>(&self, look: impl FnOnce(&mut Hub) -> T) -> T {
        look(&mut self.kept.hub.lock().unwrap())
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

/// Passes one request on to git, or answers it; the connection is closed behind it.
async fn serve(mut client: TcpStream, kept: &Kept) -> Result<()> {
    let mut bytes = Vec::new();
    let head = loop {
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(Error::from(ErrorKind::UnexpectedEof));
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let line = text.lines().next().unwrap_or_default().to_owned();
    let mut words = line.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if !path.starts_with("/api/") {
        let end = line.len() + 2;
        let mut server = TcpStream::connect(&kept.server).await?;
        server.write_all(&bytes[..end]).await?;
        server.write_all(kept.sign_in.as_bytes()).await?;
        server.write_all(&bytes[end..]).await?;
        return tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop);
    }
    let lower = text.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or_default();
    while bytes.len() < head + length {
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(Error::from(ErrorKind::UnexpectedEof));
        }
    }
    let body = serde_json::from_slice(&bytes[head..]).unwrap_or_default();
    let tag = lower.lines().find_map(|line| line.strip_prefix("if-none-match:")).map(str::trim);
    kept.hub.lock().unwrap().asked.push((format!("{method} {path}"), tag.is_some()));
    if path.contains("/pulls/") {
        kept.held.subscribe().wait_for(|held| !held).await.ok();
    }
    let (status, answer) = answer(kept, method, path, &body);
    if method == "POST" && kept.hub.lock().unwrap().silent {
        // Until the client goes away.
        return client.read_buf(&mut bytes).await.map(drop);
    }
    let answer = answer.to_string();
    let own = tag_of(&answer);
    let (status, answer) =
        if status == 200 && tag == Some(own.as_str()) { (304, String::new()) } else { (status, answer) };
    let limit = match kept.hub.lock().unwrap().limited {
        true => "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1900000000\r\n",
        false => "",
    };
    let head = format!(
        "HTTP/1.1 {status} Answer\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n\
         ETag: {own}\r\n{limit}Connection: close\r\n\r\n",
        answer.len()
    );
    client.write_all(head.as_bytes()).await?;
    client.write_all(answer.as_bytes()).await?;
    client.shutdown().await
}

fn answer(kept: &Kept, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let mut hub = kept.hub.lock().unwrap();
    if hub.limited {
        return (403, json!({"message": "API rate limit exceeded", "status": "403"}));
    }
    if hub.broken {
        return (502, json!({"message": "Server Error"}));
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let missing = || (404, json!({"message": "Not Found", "documentation_url": "", "status": "404"}));
    if (method, path) == ("GET", "/api/v3/search/issues") {
        let items: Vec<Value> = hub.issues.clone();
        return (200, json!({"total_count": items.len(), "incomplete_results": false, "items": items}));
    }
    let Some(rest) = path.strip_prefix(ROOT) else { return missing() };
    let parts: Vec<&str> = rest.trim_matches('/').split('/').collect();
    match (method, parts.as_slice()) {
        ("GET", [""]) => {
            let repository = json!({"id": 1, "name": "hello", "full_name": "octo/hello", "size": 1,
                "owner": user("octo"), "private": false, "default_branch": "main",
                "permissions": {"push": true}});
            (200, repository)
        }
        ("POST", ["pulls"]) => {
            let head = body["head"].as_str().unwrap_or_default();
            if hub.pulls.iter().any(|pull| pull["state"] == "open" && pull["head"]["ref"] == head) {
                let error = json!({"resource": "PullRequest", "code": "custom",
                    "message": format!("A pull request already exists for octo:{head}.")});
                return (422, json!({"message": "Validation Failed", "errors": [error], "status": "422"}));
            }
            let number = hub.pulls.len() + 7;
            hub.pulls.push(json!({
                "id": number, "number": number, "state": "open", "merged_at": null, "merged": false,
                "html_url": format!("http://127.0.0.1/octo/hello/pull/{number}"), "url": "http://127.0.0.1/p",
                "node_id": "n", "title": body["title"], "body": body["body"],
                "draft": body["draft"].as_bool().unwrap_or_default(), "user": user("grace"),
                "head": {"ref": head, "label": format!("octo:{head}"), "sha": ""},
                "base": {"ref": body["base"], "label": "octo:main", "sha": ""},
                "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
            }));
            (201, shown(kept, hub.pulls.last().unwrap()))
        }
        ("GET", ["pulls"]) => {
            let wanted = query.split('&').find_map(|part| part.strip_prefix("head=")).unwrap_or_default();
            let wanted = wanted.replace("%3A", ":").replace("%2F", "/");
            let found = hub.pulls.iter().filter(|pull| pull["head"]["label"] == wanted.as_str());
            (200, found.map(|pull| shown(kept, pull)).collect())
        }
        ("GET" | "PATCH", ["pulls", number]) => {
            let found = hub.pulls.iter_mut().find(|pull| is(&pull["number"], number));
            let Some(found) = found else { return missing() };
            for field in ["title", "body", "state"] {
                if let Some(value) = body.get(field).filter(|value| !value.is_null()) {
                    found[field] = value.clone();
                }
            }
            (200, shown(kept, found))
        }
        ("GET", ["pulls", _, "comments"]) => (200, hub.comments.iter().cloned().collect()),
        ("GET", ["pulls", _, "reviews"]) => (200, hub.reviews.iter().cloned().collect()),
        ("GET", ["issues", number, "comments"]) => {
            let found = hub.talk.iter().filter(|talk| is(&talk["issue"], number));
            (200, found.cloned().collect())
        }
        ("GET", ["issues"]) => (200, hub.issues.iter().cloned().collect()),
        ("GET", ["issues", number]) => {
            let found = hub.issues.iter().find(|issue| is(&issue["number"], number));
            found.map_or_else(missing, |found| (200, found.clone()))
        }
        ("GET", ["commits", _, "check-runs"]) if hub.withholds => {
            (403, json!({"message": "Resource not accessible by integration", "status": "403"}))
        }
        ("GET", ["commits", head, "check-runs"]) => {
            let found: Vec<Value> =
                hub.checks.iter().filter(|check| check["head_sha"] == *head).cloned().collect();
            (200, json!({"total_count": found.len(), "check_runs": found}))
        }
        ("GET", ["commits", head, "status"]) => {
            (200, json!({"state": "pending", "statuses": [], "sha": head, "total_count": 0, "url": "u"}))
        }
        ("GET", ["check-runs", _, "annotations"]) => (
            200,
            json!([{"path": "b", "start_line": 1, "end_line": 1, "annotation_level": "failure",
                "message": "no such name", "title": null, "raw_details": null, "blob_href": "u",
                "start_column": null, "end_column": null}]),
        ),
        _ => missing(),
    }
}

/// A pull request with where its branch is now.
fn shown(kept: &Kept, pull: &Value) -> Value {
    let mut pull = pull.clone();
    let branch = format!("refs/heads/{}", pull["head"]["ref"].as_str().unwrap_or_default());
    pull["head"]["sha"] = git(&kept.bare, &["rev-parse", &branch]).unwrap_or_default().into();
    pull
}

/// What tells an answer from another.
fn tag_of(answer: &str) -> String {
    let mut hasher = DefaultHasher::new();
    answer.hash(&mut hasher);
    format!("\"{:x}\"", hasher.finish())
}

fn user(login: &str) -> Value {
    json!({"login": login, "id": 1, "node_id": "n", "type": "User", "site_admin": false, "url": "u",
        "html_url": "u", "avatar_url": "u"})
}

fn is(value: &Value, number: &str) -> bool {
    value.as_u64() == number.parse().ok()
}
