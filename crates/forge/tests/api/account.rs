//! Who is signed in, and their addresses.

use crate::github::{Answer, GitHub, TOKEN, ok, refuse};
use anchorhold_forge::{Account, Forge};
use serde_json::{Value, json};

pub fn user(login: &str) -> Value {
    json!({
        "login": login, "id": 583_231, "node_id": "MDQ6VXNlcjU4MzIzMQ==", "type": "User",
        "name": "The Octocat", "company": null, "email": null, "public_repos": 8,
    })
}

#[tokio::test]
async fn the_account_comes_with_the_address_that_hides_the_real_one() {
    let github = GitHub::start().await;
    github.tell_ok("GET /user", user("octocat"));
    let account = github.forge().await.account().await.unwrap();
    let expected = Account {
        login: "octocat".to_owned(),
        id: 583_231,
        name: "The Octocat".to_owned(),
        noreply_email: format!("583231+octocat@users.noreply.{}", github.host.name()),
    };
    assert_eq!(account, expected);
    assert_eq!(github.asked()[0].token.as_deref(), Some(TOKEN));
}

#[tokio::test]
async fn an_account_without_a_name_goes_by_its_login() {
    let github = GitHub::start().await;
    github.tell_ok("GET /user", json!({ "login": "octocat", "id": 1, "name": null }));
    assert_eq!(github.forge().await.account().await.unwrap().name, "octocat");
}

#[tokio::test]
async fn without_a_token_none_is_sent() {
    let github = GitHub::start().await;
    github.tell("GET /user", [refuse(401, "Requires authentication")]);
    let forge = Forge::at(&github.host, None).await.unwrap();
    assert_eq!(forge.account().await.unwrap_err().code(), "forge_sign_in");
    assert_eq!(github.asked()[0].token, None);
}

async fn emails(answer: Answer) -> Result<Vec<String>, &'static str> {
    let github = GitHub::start().await;
    github.tell("GET /user/emails?per_page=100", [answer]);
    github.forge().await.emails().await.map_err(|error| error.code())
}

#[tokio::test]
async fn verified_addresses_come_the_primary_one_first() {
    let found = json!([
        { "email": "old@example.com", "primary": false, "verified": true, "visibility": null },
        { "email": "me@example.com", "primary": true, "verified": true, "visibility": "private" },
        { "email": "new@example.com", "primary": false, "verified": false, "visibility": null },
        { "email": "x>\nauthor me <y@example.com", "primary": false, "verified": true, "visibility": null },
    ]);
    assert_eq!(emails(ok(found)).await.unwrap(), ["me@example.com", "old@example.com"]);
}

#[tokio::test]
async fn a_token_that_may_not_ask_for_addresses_has_none() {
    let scopes = refuse(404, "Not Found").with("x-oauth-scopes", "repo");
    let fine = refuse(403, "Resource not accessible by personal access token");
    assert_eq!(emails(scopes.with("x-accepted-oauth-scopes", "user, user:email")).await, Ok(vec![]));
    assert_eq!(emails(fine.with("x-accepted-github-permissions", "email_addresses=read")).await, Ok(vec![]));
    assert_eq!(emails(refuse(401, "Bad credentials")).await, Err("forge_sign_in"));
}
