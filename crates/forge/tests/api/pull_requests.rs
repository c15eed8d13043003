//! Pull requests: opened, found, read and changed.

use crate::github::{GitHub, hang_up, ok, refuse};
use crate::repositories::repository;
use anchorhold_domain::{ChecksState, PullRequest, PullRequestState, Withheld};
use anchorhold_forge::{NewPullRequest, PullRequestChange};
use serde_json::{Value, json};

pub const HEAD: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";

pub fn pull_request(number: u32) -> Value {
    json!({
        "number": number, "html_url": format!("https://github.com/octo/hello/pull/{number}"), "title": "Tides",
        "state": "open", "draft": false, "merged_at": null,
        "head": { "ref": "anchorhold/tides", "sha": HEAD, "label": "octo:anchorhold/tides" },
        "base": { "ref": "main", "sha": "0".repeat(40) },
    })
}

pub fn new() -> NewPullRequest {
    NewPullRequest {
        head: "anchorhold/tides".to_owned(),
        base: "main".to_owned(),
        title: "Tides".to_owned(),
        body: "Mends the tides.".to_owned(),
        draft: false,
    }
}

pub fn checks(github: &GitHub, repository: &str, runs: Value, statuses: Value) {
    let route = format!("GET /repos/{repository}/commits/{HEAD}");
    let count = runs.as_array().unwrap().len();
    github.tell_ok(&format!("{route}/check-runs"), json!({ "total_count": count, "check_runs": runs }));
    github.tell_ok(&format!("{route}/status"), json!({ "state": "pending", "statuses": statuses }));
}

fn expected(github: &GitHub, number: u32) -> PullRequest {
    PullRequest {
        number,
        url: format!("{}/octo/hello/pull/{number}", github.address),
        title: "Tides".to_owned(),
        state: PullRequestState::Open,
        head: HEAD.to_owned(),
        base: "main".to_owned(),
        checks: ChecksState::None,
        withheld: vec![],
    }
}

async fn github() -> GitHub {
    let github = GitHub::start().await;
    checks(&github, "octo/hello", json!([]), json!([]));
    github.tell_ok("GET /repos/octo/hello", repository("octo", "hello"));
    github
}

#[tokio::test]
async fn a_pull_request_is_opened_with_what_was_written() {
    let github = github().await;
    github.tell("POST /repos/octo/hello/pulls", [ok(pull_request(7)).status(201)]);
    let new = NewPullRequest { draft: true, title: "é".repeat(300), ..new() };
    let made = github.forge().await.create_pull_request("octo", "hello", &new).await.unwrap();
    assert_eq!(made, expected(&github, 7));
    let body = json!({
        "head": "anchorhold/tides", "base": "main", "title": format!("{}…", "é".repeat(255)),
        "body": "Mends the tides.", "draft": true,
    });
    assert_eq!(github.asked()[0].body, body);
}

#[tokio::test]
async fn what_was_opened_or_changed_is_so_also_where_its_checks_cannot_be_read() {
    let github = GitHub::start().await;
    github.tell("POST /repos/octo/hello/pulls", [ok(pull_request(7)).status(201)]);
    github.tell_ok("PATCH /repos/octo/hello/pulls/7", pull_request(7));
    let route = format!("GET /repos/octo/hello/commits/{HEAD}");
    for page in ["check-runs", "status"] {
        github.tell(&format!("{route}/{page}"), [refuse(502, "Bad Gateway")]);
    }
    let forge = github.forge().await;
    let opened = forge.create_pull_request("octo", "hello", &new()).await.unwrap();
    assert_eq!(opened, expected(&github, 7));
    let change = PullRequestChange { body: Some("New words".to_owned()), title: None };
    let changed = forge.update_pull_request("octo", "hello", 7, &change).await.unwrap();
    assert_eq!(changed, expected(&github, 7));
}

