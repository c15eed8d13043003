//! Checkpoints: what nobody touched stays as it is, and edits do exactly what they say.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use anchorhold_repo::{Base, Mirror, RepoError, TreeEdit};
use common::{Place, git};

fn put(path: &str, text: &str) -> TreeEdit {
    TreeEdit::Put { path: path.into(), mode: 0o100_644, bytes: text.into() }
}

fn remove(path: &str) -> TreeEdit {
    TreeEdit::Remove { path: path.into() }
}

fn apply(mirror: &Mirror, base: &Base, edits: &[TreeEdit]) -> Result<Vec<String>, RepoError> {
    let checkpoint = mirror.checkpoint(Some(&base.commit), &base.tree, edits, "edit", 0)?;
    let entries = mirror.entries(&checkpoint.tree)?;
    Ok(entries.into_iter().map(|entry| String::from_utf8(entry.path).unwrap()).collect())
}

#[test]
fn an_odd_tree_that_nobody_touched_keeps_its_id() {
    let place = Place::with(&[("crlf.txt", "a\r\nb\r\n"), ("no-newline", "x")]);
    place.write("big.bin", &vec![7; 50 * 1024 * 1024]);
    place.write("binary", &[0, 255, 1, 254]);
    let blob = git(&place.work, &["hash-object", "-w", "crlf.txt"]).unwrap();
    let link = format!("120000,{blob},link");
    let module = format!("160000,{},sub", "1".repeat(40));
    place.git(&["add", "--all"]);
    place.git(&["update-index", "--add", "--cacheinfo", &link, "--cacheinfo", &module]);
    std::fs::write(place.work.join(OsStr::from_bytes(b"caf\xe9")), "x").unwrap();
    place.git(&["add", "caf*"]);
    place.git(&["update-index", "--chmod=+x", "no-newline"]);
    place.git(&["commit", "--quiet", "-m", "odd"]);
    let (mirror, base) = place.fetched();
    let untouched = mirror.checkpoint(Some(&base.commit), &base.tree, &[], "nothing", 0).unwrap();
    assert_eq!(untouched.tree, base.tree);
    let there_and_back = [put("new/deep/file", "x"), remove("new")];
    let back = mirror.checkpoint(Some(&base.commit), &base.tree, &there_and_back, "and back", 0).unwrap();
    assert_eq!(back.tree, base.tree);
    let rewritten: Vec<_> = mirror
        .entries(&base.tree)
        .unwrap()
        .into_iter()
        .map(|entry| TreeEdit::Put {
            bytes: mirror.blob(&entry.id).unwrap(),
            path: entry.path,
            mode: entry.mode,
        })
        .collect();
    let same = mirror.checkpoint(Some(&base.commit), &base.tree, &rewritten, "same bytes", 0).unwrap();
    assert_eq!(same.tree, base.tree);
}

#[test]
fn edits_write_replace_and_remove_files_and_folders() {
    let place = Place::with(&[("a", "1"), ("d/b", "2"), ("d/e/c", "3")]);
    let (mirror, base) = place.fetched();
    let check =
        |edits: &[TreeEdit], expected: &[&str]| assert_eq!(apply(&mirror, &base, edits).unwrap(), expected);
    check(&[put("new/deep/f", "x")], &["a", "d/b", "d/e/c", "new/deep/f"]);
    check(&[remove("d/e/c")], &["a", "d/b"]);
    check(&[remove("d")], &["a"]);
    check(&[remove("d"), put("d", "now a file")], &["a", "d"]);
    check(&[remove("d/b"), remove("d/e/c"), put("d", "now a file")], &["a", "d"]);
    check(&[remove("a"), put("a/b", "now a folder")], &["a/b", "d/b", "d/e/c"]);
    check(&[remove("d"), put("d/x", "only this")], &["a", "d/x"]);
    check(&[put("x", "1"), remove("x")], &["a", "d/b", "d/e/c"]);
    check(&[remove("nothing/here"), remove("a/b")], &["a", "d/b", "d/e/c"]);
    check(&[remove("a"), remove("d")], &[]);
}

