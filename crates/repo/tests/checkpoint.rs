//! Checkpoints: what nobody touched stays as it is, and edits do exactly what they say.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "tests")]

mod common;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use anchorhold_repo::{Base, Mirror, RepoError, Standing, TreeEdit};
use common::{Place, git};

fn put(path: &str, text: &str) -> TreeEdit {
    TreeEdit::Put { path: path.into(), mode: 0o100_644, bytes: text.into() }
}

fn remove(path: &str) -> TreeEdit {
    TreeEdit::Remove { path: path.into() }
}

fn rename(from: &str, to: &str) -> TreeEdit {
    TreeEdit::Move { from: from.into(), to: to.into() }
}

/// The repository of the checkpoints.
fn agents(place: &Place) -> PathBuf {
    let mut mirrors = std::fs::read_dir(place.dir.path().join("mirrors")).unwrap();
    mirrors.next().unwrap().unwrap().path().join("agents.git")
}

fn apply(mirror: &Mirror, base: &Base, edits: &[TreeEdit]) -> Result<Vec<String>, RepoError> {
    let checkpoint = mirror.checkpoint(Some(&base.commit), &base.tree, edits, "edit", 0)?;
    let entries = mirror.entries(&checkpoint.tree, &|| false)?;
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
        .entries(&base.tree, &|| false)
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
    check(&[rename("a", "new/deep/f")], &["d/b", "d/e/c", "new/deep/f"]);
    check(&[rename("d/e/c", "c")], &["a", "c", "d/b"]);
    check(&[rename("d", "x/y")], &["a", "x/y/b", "x/y/e/c"]);
    check(&[put("d/new", "x"), rename("d", "e"), remove("e/b")], &["a", "e/e/c", "e/new"]);
    check(&[rename("d", "d/e")], &["a", "d/e/b", "d/e/e/c"]);
    check(&[rename("nothing", "here")], &["a", "d/b", "d/e/c"]);
}

/// A tree with a submodule beside a file, one alone in a folder, a link, and modes that git gives no more.
fn odd(place: &Place) -> (Mirror, Base) {
    let inner = common::raw_tree(place, &[("100664", "old"), ("100755", "run")]);
    let module = |path: &str| format!("160000 commit {}\t{path}\n", "1".repeat(40));
    let vendored = common::make_tree(place, &module("library"));
    let file = place.git(&["rev-parse", &format!("{inner}:old")]);
    let third = common::make_tree(place, &format!("{}100644 blob {file}\tnotes\n", module("library")));
    let root = common::make_tree(
        place,
        &format!(
            "040000 tree {inner}\tinner\n120000 blob {file}\tlink\n040000 tree {third}\tthird\n\
             040000 tree {vendored}\tvendored\n"
        ),
    );
    place.commit_tree(&root);
    place.fetched()
}

#[test]
fn what_is_moved_keeps_its_submodules_and_every_byte_of_its_trees() {
    let place = Place::with(&[("a", "1")]);
    let (mirror, base) = odd(&place);
    let edits = [rename("inner", "moved/inner"), rename("third", "party"), put("party/new", "x")];
    let tree = mirror.checkpoint(None, &base.tree, &edits, "move", 0).unwrap().tree;
    let id = |tree: &str, path: &str| match mirror.standing(tree, path.as_bytes()).unwrap() {
        Some(Standing::Folder { tree }) => tree,
        other => panic!("{path}: {other:?}"),
    };
    assert_eq!(id(&tree, "moved/inner"), id(&base.tree, "inner"));
    let modules: Vec<_> = mirror.submodules(&tree).unwrap().into_iter().map(|module| module.path).collect();
    assert_eq!(modules, [b"party/library".to_vec(), b"vendored/library".to_vec()]);
    let one = mirror.checkpoint(None, &base.tree, &[rename("inner/old", "old")], "move", 0).unwrap().tree;
    assert_eq!(mirror.read_file(&one, b"old").unwrap(), b"one\n");
}

#[test]
fn an_entry_with_an_old_mode_is_read_as_git_reads_it() {
    let place = Place::with(&[("a", "1")]);
    let (mirror, base) = odd(&place);
    let modes = |tree: &str| -> Vec<_> {
        let entries = mirror.entries(tree, &|| false).unwrap();
        entries.into_iter().map(|entry| (String::from_utf8(entry.path).unwrap(), entry.mode)).collect()
    };
    let expected = |old: u32| {
        [("inner/old", old), ("inner/run", 0o100_755), ("link", 0o120_000), ("third/notes", 0o100_644)]
            .map(|(path, mode)| (path.to_owned(), mode))
    };
    assert_eq!(modes(&base.tree), expected(0o100_644));
    let Some(Standing::File(found)) = mirror.standing(&base.tree, b"inner/old").unwrap() else { panic!() };
    assert_eq!(found.mode, 0o100_644);
    let edit = TreeEdit::Put { path: b"inner/run".to_vec(), mode: 0o100_755, bytes: b"x".to_vec() };
    let made = mirror.checkpoint(None, &base.tree, &[edit], "edit", 0).unwrap();
    mirror.keep("x", &made.commit).unwrap();
    let raw = git(&agents(&place), &["cat-file", "tree", &format!("{}:inner", made.tree)]).unwrap();
    assert!(raw.starts_with("100664 old\0"), "what nobody touched is as it was: {raw:?}");
}

