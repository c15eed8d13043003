//! Pushing to a repository on the same machine, with and without a working tree.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use anchorhold_repo::{Credentials, PushOutcome};
use common::{Place, commit_file, commit_tree, git};

#[test]
fn a_new_branch_appears_with_the_author_and_exactly_the_tree() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let commit = commit_file(&mirror, &base, "b.txt", "new\n");
    let outcome = mirror.push("agent/x", &commit, &Credentials::none(), None, &["main"]).unwrap();
    assert_eq!(outcome, PushOutcome { created: true, previous_tip: None, up_to_date: false });
    assert_eq!(place.git(&["rev-parse", "agent/x^{tree}"]), mirror.tree_of(&commit).unwrap());
    let shown = place.git(&["log", "-1", "--format=%an <%ae> %ad|%cn|%s", "--date=iso", "agent/x"]);
    assert_eq!(shown, "Ada <ada@example.com> 2027-01-15 09:00:00 +0100|Ada|Change a file");
    place.git(&["fsck", "--strict"]);
}

#[test]
fn a_branch_is_moved_forward_and_a_repeated_push_is_no_error() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let first = commit_file(&mirror, &base, "b.txt", "1\n");
    mirror.push("agent/x", &first, &Credentials::none(), None, &[]).unwrap();
    let tree = mirror.tree_of(&first).unwrap();
    let second = commit_tree(&mirror, &first, &tree, "Again");
    let push = || mirror.push("agent/x", &second, &Credentials::none(), Some(&first), &[]).unwrap();
    assert_eq!(push(), PushOutcome { created: false, previous_tip: Some(first.clone()), up_to_date: false });
}

#[test]
fn a_repeated_push_of_the_same_commit_is_no_error() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let commit = commit_file(&mirror, &base, "b.txt", "1\n");
    let push = || mirror.push("agent/x", &commit, &Credentials::none(), None, &[]).unwrap();
    push();
    assert_eq!(push(), PushOutcome { created: false, previous_tip: Some(commit.clone()), up_to_date: true });
}

#[test]
fn source_default_and_checked_out_branches_are_refused() {
    let place = Place::with(&[("a.txt", "one\n")]);
    place.git(&["branch", "source"]);
    place.git(&["worktree", "add", "--quiet", "-b", "elsewhere", "../elsewhere"]);
    let (mirror, base) = place.fetched();
    let commit = commit_file(&mirror, &base, "b.txt", "1\n");
    let before = place.git(&["for-each-ref"]);
    let code = |branch: &str, forbidden: &[&str]| {
        mirror.push(branch, &commit, &Credentials::none(), None, forbidden).unwrap_err().code()
    };
    assert_eq!(code("source", &["source"]), "branch_forbidden");
    assert_eq!(code("main", &[]), "branch_forbidden");
    assert_eq!(code("elsewhere", &[]), "push_rejected");
    assert_eq!(place.git(&["for-each-ref"]), before);
}

#[test]
fn a_branch_that_moved_is_left_where_it_is() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let commit = commit_file(&mirror, &base, "b.txt", "1\n");
    place.git(&["checkout", "--quiet", "-b", "agent/x"]);
    place.write("other.txt", b"someone else's\n");
    let theirs = place.commit("theirs");
    place.git(&["checkout", "--quiet", "main"]);
    let error = mirror.push("agent/x", &commit, &Credentials::none(), None, &[]).unwrap_err();
    assert_eq!(error.code(), "target_moved");
    assert_eq!(place.git(&["rev-parse", "agent/x"]), theirs);
}

#[test]
fn a_branch_that_is_not_where_it_was_left_is_refused_even_if_it_could_move_forward() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    place.git(&["branch", "agent/x"]);
    let first = commit_file(&mirror, &base, "b.txt", "1\n");
    let tree = mirror.tree_of(&first).unwrap();
    let second = commit_tree(&mirror, &first, &tree, "Again");
    let error = mirror.push("agent/x", &second, &Credentials::none(), Some(&first), &[]).unwrap_err();
    assert_eq!(error.code(), "target_moved");
}

#[test]
fn a_bare_repository_takes_a_push_as_well() {
    let place = Place::with(&[("a.txt", "one\n")]);
    git(place.dir.path(), &["clone", "--quiet", "--bare", "work", "bare.git"]).unwrap();
    let bare = place.dir.path().join("bare.git");
    let mirror = place.mirror_of(&bare.to_string_lossy());
    let base = common::fetch(&mirror, "main", &Credentials::none()).unwrap();
    let commit = commit_file(&mirror, &base, "b.txt", "1\n");
    assert!(mirror.push("agent/x", &commit, &Credentials::none(), None, &["main"]).unwrap().created);
    git(&bare, &["fsck", "--strict"]).unwrap();
}
