//! An agent that wants only the last commits of a history.

use crate::harness::{House, StandIn, Voice, errand, finish, push, rest, start, turn, write};
use anchorhold_domain::{AgentId, EventKind, NewAgent, Status};
use anchorhold_engine::Engine;
use anchorhold_testkit::git;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Where the histories begin of the one repository that was fetched; none where they are whole.
fn beginnings(house: &House) -> Option<String> {
    let mut mirrors = std::fs::read_dir(house.home().join("mirrors")).unwrap();
    let mirror: PathBuf = mirrors.next().unwrap().unwrap().path().join("mirror.git");
    std::fs::read_to_string(mirror.join("shallow")).ok()
}

/// What the log tool said, and the notes about the clone.
async fn said(engine: &Engine, id: AgentId) -> (Vec<String>, Vec<String>) {
    let (mut logs, mut of_clone) = (Vec::new(), Vec::new());
    for event in engine.events(id, 0).await.unwrap() {
        match event.kind {
            EventKind::Cloned { notes, .. } => of_clone = notes,
            EventKind::ToolFinished { result, .. } if result.contains("Somebody's work") => logs.push(result),
            _ => {}
        }
    }
    (logs, of_clone)
}

fn log() -> Value {
    json!({"tool": "git_log", "arguments": {}})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_wants_one_commit_works_reads_and_pushes_over_it() {
    let house = House::new();
    let github = StandIn::start(&house, &[("a", "a\n")]).await;
    github.remote.commit("main", &[("a", "aa\n")]);
    let tip = github.remote.commit("main", &[("a", "aaa\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![log(), write("b", "b\n"), finish("Done.")]),
        turn("", vec![write("c", "c\n"), finish("More.")]),
    ])
    .await;
    let engine = house.open().await;
    let new = NewAgent { history_depth: Some(1), ..errand(&github.url(), voice.choice()) };
    let id = start(&engine, new).await;
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.history_depth), (Status::Completed, Some(1)));
    let (logs, notes) = said(&engine, id).await;
    let lines: Vec<&str> = logs[0].lines().collect();
    assert_eq!((logs.len(), lines.len()), (1, 2));
    assert!(lines[0].starts_with(&tip[..10]), "{}", lines[0]);
    assert_eq!(lines[1], "[the history ends here: what is before was not fetched]");
    assert_eq!(notes, ["only the last commits of the history were fetched; its log ends there"]);
    for (instruction, commits) in [(None, "4"), (Some("More."), "5")] {
        if let Some(instruction) = instruction {
            engine.instruct(id, instruction).await.unwrap();
            rest(&engine, id).await;
        }
        assert_eq!(engine.push_plan(id).await.unwrap().moved, None);
        let agent = push(&engine, id).await;
        assert_eq!((agent.status, &agent.error_message), (Status::Completed, &None));
        assert_eq!(github.remote.ask(&["rev-list", "--count", "agent/work"]), commits);
    }
    git(&github.remote.bare, &["fsck", "--strict"]).unwrap();
    assert_eq!(beginnings(&house), Some(format!("{tip}\n")), "no look and no push brought the rest");
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_wants_the_whole_history_makes_it_whole_and_it_stays_so() {
    let house = House::new();
    let github = StandIn::start(&house, &[("a", "a\n")]).await;
    let tip = github.remote.commit("main", &[("a", "aa\n")]);
    let voice = Voice::playing(vec![turn("", vec![log(), finish("Done.")])]).await;
    let engine = house.open().await;
    let mut seen = Vec::new();
    for (name, history_depth) in [("one", Some(1)), ("all", None), ("one again", Some(1))] {
        let new = NewAgent { name: name.to_owned(), history_depth, ..errand(&github.url(), voice.choice()) };
        let id = start(&engine, new).await;
        rest(&engine, id).await;
        let (logs, notes) = said(&engine, id).await;
        seen.push((logs[0].lines().count(), notes.len(), beginnings(&house)));
    }
    assert_eq!(seen, [(2, 1, Some(format!("{tip}\n"))), (2, 0, None), (2, 0, None)]);
    engine.close().await;
}
