//! What an agent does over a history whose beginning was not fetched.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::path::PathBuf;

use anchorhold_repo::{Base, Cancellation, Credentials, FetchWish, LogWish, Mirror, PastError, PushOutcome};
use anchorhold_testkit::GitServer;
use common::{Place, commit_file, git, keep_going};

struct Site {
    server: GitServer,
    place: Place,
    bare: PathBuf,
    credentials: Credentials,
}

impl Site {
    /// Serves a history of ten commits, each of which writes its number into a line of a file.
    fn start() -> Self {
        let place = Place::empty();
        let mut text = String::new();
        for n in 1..=10 {
            text.push_str(&format!("line {n}\n"));
            place.write("a.txt", text.as_bytes());
            place.commit(&format!("commit {n}"));
        }
        let (server, bare) = place.served(GitServer::start);
        let credentials = Credentials::https(server.host(), server.user(), server.password());
        Self { server, place, bare, credentials }
    }

    fn fetched(&self, depth: u32) -> (Mirror, Base) {
        let mirror = self.place.mirror_of(&self.server.url("hello"));
        // Opened before anything is here, as the window may have done.
        drop(mirror.entries("4b825dc642cb6eb9a060e54bf8d69288fbee4904", &|| false));
        let base = self.fetch(&mirror, depth);
        (mirror, base)
    }

    fn fetch(&self, mirror: &Mirror, depth: u32) -> Base {
        let wish = FetchWish { depth: NonZeroU32::new(depth), ..FetchWish::whole("main") };
        mirror.fetch_wish(&wish, &self.credentials, &mut keep_going).unwrap()
    }
}

fn is_cut_off(mirror: &Mirror, base: &Base, most: usize) -> bool {
    let past = mirror.past(&base.commit, None, &|| false, &|_| true).unwrap();
    past.log(&LogWish { revision: "base".to_owned(), path: None, since_s: None, most }).unwrap().cut_off
}

fn subjects(mirror: &Mirror, base: &Base, revision: &str) -> Result<Vec<String>, PastError> {
    let past = mirror.past(&base.commit, None, &|| false, &|_| true)?;
    let wish = LogWish { revision: revision.to_owned(), path: None, since_s: None, most: 100 };
    Ok(past.log(&wish)?.commits.into_iter().map(|commit| commit.subject).collect())
}

#[test]
fn the_log_ends_where_the_history_begins() {
    let site = Site::start();
    let (mirror, base) = site.fetched(3);
    assert_eq!(subjects(&mirror, &base, "base").unwrap(), ["commit 10", "commit 9", "commit 8"]);
    assert_eq!(subjects(&mirror, &base, "base~2").unwrap(), ["commit 8"]);
    let error = subjects(&mirror, &base, "base~3").unwrap_err();
    assert!(matches!(error, PastError::TooFarBack { back: 3, parents: 2 }), "{error}");
    let cut_off = |most| is_cut_off(&mirror, &base, most);
    assert_eq!((cut_off(2), cut_off(3)), (false, true), "said only where the list comes to it");
    site.fetch(&mirror, 0);
    assert!(!is_cut_off(&mirror, &base, 100));
}

#[test]
fn a_target_that_is_here_already_is_looked_at_without_the_rest_of_the_history() {
    let site = Site::start();
    let (mirror, base) = site.fetched(1);
    let commit = commit_file(&mirror, &base, "b.txt", "new\n");
    mirror.push("agent/x", &commit, &site.credentials, None, &["main"]).unwrap();
    let tip = mirror.look_at_target("agent/x", &site.credentials, &Cancellation::default()).unwrap().unwrap();
    assert_eq!((tip.commit, mirror.is_shallow().unwrap()), (commit, true));
    site.place.write("theirs.txt", b"theirs\n");
    let theirs = site.place.commit("theirs");
    site.place.git(&["push", "--quiet", &site.bare.to_string_lossy(), "+main:refs/heads/agent/x"]);
    let tip = mirror.look_at_target("agent/x", &site.credentials, &Cancellation::default()).unwrap().unwrap();
    assert_eq!((tip.commit, mirror.is_shallow().unwrap()), (theirs, false));
}