#[test]
fn what_a_checkpoint_refuses_is_told_before_anything_is_written() {
    let place = Place::with(&[("a", "1")]);
    let (mirror, base) = odd(&place);
    let check = |edit: TreeEdit, message: &str| {
        let edits = [edit];
        let told = mirror.check_edits(&base.tree, &edits).unwrap_err().to_string();
        assert_eq!(told, message);
        let refused = mirror.checkpoint(None, &base.tree, &edits, "edit", 0).unwrap_err().to_string();
        assert_eq!(refused, message);
    };
    check(put(".\\src\\main.rs", "x"), "write .\\\\src\\\\main.rs: it has . or .. in it");
    check(put(".git ", "x"), "write .git : it reaches into .git");
    check(
        put("vendored/library/x", "x"),
        "write vendored/library/x: a file, a link or a submodule is in its way",
    );
    check(put("vendored/library", "x"), "write vendored/library: a submodule is there");
    check(put("vendored", "x"), "write vendored: it is a folder");
    check(rename("third/notes", "vendored/library"), "write vendored/library: a submodule is there");
    check(rename("inner", "vendored"), "write vendored: it is a folder");
    check(rename("link", "third/.gitignore"), "write third/.gitignore: git must not follow a link there");
    mirror
        .check_edits(&base.tree, &[put("inner/new", "x"), rename("link", "other"), remove("third")])
        .unwrap();
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
    let first = make();
    assert_eq!(make(), first);
    mirror.keep("x", &first.commit).unwrap();
    let again = make();
    assert_eq!((again.commit, again.tree), (first.commit, first.tree));
    assert_eq!(again.objects, b"", "all of it is in a file");
}

#[test]
fn names_stand_in_the_order_in_which_git_has_them() {
    let place = Place::with(&[("x/y", "1"), ("x.b", "2")]);
    let (mirror, base) = place.fetched();
    let names = ["a/b", "a-b", "a.b", "a0", "A", "b", "x", "x-", "x0", "y/z/a", "y/z-", "y/z.", "y/z0"];
    let edits: Vec<_> = [remove("x")].into_iter().chain(names.iter().map(|name| put(name, "3"))).collect();
    let made = mirror.checkpoint(Some(&base.commit), &base.tree, &edits, "edit", 0).unwrap();
    std::fs::remove_dir_all(place.work.join("x")).unwrap();
    names.iter().for_each(|name| place.write(name, b"3"));
    place.git(&["add", "--all"]);
    assert_eq!(made.tree, place.git(&["write-tree"]));
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
    let agents = agents(&place);
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
            .map(|n| {
                scope.spawn(move || {
                    let again = common::fetch(mirror, "main", &anchorhold_repo::Credentials::none()).unwrap();
                    assert_eq!(again, *base);
                    let begin = (base.commit.clone(), base.tree.clone());
                    (0..20).fold(begin, |(parent, tree), step| {
                        let edits = [put(&format!("f{step}"), "same for all")];
                        let next = mirror.checkpoint(Some(&parent), &tree, &edits, "edit", step).unwrap();
                        // What is written out under the others' hands is found by them all the same.
                        mirror.keep(&format!("agent-{n}"), &next.commit).unwrap();
                        assert_eq!(mirror.tree_of(&next.commit).unwrap(), next.tree);
                        (next.commit, next.tree)
                    })
                })
            })
            .collect();
        agents.into_iter().map(|agent| agent.join().unwrap().1).collect()
    });
    assert!(trees.iter().all(|tree| *tree == trees[0]));
}

#[test]
fn an_object_that_a_power_cut_left_empty_is_written_again() {
    let place = Place::with(&[("a", "1")]);
    let (mirror, base) = place.fetched();
    let make = |mirror: &Mirror| mirror.checkpoint(None, &base.tree, &[put("b", "2")], "edit", 0).unwrap();
    let made = make(&mirror);
    let Some(Standing::File(file)) = mirror.standing(&made.tree, b"b").unwrap() else { panic!() };
    drop(mirror);
    let agents = agents(&place);
    for id in [&file.id, &made.tree, &made.commit] {
        let folder = agents.join("objects").join(&id[..2]);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(&id[2..]), "").unwrap();
    }
    let mirror = place.mirror();
    assert_eq!(make(&mirror), made);
    assert_eq!(mirror.read_file(&made.tree, b"b").unwrap(), b"2");
    mirror.keep("x", &made.commit).unwrap();
    git(&agents, &["fsck", "--strict"]).unwrap();
}
