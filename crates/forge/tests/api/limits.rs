//! GitHub's rate limits are told, and kept.

use crate::account::user;
use crate::github::{GitHub, LIMIT, RESET, ok, refuse};
use anchorhold_domain::{RateLimit, Timestamp};
use anchorhold_forge::{Cache, ForgeError};
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[tokio::test]
async fn what_is_left_is_told_after_each_answer() {
    let github = GitHub::start().await;
    github.tell_ok("GET /user", user("octocat"));
    github.tell_ok("GET /search/issues", json!({ "total_count": 0, "items": [] }));
    let forge = github.forge().await;
    forge.account().await.unwrap();
    let expected = RateLimit { remaining: LIMIT - 1, limit: LIMIT, resets_at: Timestamp(RESET * 1000) };
    assert_eq!(forge.rate(), Some(expected));
    forge.issues("octo", "hello", "tide", 1).await.unwrap();
    assert_eq!(forge.rate(), Some(expected), "a search has a limit of its own");
}

async fn refused(answer: crate::github::Answer) -> (Option<Duration>, Option<u64>, String) {
    let (_, error) = GitHub::refused(answer).await;
    let hint = error.hint().unwrap();
    let ForgeError::RateLimited { retry_after, resets_at, .. } = error else { panic!("{error:?}") };
    (retry_after, resets_at, hint)
}

#[tokio::test]
async fn a_limit_says_how_long_to_wait() {
    let secondary = refuse(403, "You have exceeded a secondary rate limit.");
    let (wait, _, hint) = refused(secondary.clone().with("retry-after", "90")).await;
    assert_eq!((wait, &*hint), (Some(Duration::from_secs(90)), "wait 90 s and try again"));
    let (wait, _, _) = refused(secondary).await;
    assert_eq!(wait, Some(Duration::from_secs(60)));
    let (wait, _, hint) = refused(refuse(429, "").with("retry-after", "1800")).await;
    assert_eq!((wait, &*hint), (Some(Duration::from_secs(1_800)), "wait 30 min and try again"));

    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let primary =
        refuse(403, "API rate limit exceeded for user ID 583231.").with("x-ratelimit-remaining", "0");
    let (wait, resets_at, _) =
        refused(primary.clone().with("x-ratelimit-reset", &(now + 1_000).to_string())).await;
    let wait = wait.unwrap().as_secs();
    assert_eq!(resets_at, Some(now + 1_000));
    assert!((900..=1_000).contains(&wait), "{wait}");
    let (wait, _, _) = refused(primary.with("x-ratelimit-reset", "1")).await;
    assert_eq!(wait, Some(Duration::from_secs(1)), "a clock that is wrong");
}

#[tokio::test]
async fn what_is_forbidden_for_another_reason_is_no_limit() {
    let (_, error) = GitHub::refused(refuse(403, "Must have admin rights to Repository.")).await;
    assert_eq!(error.code(), "forge_forbidden");
}

#[tokio::test]
async fn nothing_is_asked_before_the_time_is_over() {
    let (github, cache) = (GitHub::start().await, Cache::new());
    let limit = refuse(403, "You have exceeded a secondary rate limit.").with("retry-after", "60");
    github.tell("GET /user", [limit, ok(user("octocat"))]);
    github.tell_ok("GET /user/repos", json!([]));
    let connect = async || github.forge_with(&cache).await;
    assert_eq!(connect().await.account().await.unwrap_err().code(), "forge_rate_limited");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(30)).await;
    tokio::time::resume();
    let error = connect().await.repositories(1).await.unwrap_err();
    assert_eq!(error.code(), "forge_rate_limited");
    let ForgeError::RateLimited { retry_after: Some(wait), .. } = error else { panic!("{error:?}") };
    assert!(wait <= Duration::from_secs(30), "{wait:?}");
    assert_eq!(github.lines(), ["GET /user"]);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    assert_eq!(connect().await.account().await.unwrap().login, "octocat");
}

#[tokio::test]
async fn a_limit_on_searches_stops_searches_alone() {
    let github = GitHub::start().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let limit = refuse(403, "API rate limit exceeded").with("x-ratelimit-remaining", "0");
    github.tell("GET /search/issues", [limit.with("x-ratelimit-reset", &(now + 50).to_string())]);
    github.tell_ok("GET /user", user("octocat"));
    let forge = github.forge().await;
    for _ in 0..2 {
        let error = forge.issues("octo", "hello", "tide", 1).await.unwrap_err();
        assert_eq!(error.code(), "forge_rate_limited");
    }
    assert_eq!(forge.account().await.unwrap().login, "octocat");
    assert_eq!(github.lines().len(), 2);
}
