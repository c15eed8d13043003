//! What an account is used for: clone and push in its name, also where its token ends in the middle.

use crate::harness::github::{MARK, NARROW, PASTED, THEIRS};
use crate::harness::{
    GitHub, House, Repository, Voice, errand, eventually, finish, push, rest, soon, start, told, turn, write,
};
use crate::signing_in::{by_code, config, ended};
use anchorhold_domain::{AgentId, NewAgent, SignInWay, Status};
use anchorhold_engine::Engine;
use anchorhold_testkit::GitServer;
use std::fs;

/// A GitHub with one repository, and that repository as it lies on its disk.
async fn serve(house: &House) -> (GitHub, GitServer, Repository) {
    let (server, remote) = house.served("tides");
    let github = GitHub::start().await;
    github.with_git(&server);
    (github, server, remote)
}

async fn done(engine: &Engine, github: &GitHub) -> AgentId {
    let voice = Voice::playing(vec![turn("", vec![write("b", "b\n"), finish("Done.")])]).await;
    let id = start(engine, errand(&github.url("tides"), voice.choice())).await;
    let agent = rest(engine, id).await;
    assert_eq!((agent.status, &agent.error_message), (Status::Completed, &None));
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_clones_and_pushes_in_the_name_of_the_account_with_the_address_it_chose() {
    let house = House::new();
    let (github, _server, remote) = serve(&house).await;
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    let account = by_code(&engine, &github).await;
    let refused = engine.set_commit_email(&account.key, "grace@example.com").await.unwrap_err();
    assert_eq!(refused.code(), "email_unknown");
    engine.set_commit_email(&account.key, "ada@example.com").await.unwrap();
    let id = done(&engine, &github).await;
    assert_eq!(engine.agent(id).await.unwrap().user_id, account.key);
    assert_eq!(engine.branches(&github.url("tides")).await.unwrap().names, ["main"]);
    assert_eq!(push(&engine, id).await.error_message, None);
    let facts = remote.commit_facts("agent/work");
    assert_eq!(facts[2..4], ["Ada Harbour <ada@example.com>", "Ada Harbour <ada@example.com>"]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_between_clone_and_push_is_refreshed_and_the_push_succeeds() {
    let house = House::new();
    let (github, _server, remote) = serve(&house).await;
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    by_code(&engine, &github).await;
    let id = done(&engine, &github).await;
    github.expire();
    assert_eq!(push(&engine, id).await.error_message, None);
    assert_eq!(remote.tree("agent/work"), remote.tree_with("main", &[("b", Some("b\n"))]));
    // The first refresh token is spent; the next refresh has to use the second one.
    github.expire();
    assert_eq!(engine.branches(&github.url("tides")).await.unwrap().names, ["agent/work", "main"]);
    assert_eq!(github.rules().issued, 3);
    let accounts = engine.accounts().await.unwrap();
    assert_eq!(accounts[0].trouble, None);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_about_to_end_is_refreshed_before_it_is_shown() {
    let house = House::new();
    let (github, _server, _remote) = serve(&house).await;
    github.rules().lifetime = 60;
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    by_code(&engine, &github).await;
    github.rules().lifetime = 28800;
    engine.branches(&github.url("tides")).await.unwrap();
    engine.branches(&github.url("tides")).await.unwrap();
    assert_eq!(github.rules().issued, 2);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_was_revoked_is_said_and_signing_in_again_mends_it() {
    let house = House::new();
    let (github, _server, remote) = serve(&house).await;
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    let account = by_code(&engine, &github).await;
    let id = done(&engine, &github).await;
    github.revoke();
    let agent = push(&engine, id).await;
    assert_eq!(
        (agent.status, agent.error_code.as_deref(), agent.error_hint.as_deref()),
        (Status::Completed, Some("sign_in_again"), Some("sign in again"))
    );
    assert_eq!(remote.branches(), ["main"]);
    let trouble = engine.accounts().await.unwrap()[0].trouble.clone().unwrap();
    assert_eq!(trouble.code, "sign_in_again");
    let asked = github.asked_for_tokens();
    // What ended for good is not sent again.
    assert_eq!(push(&engine, id).await.error_code.as_deref(), Some("sign_in_again"));
    assert_eq!(github.asked_for_tokens(), asked);

    let again = ended(engine.sign_in(&github.host(), SignInWay::Code, None, None)).await.unwrap();
    assert_eq!(again, account);
    assert_eq!(push(&engine, id).await.error_message, None);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_cannot_reach_github_fails_and_loses_nothing() {
    let house = House::new();
    let (github, _server, _remote) = serve(&house).await;
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    by_code(&engine, &github).await;
    let id = done(&engine, &github).await;
    github.expire();
    github.rules().refuses = Some("temporarily_unavailable");
    assert_eq!(push(&engine, id).await.error_code.as_deref(), Some("sign_in_refused"));
    assert_eq!(engine.accounts().await.unwrap()[0].trouble, None);
    github.rules().refuses = None;
    assert_eq!(push(&engine, id).await.error_message, None);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_stays_with_the_account_it_was_created_with() {
    let house = House::new();
    let (github, _server, remote) = serve(&house).await;
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    let sign_in = async |token: &str| {
        ended(engine.sign_in(&github.host(), SignInWay::Token, Some(token.to_owned()), None)).await.unwrap()
    };
    let ada = sign_in(PASTED).await;
    let id = done(&engine, &github).await;
    let grace = sign_in(THEIRS).await;
    let chosen = async || {
        let accounts = engine.accounts().await.unwrap();
        let facts = accounts.into_iter().map(|account| (account.login, account.chosen));
        facts.collect::<Vec<_>>()
    };
    assert_eq!(chosen().await, [("ada".to_owned(), false), ("grace".to_owned(), true)]);
    assert_eq!(push(&engine, id).await.error_message, None);
    assert_eq!(remote.commit_facts("agent/work")[2], format!("Ada Harbour <{}>", ada.email));
    let new =
        NewAgent { name: "Theirs".to_owned(), ..errand(&github.url("tides"), anchorhold_engine::scripted()) };
    assert_eq!(engine.create(new).await.unwrap().user_id, grace.key);
    engine.choose_account(&ada.key).await.unwrap();
    assert_eq!(chosen().await, [("ada".to_owned(), true), ("grace".to_owned(), false)]);
    engine.sign_out(&ada.key).await.unwrap();
    assert_eq!(chosen().await, [("grace".to_owned(), true)]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_forgets_the_account_and_its_repositories_ask_for_credentials_again() {
    let house = House::new();
    let (github, _server, _remote) = serve(&house).await;
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    let account = by_code(&engine, &github).await;
    engine.branches(&github.url("tides")).await.unwrap();
    engine.sign_out(&account.key).await.unwrap();
    assert_eq!(engine.accounts().await.unwrap(), []);
    let asked = github.asked_for_tokens();
    let refused = engine.branches(&github.url("tides")).await.unwrap_err();
    assert_eq!(refused.code(), "repository_sign_in");
    assert_eq!(engine.sign_out(&account.key).await.unwrap_err().code(), "account_unknown");
    assert_eq!(github.asked_for_tokens(), asked);
    // No file has anything of it.
    engine.close().await;
    let database = fs::read(house.home().join("anchorhold.db")).unwrap();
    assert!(!database.windows(MARK.len()).any(|bytes| bytes == MARK.as_bytes()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_refresh_brings_after_signing_out_is_given_to_nobody() {
    let house = House::new();
    let (github, _server, _remote) = serve(&house).await;
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    let account = by_code(&engine, &github).await;
    let asked = github.asked_for_tokens();
    github.expire();
    github.rules().held = true;
    let (asking, address) = (engine.clone(), github.url("tides"));
    let listing = tokio::spawn(async move { asking.branches(&address).await });
    eventually("a refresh is under way", || github.asked_for_tokens() > asked).await;
    soon("it does not wait", engine.sign_out(&account.key)).await.unwrap();
    github.rules().held = false;
    let refused = soon("the refresh", listing).await.unwrap().unwrap_err();
    assert_eq!((refused.code(), github.rules().issued), ("sign_in_not_saved", 2));
    assert_eq!(engine.accounts().await.unwrap(), []);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_a_repository_without_an_account_belongs_to_this_machine() {
    let house = House::new();
    let (github, _server, _remote) = serve(&house).await;
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    by_code(&engine, &github).await;
    let local = house.repository(&[("a", "a\n")]);
    let new = errand(&local.address(), anchorhold_engine::scripted());
    assert_eq!(engine.create(new).await.unwrap().user_id, "local");
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_the_scope_is_named_where_a_push_is_forbidden() {
    let house = House::new();
    let (github, server, _remote) = serve(&house).await;
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    ended(engine.sign_in(&github.host(), SignInWay::Token, Some(NARROW.to_owned()), None)).await.unwrap();
    let id = done(&engine, &github).await;
    // As git says it that a repository takes no pushes: 403.
    anchorhold_testkit::git(
        &house.place().join("served/tides.git"),
        &["config", "http.receivepack", "false"],
    )
    .unwrap();
    let agent = push(&engine, id).await;
    assert_eq!(
        (agent.error_code.as_deref(), agent.error_hint.as_deref()),
        (Some("account_lacks_scope"), Some("make a token that has repo and sign in with it"))
    );
    let last = told(&engine, id).await.pop().unwrap();
    assert_eq!(last, "push failed: account_lacks_scope");
    drop(server);
    soon("it closes", engine.close()).await;
}
