//! What comes back for a pull request.

use crate::github::{GitHub, ok, refuse};
use crate::pull_requests::{HEAD, checks};
use anchorhold_domain::{
    Annotation, ChecksState, Feedback, FeedbackKind, PullRequest, PullRequestState, Timestamp, Withheld,
};
use anchorhold_forge::{Cache, Feedbacks};
use serde_json::{Value, json};

const EARLIER: &str = "1111111111111111111111111111111111111111";

pub fn request(github: &GitHub) -> PullRequest {
    PullRequest {
        number: 7,
        url: format!("{}/octo/hello/pull/7", github.address),
        title: "Tides".to_owned(),
        state: PullRequestState::Open,
        head: HEAD.to_owned(),
        base: "main".to_owned(),
        checks: ChecksState::None,
        withheld: vec![],
    }
}

/// A repository in which nothing was said yet.
pub async fn silent() -> GitHub {
    let github = GitHub::start().await;
    checks(&github, "octo/hello", json!([]), json!([]));
    for route in ["pulls/7/comments", "pulls/7/reviews", "issues/7/comments"] {
        github.tell_ok(&format!("GET /repos/octo/hello/{route}"), json!([]));
    }
    github
}

pub async fn feedback(github: &GitHub) -> Feedbacks {
    github.forge().await.feedback("octo", "hello", &request(github)).await.unwrap()
}

fn at(minute: i64) -> Timestamp {
    Timestamp(1_795_837_380_000 + minute * 60_000)
}

fn when(minute: i64) -> String {
    format!("2026-11-28T03:{:02}:00Z", 43 + minute)
}

fn line_comment(id: u64, minute: i64) -> Value {
    json!({
        "id": id, "user": { "login": "reviewer" }, "body": "Off by one\u{200b}?\n\nSee the chart.", "path": "src/tide.rs",
        "line": 12, "original_line": 10, "side": "RIGHT", "subject_type": "line", "commit_id": HEAD,
        "original_commit_id": EARLIER, "created_at": when(minute), "html_url": "https://elsewhere.example/x",
    })
}

fn expected(github: &GitHub, id: &str, kind: FeedbackKind, minute: i64, anchor: &str) -> Feedback {
    Feedback {
        id: id.to_owned(),
        kind,
        author: "reviewer".to_owned(),
        title: "Off by one?".to_owned(),
        body: "Off by one?\n\nSee the chart.".to_owned(),
        path: None,
        line: None,
        annotations: vec![],
        commit: HEAD.to_owned(),
        url: format!("{}/octo/hello/pull/7{anchor}", github.address),
        at: at(minute),
    }
}

#[tokio::test]
async fn what_people_say_comes_in_its_order() {
    let github = silent().await;
    let mut gone = line_comment(2, 3);
    gone["line"] = Value::Null;
    gone["user"] = Value::Null;
    let mut left = line_comment(3, 4);
    left["side"] = json!("LEFT");
    let mut file = line_comment(4, 5);
    (file["line"], file["original_line"], file["subject_type"]) = (Value::Null, Value::Null, json!("file"));
    github.tell_ok("GET /repos/octo/hello/pulls/7/comments", json!([line_comment(1, 2), gone, left, file]));
    let said = "Off by one?\r\n\r\nSee the chart.";
    let review = |id: u64, state: &str, body: Value| {
        json!({
            "id": id, "user": { "login": "reviewer" }, "body": body, "state": state, "commit_id": EARLIER,
            "submitted_at": when(1), "html_url": format!("{}/octo/hello/pull/7#pullrequestreview-{id}", github.address),
        })
    };
    let reviews = json!([
        review(1, "CHANGES_REQUESTED", json!(said)),
        review(2, "APPROVED", json!("")),
        review(3, "COMMENTED", Value::Null),
        review(4, "PENDING", json!("not sent")),
        review(5, "DISMISSED", json!("taken back")),
    ]);
    github.tell_ok("GET /repos/octo/hello/pulls/7/reviews", reviews);
    let comment = json!({ "id": 5, "user": { "login": "reviewer" }, "body": said, "created_at": when(0) });
    let empty =
        json!({ "id": 6, "user": { "login": "bot[bot]" }, "body": "\u{200b} \n", "created_at": when(0) });
    github.tell_ok("GET /repos/octo/hello/issues/7/comments", json!([comment, empty]));

    let line = |id: u64, minute| {
        let item = expected(
            &github,
            &format!("line/{id}"),
            FeedbackKind::LineComment,
            minute,
            &format!("#discussion_r{id}"),
        );
        Feedback { path: Some("src/tide.rs".to_owned()), ..item }
    };
    let review = expected(&github, "review/1", FeedbackKind::Review, 1, "#pullrequestreview-1");
    let items = vec![
        expected(&github, "comment/5", FeedbackKind::Comment, 0, "#issuecomment-5"),
        Feedback { commit: EARLIER.to_owned(), ..review },
        Feedback { line: Some(12), ..line(1, 2) },
        Feedback { line: Some(10), commit: EARLIER.to_owned(), author: "ghost".to_owned(), ..line(2, 3) },
        line(3, 4),
        line(4, 5),
    ];
    let Feedbacks { items: found, checks, withheld, .. } = feedback(&github).await;
    assert_eq!((found, checks, withheld), (items, ChecksState::None, vec![]));
}

