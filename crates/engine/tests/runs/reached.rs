//! The repositories that an account can reach, and the pages that the browser is sent to.

use crate::harness::github::{PASTED, THEIRS, listed};
use crate::harness::{GitHub, House, eventually, soon};
use crate::signing_in::{by_code, config, ended};
use anchorhold_domain::{SignInWay, Timestamp};
use anchorhold_engine::{Config, Engine};
use std::sync::atomic::{AtomicI64, Ordering};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_has_the_first_page_and_later_ones_have_all() {
    let (house, github) = (House::new(), GitHub::start().await);
    let page = |name: &str| vec![listed(&github.host(), "octo", name, "2026-11-01T00:00:00Z")];
    {
        let mut rules = github.rules();
        rules.pages = vec![page("tides"), page("old-tides"), page("read-tides")];
        rules.held_page = Some(2);
    }
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    let account = by_code(&engine, &github).await;
    let first = soon("the first answer", engine.repositories(None, "tides")).await.unwrap();
    assert_eq!((first.total, first.reading, first.account), (1, true, Some(account.key.clone())));
    let grant = format!("http://{}/github-apps/anchorhold/installations/new", github.host());
    assert_eq!(first.grant_url, Some(grant));
    github.rules().held_page = None;
    let all = loop {
        let found = engine.repositories(Some(&account.key), "tides").await.unwrap();
        if !found.reading {
            break found;
        }
        tokio::task::yield_now().await;
    };
    let facts: Vec<_> = all
        .repositories
        .iter()
        .map(|found| (found.address.clone(), found.archived, found.can_push, found.private))
        .collect();
    assert_eq!(
        facts,
        [
            (github.url("octo/tides"), false, true, true),
            (github.url("octo/old-tides"), true, false, true),
            (github.url("octo/read-tides"), false, false, true),
        ]
    );
    assert_eq!(engine.repositories(None, "nothing of it").await.unwrap().total, 0);
    // Typing on asks nobody.
    let asked = || github.rules().asked.iter().filter(|(line, _)| line.ends_with("/user/repos")).count();
    assert_eq!(asked(), 3);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_moves_to_another_page_while_they_are_read_is_there_once() {
    let (house, github) = (House::new(), GitHub::start().await);
    let repository = |name: &str| listed(&github.host(), "octo", name, "2026-11-01T00:00:00Z");
    github.rules().pages = vec![
        vec![repository("a"), repository("b")],
        vec![repository("B"), repository("c")],
        vec![repository("a")],
    ];
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    by_code(&engine, &github).await;
    let all = loop {
        let found = soon("the list", engine.repositories(None, "")).await.unwrap();
        if !found.reading {
            break found;
        }
        tokio::task::yield_now().await;
    };
    let names: Vec<_> = all.repositories.iter().map(|found| found.name.as_str()).collect();
    assert_eq!((names, all.total), (vec!["a", "b", "c"], 3));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_read_is_an_error_and_is_read_again_when_it_is_asked_for() {
    let (house, github) = (House::new(), GitHub::start().await);
    let page = vec![listed(&github.host(), "octo", "tides", "2026-11-01T00:00:00Z")];
    github.rules().pages = vec![page];
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    let account = by_code(&engine, &github).await;
    github.revoke();
    let refused = engine.repositories(None, "").await.unwrap_err();
    assert_eq!(refused.code(), "sign_in_again");
    assert!(engine.accounts().await.unwrap()[0].trouble.is_some());
    ended(engine.sign_in(&github.host(), SignInWay::Code, None, None)).await.unwrap();
    assert_eq!(engine.repositories(Some(&account.key), "").await.unwrap().total, 1);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_could_not_be_read_whole_says_why_and_is_not_asked_for_again_at_once() {
    static NOW: AtomicI64 = AtomicI64::new(1_000_000);
    let (house, github) = (House::new(), GitHub::start().await);
    let page = |name: &str| vec![listed(&github.host(), "octo", name, "2026-11-01T00:00:00Z")];
    github.rules().pages = vec![page("tides"), page("old-tides")];
    github.rules().broken_page = Some(2);
    let config = Config { clock: || Timestamp(NOW.load(Ordering::SeqCst)), ..config(&house, &github) };
    let engine = Engine::open(config).await.unwrap();
    let account = by_code(&engine, &github).await;
    let read = async || {
        loop {
            let found = soon("the list", engine.repositories(Some(&account.key), "")).await.unwrap();
            if !found.reading {
                break (found.total, found.fault.map(|fault| fault.code));
            }
            tokio::task::yield_now().await;
        }
    };
    let asked = || github.rules().asked.iter().filter(|(line, _)| line.ends_with("/user/repos")).count();
    let cut = (1, Some("forge_refused".to_owned()));
    assert_eq!(read().await, cut);
    let before = asked();
    for _ in 0..3 {
        assert_eq!((read().await, asked()), (cut.clone(), before));
    }
    github.rules().broken_page = None;
    NOW.fetch_add(60_000, Ordering::SeqCst);
    assert_eq!(read().await, (2, None));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_is_signed_in_there_is_an_empty_list_of_no_account() {
    let (house, github) = (House::new(), GitHub::start().await);
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    let none = engine.repositories(None, "").await.unwrap();
    assert_eq!((none.account, none.total, none.grant_url), (None, 0, None));
    let unknown = engine.repositories(Some("github.com/1"), "").await.unwrap_err();
    assert_eq!(unknown.code(), "account_unknown");
    // A token that somebody brought has no app that could be given more.
    ended(engine.sign_in(&github.host(), SignInWay::Token, Some(PASTED.to_owned()), None)).await.unwrap();
    assert_eq!(engine.repositories(None, "").await.unwrap().grant_url, None);
    eventually("it is read", || github.rules().asked.iter().any(|(line, _)| line.ends_with("/user/repos")))
        .await;
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn organisations_that_want_single_sign_on_are_said_to_be_missing_with_the_page_for_it() {
    let (house, github) = (House::new(), GitHub::start().await);
    github.rules().pages = vec![vec![listed(&github.host(), "octo", "tides", "2026-11-01T00:00:00Z")]];
    github.rules().sso = true;
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    let ways = [
        (by_code(&engine, &github).await, "github-apps/anchorhold/installations/new"),
        (
            ended(engine.sign_in(&github.host(), SignInWay::Token, Some(THEIRS.to_owned()), None))
                .await
                .unwrap(),
            "settings/tokens",
        ),
    ];
    for (account, page) in ways {
        let found = engine.repositories(Some(&account.key), "").await.unwrap();
        let url = format!("http://{}/{page}", github.host());
        assert_eq!((found.total, found.sso_url.as_ref()), (1, Some(&url)));
        assert_eq!(engine.page(&url).await.unwrap(), url);
    }
    github.rules().sso = false;
    let account =
        ended(engine.sign_in(&github.host(), SignInWay::Token, Some(PASTED.to_owned()), None)).await.unwrap();
    let found = engine.repositories(Some(&account.key), "").await.unwrap();
    assert_eq!((found.total, found.sso_url), (1, None));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_of_a_host_that_the_user_chose_are_opened() {
    let (house, github) = (House::new(), GitHub::start().await);
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    let opens = async |address: &str| engine.page(address).await.is_ok();
    let stand_in = format!("http://{}/login/device", github.host());
    assert!(opens("https://github.com/login/device").await);
    for refused in [
        "http://github.com/login/device",
        "https://github.com:8443/",
        "https://github.com@evil.example/",
        "https://me@github.com/",
        "https://github.com.evil.example/",
        "https://evil.example/github.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "anchorhold://oauth/callback",
        "github.com",
        &stand_in,
        &format!("https://github.com/{}", "x".repeat(5000)),
    ] {
        let told = engine.page(refused).await.err().map(|error| error.code());
        assert_eq!(told, Some("page_refused"), "{refused}");
    }
    // Once the user asks to sign in there.
    engine.sign_in_offer(&github.host()).await.unwrap();
    engine.sign_in_offer("ghe.example.com").await.unwrap();
    assert!(opens(&stand_in).await);
    assert!(opens("https://ghe.example.com/settings/tokens").await);
    assert!(!opens("http://ghe.example.com/settings/tokens").await);
    engine.close().await;
}
