//! Answers that lead somewhere else. The token goes to the API that was meant and to nobody else.

use crate::account::user;
use crate::github::{GitHub, TOKEN, redirect};
use crate::pull_requests::{checks, new, pull_request};
use serde_json::json;

#[tokio::test]
async fn the_token_is_not_shown_to_another_host() {
    for status in [301, 302, 307, 308] {
        let (github, other) = (GitHub::start().await, GitHub::start().await);
        other.tell_ok("GET /user", user("octocat"));
        github.tell("GET /user", [redirect(status, &format!("{}/api/v3/user", other.address))]);
        let error = github.forge().await.account().await.unwrap_err();
        assert_eq!(error.code(), "forge_redirected");
        assert!(error.to_string().contains(r#"it leads to "127.0.0.1""#), "{error}");
        assert_eq!((github.lines().len(), other.lines().len()), (1, 0));
    }
}

#[tokio::test]
async fn pages_beside_the_api_are_not_followed_either() {
    let github = GitHub::start().await;
    github.tell("GET /user", [redirect(302, &format!("{}/login", github.address))]);
    assert_eq!(github.forge().await.account().await.unwrap_err().code(), "forge_redirected");
}

#[tokio::test]
async fn a_circle_ends() {
    let github = GitHub::start().await;
    github.tell("GET /user", [redirect(302, "/api/v3/user")]);
    assert_eq!(github.forge().await.account().await.unwrap_err().code(), "forge_redirected");
    assert_eq!(github.lines().len(), 4);
}

#[tokio::test]
async fn a_change_to_a_renamed_repository_is_made_once_where_it_is_now() {
    let github = GitHub::start().await;
    let to = format!("{}/api/v3/repositories/7/pulls", github.address);
    github.tell("POST /repos/octo/old/pulls", [redirect(307, &to)]);
    github.tell("POST /repositories/7/pulls", [crate::github::ok(pull_request(3)).status(201)]);
    checks(&github, "octo/old", json!([]), json!([]));
    let made = github.forge().await.create_pull_request("octo", "old", &new()).await.unwrap();
    assert_eq!(made.number, 3);
    let asked = github.asked();
    assert_eq!(asked[1].line, "POST /repositories/7/pulls");
    assert_eq!(asked[1].token.as_deref(), Some(TOKEN));
    assert_eq!(asked[0].body, asked[1].body);
    assert_eq!(asked[1].body["head"], "anchorhold/tides");
}
