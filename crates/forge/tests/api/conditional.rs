//! Asking again costs nothing, and nobody is given what another account was told.

use crate::account::user;
use crate::github::{GitHub, LIMIT, ok};
use crate::repositories::repository;
use anchorhold_forge::{Cache, Forge};
use serde_json::json;

#[tokio::test]
async fn what_did_not_change_is_answered_from_memory_and_costs_nothing() {
    let (github, cache) = (GitHub::start().await, Cache::new());
    let link = r#"<https://api.github.com/user/repos?page=2>; rel="next""#;
    let page = ok(json!([repository("octo", "hello")])).tagged("one").with("link", link);
    github.tell("GET /user/repos", [page]);
    let first = github.forge_with(&cache).await.repositories(1).await.unwrap();
    assert_eq!((github.counted(), first.next), (1, Some(2)));
    for _ in 0..3 {
        let forge = github.forge_with(&cache).await;
        assert_eq!(forge.repositories(1).await.unwrap(), first);
        assert_eq!(forge.rate().unwrap().remaining, LIMIT - 1);
    }
    let conditional: Vec<_> = github.asked().iter().map(|asked| asked.conditional).collect();
    assert_eq!((conditional, github.counted()), (vec![false, true, true, true], 1));
}

#[tokio::test]
async fn what_changed_is_told_anew() {
    let (github, cache) = (GitHub::start().await, Cache::new());
    github.tell("GET /user", [ok(user("before")).tagged("one"), ok(user("after")).tagged("two")]);
    let forge = github.forge_with(&cache).await;
    for login in ["before", "after", "after"] {
        assert_eq!(forge.account().await.unwrap().login, login);
    }
    assert_eq!(github.counted(), 2);
}

#[tokio::test]
async fn a_time_serves_where_there_is_no_tag() {
    let github = GitHub::start().await;
    github.tell("GET /user", [ok(user("octocat")).with("last-modified", "Sat, 28 Nov 2026 03:43:01 GMT")]);
    let forge = github.forge().await;
    forge.account().await.unwrap();
    assert_eq!(forge.account().await.unwrap().login, "octocat");
    assert_eq!(github.counted(), 1);
}

#[tokio::test]
async fn one_account_is_never_given_the_answer_to_another() {
    let (github, cache) = (GitHub::start().await, Cache::new());
    // The same tag for both, so that only the cache keeps them apart.
    github.tell("one GET /user", [ok(user("first")).tagged("same")]);
    github.tell("two GET /user", [ok(user("second")).tagged("same")]);
    let connect = async |token| Forge::at(&github.host, token).await.unwrap().with_cache(cache.clone());
    for _ in 0..2 {
        assert_eq!(connect(Some("one")).await.account().await.unwrap().login, "first");
        assert_eq!(connect(Some("two")).await.account().await.unwrap().login, "second");
        assert_eq!(connect(None).await.account().await.unwrap_err().code(), "forge_not_found");
    }
    let shown = github.asked().into_iter().filter(|asked| asked.conditional).map(|asked| asked.token);
    assert_eq!(shown.collect::<Vec<_>>(), [Some("one".to_owned()), Some("two".to_owned())]);
}

#[tokio::test]
async fn without_a_cache_of_ones_own_a_connection_still_remembers() {
    let github = GitHub::start().await;
    github.tell("GET /user", [ok(user("octocat")).tagged("one")]);
    let forge = github.forge().await;
    assert_eq!(forge.rate(), None);
    forge.account().await.unwrap();
    forge.clone().account().await.unwrap();
    assert_eq!(github.counted(), 1);
    assert_eq!(github.forge().await.account().await.unwrap().login, "octocat");
    assert_eq!(github.counted(), 2);
}