#[test]
fn lines_from_before_the_beginning_are_those_of_the_first_commit_that_is_here() {
    let site = Site::start();
    let (mirror, base) = site.fetched(3);
    let past = mirror.past(&base.commit, None, &|| false, &|_| true).unwrap();
    let blame = past.blame("base", b"a.txt", 1, 10).unwrap();
    let by: Vec<&str> = blame
        .lines
        .iter()
        .map(|line| blame.commits[line.commit.as_ref().unwrap()].subject.as_str())
        .collect();
    assert_eq!(by[..8], ["commit 8"; 8]);
    assert_eq!(by[8..], ["commit 9", "commit 10"]);
    past.show("base~2", None, 10_000).unwrap();
}

#[test]
fn a_commit_over_a_history_without_its_beginning_is_pushed() {
    let site = Site::start();
    let (mirror, base) = site.fetched(1);
    let commit = commit_file(&mirror, &base, "b.txt", "new\n");
    let outcome = mirror.push("agent/x", &commit, &site.credentials, None, &["main"]).unwrap();
    assert_eq!(outcome, PushOutcome { created: true, previous_tip: None, up_to_date: false });
    git(&site.bare, &["fsck", "--strict"]).unwrap();
    assert_eq!(git(&site.bare, &["rev-list", "--count", "agent/x"]).unwrap(), "11");
}

#[test]
fn the_rest_of_the_history_comes_later_and_is_seen_at_once() {
    let site = Site::start();
    let (mirror, base) = site.fetched(3);
    assert_eq!(subjects(&mirror, &base, "base").unwrap().len(), 3);
    site.fetch(&mirror, 0);
    assert_eq!(subjects(&mirror, &base, "base").unwrap().len(), 10);
    let commit = commit_file(&mirror, &base, "b.txt", "new\n");
    mirror.push("agent/x", &commit, &site.credentials, None, &["main"]).unwrap();
    git(&site.bare, &["fsck", "--strict"]).unwrap();
}

#[test]
fn a_history_without_its_beginning_is_brought_up_to_date() {
    let site = Site::start();
    let (mirror, _) = site.fetched(3);
    site.place.write("a.txt", b"other\n");
    let newest = site.place.commit("commit 11");
    site.place.git(&["push", "--quiet", &site.bare.to_string_lossy(), "main"]);
    let base = site.fetch(&mirror, 3);
    assert_eq!(base.commit, newest);
    let log = subjects(&mirror, &base, "base").unwrap();
    assert_eq!(log.first().map(String::as_str), Some("commit 11"));
    assert!(mirror.is_shallow().unwrap());
    site.fetch(&mirror, 0);
    assert_eq!(subjects(&mirror, &base, "base").unwrap().len(), 11);
}

#[test]
fn the_rest_of_a_history_is_asked_for_once_where_a_branch_stays_short_that_the_server_forgot() {
    let site = Site::start();
    site.place.git(&["checkout", "--quiet", "--orphan", "other"]);
    (1..=5).for_each(|n| drop(site.place.commit(&format!("other {n}"))));
    site.place.git(&["push", "--quiet", &site.bare.to_string_lossy(), "other"]);
    let (mirror, _) = site.fetched(3);
    let wish = FetchWish { depth: NonZeroU32::new(1), ..FetchWish::whole("other") };
    mirror.fetch_wish(&wish, &site.credentials, &mut keep_going).unwrap();
    git(&site.bare, &["update-ref", "-d", "refs/heads/other"]).unwrap();
    git(&site.bare, &["prune", "--expire=now"]).unwrap();
    // Each try tells how far it is at least once, and a whole fetch not nearly so often.
    let mut told = 0;
    let base = mirror.fetch("main", &site.credentials, &mut |_| {
        told += 1;
        if told > 400 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(subjects(&mirror, &base.unwrap(), "base").unwrap().len(), 10);
    assert!(mirror.is_shallow().unwrap());
}

#[test]
fn where_a_history_begins_is_known_again_after_a_process_died_in_the_middle_of_writing_it() {
    let site = Site::start();
    let (mirror, base) = site.fetched(3);
    drop(mirror);
    let agents = common::files_named(&site.place.dir.path().join("mirrors"), "agents.git").remove(0);
    std::fs::remove_file(agents.join("shallow")).unwrap();
    let mirror = site.place.mirror_of(&site.server.url("hello"));
    assert_eq!(subjects(&mirror, &base, "base").unwrap().len(), 3);
    site.fetch(&mirror, 0);
    drop(mirror);
    std::fs::write(agents.join("shallow"), format!("{}\n", base.commit)).unwrap();
    let mirror = site.place.mirror_of(&site.server.url("hello"));
    assert_eq!(subjects(&mirror, &base, "base").unwrap().len(), 10);
}
