//! Fetch and push over smart HTTP: nginx, fcgiwrap and `git http-backend` with basic authentication.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use anchorhold_repo::{Base, Credentials, Mirror, PushOutcome, RepoError};
use anchorhold_testkit::GitServer;
use common::{Place, commit_file, fetch, files_with, git};

struct Site {
    server: GitServer,
    place: Place,
    bare: PathBuf,
    credentials: Credentials,
}

impl Site {
    /// Serves `hello` with one commit on `main`.
    fn start() -> Self {
        let place = Place::with(&[("a.txt", "one\n"), ("src/main.rs", "fn main() {}\n")]);
        let (server, bare) = place.served(GitServer::start);
        let credentials = Credentials::https(server.host(), server.user(), server.password());
        Self { server, place, bare, credentials }
    }

    fn mirror(&self) -> Mirror {
        self.place.mirror_of(&self.server.url("hello"))
    }

    fn fetched(&self) -> (Mirror, Base) {
        let mirror = self.mirror();
        let base = fetch(&mirror, "main", &self.credentials).unwrap();
        (mirror, base)
    }

    fn requests_by(&self, user: &str) -> usize {
        self.server.requests().unwrap().iter().filter(|line| line.starts_with(&format!("{user} "))).count()
    }
}

#[test]
fn a_branch_is_fetched_with_its_progress_and_again_without_a_download() {
    let site = Site::start();
    let mirror = site.mirror();
    let mut last = None;
    let base = mirror
        .fetch("main", &site.credentials, &mut |progress| {
            last = Some(progress);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(base.commit, site.place.git(&["rev-parse", "HEAD"]));
    let last = last.unwrap();
    assert_eq!((last.received_objects, last.total_objects), (5, 5));
    let before = site.server.requests().unwrap().len();
    fetch(&mirror, "main", &site.credentials).unwrap();
    let again = site.server.requests().unwrap().split_off(before);
    assert!(again.iter().all(|line| line.contains("info/refs")), "{again:?}");
}

#[test]
fn a_wrong_password_is_tried_once_and_told_apart_from_a_missing_one() {
    let site = Site::start();
    let wrong = Credentials::https(site.server.host(), "ada", "wrong");
    let error = fetch(&site.mirror(), "main", &wrong).unwrap_err();
    assert!(matches!(error, RepoError::Auth { offered: true, .. }), "{error:?}");
    assert_eq!(site.requests_by("ada"), 1);
    let error = fetch(&site.mirror(), "main", &Credentials::none()).unwrap_err();
    assert!(matches!(error, RepoError::Auth { offered: false, .. }), "{error:?}");
    assert_eq!(site.requests_by("ada"), 1);
}

#[test]
fn credentials_for_another_host_or_port_are_not_sent() {
    let site = Site::start();
    for host in ["127.0.0.1", "git.example"] {
        let elsewhere = Credentials::https(host, site.server.user(), site.server.password());
        let error = fetch(&site.mirror(), "main", &elsewhere).unwrap_err();
        assert_eq!(error.code(), "repository_sign_in");
    }
    assert_eq!(site.requests_by("ada"), 0);
}

#[test]
fn missing_repositories_branches_and_commits_are_told_apart() {
    let site = Site::start();
    site.server.create_repository("empty").unwrap();
    let code = |name: &str, branch: &str| {
        fetch(&site.place.mirror_of(&site.server.url(name)), branch, &site.credentials).unwrap_err().code()
    };
    assert_eq!(code("nothing", "main"), "repository_not_found");
    assert_eq!(code("empty", "main"), "repository_empty");
    assert_eq!(code("hello", "mian"), "branch_unknown");
}

#[test]
fn a_server_that_is_gone_is_a_network_error() {
    let mut site = Site::start();
    let mirror = site.mirror();
    site.server.stop();
    assert_eq!(fetch(&mirror, "main", &site.credentials).unwrap_err().code(), "repository_unreachable");
}

#[test]
fn a_fetch_is_cancelled_in_the_middle_and_succeeds_the_next_time() {
    let site = Site::start();
    let mirror = site.mirror();
    let outcome = mirror.fetch("main", &site.credentials, &mut |progress| match progress.received_objects {
        0 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    });
    assert!(matches!(outcome, Err(RepoError::Cancelled { .. })), "{outcome:?}");
    fetch(&mirror, "main", &site.credentials).unwrap();
}

#[test]
fn a_push_creates_a_branch_with_exactly_the_tree_and_then_moves_it_forward() {
    let site = Site::start();
    let (mirror, base) = site.fetched();
    let first = commit_file(&mirror, &base, "b.txt", "new\n");
    let outcome = mirror.push("agent/x", &first, &site.credentials, None, &["main"]).unwrap();
    assert_eq!(outcome, PushOutcome { created: true, previous_tip: None, up_to_date: false });
    let tree = mirror.tree_of(&first).unwrap();
    assert_eq!(git(&site.bare, &["rev-parse", "agent/x^{tree}"]).unwrap(), tree);
    let second = common::commit_tree(&mirror, &first, &tree, "Again");
    let outcome = mirror.push("agent/x", &second, &site.credentials, Some(&first), &["main"]).unwrap();
    assert_eq!(outcome, PushOutcome { created: false, previous_tip: Some(first), up_to_date: false });
    git(&site.bare, &["fsck", "--strict"]).unwrap();
    assert_eq!(
        git(&site.bare, &["for-each-ref", "--format=%(refname)"]).unwrap(),
        "refs/heads/agent/x\nrefs/heads/main"
    );
}

#[test]
fn a_hook_that_refuses_is_an_error_with_its_words() {
    let site = Site::start();
    site.server.set_hook("hello", "pre-receive", "echo 'no pushes on fridays' >&2; exit 1").unwrap();
    let (mirror, base) = site.fetched();
    let commit = commit_file(&mirror, &base, "b.txt", "new\n");
    let error = mirror.push("agent/x", &commit, &site.credentials, None, &["main"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "push to agent/x: the server refused it: pre-receive hook declined\nno pushes on fridays"
    );
    assert_eq!(mirror.remote_tip("agent/x", &site.credentials).unwrap(), None);
}

#[test]
fn a_branch_that_somebody_else_moved_stays_theirs() {
    let site = Site::start();
    let (mirror, base) = site.fetched();
    let commit = commit_file(&mirror, &base, "b.txt", "new\n");
    site.place.write("theirs.txt", b"theirs\n");
    let theirs = site.place.commit("theirs");
    site.place.git(&["push", "--quiet", &site.bare.to_string_lossy(), "main:agent/x"]);
    let error = mirror.push("agent/x", &commit, &site.credentials, None, &["main"]).unwrap_err();
    assert!(
        matches!(&error, RepoError::TargetMoved { current: Some(current), .. } if *current == theirs),
        "{error:?}"
    );
    assert_eq!(git(&site.bare, &["rev-parse", "agent/x"]).unwrap(), theirs);
}

#[test]
fn a_branch_that_moves_between_look_and_push_is_not_overwritten() {
    let site = Site::start();
    let (mirror, base) = site.fetched();
    let commit = commit_file(&mirror, &base, "b.txt", "new\n");
    // The hook runs after the client decided what to send: here the other one is faster.
    let race = "git update-ref refs/heads/agent/x refs/heads/main";
    site.server.set_hook("hello", "pre-receive", &format!("unset GIT_QUARANTINE_PATH; {race}")).unwrap();
    let error = mirror.push("agent/x", &commit, &site.credentials, None, &["main"]).unwrap_err();
    assert_eq!(error.code(), "push_rejected");
    assert_eq!(git(&site.bare, &["rev-parse", "agent/x"]).unwrap(), base.commit);
}

#[test]
fn source_and_default_branch_are_refused_without_a_push() {
    let site = Site::start();
    let (mirror, base) = site.fetched();
    let commit = commit_file(&mirror, &base, "b.txt", "new\n");
    for (branch, forbidden) in [("main", &[][..]), ("release", &["release"][..])] {
        let error = mirror.push(branch, &commit, &site.credentials, None, forbidden).unwrap_err();
        assert_eq!(error.code(), "branch_forbidden");
    }
    assert!(!site.server.requests().unwrap().iter().any(|line| line.contains("receive-pack")));
    assert_eq!(git(&site.bare, &["rev-parse", "main"]).unwrap(), base.commit);
}

#[test]
fn a_push_with_a_wrong_password_is_an_authentication_error() {
    let site = Site::start();
    let (mirror, base) = site.fetched();
    let commit = commit_file(&mirror, &base, "b.txt", "new\n");
    let wrong = Credentials::https(site.server.host(), "ada", "wrong");
    assert_eq!(
        mirror.push("agent/x", &commit, &wrong, None, &["main"]).unwrap_err().code(),
        "repository_sign_in"
    );
}

#[test]
fn the_password_is_in_no_file_of_the_mirror() {
    let site = Site::start();
    let (mirror, base) = site.fetched();
    let commit = commit_file(&mirror, &base, "b.txt", "new\n");
    mirror.push("agent/x", &commit, &site.credentials, None, &["main"]).unwrap();
    let mirrors = site.place.dir.path().join("mirrors");
    assert_eq!(files_with(&mirrors, site.server.password()), Vec::<PathBuf>::new());
    assert!(!files_with(&mirrors, "followRedirects").is_empty(), "the search finds what is there");
}

#[test]
fn many_checkpoints_do_not_make_a_fetch_download_everything_again() {
    let site = Site::start();
    let (mirror, base) = site.fetched();
    let mut parent = base.commit.clone();
    for n in 0..300 {
        // In the future, so that they would be offered to the server first.
        let at = 2_000_000_000_000 + n * 1000;
        parent = mirror.checkpoint(Some(&parent), &base.tree, &[], "edit", at).unwrap().commit;
    }
    let received = || {
        site.place.write("a.txt", b"two\n");
        site.place.commit("small");
        site.place.git(&["push", "--quiet", &site.bare.to_string_lossy(), "main"]);
        let mut received = 0;
        mirror
            .fetch("main", &site.credentials, &mut |progress| {
                received = received.max(progress.received_objects);
                ControlFlow::Continue(())
            })
            .unwrap();
        received
    };
    assert_eq!(received(), 3, "a commit, a tree and a blob");

    // The control: the same checkpoints in the repository that fetches.
    mirror.keep("agent", &parent).unwrap();
    let slug = mirror.remote().slug();
    let source = site.place.dir.path().join("mirrors").join(slug).join("mirror.git");
    git(
        &source,
        &["fetch", "--quiet", "../agents.git", &format!("{parent}:refs/anchorhold/agents/agent/head")],
    )
    .unwrap();
    site.place.write("b.txt", b"new\n");
    assert!(received() > 5, "the fetch is incremental in spite of the checkpoints");
}

#[test]
fn a_branch_whose_name_is_not_utf8_does_not_hide_the_others() {
    let site = Site::start();
    let heads = site.bare.join("refs/heads");
    std::fs::copy(heads.join("main"), heads.join(OsStr::from_bytes(b"caf\xe9"))).unwrap();
    assert_eq!(site.mirror().branches(&site.credentials).unwrap().names, ["main"]);
    site.fetched();
}

#[test]
fn a_pack_that_builds_on_what_is_here_is_completed() {
    let site = Site::start();
    let mirror = site.mirror();
    let text: String =
        (0..2000).map(|line: u32| format!("{line} {}\n", line.wrapping_mul(2_654_435_761))).collect();
    let publish = |text: &str| {
        site.place.write("long.txt", text.as_bytes());
        site.place.commit("long");
        site.place.git(&["push", "--quiet", &site.bare.to_string_lossy(), "main"]);
    };
    publish(&text);
    fetch(&mirror, "main", &site.credentials).unwrap();
    publish(&format!("{text}one more\n"));
    let mut received = 0;
    let base = mirror
        .fetch("main", &site.credentials, &mut |progress| {
            received = received.max(progress.received_objects);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(received, 3, "a commit, a tree and a blob");
    assert_eq!(mirror.read_file(&base.tree, b"long.txt").unwrap(), format!("{text}one more\n").into_bytes());

    let source = site.place.dir.path().join("mirrors").join(mirror.remote().slug()).join("mirror.git");
    git(&source, &["fsck", "--strict", "--connectivity-only"]).unwrap();
    let packs = std::fs::read_dir(source.join("objects/pack")).unwrap().map(|entry| entry.unwrap().path());
    let packs = packs.filter(|path| path.extension().is_some_and(|found| found == "idx"));
    let mut objects: Vec<usize> = packs
        .map(|path| {
            let listed = git(&source, &["verify-pack", "-v", &path.to_string_lossy()]).unwrap();
            listed
                .lines()
                .filter(|line| {
                    line.contains(" blob ") || line.contains(" tree ") || line.contains(" commit ")
                })
                .count()
        })
        .collect();
    objects.sort_unstable();
    // The first fetch brought eight; the second three, and the long text that one of them is a change of.
    assert_eq!(objects, [4, 8]);
}
