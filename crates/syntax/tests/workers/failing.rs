//! Workers that fail: the request they fail at has no answer, and the next one has.

use super::{answers, program, started_with};
use anchorhold_syntax::{LARGEST, Parser, Program};
use std::time::Duration;

/// A worker that misbehaves at its first request and is replaced by one that does not.
async fn fails_once(what: &str, patience: Duration) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("began");
    let program = started_with(&["once", file.to_str().unwrap(), what]);
    let parser = Parser::new(Program { patience, ..program });
    assert_eq!(parser.new_problems("a.rs", "", "fn f() {}").await, None, "{what}");
    assert!(file.exists() && parser.workers().is_empty(), "{what}");
    // With its usual patience, whatever else the machine does.
    answers(&parser).await;
    parser.close().await;
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn after_a_worker_that_is_killed_the_next_request_is_answered() {
    fails_once("is killed", LONG).await;
}

#[tokio::test]
async fn after_a_worker_that_breaks_off_the_next_request_is_answered() {
    fails_once("breaks off", LONG).await;
}

#[tokio::test]
async fn after_a_worker_that_answers_nonsense_the_next_request_is_answered() {
    fails_once("answers nonsense", LONG).await;
    fails_once("answers another question", LONG).await;
}

#[tokio::test]
async fn after_a_worker_that_answers_without_end_the_next_request_is_answered() {
    fails_once("answers without end", LONG).await;
}

#[tokio::test]
async fn after_a_worker_that_hangs_the_next_request_is_answered() {
    fails_once("hangs", Duration::from_secs(5)).await;
    fails_once("says nothing", Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_kept_worker_that_was_killed_between_requests_costs_no_answer() {
    let parser = Parser::new(program());
    answers(&parser).await;
    let first = parser.workers();
    let id = rustix::process::Pid::from_raw(i32::try_from(first[0]).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
    answers(&parser).await;
    assert_ne!(parser.workers(), first);
    parser.close().await;
}

#[tokio::test]
async fn one_worker_is_kept_for_requests_one_after_another() {
    let parser = Parser::new(program());
    answers(&parser).await;
    let first = parser.workers();
    assert_eq!(first.len(), 1);
    answers(&parser).await;
    assert_eq!(parser.workers(), first);
    parser.close().await;
}

#[tokio::test]
async fn no_program_no_language_and_a_text_that_is_too_long_are_no_answer() {
    let parser = Parser::new(Program::at("/nothing/is/here".into()));
    assert_eq!(parser.new_problems("a.rs", "", "fn f() {").await, None);
    let parser = Parser::new(program());
    assert_eq!(parser.new_problems("notes.txt", "", "{{{").await, None);
    assert_eq!(parser.new_problems("a.rs", "", &"x".repeat(LARGEST + 1)).await, None);
    assert_eq!(parser.outline("a.json", "{}").await, None);
    assert!(parser.workers().is_empty(), "nothing of that starts one");
    parser.close().await;
}

#[tokio::test]
async fn the_largest_text_and_the_longest_outline_are_answered() {
    let parser = Parser::new(program());
    let name = "f".repeat(170);
    let text: String = (0..5001).map(|n| format!("fn {name}{n}() {{}}\n")).collect();
    assert!(text.len() <= LARGEST);
    let found = parser.outline("a.rs", &text).await.unwrap();
    assert_eq!((found.len(), found[0].name.chars().count()), (5000, 101));
    parser.close().await;
}

#[tokio::test]
async fn requests_at_the_same_time_are_all_answered() {
    let parser = Parser::new(program());
    let asked = (0..8).map(|_| {
        let parser = parser.clone();
        tokio::spawn(async move { answers(&parser).await })
    });
    for asked in asked.collect::<Vec<_>>() {
        asked.await.unwrap();
    }
    assert!((1..=2).contains(&parser.workers().len()));
    parser.close().await;
}