#[test]
fn edits_through_files_and_into_git_are_refused() {
    let place = Place::with(&[("a", "1"), ("d/b", "2")]);
    let (mirror, base) = place.fetched();
    let check = |edits: &[TreeEdit], message: &str| {
        assert_eq!(apply(&mirror, &base, edits).unwrap_err().to_string(), message);
    };
    check(&[put("a/b", "x")], "write a/b: a file, a link or a submodule is in its way");
    check(&[put("d", "x")], "write d: it is a folder");
    check(&[put("x", "1"), put("x/y", "2")], "write x/y: a file, a link or a submodule is in its way");
    check(&[put("x/y", "1"), put("x", "2")], "write x: it is a folder");
    check(&[put(".git/config", "x")], "write .git/config: it reaches into .git");
    check(
        &[put("d/.GIT/hooks/post-checkout", "x")],
        "write d/.GIT/hooks/post-checkout: it reaches into .git",
    );
    check(&[put("../x", "x")], "write ../x: it has . or .. in it");
    check(&[remove("/etc/passwd")], "write /etc/passwd: it is absolute");
    let link = TreeEdit::Put { path: b".gitmodules".to_vec(), mode: 0o120_000, bytes: b"x".to_vec() };
    check(&[link], "write .gitmodules: git must not follow a link there");
    let folder = TreeEdit::Put { path: b"x".to_vec(), mode: 0o040_000, bytes: b"x".to_vec() };
    check(&[folder], "write x: its mode is not one of a file or link");
}

#[test]
fn the_same_edits_give_the_same_commit() {
    let place = Place::with(&[("a", "1")]);
    let (mirror, base) = place.fetched();
    let make = || mirror.checkpoint(Some(&base.commit), &base.tree, &[put("b", "2")], "edit", 5_000).unwrap();
    assert_eq!(make(), make());
}

#[test]
fn checkpoints_left_by_a_rollback_stay_reachable() {
    let place = Place::with(&[("a", "1")]);
    let (mirror, base) = place.fetched();
    let make = |parent: &str, text: &str| {
        mirror.checkpoint(Some(parent), &base.tree, &[put("a", text)], text, 0).unwrap().commit
    };
    let first = make(&base.commit, "2");
    let second = make(&first, "3");
    let third = make(&second, "4");
    for commit in [&first, &third, &third] {
        mirror.keep("agent", commit).unwrap();
    }
    let after_rollback = make(&first, "5");
    mirror.keep("agent", &after_rollback).unwrap();
    let agents = std::fs::read_dir(place.dir.path().join("mirrors"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path()
        .join("agents.git");
    let reachable = git(&agents, &["rev-list", "--all"]).unwrap();
    for commit in [first, second, third, after_rollback] {
        assert!(reachable.contains(&commit), "{commit} is lost");
    }
    git(&agents, &["fsck", "--strict"]).unwrap();
    let refs = git(&agents, &["for-each-ref", "--format=%(refname)"]).unwrap();
    assert_eq!(refs.lines().count(), 2, "what lies on the way to the last one needs no ref: {refs}");
}

#[test]
fn an_agent_name_that_could_leave_its_ref_is_refused() {
    let place = Place::with(&[("a", "1")]);
    let (mirror, base) = place.fetched();
    for agent in ["", "../x", "a/b", "a b", "a.lock"] {
        let error = mirror.keep(agent, &base.commit).unwrap_err();
        assert_eq!(error.code(), "agent_invalid", "{agent:?}");
    }
}

#[test]
fn agents_on_one_mirror_work_at_the_same_time() {
    let place = Place::with(&[("a", "1")]);
    let (mirror, base) = place.fetched();
    let trees: Vec<String> = std::thread::scope(|scope| {
        let (mirror, base) = (&mirror, &base);
        let agents: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(move || {
                    let again = common::fetch(mirror, "main", &anchorhold_repo::Credentials::none()).unwrap();
                    assert_eq!(again, *base);
                    (0..20).fold((base.commit.clone(), base.tree.clone()), |(parent, tree), step| {
                        let edits = [put(&format!("f{step}"), "same for all")];
                        let next = mirror.checkpoint(Some(&parent), &tree, &edits, "edit", step).unwrap();
                        mirror.keep(&agent, &next.commit).unwrap();
                        (next.commit, next.tree)
                    })
                })
            })
            .collect();
        agents.into_iter().map(|agent| agent.join().unwrap().1).collect()
    });
    assert!(trees.iter().all(|tree| *tree == trees[0]));
}
