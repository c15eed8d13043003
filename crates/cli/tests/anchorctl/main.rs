//! `anchorctl` as scripts and people meet it: the program itself, on a real container engine, a real
//! git server and a scripted model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "../../../engine/tests/harness/mod.rs"]
mod harness;

mod accounts;
mod answers;
#[cfg(target_os = "linux")]
mod cancelling;
mod crashes;
mod delivering;
mod files;
mod forbidden;
mod issues;
mod keys;
mod models;
mod pipes;
#[cfg(target_os = "linux")]
mod planted;
mod resuming;
mod server;
mod statuses;
#[cfg(target_os = "linux")]
mod terminal;
mod verbs;
mod words;

use anchorhold_domain::{Event, EventKind};
use harness::{House, TASK, Voice};
use std::fs;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How the program ended.
#[derive(Debug, PartialEq, Eq)]
struct Ended {
    status: Option<i32>,
    out: String,
    err: String,
}

/// The program over a house's data folder, with a home of its own and no keychain.
fn anchorctl(house: &House, arguments: &[&str]) -> Command {
    let user = house.place().join("user");
    fs::create_dir_all(&user).unwrap();
    fs::write(user.join(".gitconfig"), "[user]\n\tname = Grace\n\temail = grace@example.com\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_anchorctl"));
    command
        .args(arguments)
        .env("ANCHORHOLD_HOME", house.home())
        .env("HOME", &user)
        .env_remove("XDG_CONFIG_HOME")
        // Without an address one would be looked for, and found where a desktop runs.
        .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", user.join("no-bus").display()))
        .env_remove("ANCHORHOLD_GIT_HOST")
        .env_remove("ANCHORHOLD_GIT_TOKEN")
        .env_remove("ANCHORHOLD_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// The arguments of a run from `main` to `agent/work`.
fn run<'a>(repository: &'a str, base_url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let usual = [
        "run",
        "--repo",
        repository,
        "--from",
        "main",
        "--to",
        "agent/work",
        "--task",
        TASK,
        "--name",
        "Errand",
        "--model",
        "scripted/test",
        "--base-url",
        base_url,
        "--json",
    ];
    usual.iter().chain(more).copied().collect()
}

async fn end(mut command: Command) -> Ended {
    let output = harness::soon("anchorctl", command.output()).await.unwrap();
    ended(output)
}

fn ended(output: std::process::Output) -> Ended {
    Ended {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The log that was printed as JSON, line by line.
fn printed(out: &str) -> Vec<String> {
    let events: Vec<_> = out.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    harness::story(&events)
}

/// Reads the log that a running program prints until an event is there, which it returns.
async fn printed_until(child: &mut Child, is_it: impl Fn(&EventKind) -> bool) -> EventKind {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    loop {
        let line = harness::soon("the log", lines.next_line()).await.unwrap().unwrap();
        let event: Event = serde_json::from_str(&line).unwrap();
        if is_it(&event.kind) {
            return event.kind;
        }
    }
}

/// A model that does one edit and is done.
async fn one_edit() -> Voice {
    use harness::{finish, turn, write};
    Voice::playing(vec![turn("", vec![write("b", "b\n"), finish("Done.")])]).await
}
