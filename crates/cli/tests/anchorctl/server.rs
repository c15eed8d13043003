//! A git server that asks for a password: what it is told, what it refuses, and what stays secret.

use crate::harness::{House, eventually};
use crate::{Ended, anchorctl, end, one_edit, printed, printed_until, run};
use anchorhold_domain::EventKind;
use anchorhold_testkit::GitServer;
use std::fs;
use std::path::{Path, PathBuf};
use tokio::process::Command;

fn signed_in(house: &House, server: &GitServer, arguments: &[&str]) -> Command {
    let mut command = anchorctl(house, arguments);
    command
        .env("ANCHORHOLD_GIT_HOST", server.host())
        .env("ANCHORHOLD_GIT_TOKEN", format!("{}:{}", server.user(), server.password()));
    command
}

async fn log(house: &House, server: &GitServer) -> Vec<String> {
    printed(&end(signed_in(house, server, &["log", "Errand", "--json"])).await.out)
}

/// The files below a folder that hold some bytes.
pub fn holding(folder: &Path, wanted: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, wanted));
        } else if fs::read(&path).unwrap().windows(wanted.len()).any(|bytes| bytes == wanted.as_bytes()) {
            found.push(path);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_is_in_no_file_no_container_and_no_list_of_processes() {
    let house = House::new();
    let (server, remote) = house.served("hello");
    let voice = one_edit().await;
    voice.hold_from(1);
    let (address, base_url) = (server.url("hello"), voice.base_url());
    let child = signed_in(&house, &server, &run(&address, &base_url, &["--push"])).spawn().unwrap();
    voice.asked(1).await;
    eventually("a cell runs", || !house.docker.containers(&house.home()).unwrap().is_empty()).await;
    let inspected = house.docker.containers(&house.home()).unwrap().remove(0).to_string();
    let arguments = fs::read_to_string(format!("/proc/{}/cmdline", child.id().unwrap())).unwrap();
    let asked = voice.requests()[0].to_string();
    voice.release();
    let done = child.wait_with_output().await.unwrap();
    assert_eq!(done.status.code(), Some(0));
    assert_eq!(remote.tree("agent/work"), remote.tree_with("main", &[("b", Some("b\n"))]));

    let secret = server.password();
    // The search itself finds what is there.
    assert!(!holding(&house.home(), "Errand").is_empty() && inspected.contains("/workspace"));
    assert_eq!(holding(&house.home(), secret), Vec::<PathBuf>::new());
    let seen = [
        inspected,
        arguments,
        asked,
        String::from_utf8(done.stdout).unwrap(),
        String::from_utf8(done.stderr).unwrap(),
    ];
    assert_eq!(seen.map(|text| text.contains(secret)), [false; 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_password_the_clone_fails_and_says_what_to_do() {
    let house = House::new();
    let (server, _) = house.served("hello");
    let (address, host) = (server.url("hello"), server.host());
    let mut arguments = run(&address, "http://127.0.0.1:9/v1", &[]);
    arguments.retain(|argument| *argument != "--json");
    let done = end(anchorctl(&house, &arguments)).await;
    let said: Vec<&str> = done.out.lines().map(|line| line.get(10..).unwrap_or_default()).collect();
    assert_eq!(
        (done.status, said),
        (
            Some(1),
            vec![
                "cloning",
                &format!("! sign in to {host} for fetch main from {address}"),
                &format!(
                    "what to do: {host} asks for credentials: sign in or give a token; for ssh, add your key to the ssh agent"
                ),
            ]
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_refuses_is_quoted_and_the_push_can_be_repeated() {
    let house = House::new();
    let (server, remote) = house.served("hello");
    server.set_hook("hello", "pre-receive", "echo 'no agents on Fridays' >&2; exit 1").unwrap();
    let voice = one_edit().await;
    let (address, base_url) = (server.url("hello"), voice.base_url());
    let done = end(signed_in(&house, &server, &run(&address, &base_url, &["--push"]))).await;
    let told = printed(&done.out);
    assert_eq!(
        (done.status, &told[told.len() - 3..]),
        (
            Some(1),
            ["completed: Done.", "pushStarted, unreviewed", "push failed: push_rejected"]
                .map(str::to_owned)
                .as_slice()
        )
    );
    assert!(done.out.contains("no agents on Fridays"), "{}", done.out);
    assert_eq!(remote.branches(), ["main"]);
}

/// Runs a program until the server's hook holds its push, kills it there and returns the commit that
/// was on its way.
async fn killed_while_it_pushes(house: &House, server: &GitServer) -> String {
    let (begun, go) = (house.place().join("begun"), house.place().join("go"));
    let hook =
        format!("touch {}; while [ ! -e {} ]; do sleep 0.05; done; exit 1", begun.display(), go.display());
    server.set_hook("hello", "pre-receive", &hook).unwrap();
    let voice = one_edit().await;
    let (address, base_url) = (server.url("hello"), voice.base_url());
    let mut child = signed_in(house, server, &run(&address, &base_url, &["--push"])).spawn().unwrap();
    let pushing = printed_until(&mut child, |kind| matches!(kind, EventKind::PushStarted { .. })).await;
    eventually("the push arrives", || begun.exists()).await;
    child.kill().await.unwrap();
    match pushing {
        EventKind::PushStarted { commit, .. } => commit,
        other => panic!("{other:?}"),
    }
}

fn let_the_hook_go(house: &House) {
    fs::write(house.place().join("go"), "").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_was_killed_before_the_server_took_it_is_told_as_failed() {
    let house = House::new();
    let (server, remote) = house.served("hello");
    killed_while_it_pushes(&house, &server).await;
    let told = log(&house, &server).await;
    assert_eq!(
        told[told.len() - 3..],
        ["completed: Done.", "pushStarted, unreviewed", "push failed: push_interrupted"]
    );
    assert_eq!(remote.branches(), ["main"]);
    let_the_hook_go(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_was_killed_after_the_server_took_it_is_told_as_done_when_it_is_pushed_again() {
    let house = House::new();
    let (server, remote) = house.served("hello");
    let commit = killed_while_it_pushes(&house, &server).await;
    let mirror = fs::read_dir(house.home().join("mirrors")).unwrap().next().unwrap().unwrap().path();
    let agents = mirror.join("agents.git");
    // The server takes it, as it would have a moment later.
    remote.ask(&[
        "fetch",
        "--quiet",
        &agents.display().to_string(),
        &format!("{commit}:refs/heads/agent/work"),
    ]);
    let done = end(signed_in(&house, &server, &["push", "Errand", "--json"])).await;
    assert_eq!(done.status, Some(0), "{done:?}");
    let told = log(&house, &server).await;
    assert_eq!(
        told[told.len() - 4..],
        [
            "pushStarted, unreviewed",
            "push failed: push_interrupted",
            "pushStarted, unreviewed",
            "pushed, created: false"
        ]
    );
    let_the_hook_go(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_shown_once_and_refused() {
    let house = House::new();
    let (server, _) = house.served("hello");
    let address = server.url("hello");
    let mut command = anchorctl(&house, &run(&address, "http://127.0.0.1:9/v1", &[]));
    command.env("ANCHORHOLD_GIT_HOST", server.host()).env("ANCHORHOLD_GIT_TOKEN", "ada:wrong-password-91c2");
    let Ended { status, out, .. } = end(command).await;
    assert_eq!(
        (status, printed(&out).last().map(String::as_str)),
        (Some(1), Some("failed: repository_sign_in"))
    );
    let requests = server.requests().unwrap();
    assert_eq!(requests.len(), 2, "{requests:#?}");
    assert_eq!(holding(&house.home(), "wrong-password-91c2"), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_the_last_commit_alone_says_so_and_pushes() {
    let house = House::new();
    let (server, remote) = house.served("hello");
    let tip = remote.commit("main", &[("a", "aa\n")]);
    let voice = one_edit().await;
    let (address, base_url) = (server.url("hello"), voice.base_url());
    let run = |depth| run(&address, &base_url, &["--push", "--depth", depth]);
    let refused = end(signed_in(&house, &server, &run("0"))).await;
    assert_eq!((refused.status, refused.out.as_str()), (Some(2), ""));
    assert!(refused.err.contains("--depth <N>"), "{}", refused.err);
    let done = end(signed_in(&house, &server, &run("1"))).await;
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    let record = end(signed_in(&house, &server, &["record", "Errand"])).await;
    let record: serde_json::Value = serde_json::from_str(&record.out).unwrap();
    assert_eq!(record["historyDepth"], 1);
    let said = end(signed_in(&house, &server, &["log", "Errand"])).await;
    assert!(said.out.contains("only the last commits of the history were fetched"), "{}", said.out);
    assert_eq!(remote.ask(&["rev-parse", "agent/work~1"]), tip);
}