#[tokio::test]
async fn one_whose_opening_was_not_answered_is_looked_for_once() {
    let route = "POST /repos/octo/hello/pulls";
    for lost in [hang_up, || refuse(502, "Bad Gateway")] {
        let github = github().await;
        github.tell(route, [lost()]).tell_ok("GET /repos/octo/hello/pulls", json!([pull_request(7)]));
        let found = github.forge().await.create_pull_request("octo", "hello", &new()).await;
        assert_eq!(found.unwrap(), expected(&github, 7));
        // One that was closed before is not what was opened.
        let mut closed = pull_request(6);
        closed["state"] = json!("closed");
        github.tell(route, [lost()]).tell_ok("GET /repos/octo/hello/pulls", json!([closed]));
        let error = github.forge().await.create_pull_request("octo", "hello", &new()).await.unwrap_err();
        assert!(error.to_string().starts_with("open a pull request in octo/hello"), "{error}");
    }
}

/// A 422, which tells what is wrong in its errors.
fn unprocessable(error: Value) -> crate::github::Answer {
    ok(json!({ "message": "Validation Failed", "errors": [error], "documentation_url": "https://docs.github.com/rest" }))
        .status(422)
}

#[tokio::test]
async fn the_one_that_is_open_already_is_found() {
    let github = github().await;
    let message = "A pull request already exists for octo:anchorhold/tides.";
    let exists = unprocessable(json!({ "resource": "PullRequest", "code": "custom", "message": message }));
    github.tell("POST /repos/octo/hello/pulls", [exists]);
    let route = "GET /repos/octo/hello/pulls?head=octo%3Aanchorhold%2Ftides&state=all&sort=created&direction=desc&per_page=30";
    github.tell_ok(route, json!([pull_request(5)]));
    let found = github.forge().await.create_pull_request("octo", "hello", &new()).await.unwrap();
    assert_eq!(found, expected(&github, 5));
}

#[tokio::test]
async fn why_none_can_be_opened_is_told_apart() {
    let custom = |message: &str| {
        unprocessable(json!({ "resource": "PullRequest", "code": "custom", "message": message }))
    };
    let invalid =
        |field: &str| unprocessable(json!({ "resource": "PullRequest", "code": "invalid", "field": field }));
    let drafts = refuse(422, "Draft pull requests are not supported in this repository.");
    let found = [
        (custom("No commits between main and anchorhold/tides"), "forge_nothing_to_merge"),
        (drafts, "forge_draft_unsupported"),
        (invalid("base"), "forge_branch_missing"),
        (invalid("head"), "forge_branch_missing"),
        (custom("Something else"), "forge_refused"),
        (refuse(403, "Repository was archived so is read-only."), "forge_archived"),
        (refuse(404, "Not Found"), "forge_not_found"),
    ];
    for (answer, code) in found {
        let github = github().await;
        github.tell("POST /repos/octo/hello/pulls", [answer]);
        let error = github.forge().await.create_pull_request("octo", "hello", &new()).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().starts_with("open a pull request in octo/hello on 127.0.0.1:"), "{error}");
    }
}

#[tokio::test]
async fn the_open_one_of_a_branch_is_found_before_a_newer_closed_one() {
    let github = github().await;
    let with = |number: u32, state: &str, branch: &str, merged_at: Value| {
        let mut request = pull_request(number);
        request["state"] = json!(state);
        request["head"]["ref"] = json!(branch);
        request["merged_at"] = merged_at;
        request
    };
    let tides = "anchorhold/tides";
    let merged = with(9, "closed", tides, json!("2026-11-28T03:43:01Z"));
    let (other, closed, open) = (
        with(10, "open", "other", Value::Null),
        with(8, "closed", tides, Value::Null),
        with(6, "open", tides, Value::Null),
    );
    let of = async |found: Value| {
        github.tell_ok("GET /repos/octo/hello/pulls", found);
        let found = github.forge().await.pull_request_of("octo", "hello", tides).await.unwrap();
        found.map(|request| (request.number, request.state))
    };
    assert_eq!(of(json!([other, merged, closed, open])).await, Some((6, PullRequestState::Open)));
    assert_eq!(of(json!([other, merged, closed])).await, Some((9, PullRequestState::Merged)));
    assert_eq!(of(json!([closed])).await, Some((8, PullRequestState::Closed)));
    assert_eq!(of(json!([other])).await, None);
}

