//! No worker outlives whoever asked it.

use super::{WORKER, answers, program, started_with};
use anchorhold_syntax::Parser;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// A process that can be waited for, whoever started it.
fn process(id: u32) -> OwnedFd {
    pidfd_open(Pid::from_raw(i32::try_from(id).unwrap()).unwrap(), PidfdFlags::empty()).unwrap()
}

/// Waits until it ended.
fn wait(process: &OwnedFd) {
    poll(&mut [PollFd::new(process, PollFlags::IN)], None).unwrap();
}

fn is_there(id: u32) -> bool {
    std::path::Path::new(&format!("/proc/{id}")).exists()
}

#[tokio::test]
async fn none_is_left_when_the_parser_is_closed_and_none_is_started_any_more() {
    let parser = Parser::new(program());
    answers(&parser).await;
    let workers = parser.workers();
    parser.close().await;
    assert_eq!(workers.iter().filter(|id| is_there(**id)).count(), 0);
    assert_eq!(parser.new_problems("a.rs", "", "fn f() {").await, None);
    assert!(parser.workers().is_empty());
}

#[tokio::test]
async fn none_is_left_when_the_parser_is_dropped() {
    let parser = Parser::new(program());
    answers(&parser).await;
    let worker = process(parser.workers()[0]);
    drop(parser);
    wait(&worker);
}

#[tokio::test]
async fn one_whose_answer_nobody_waits_for_any_more_is_ended() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("began");
    let parser = Parser::new(started_with(&["once", file.to_str().unwrap(), "hangs"]));
    let asked = {
        let parser = parser.clone();
        tokio::spawn(async move { parser.outline("a.rs", "fn f() {}").await })
    };
    while !file.exists() {
        tokio::task::yield_now().await;
    }
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    // It would hold one of two places otherwise, and its successor be as slow.
    answers(&parser).await;
    parser.close().await;
}

#[test]
fn none_is_left_when_the_program_is_killed() {
    let mut host = Command::new(WORKER);
    let mut host = host.arg("host").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(host.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let (answered, worker) = said.trim().split_once(' ').unwrap();
    assert_eq!(answered, "true");
    let worker = process(worker.parse().unwrap());
    host.kill().unwrap();
    host.wait().unwrap();
    wait(&worker);
}
