//! Pushes that must not happen, and what is left when one fails.

use crate::harness::{Gate, House, Voice, errand, finish, push, rest, start, told, turn, until, write};
use anchorhold_domain::{Agent, AgentId, NewAgent, PushWish, Status};
use anchorhold_engine::Engine;
use anchorhold_testkit::git;
use std::fs;

async fn voice() -> Voice {
    let second = turn("", vec![write("c", "c\n"), finish("More.")]);
    Voice::playing(vec![turn("", vec![write("b", "b\n"), finish("Done.")]), second]).await
}

async fn check_refused(engine: &Engine, id: AgentId, agent: &Agent, code: &str, hint: &str) {
    assert_eq!(
        (agent.status, agent.error_code.as_deref(), agent.error_hint.as_deref()),
        (Status::Completed, Some(code), Some(hint))
    );
    assert!(agent.error_message.is_some());
    let told = told(engine, id).await;
    assert_eq!(told[told.len() - 2..], ["pushStarted", &format!("push failed: {code}")]);
}

const MOVED: &str = "somebody pushed to the branch: choose another target branch, or start from its new tip";

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_somebody_else_made_is_left_alone() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = voice().await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    rest(&engine, id).await;
    let theirs = remote.commit("agent/work", &[("theirs", "theirs\n")]);
    let agent = push(&engine, id).await;
    check_refused(&engine, id, &agent, "target_moved", MOVED).await;
    assert_eq!(remote.tip("agent/work"), theirs);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_moved_after_our_push_is_left_alone() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = voice().await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    rest(&engine, id).await;
    push(&engine, id).await;
    remote.switch("agent/work");
    let theirs = remote.commit("agent/work", &[("theirs", "theirs\n")]);
    engine.instruct(id, "More.").await.unwrap();
    rest(&engine, id).await;
    let agent = push(&engine, id).await;
    check_refused(&engine, id, &agent, "target_moved", MOVED).await;
    assert_eq!(remote.tip("agent/work"), theirs);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_branch_is_never_pushed_to() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    remote.commit("dev", &[]);
    let main = remote.tip("main");
    let voice = voice().await;
    let engine = house.open().await;
    let new = NewAgent {
        source_branch: "dev".to_owned(),
        target_branch: "main".to_owned(),
        ..errand(&remote.address(), voice.choice())
    };
    let id = start(&engine, new).await;
    rest(&engine, id).await;
    let agent = push(&engine, id).await;
    check_refused(&engine, id, &agent, "branch_forbidden", "choose another target branch").await;
    assert_eq!(remote.tip("main"), main);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_is_checked_out_there_is_refused() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let linked = house.place().join("linked").display().to_string();
    git(&remote.work, &["worktree", "add", "--quiet", "-b", "agent/work", &linked]).unwrap();
    let before = git(&remote.work, &["rev-parse", "agent/work"]).unwrap();
    let voice = voice().await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.work.display().to_string(), voice.choice())).await;
    rest(&engine, id).await;
    let agent = push(&engine, id).await;
    let hint = "read the server's reason: the branch may be protected, or a hook refused the content";
    check_refused(&engine, id, &agent, "push_rejected", hint).await;
    assert_eq!(git(&remote.work, &["rev-parse", "agent/work"]).unwrap(), before);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_to_a_repository_that_is_gone_can_be_repeated_when_it_is_back() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = voice().await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    rest(&engine, id).await;
    let away = house.place().join("away.git");
    fs::rename(&remote.bare, &away).unwrap();
    let agent = push(&engine, id).await;
    let hint = "check the address, and that your account may read the repository";
    check_refused(&engine, id, &agent, "repository_not_found", hint).await;
    fs::rename(&away, &remote.bare).unwrap();
    let agent = push(&engine, id).await;
    assert_eq!((agent.status, &agent.error_message), (Status::Completed, &None));
    assert_eq!(remote.tree("agent/work"), remote.tree_with("main", &[("b", Some("b\n"))]));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_pushed_where_nothing_differs_or_the_agent_is_at_work() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![write("a", "a\n"), finish("Nothing to do.")])]).await;
    voice.hold_from(1);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(1).await;
    assert_eq!(engine.push(id, PushWish::default()).await.unwrap_err().code(), "wrong_status");
    voice.release();
    rest(&engine, id).await;
    let refused = engine.push(id, PushWish::default()).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        ("nothing_to_push", "push agent \"Errand\": nothing differs from main".to_owned())
    );
    assert_eq!(engine.agent(id).await.unwrap().status, Status::Completed);
    assert_eq!(remote.branches(), ["main"]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_queued_while_the_agent_pushes_is_taken_up_once_it_has_pushed() {
    let house = House::new();
    let (server, remote) = house.served("hello");
    let gate = Gate::before(&server).await;
    let voice = voice().await;
    let engine = house.open().await;
    let id = start(&engine, errand(&gate.url("hello"), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let before = told(&engine, id).await.len();
    let pushed = engine.reviewed_tree(id).await.unwrap().unwrap();

    engine.push(id, PushWish::default()).await.unwrap();
    gate.reached().await;
    engine.instruct(id, "Then this.").await.unwrap();
    let agent = engine.agent(id).await.unwrap();
    assert_eq!((agent.status, remote.branches()), (Status::Pushing, vec!["main".to_owned()]));
    gate.open();
    let agent = until(&engine, id, "does more", |agent| {
        agent.status == Status::Completed && agent.activity.as_deref() == Some("More.")
    })
    .await;
    assert_eq!(
        told(&engine, id).await[before..],
        [
            "pushStarted",
            "queued: Then this.",
            "pushed, created: true",
            "resumed",
            "turn: Then this.",
            "answered",
            "asked for write_file",
            "asked for finish",
            "write_file Ok",
            "finish Ok",
            "completed: More.",
        ]
    );
    // What came later is in the workspace, and not yet on the remote.
    assert_eq!((agent.files_changed, remote.tree("agent/work")), (2, pushed));
    engine.close().await;
}
