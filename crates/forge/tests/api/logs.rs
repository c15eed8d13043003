//! The end of a job's log, which lies with a host that is told nothing.

use crate::feedback::{feedback, request, silent};
use crate::github::{GitHub, TOKEN, redirect, refuse};
use crate::pull_requests::checks;
use anchorhold_domain::Withheld;
use anchorhold_forge::Cache;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// Where logs lie. It remembers the headers that it was shown.
#[derive(Clone)]
struct Store {
    address: String,
    log: Arc<String>,
    parts: bool,
    shown: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Store {
    async fn start(log: String, parts: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let store = Self { address, log: Arc::new(log), parts, shown: Arc::default() };
        let routes = Router::new().fallback(give).with_state(store.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        store
    }

    fn shown(&self) -> Vec<HeaderMap> {
        self.shown.lock().unwrap().clone()
    }
}

/// Gives parts as Azure's storage does: from a place on, not so many from the end.
async fn give(State(store): State<Store>, request: Request) -> Response {
    let range = request.headers().get("range").map(|range| range.to_str().unwrap().to_owned());
    store.shown.lock().unwrap().push(request.headers().clone());
    let start = range
        .filter(|_| store.parts)
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    match start {
        Some(start) => (StatusCode::PARTIAL_CONTENT, store.log[start..].to_owned()).into_response(),
        None => store.log.to_string().into_response(),
    }
}

/// A repository in which a job has failed whose log lies there.
async fn failed(log: &str) -> GitHub {
    let github = silent().await;
    let run = json!({
        "id": 4, "name": "test", "status": "completed", "conclusion": "failure",
        "completed_at": "2026-11-28T03:43:01Z", "app": { "slug": "github-actions", "name": "GitHub Actions" },
        "details_url": "https://github.com/octo/hello/actions/runs/11/job/42",
        "output": { "title": null, "summary": "said in the list", "text": null, "annotations_count": 0 },
    });
    checks(&github, "octo/hello", json!([run]), json!([]));
    github.tell("GET /repos/octo/hello/actions/jobs/42/logs", [redirect(302, log)]);
    github
}

#[tokio::test]
async fn the_end_of_the_log_is_read_and_its_host_is_not_told_who_asks() {
    let log = "2026-11-28T03:43:00.0000000Z \u{1b}[31mtest tides ... FAILED\u{1b}[0m\n\
               2026-11-28T03:43:01.0000000Z ##[error]Process completed with exit code 101.\n\
               2026-11-28T03:43:02.0000000Z Cleaning up\n";
    let store = Store::start(log.to_owned(), true).await;
    let github = failed(&format!("{}/log?sig=key", store.address)).await;
    let found = feedback(&github).await;
    assert_eq!(found.items[0].body, "test tides ... FAILED\n##[error]Process completed with exit code 101.");
    assert_eq!(found.withheld, []);
    let shown = store.shown();
    assert_eq!(shown.len(), 1);
    let said = format!("{:?}", shown[0]);
    assert!(
        shown[0].get("authorization").is_none() && !said.contains(TOKEN) && !said.contains("github"),
        "{said}"
    );
    let asked = github.asked().into_iter().find(|asked| asked.line.ends_with("/logs")).unwrap();
    assert_eq!(asked.token.as_deref(), Some(TOKEN));
}

fn long_log() -> String {
    (0..100_000).fold(String::new(), |mut log, line| {
        writeln!(log, "line {line}").unwrap();
        log
    })
}

#[tokio::test]
async fn of_a_long_log_only_the_end_is_read() {
    for parts in [true, false] {
        let store = Store::start(long_log(), parts).await;
        let github = failed(&store.address).await;
        let body = feedback(&github).await.items[0].body.clone();
        assert!(body.starts_with("line ") && body.ends_with("\nline 99999"), "{body}");
        assert!((16_300..=16 << 10).contains(&body.len()), "{}", body.len());
        let ranges: Vec<_> = store.shown().iter().map(|shown| shown.contains_key("range")).collect();
        assert_eq!(ranges, [false, true]);
    }
}

#[tokio::test]
async fn a_log_is_read_once() {
    let store = Store::start("it broke".to_owned(), true).await;
    let github = failed(&store.address).await;
    let cache = Cache::new();
    for _ in 0..3 {
        let forge = github.forge_with(&cache).await;
        let found = forge.feedback("octo", "hello", &request(&github)).await.unwrap();
        assert_eq!(found.items[0].body, "it broke");
    }
    assert_eq!(store.shown().len(), 1);
    assert_eq!(github.lines().iter().filter(|line| line.ends_with("/logs")).count(), 1);
}

#[tokio::test]
async fn a_log_that_leads_off_this_machine_is_not_followed_from_a_stand_in() {
    for elsewhere in ["https://logs.example/1", "http://logs.example/1", "https://127.0.0.1.example/1"] {
        let found = feedback(&failed(elsewhere).await).await;
        assert_eq!((&*found.items[0].body, found.withheld), ("said in the list", vec![Withheld::JobLogs]));
    }
}

#[tokio::test]
async fn a_log_whose_host_cannot_be_reached_leaves_what_the_check_says() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let found = feedback(&failed(&nobody).await).await;
    assert_eq!((&*found.items[0].body, found.withheld), ("said in the list", vec![Withheld::JobLogs]));
}

#[tokio::test]
async fn a_log_that_is_gone_or_withheld_leaves_what_the_check_says() {
    let github = failed("unused").await;
    github.tell(
        "GET /repos/octo/hello/actions/jobs/42/logs",
        [refuse(403, "Must have admin rights to Repository.")],
    );
    let found = feedback(&github).await;
    assert_eq!((&*found.items[0].body, found.withheld), ("said in the list", vec![Withheld::JobLogs]));
    github.tell("GET /repos/octo/hello/actions/jobs/42/logs", [refuse(410, "Gone")]);
    let found = feedback(&github).await;
    assert_eq!((&*found.items[0].body, found.withheld), ("said in the list", vec![]));
}
