//! Fetching from a repository on the same machine, and reading what was fetched.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;

use anchorhold_repo::{Branches, Credentials, RepoError, Submodule, TreeEdit};
use common::{Place, fetch, git};

#[test]
fn fetching_returns_the_tip_its_tree_and_its_summary() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (_, base) = place.fetched();
    assert_eq!(base.commit, place.git(&["rev-parse", "HEAD"]));
    assert_eq!(base.tree, place.git(&["rev-parse", "HEAD^{tree}"]));
    assert_eq!(base.summary, "first");
}

#[test]
fn a_second_fetch_brings_what_is_new_and_keeps_what_was_there() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, first) = place.fetched();
    place.write("a.txt", b"two\n");
    place.commit("second");
    let second = fetch(&mirror, "main", &Credentials::none()).unwrap();
    assert_eq!(mirror.read_file(&first.tree, b"a.txt").unwrap(), b"one\n");
    assert_eq!(mirror.read_file(&second.tree, b"a.txt").unwrap(), b"two\n");
}

#[test]
fn a_lock_that_a_crash_left_keeps_nobody_from_fetching_and_from_keeping_a_checkpoint() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let edit = |text: &str| {
        let edits = [TreeEdit::Put { path: b"a.txt".to_vec(), mode: 0o100_644, bytes: text.into() }];
        mirror.checkpoint(None, &base.tree, &edits, "edit", 0).unwrap().commit
    };
    // Written out with the first one.
    edit("three\n");
    mirror.keep("x", &edit("two\n")).unwrap();
    let (two, three) = (edit("two\n"), edit("three\n"));
    place.commit("second");
    let dir = common::files_named(&place.dir.path().join("mirrors"), "mirror.git").remove(0);
    let dir = dir.parent().unwrap();
    let locks = [
        "mirror.git/config.lock",
        "mirror.git/packed-refs.lock",
        "mirror.git/refs/anchorhold/heads/main.lock",
        "agents.git/HEAD.lock",
        "agents.git/config.lock",
        "agents.git/refs/anchorhold/agents/x/head.lock",
    ]
    .map(|lock| dir.join(lock));
    locks.iter().for_each(|lock| std::fs::write(lock, "").unwrap());
    let (anew, _) = place.fetched();
    anew.keep("x", &three).unwrap();
    let refs = git(&dir.join("agents.git"), &["for-each-ref", "--format=%(objectname)"]).unwrap();
    assert_eq!(refs.lines().collect::<BTreeSet<_>>(), BTreeSet::from([&*two, &*three]));
    assert_eq!(locks.iter().filter(|lock| lock.exists()).count(), 0);
}

#[test]
fn a_branch_that_became_a_folder_is_fetched_and_the_other_way_round() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let mirror = place.mirror();
    let fetched = |gone: &[&str], branch: &str| {
        for gone in gone {
            place.git(&["branch", "--quiet", "--delete", "--force", gone]);
        }
        place.git(&["branch", branch]);
        place.git(&["checkout", "--quiet", branch]);
        let tip = place.commit(branch);
        place.git(&["checkout", "--quiet", "main"]);
        assert_eq!(fetch(&mirror, branch, &Credentials::none()).unwrap().commit, tip, "{branch}");
    };
    fetched(&[], "feature");
    fetched(&[], "featured");
    fetched(&["feature"], "feature/deep/one");
    fetched(&[], "feature/two");
    fetched(&["feature/deep/one", "feature/two"], "feature");
    let source = common::files_named(&place.dir.path().join("mirrors"), "mirror.git").remove(0);
    let kept = git(&source, &["for-each-ref", "--format=%(refname)"]).unwrap();
    assert_eq!(kept, "refs/anchorhold/heads/feature\nrefs/anchorhold/heads/featured");
}

#[test]
fn an_unknown_branch_names_its_nearest() {
    let place = Place::with(&[("a.txt", "one\n")]);
    place.git(&["branch", "feature/login"]);
    place.git(&["branch", "zzz"]);
    let error = fetch(&place.mirror(), "feature/logn", &Credentials::none()).unwrap_err();
    assert_eq!(error.code(), "branch_unknown");
    assert_eq!(error.hint().unwrap(), "nearest branches: feature/login, main, zzz");
}

