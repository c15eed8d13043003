//! Readers that go away, as `head` does.

use crate::harness::House;
use crate::{anchorctl, one_edit, run};
use std::io::{PipeWriter, pipe};
use tokio::process::Command;

/// A pipe that nobody reads.
fn closed() -> PipeWriter {
    let (_, writer) = pipe().unwrap();
    writer
}

async fn status(mut command: Command) -> Option<i32> {
    crate::harness::soon("anchorctl", command.status()).await.unwrap().code()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_ends_neither_a_run_nor_a_verb_with_a_fault() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = one_edit().await;
    let (address, base_url) = (remote.address(), voice.base_url());
    for json in [true, false] {
        let mut arguments = run(&address, &base_url, &["--push"]);
        arguments.retain(|argument| json || *argument != "--json");
        let name = format!("json {json}");
        arguments.iter_mut().filter(|word| **word == "Errand").for_each(|word| *word = &name);
        let branch = format!("agent/{json}");
        arguments.iter_mut().filter(|word| **word == "agent/work").for_each(|word| *word = &branch);
        let mut command = anchorctl(&house, &arguments);
        command.stdout(closed());
        assert_eq!(status(command).await, Some(0));
        assert_eq!(remote.tree(&branch), remote.tree_with("main", &[("b", Some("b\n"))]));
    }
    let verbs: [&[&str]; 5] = [
        &["agents"],
        &["log", "json true"],
        &["log", "json true", "--json"],
        &["record", "json true"],
        &["diff", "json true"],
    ];
    for verb in verbs {
        let mut command = anchorctl(&house, verb);
        command.stdout(closed());
        assert_eq!((verb, status(command).await), (verb, Some(0)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_nobody_reads_is_still_told_by_the_status() {
    let house = House::new();
    let mut command = anchorctl(&house, &["log", "nobody"]);
    command.stdout(closed()).stderr(closed());
    assert_eq!(status(command).await, Some(1));
}
