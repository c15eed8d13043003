//! Signing in from a terminal, what is printed meanwhile, and what a real keychain keeps over restarts.

use crate::harness::github::{CLIENT, NARROW, PASTED, listed};
use crate::harness::{GitHub, House, soon};
use crate::{Ended, anchorctl, end, ended};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

/// The program, to which the test's GitHub is one and which keeps sign-ins in memory.
pub(crate) fn with(house: &House, github: &GitHub, arguments: &[&str]) -> Command {
    let mut command = anchorctl(house, arguments);
    command.env("ANCHORHOLD_FORGE_STAND_IN", github.host()).env("ANCHORHOLD_SIGN_IN", "session");
    command
}

async fn given(mut command: Command, text: &str) -> Ended {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).await.unwrap();
    ended(soon("anchorctl", child.wait_with_output()).await.unwrap())
}

fn told(status: i32, out: &str, err: &str) -> Ended {
    Ended { status: Some(status), out: out.to_owned(), err: err.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_read_from_standard_input_and_what_it_lacks_is_said() {
    let (house, github) = (House::new(), GitHub::start().await);
    let host = github.host();
    let sign_in = ["account", "sign-in", "--host", &host, "--token"];
    let signed_in = format!("Signed in as ada on {host}.\n");
    let done = given(with(&house, &github, &sign_in), &format!("{PASTED}\n")).await;
    assert_eq!(done, told(0, &signed_in, ""));
    let done = given(with(&house, &github, &sign_in), NARROW).await;
    assert_eq!(done, told(0, &signed_in, "The token lacks repo.\n"));
    let refused = format!(
        "error: sign in to {host}: it does not accept the token\n\
         what to do: make a new token on GitHub: this one is wrong, revoked or expired\n"
    );
    assert_eq!(given(with(&house, &github, &sign_in), "ghp_unknown").await, told(1, "", &refused));
    let empty = given(with(&house, &github, &sign_in), "").await;
    assert_eq!((empty.status, empty.out.as_str()), (Some(2), ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keychain_it_is_refused_with_what_to_do() {
    let (house, github) = (House::new(), GitHub::start().await);
    let host = github.host();
    let mut command = with(&house, &github, &["account", "sign-in", "--host", &host, "--token"]);
    command.env_remove("ANCHORHOLD_SIGN_IN");
    let done = given(command, PASTED).await;
    assert_eq!((done.status, done.out.as_str()), (Some(1), ""));
    let hint = "what to do: start a keychain such as gnome-keyring; or sign in without “Remember on this \
                computer” in the window, as with ANCHORHOLD_SIGN_IN=session";
    assert!(done.err.contains(hint), "{}", done.err);
    let listed = end(with(&house, &github, &["account"])).await;
    assert_eq!(listed, told(0, "Nobody is signed in. Sign in with: anchorctl account sign-in\n", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_printed_with_its_page_and_an_interrupt_gives_up() {
    let (house, github) = (House::new(), GitHub::start().await);
    let host = github.host();
    let sign_in = ["account", "sign-in", "--host", &host];
    let without = end(with(&house, &github, &sign_in)).await;
    assert_eq!(without.status, Some(2));
    assert!(without.err.contains("what to do: make a token at http://"), "{}", without.err);
    let set = ["account", "app", "set", "--host", &host, "--client-id", CLIENT];
    assert_eq!(end(with(&house, &github, &set)).await.status, Some(0));

    let mut child = with(&house, &github, &sign_in).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = soon("the code", lines.next_line()).await.unwrap().unwrap();
    assert_eq!(line, format!("Enter the code  WDJB-MJHT  at  http://{host}/login/device"));
    let process = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &process]).status().unwrap().success());
    let done = ended(soon("anchorctl", child.wait_with_output()).await.unwrap());
    assert_eq!((done.status, done.err.as_str()), (Some(130), "Given up; nobody is signed in by it.\n"));
    assert_eq!(github.rules().issued, 0);

    github.rules().entered = true;
    let done = end(with(&house, &github, &sign_in)).await;
    assert_eq!(done.status, Some(0), "{done:?}");
    assert!(done.out.ends_with(&format!("Signed in as ada on {host}.\n")), "{}", done.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_gh_is_asked_of_gh_and_where_it_has_none_that_is_said() {
    let (house, github) = (House::new(), GitHub::start().await);
    let (host, programs) = (github.host(), house.place().join("programs"));
    std::fs::create_dir_all(&programs).unwrap();
    let gh = programs.join("gh");
    let sign_in = ["account", "sign-in", "--host", &host, "--gh"];
    for (script, status) in [(format!("echo {PASTED}"), 0), ("exit 1".to_owned(), 1)] {
        std::fs::write(&gh, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&gh, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = with(&house, &github, &sign_in);
        command.env("PATH", &programs);
        let done = end(command).await;
        assert_eq!(done.status, Some(status), "{done:?}");
        assert!(!format!("{done:?}").contains(PASTED));
        if status == 1 {
            let hint =
                format!("what to do: run `gh auth login --hostname {host}`, or sign in in another way\n");
            assert!(done.err.ends_with(&hint), "{}", done.err);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_of_an_account_ends_with_two() {
    let (house, github) = (House::new(), GitHub::start().await);
    for arguments in [
        ["account", "sign-out", "nobody"].as_slice(),
        &["account", "choose", "github.com/1"],
        &["account", "email", "nobody", "a@example.com"],
        &["account", "sign-in", "--host", "not a host", "--gh"],
        &["account", "sign-in", "--gh", "--code"],
        &["account", "app", "set", "--client-id", "a b"],
    ] {
        let done = end(with(&house, &github, arguments)).await;
        assert_eq!((done.status, done.out.as_str()), (Some(2), ""), "{arguments:?}: {done:?}");
    }
    let none = end(with(&house, &github, &["repositories"])).await;
    assert_eq!(none.status, Some(1), "{none:?}");
}

/// What both sessions begin with.
#[cfg(target_os = "linux")]
const SESSION: &str = r#"
program=$1 host=$2 token=$3
say() { echo "-- $1"; shift; "$@"; echo "-- ended with $?"; }
kept() {
    dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
        org.freedesktop.Secret.Service.SearchItems dict:string:string:service,anchorhold | grep -c 'object path'
}
printf 'a password\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
"#;

/// Signs in, looks in a process of its own each time, and locks the keychain.
#[cfg(target_os = "linux")]
const KEPT: &str = r#"
say "sign in" "$program" account sign-in --host "$host" --token < "$token"
say "list" "$program" account --json
say "repositories" "$program" repositories --json
dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
    org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null
say "locked" "$program" repositories
say "sign out while locked" "$program" account sign-out ada
say "still listed" "$program" account --json
"#;

/// Finds all of it when the user comes back, and forgets it.
#[cfg(target_os = "linux")]
const FORGOTTEN: &str = r#"
say "repositories" "$program" repositories --json
kept
say "sign out" "$program" account sign-out ada
kept
say "gone" "$program" account
"#;

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_real_keychain_keeps_the_next_process_uses_and_signing_out_forgets() {
    let (house, github) = (House::new(), GitHub::start().await);
    let page = vec![listed(&github.host(), "octo", "tides", "2026-11-01T00:00:00Z")];
    github.rules().sso = true;
    github.rules().pages = vec![page];
    let token = house.place().join("token");
    std::fs::write(&token, PASTED).unwrap();
    let session = async |script: &str| {
        let mut command = in_a_session(&house, &github, &format!("{SESSION}{script}"));
        command.arg(github.host()).arg(&token);
        ended(soon("the session", command.output()).await.unwrap())
    };
    let kept = session(KEPT).await;
    assert_eq!(statuses(&kept.out), ["0", "0", "0", "1", "1", "0"], "{kept:?}");
    let account: Value = serde_json::from_str(said(&kept.out, "list")).unwrap();
    assert_eq!((&account["login"], &account["way"]), (&"ada".into(), &"TOKEN".into()));
    let repository: Value = serde_json::from_str(said(&kept.out, "repositories")).unwrap();
    assert_eq!(repository["name"], "tides");
    assert_eq!(said(&kept.out, "still listed"), said(&kept.out, "list"));
    assert!(kept.err.contains("open the keychain for the account"), "{}", kept.err);
    let missing = format!(
        "Some organisations are missing: they want single sign-on.\n\
         what to do: authorise the sign-in for them at http://{}/settings/tokens\n",
        github.host()
    );
    assert!(kept.err.contains(&missing), "{}", kept.err);

    let forgotten = session(FORGOTTEN).await;
    assert_eq!(statuses(&forgotten.out), ["0", "0", "0"], "{forgotten:?}");
    assert_eq!(said(&forgotten.out, "repositories"), said(&kept.out, "repositories"));
    assert!(said(&forgotten.out, "gone").starts_with("Nobody is signed in."));
    // The keychain itself, asked by another program.
    let counts: Vec<&str> = forgotten.out.lines().filter(|line| ["0", "1"].contains(line)).collect();
    assert_eq!(counts, ["1", "0"], "{}", forgotten.out);
    assert!(!format!("{kept:?} {forgotten:?}").contains(PASTED));
}

/// Signs in, and lists what of it can be read.
#[cfg(target_os = "linux")]
const CUT: &str = r#"
say "sign in" "$program" account sign-in --host "$host" --token < "$token"
say "repositories" "$program" repositories
"#;

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn repositories_that_could_not_all_be_read_are_listed_with_why_and_the_command_ends() {
    let (house, github) = (House::new(), GitHub::start().await);
    let page = vec![listed(&github.host(), "octo", "tides", "2026-11-01T00:00:00Z")];
    github.rules().pages = vec![page.clone(), page];
    github.rules().broken_page = Some(2);
    let token = house.place().join("token");
    std::fs::write(&token, PASTED).unwrap();
    let mut command = in_a_session(&house, &github, &format!("{SESSION}{CUT}"));
    command.arg(github.host()).arg(&token);
    let done = ended(soon("the session", command.output()).await.unwrap());
    assert_eq!(statuses(&done.out), ["0", "1"], "{done:?}");
    let expected = format!("{}  main  [private]\n", github.url("octo/tides"));
    assert_eq!(said(&done.out, "repositories"), expected);
    let why = "Not all of the repositories could be read.\nerror: ";
    assert!(done.err.contains(why) && done.err.contains("it answers 502: Bad Gateway"), "{}", done.err);
}

/// Signs in to be remembered, and then for one process alone.
#[cfg(target_os = "linux")]
const UNREMEMBERED: &str = r#"
say "sign in" "$program" account sign-in --host "$host" --token < "$token"
kept
ANCHORHOLD_SIGN_IN=session
export ANCHORHOLD_SIGN_IN
say "sign in again" "$program" account sign-in --host "$host" --token < "$token"
kept
say "gone" "$program" account
"#;

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_to_be_remembered_any_more_leaves_a_real_keychain() {
    let (house, github) = (House::new(), GitHub::start().await);
    let token = house.place().join("token");
    std::fs::write(&token, PASTED).unwrap();
    let mut command = in_a_session(&house, &github, &format!("{SESSION}{UNREMEMBERED}"));
    command.arg(github.host()).arg(&token);
    let done = ended(soon("the session", command.output()).await.unwrap());
    assert_eq!(statuses(&done.out), ["0", "0", "0"], "{done:?}");
    let counts: Vec<&str> = done.out.lines().filter(|line| ["0", "1"].contains(line)).collect();
    assert_eq!(counts, ["1", "0"], "{}", done.out);
    assert!(said(&done.out, "gone").starts_with("Nobody is signed in."), "{}", done.out);
}

#[cfg(target_os = "linux")]
fn parts(out: &str) -> Vec<(&str, &str)> {
    out.split("-- ").filter_map(|part| part.split_once('\n')).collect()
}

#[cfg(target_os = "linux")]
fn statuses(out: &str) -> Vec<&str> {
    parts(out).iter().filter_map(|(name, _)| name.strip_prefix("ended with ")).collect()
}

#[cfg(target_os = "linux")]
fn said<'a>(out: &'a str, wanted: &str) -> &'a str {
    parts(out).iter().find(|(name, _)| *name == wanted).unwrap().1
}

/// A script in a session of its own, with the program as its first argument.
#[cfg(target_os = "linux")]
pub fn in_a_session(house: &House, github: &GitHub, script: &str) -> Command {
    let home = house.place().join("user");
    std::fs::create_dir_all(&home).unwrap();
    let mut command = Command::new("dbus-run-session");
    command
        .args(["--", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_anchorctl")])
        .env("ANCHORHOLD_HOME", house.home())
        .env("ANCHORHOLD_FORGE_STAND_IN", github.host())
        .env("HOME", &home)
        .env("XDG_RUNTIME_DIR", &home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_CACHE_HOME", home.join("cache"));
    let none = ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "ANCHORHOLD_SIGN_IN"];
    let keys = ["ANCHORHOLD_GIT_TOKEN", "ANCHORHOLD_GIT_HOST", "ANCHORHOLD_LOG"];
    for variable in none.iter().chain(&keys) {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}