#[tokio::test]
async fn a_branch_of_any_name_is_asked_for_as_one() {
    let github = github().await;
    github.tell_ok("GET /repos/octo/hello/pulls", json!([]));
    let branch = "fix/ünder score&state=closed#?$(id)";
    assert_eq!(github.forge().await.pull_request_of("octo", "hello", branch).await.unwrap(), None);
    let head = "octo%3Afix%2F%C3%BCnder+score%26state%3Dclosed%23%3F%24%28id%29";
    let line =
        format!("GET /repos/octo/hello/pulls?head={head}&state=all&sort=created&direction=desc&per_page=30");
    assert_eq!(github.lines()[0], line);
}

#[tokio::test]
async fn the_one_of_an_owner_with_a_new_name_is_found() {
    let github = github().await;
    github.tell_ok("GET /repos/octo/hello", repository("octo-org", "hello"));
    let route = |owner: &str| {
        format!(
            "GET /repos/octo/hello/pulls?head={owner}%3Aanchorhold%2Ftides&state=all&sort=created&direction=desc&per_page=30"
        )
    };
    github.tell_ok(&route("octo"), json!([])).tell_ok(&route("octo-org"), json!([pull_request(5)]));
    let found = github.forge().await.pull_request_of("octo", "hello", "anchorhold/tides").await.unwrap();
    assert_eq!(found, Some(expected(&github, 5)));
}

#[tokio::test]
async fn one_is_read_with_how_its_checks_stand() {
    let github = GitHub::start().await;
    let mut draft = pull_request(7);
    draft["draft"] = json!(true);
    github.tell_ok("GET /repos/octo/hello/pulls/7", draft);
    let run = json!({ "id": 1, "name": "test", "status": "completed", "conclusion": "success" });
    let status =
        json!({ "id": 1, "state": "pending", "context": "ci", "updated_at": "2026-11-28T03:43:01Z" });
    checks(&github, "octo/hello", json!([run]), json!([status]));
    let found = github.forge().await.pull_request("octo", "hello", 7).await.unwrap();
    let expected = expected(&github, 7);
    let expected = PullRequest { state: PullRequestState::Draft, checks: ChecksState::Pending, ..expected };
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_token_that_may_not_read_checks_still_reads_the_rest_and_says_so() {
    let github = GitHub::start().await;
    github.tell_ok("GET /repos/octo/hello/pulls/7", pull_request(7));
    let route = format!("GET /repos/octo/hello/commits/{HEAD}/check-runs");
    github.tell(&route, [refuse(403, "Resource not accessible by personal access token")]);
    let withheld = vec![Withheld::Checks, Withheld::CommitStatuses];
    let expected = PullRequest { withheld, ..expected(&github, 7) };
    assert_eq!(github.forge().await.pull_request("octo", "hello", 7).await.unwrap(), expected);
}

#[tokio::test]
async fn a_commit_that_is_none_leads_nowhere() {
    let github = GitHub::start().await;
    let mut request = pull_request(7);
    request["head"]["sha"] = json!("../../../user");
    github.tell_ok("GET /repos/octo/hello/pulls/7", request);
    let error = github.forge().await.pull_request("octo", "hello", 7).await.unwrap_err();
    assert_eq!((error.code(), github.lines().len()), ("forge_commit_invalid", 1));
}

#[tokio::test]
async fn only_what_is_to_change_is_sent() {
    let github = github().await;
    github.tell_ok("PATCH /repos/octo/hello/pulls/7", pull_request(7));
    let change = PullRequestChange { body: Some("New words".to_owned()), title: None };
    let changed = github.forge().await.update_pull_request("octo", "hello", 7, &change).await.unwrap();
    assert_eq!(changed, expected(&github, 7));
    assert_eq!(github.asked()[0].body, json!({ "body": "New words" }));
}
