//! What an account can reach.

use crate::github::{GitHub, ok, redirect};
use anchorhold_domain::{LinkedRepository, Timestamp};
use anchorhold_forge::sign_in::Host;
use anchorhold_forge::{Forge, RepositoryPage};
use serde_json::{Value, json};

pub fn repository(owner: &str, name: &str) -> Value {
    json!({
        "id": 1296269, "name": name, "full_name": format!("{owner}/{name}"), "owner": { "login": owner, "id": 1 },
        "description": "Tides\u{202e} of\u{0} the harbour", "private": true, "default_branch": "main", "archived": false,
        "disabled": false, "size": 180, "pushed_at": "2026-11-28T03:43:01Z", "visibility": "private",
        "permissions": { "admin": false, "maintain": false, "push": true, "triage": true, "pull": true },
    })
}

fn linked(github: &GitHub, owner: &str, name: &str) -> LinkedRepository {
    LinkedRepository {
        address: format!("{}/{owner}/{name}.git", github.address),
        owner: owner.to_owned(),
        name: name.to_owned(),
        description: Some("Tides of the harbour".to_owned()),
        private: true,
        archived: false,
        can_push: true,
        default_branch: Some("main".to_owned()),
        pushed_at: Some(Timestamp(1_795_837_381_000)),
    }
}

fn changed(mut repository: Value, field: &str, value: Value) -> Value {
    repository[field] = value;
    repository
}

#[tokio::test]
async fn repositories_come_by_page_and_say_which_page_is_next() {
    let github = GitHub::start().await;
    let archived = changed(repository("octo-org", ".github"), "archived", json!(true));
    let theirs =
        changed(repository("octo-org", "theirs"), "permissions", json!({ "push": false, "pull": true }));
    let bare =
        json!({ "name": "bare", "owner": { "login": "octo" }, "private": false, "default_branch": "trunk" });
    let strange = repository("octo", "../../etc");
    let body = json!([repository("octo", "hello"), archived, theirs, bare, strange]);
    let link = r#"<https://api.github.com/user/repos?page=3>; rel="next", <https://api.github.com/user/repos?page=9>; rel="last""#;
    github.tell("GET /user/repos?sort=pushed&per_page=100&page=2", [ok(body).with("link", link)]);
    let bare = LinkedRepository {
        description: None,
        private: false,
        can_push: false,
        default_branch: Some("trunk".to_owned()),
        pushed_at: None,
        ..linked(&github, "octo", "bare")
    };
    let expected = RepositoryPage {
        repositories: vec![
            linked(&github, "octo", "hello"),
            LinkedRepository { archived: true, can_push: false, ..linked(&github, "octo-org", ".github") },
            LinkedRepository { can_push: false, ..linked(&github, "octo-org", "theirs") },
            bare,
        ],
        next: Some(3),
        partial: false,
    };
    assert_eq!(github.forge().await.repositories(2).await.unwrap(), expected);
}

#[tokio::test]
async fn the_last_page_has_no_next_one_and_says_what_is_missing() {
    let github = GitHub::start().await;
    let partial = "partial-results; organizations=21955855,20582480";
    github.tell("GET /user/repos", [ok(json!([])).with("x-github-sso", partial)]);
    let expected = RepositoryPage { repositories: vec![], next: None, partial: true };
    assert_eq!(github.forge().await.repositories(1).await.unwrap(), expected);
}

#[tokio::test]
async fn a_repository_that_was_renamed_is_found_and_tells_its_new_name() {
    let github = GitHub::start().await;
    let to = format!("{}/api/v3/repositories/1296269", github.address);
    github.tell("GET /repos/octo/old", [redirect(301, &to)]);
    github.tell_ok("GET /repositories/1296269", repository("octo-org", "new"));
    let found = github.forge().await.repository("octo", "old").await.unwrap();
    assert_eq!(found, linked(&github, "octo-org", "new"));
}

#[tokio::test]
async fn a_repository_without_commits_has_no_default_branch() {
    let github = GitHub::start().await;
    github.tell_ok("GET /repos/octo/small", changed(repository("octo", "small"), "size", json!(0)));
    github.tell_ok("GET /repos/octo/small/branches?per_page=1", json!([{ "name": "main" }]));
    github.tell_ok("GET /repos/octo/empty", changed(repository("octo", "empty"), "size", json!(0)));
    github.tell_ok("GET /repos/octo/empty/branches?per_page=1", json!([]));
    let forge = github.forge().await;
    assert_eq!(forge.repository("octo", "small").await.unwrap(), linked(&github, "octo", "small"));
    let empty = LinkedRepository { default_branch: None, ..linked(&github, "octo", "empty") };
    assert_eq!(forge.repository("octo", "empty").await.unwrap(), empty);
}

#[tokio::test]
async fn a_repository_that_is_not_there_or_invisible_is_said_to_be_so() {
    let github = GitHub::start().await;
    let error = github.forge().await.repository("octo", "gone").await.unwrap_err();
    assert_eq!(error.code(), "forge_not_found");
    let host = github.host.name();
    let expected = format!("find octo/gone on {host}: it is not there, or the token may not see it");
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().unwrap().contains("renamed or deleted"));
}

#[tokio::test]
async fn a_clone_url_holds_a_name_and_nothing_else() {
    let host = Host::new("github.com").unwrap();
    let forge = Forge::at(&host, Some("s3cret")).await.unwrap();
    assert_eq!(forge.clone_url("octo-org", "old.site").unwrap(), "https://github.com/octo-org/old.site.git");
    assert_eq!(forge.clone_url("octo-org", ".github").unwrap(), "https://github.com/octo-org/.github.git");
    for (owner, name) in [
        ("", "x"),
        ("x", ""),
        ("..", "x"),
        ("x", "."),
        ("a/b", "x"),
        ("x", "../y"),
        ("x", "y?z"),
        ("a@b", "x"),
    ] {
        let refused = forge.clone_url(owner, name);
        assert_eq!(refused.map_err(|e| e.code()), Err("repository_name_invalid"), "{owner}/{name}");
        assert_eq!(forge.repository(owner, name).await.unwrap_err().code(), "repository_name_invalid");
    }
}