#[test]
fn an_empty_a_missing_and_a_misnamed_source_are_told_apart() {
    let place = Place::empty();
    let code = |address: &str, branch: &str| {
        fetch(&place.mirror_of(address), branch, &Credentials::none()).unwrap_err().code()
    };
    let work = place.work.to_string_lossy();
    assert_eq!(code(&work, "main"), "repository_empty");
    assert_eq!(code("/nowhere/at/all", "main"), "repository_not_found");
    assert_eq!(code(&place.dir.path().to_string_lossy(), "main"), "repository_not_found");
    assert_eq!(code(&work, "two words"), "branch_invalid");
    assert_eq!(code(&work, "-x"), "branch_invalid");
    assert_eq!(code(&work, "refs/heads/main"), "branch_invalid");
}

#[test]
fn branches_are_listed_with_the_default() {
    let place = Place::with(&[("a.txt", "one\n")]);
    place.git(&["branch", "agent/été"]);
    let branches = place.mirror().branches(&Credentials::none()).unwrap();
    assert_eq!(
        branches,
        Branches { names: vec!["agent/été".into(), "main".into()], default: Some("main".into()) }
    );
    let mirror = place.mirror();
    let tip = place.git(&["rev-parse", "HEAD"]);
    assert_eq!(mirror.remote_tip("main", &Credentials::none()).unwrap(), Some(tip));
    assert_eq!(mirror.remote_tip("nothing", &Credentials::none()).unwrap(), None);
}

#[test]
fn a_fetch_is_cancelled_from_its_first_report_on() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let mirror = place.mirror();
    let mut calls = 0;
    let outcome = mirror.fetch("main", &Credentials::none(), &mut |_| {
        calls += 1;
        ControlFlow::Break(())
    });
    assert!(matches!(outcome, Err(RepoError::Cancelled { .. })), "{outcome:?}");
    assert_eq!(calls, 1);
}

#[test]
fn entries_cover_links_odd_names_and_pointers_and_leave_submodules_apart() {
    let place = Place::with(&[("a.txt", "one\n"), ("b/run.sh", "#!/bin/sh\n")]);
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n", "a".repeat(64));
    place.write("big.bin", pointer.as_bytes());
    std::os::unix::fs::symlink("../outside", place.work.join("link")).unwrap();
    std::fs::write(place.work.join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "x").unwrap();
    place.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},sub", "1".repeat(40))]);
    std::fs::create_dir(place.work.join("sub")).unwrap();
    place.git(&["add", "a.txt", "b", "big.bin", "link", "caf*"]);
    place.git(&["update-index", "--chmod=+x", "b/run.sh"]);
    place.git(&["commit", "--quiet", "-m", "odd"]);
    let (mirror, base) = place.fetched();
    let entries: Vec<_> = mirror
        .entries(&base.tree, &|| false)
        .unwrap()
        .into_iter()
        .map(|entry| (entry.path, entry.mode, entry.size, entry.lfs))
        .collect();
    assert_eq!(
        entries,
        [
            (b"a.txt".to_vec(), 0o100_644, 4, false),
            (b"b/run.sh".to_vec(), 0o100_755, 10, false),
            (b"big.bin".to_vec(), 0o100_644, pointer.len() as u64, true),
            (b"caf\xe9".to_vec(), 0o100_644, 1, false),
            (b"link".to_vec(), 0o120_000, 10, false),
        ]
    );
    assert_eq!(
        mirror.submodules(&base.tree).unwrap(),
        [Submodule { path: b"sub".to_vec(), commit: "1".repeat(40) }]
    );
    assert_eq!(mirror.read_file(&base.tree, b"link").unwrap(), b"../outside");
    assert_eq!(mirror.read_file(&base.tree, b"sub").unwrap_err().code(), "path_not_found");
    assert_eq!(mirror.read_file(&base.tree, b"b").unwrap_err().code(), "path_not_found");
}
