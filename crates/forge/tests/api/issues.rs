//! Issues that can be an agent's task.

use crate::github::{GitHub, ok, refuse};
use crate::repositories::repository;
use anchorhold_domain::{Issue, Timestamp};
use anchorhold_forge::{Cache, IssueComment, IssuePage};
use serde_json::{Value, json};

fn issue(number: u32, title: &str) -> Value {
    json!({
        "number": number, "title": title, "body": "The tide\r\nis wrong.", "state": "open", "comments": 2,
        "user": { "login": "octocat", "id": 1 }, "labels": [{ "id": 1, "name": "bug" }, "help wanted", { "name": null }],
        "html_url": "https://elsewhere.example/phish", "updated_at": "2026-11-28T03:43:01Z",
    })
}

fn expected(github: &GitHub, number: u32, title: &str) -> Issue {
    Issue {
        number,
        title: title.to_owned(),
        body: "The tide\nis wrong.".to_owned(),
        author: "octocat".to_owned(),
        labels: vec!["bug".to_owned(), "help wanted".to_owned()],
        comments: 2,
        url: format!("{}/octo/hello/issues/{number}", github.address),
        updated_at: Timestamp(1_795_837_381_000),
    }
}

#[tokio::test]
async fn open_issues_come_without_pull_requests_and_again_for_nothing() {
    let (github, cache) = (GitHub::start().await, Cache::new());
    let mut pull = issue(8, "A change");
    pull["pull_request"] = json!({ "url": "https://api.github.com/repos/octo/hello/pulls/8" });
    let link = r#"<https://api.github.com/x?page=2>; rel="next""#;
    let list = ok(json!([issue(9, "Tides"), pull])).tagged("one").with("link", link);
    github.tell(
        "GET /repos/octo/hello/issues?state=open&sort=updated&direction=desc&per_page=100&page=1",
        [list],
    );
    for _ in 0..2 {
        let found = github.forge_with(&cache).await.issues("octo", "hello", " ", 1).await.unwrap();
        assert_eq!(found, IssuePage { issues: vec![expected(&github, 9, "Tides")], next: Some(2) });
    }
    assert_eq!(github.counted(), 1);
}

#[tokio::test]
async fn a_text_is_searched_for_in_this_repository_alone() {
    let github = GitHub::start().await;
    github.tell_ok("GET /search/issues", json!({ "total_count": 1, "items": [issue(9, "Tides")] }));
    let found =
        github.forge().await.issues("octo", "hello", r#"tide repo:other/one OR "x""#, 2).await.unwrap();
    assert_eq!(found.issues, [expected(&github, 9, "Tides")]);
    let query = "repo%3Aocto%2Fhello+is%3Aissue+is%3Aopen+tide+repo+other+one+or+x";
    assert_eq!(github.lines(), [format!("GET /search/issues?q={query}&per_page=50&page=2")]);
}

#[tokio::test]
async fn a_number_finds_its_issue_first() {
    let github = GitHub::start().await;
    github.tell_ok("GET /repos/octo/hello/issues/12", issue(12, "Ebb"));
    let items = json!([issue(9, "12 tides"), issue(12, "Ebb")]);
    github.tell_ok("GET /search/issues", json!({ "total_count": 2, "items": items }));
    let found = github.forge().await.issues("octo", "hello", "#12", 1).await.unwrap().issues;
    assert_eq!(found, [expected(&github, 12, "Ebb"), expected(&github, 9, "12 tides")]);
    let none = github.forge().await.issues("octo", "hello", "13", 1).await.unwrap().issues;
    assert_eq!(none.len(), 2);
}

#[tokio::test]
async fn a_renamed_repository_is_searched_under_its_new_name() {
    let github = GitHub::start().await;
    let unknown = refuse(422, "Validation Failed");
    github.tell("GET /search/issues", [unknown, ok(json!({ "total_count": 0, "items": [] }))]);
    github.tell_ok("GET /repos/octo/old", repository("octo", "new"));
    github.forge().await.issues("octo", "old", "tide", 1).await.unwrap();
    assert!(github.lines()[2].contains("q=repo%3Aocto%2Fnew+"), "{:?}", github.lines());
}

#[tokio::test]
async fn a_pull_request_is_no_issue() {
    let github = GitHub::start().await;
    let mut pull = issue(8, "A change");
    pull["pull_request"] = json!({});
    github.tell_ok("GET /repos/octo/hello/issues/8", pull);
    assert_eq!(github.forge().await.issue("octo", "hello", 8).await.unwrap_err().code(), "forge_not_found");
}

#[tokio::test]
async fn a_long_issue_is_cut() {
    let github = GitHub::start().await;
    let mut long = issue(9, &"t".repeat(1_000));
    long["body"] = json!("x".repeat(100_000));
    long["user"] = Value::Null;
    github.tell_ok("GET /repos/octo/hello/issues/9", long);
    let issue = github.forge().await.issue("octo", "hello", 9).await.unwrap();
    assert_eq!((issue.body.len(), issue.title.len(), &*issue.author), (64 << 10, 400, "ghost"));
}

#[tokio::test]
async fn the_last_comments_are_read() {
    let github = GitHub::start().await;
    let comment = |number: u32| json!({ "id": number, "user": { "login": "octocat" }, "body": format!("{number} {}", "é".repeat(20_000)), "created_at": "2026-11-28T03:43:01Z" });
    let page = |numbers: std::ops::Range<u32>| json!(numbers.map(comment).collect::<Vec<_>>());
    let route = |page: u32| format!("GET /repos/octo/hello/issues/9/comments?per_page=100&page={page}");
    let link =
        r#"<https://api.github.com/x?page=2>; rel="next", <https://api.github.com/x?page=4>; rel="last""#;
    github.tell(&route(1), [ok(page(0..100)).with("link", link)]);
    github.tell_ok(&route(3), page(200..300)).tell_ok(&route(4), page(300..310));
    let found = github.forge().await.issue_comments("octo", "hello", 9).await.unwrap();
    let numbers: Vec<u32> =
        found.iter().map(|said| said.body.split_once(' ').unwrap().0.parse().unwrap()).collect();
    assert_eq!(numbers, (280..310).collect::<Vec<_>>());
    let IssueComment { author, body, at } = &found[0];
    assert_eq!((&**author, *at), ("octocat", Timestamp(1_795_837_381_000)));
    assert!(body.len() <= 16 << 10 && body.ends_with("é…"), "{}", body.len());
    assert_eq!(github.lines(), [route(1), route(3), route(4)]);
}