/// A check of another app than GitHub Actions.
fn run(id: u64, conclusion: &str) -> Value {
    json!({
        "id": id, "name": "lint", "status": "completed", "conclusion": conclusion, "completed_at": when(1),
        "details_url": "https://ci.example/1", "app": { "slug": "octo-ci", "name": "Octo CI" },
        "output": { "title": "2 faults", "summary": "Two lines are too long.", "text": null, "annotations_count": 60 },
    })
}

#[tokio::test]
async fn a_check_that_failed_comes_with_its_notes() {
    let github = silent().await;
    let status = |id: u64, state: &str, page: &str| {
        json!({
            "id": id, "state": state, "context": "ci/old", "description": "It broke", "updated_at": when(2),
            "target_url": page,
        })
    };
    let statuses = json!([
        status(1, "failure", "https://ci.example/7"),
        status(2, "error", "javascript:alert(1)"),
        status(3, "success", "")
    ]);
    checks(
        &github,
        "octo/hello",
        json!([run(4, "failure"), run(5, "cancelled"), run(6, "success")]),
        statuses,
    );
    let note = |line: u32| json!({ "path": "src/tide.rs", "start_line": line, "end_line": line, "annotation_level": "warning", "message": "\u{1b}[1mtoo long\u{1b}[0m" });
    let notes: Vec<_> = (1..=60).map(note).collect();
    github.tell_ok("GET /repos/octo/hello/check-runs/4/annotations?per_page=50", json!(notes));

    let annotation = |line| Annotation {
        path: "src/tide.rs".to_owned(),
        line,
        level: "warning".to_owned(),
        message: "too long".to_owned(),
    };
    let check = Feedback {
        author: "Octo CI".to_owned(),
        title: "lint".to_owned(),
        body: "2 faults\n\nTwo lines are too long.".to_owned(),
        annotations: (1..=50).map(annotation).collect(),
        url: format!("{}/octo/hello/runs/4", github.address),
        ..expected(&github, "check/4", FeedbackKind::FailedCheck, 1, "")
    };
    let status = |id: &str, url: &str| Feedback {
        author: "ci/old".to_owned(),
        title: "ci/old".to_owned(),
        body: "It broke".to_owned(),
        url: url.to_owned(),
        ..expected(&github, id, FeedbackKind::FailedCheck, 2, "")
    };
    let items =
        vec![check, status("status/1", "https://ci.example/7"), status("status/2", &request(&github).url)];
    let found = feedback(&github).await;
    let over = ["check/4", "check/5", "check/6", "status/1", "status/2", "status/3", "line/7"];
    assert_eq!(over.map(|id| found.fails_no_more(id)), [false, true, true, false, false, true, false]);
    assert_eq!((found.items, found.checks, found.withheld), (items, ChecksState::Failed, vec![]));
}

