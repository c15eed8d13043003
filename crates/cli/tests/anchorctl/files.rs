//! Rules about files and a long task, given on the command line.

use crate::harness::{House, Voice, edit, finish, read, turn, write};
use crate::{anchorctl, end, printed, run};
use anchorhold_domain::FileRules;
use serde_json::Value;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;

/// How the calls ended, and the rules that the agent has.
async fn ran(house: &House, voice: &Voice, more: &[&str]) -> (Vec<String>, FileRules) {
    let remote = house.repository(&[
        (".env", "TOKEN\n"),
        ("notes.txt", "Notes.\n"),
        ("src/a.rs", "a\n"),
        ("src/api.rs", "api\n"),
    ]);
    let (address, base_url) = (remote.address(), voice.base_url());
    let done = end(anchorctl(house, &run(&address, &base_url, more))).await;
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    let calls =
        printed(&done.out).into_iter().filter(|line| line.ends_with(" Ok") || line.ends_with(" Refused"));
    let record = end(anchorctl(house, &["record", "Errand"])).await;
    let record: Value = serde_json::from_str(&record.out).unwrap();
    (calls.collect(), serde_json::from_value(record["files"].clone()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_keeps_to_the_rules_about_files_that_it_is_given() {
    let house = House::new();
    let voice = Voice::playing(vec![
        turn("", vec![read(".env"), read("notes.txt")]),
        turn("", vec![write("top.txt", "t\n"), edit("src/api.rs", "api", "x"), edit("src/a.rs", "a", "A")]),
        turn("", vec![finish("Done.")]),
    ])
    .await;
    let flags = ["--exclude", "notes.*", "--only", "src", "--protect", "src/api.rs"];
    let (calls, files) = ran(&house, &voice, &flags).await;
    assert_eq!(
        calls,
        [
            "read_file Refused",
            "read_file Refused",
            "write_file Refused",
            "edit_file Refused",
            "edit_file Ok",
            "finish Ok"
        ]
    );
    let mut expected = FileRules::default();
    expected.excluded.push("notes.*".to_owned());
    expected.only.push("src".to_owned());
    expected.protected.push("src/api.rs".to_owned());
    assert_eq!(files, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_shown_where_the_user_says_so() {
    let house = House::new();
    let voice = Voice::playing(vec![turn("", vec![read(".env")]), turn("", vec![finish("Done.")])]).await;
    let (calls, files) = ran(&house, &voice, &["--include-secrets"]).await;
    assert_eq!(
        (calls.as_slice(), files),
        (["read_file Ok".to_owned(), "finish Ok".to_owned()].as_slice(), FileRules::none())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_that_cannot_be_read_is_a_slip_of_the_user() {
    let house = House::new();
    let done = end(anchorctl(&house, &run("octo/hello", "http://127.0.0.1:9", &["--protect", "{a"]))).await;
    assert_eq!(done.status, Some(2), "{done:?}");
    assert!(done.err.contains("\"{a\" in line 1 of the protected files"), "{}", done.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_of_200_kb_is_read_from_standard_input() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    let task = format!("{}The end.", "Words of a long task.\n".repeat(200 * 1024 / 22));
    let (address, base_url) = (remote.address(), voice.base_url());
    let mut arguments = run(&address, &base_url, &[]);
    let place = arguments.iter().position(|word| *word == "--task").unwrap();
    arguments[place + 1] = "-";
    let mut child = anchorctl(&house, &arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(task.as_bytes()).await.unwrap();
    let done = crate::harness::soon("anchorctl", child.wait_with_output()).await.unwrap();
    assert_eq!(done.status.code(), Some(0));
    assert_eq!(voice.conversation()[0], ("user".to_owned(), task));
}