#[tokio::test]
async fn a_look_at_which_nothing_changed_costs_nothing() {
    let (github, cache) = (GitHub::start().await, Cache::new());
    let runs = json!({ "total_count": 1, "check_runs": [run(4, "failure")] });
    let commit = format!("commits/{HEAD}");
    let answers = [
        (format!("{commit}/check-runs"), runs),
        (format!("{commit}/status"), json!({ "statuses": [] })),
        ("check-runs/4/annotations".to_owned(), json!([])),
        ("pulls/7/comments".to_owned(), json!([line_comment(1, 2)])),
        ("pulls/7/reviews".to_owned(), json!([])),
        ("issues/7/comments".to_owned(), json!([])),
    ];
    let count = u32::try_from(answers.len()).unwrap();
    for (route, body) in answers {
        github.tell(&format!("GET /repos/octo/hello/{route}"), [ok(body).tagged(&route)]);
    }
    let mut seen = Vec::new();
    for _ in 0..3 {
        let forge = github.forge_with(&cache).await;
        seen.push(forge.feedback("octo", "hello", &request(&github)).await.unwrap());
    }
    assert_eq!((github.counted(), github.lines().len()), (count, 18));
    assert_eq!(seen[0], seen[2]);
    assert_eq!(seen[0].items.len(), 2);
}

#[tokio::test]
async fn the_newest_two_hundred_are_kept() {
    let github = silent().await;
    let comments = |ids: std::ops::Range<u64>| -> Value {
        let comment = |id: u64| json!({ "id": id, "body": "x", "created_at": when(0) });
        json!(ids.map(comment).collect::<Vec<_>>())
    };
    let link =
        r#"<https://api.github.com/x?page=2>; rel="next", <https://api.github.com/x?page=3>; rel="last""#;
    let route = |page: u32| format!("GET /repos/octo/hello/issues/7/comments?per_page=100&page={page}");
    github.tell(&route(1), [ok(comments(100..200)).with("link", link)]);
    github.tell_ok(&route(2), comments(200..300)).tell_ok(&route(3), comments(300..400));
    github.tell_ok("GET /repos/octo/hello/pulls/7/comments", json!([line_comment(1, 2)]));
    let items = feedback(&github).await.items;
    assert_eq!(items.len(), 200);
    assert_eq!((&*items[0].id, &*items[199].id), ("comment/201", "line/1"));
}

#[tokio::test]
async fn what_the_token_may_not_read_is_said_and_the_rest_is_read() {
    let github = silent().await;
    for route in ["check-runs", "status"] {
        let refused = refuse(403, "Resource not accessible by integration");
        github.tell(&format!("GET /repos/octo/hello/commits/{HEAD}/{route}"), [refused]);
    }
    github.tell_ok("GET /repos/octo/hello/pulls/7/comments", json!([line_comment(1, 2)]));
    let found = feedback(&github).await;
    // What is not known may fail still.
    assert_eq!(["check/1", "status/1"].map(|id| found.fails_no_more(id)), [false, false]);
    assert_eq!((found.items.len(), found.withheld), (1, vec![Withheld::Checks, Withheld::CommitStatuses]));
}

#[tokio::test]
async fn a_page_that_is_full_says_nothing_of_those_that_came_since() {
    let (github, cache) = (silent().await, Cache::new());
    let comments = |ids: std::ops::Range<u64>| -> Value {
        let comment = |id: u64| json!({ "id": id, "body": "x", "created_at": when(0) });
        json!(ids.map(comment).collect::<Vec<_>>())
    };
    let route = |page: u32| format!("GET /repos/octo/hello/issues/7/comments?per_page=100&page={page}");
    // The same tag, whatever other pages there are.
    github.tell(&route(1), [ok(comments(100..200)).tagged("one")]);
    let seen = async || {
        let forge = github.forge_with(&cache).await;
        let found = forge.feedback("octo", "hello", &request(&github)).await.unwrap();
        (found.items.len(), found.items.last().map(|item| item.id.clone()))
    };
    github.tell(&route(2), [ok(json!([])).tagged("none")]);
    assert_eq!(seen().await, (100, Some("comment/199".to_owned())));
    github.tell(&route(2), [ok(comments(200..201)).tagged("two")]);
    assert_eq!(seen().await, (101, Some("comment/200".to_owned())));
    // With a link, the end is known at once.
    let link = r#"<https://api.github.com/x?page=4>; rel="last""#;
    github.tell(&route(1), [ok(comments(100..200)).tagged("one").with("link", link)]);
    github.tell_ok(&route(3), comments(300..400)).tell_ok(&route(4), comments(400..401));
    assert_eq!(seen().await, (101, Some("comment/400".to_owned())));
}
