//! Trees that cost their maker a few kilobytes and a reader everything: too wide, and too deep.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::cell::Cell;
use std::thread;

use anchorhold_repo::{Credentials, Mirror, PastError, RepoError, TreeEdit};
use common::{Place, fetch};
use git2::{Oid, Repository};

/// A stack on which nothing fits that goes down a tree by recursion.
const SMALL_STACK: usize = 256 * 1024;

/// A work tree's object database, to write what git itself does not.
struct Maker(Repository);

impl Maker {
    fn of(place: &Place) -> Self {
        Self(Repository::open(&place.work).unwrap())
    }

    fn tree(&self, entries: &[(String, Oid, i32)]) -> Oid {
        let mut builder = self.0.treebuilder(None).unwrap();
        for (name, id, mode) in entries {
            builder.insert(name, *id, *mode).unwrap();
        }
        builder.write().unwrap()
    }

    /// A folder with one file.
    fn file(&self) -> Oid {
        self.tree(&[("f".to_owned(), self.0.blob(b"hi\n").unwrap(), 0o100_644)])
    }

    /// Puts `tree` into `levels` folders, each under `names` names.
    fn folders(&self, mut tree: Oid, levels: usize, names: &[&str]) -> Oid {
        for _ in 0..levels {
            let entries: Vec<_> = names.iter().map(|name| ((*name).to_owned(), tree, 0o040_000)).collect();
            tree = self.tree(&entries);
        }
        tree
    }
}

const TEN: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

/// Fetches a commit of `tree` and lists it, on a small stack.
fn listed(place: &Place, tree: Oid) -> Result<usize, RepoError> {
    place.commit_tree(&tree.to_string());
    let (mirror, base) = place.fetched();
    let read = move || {
        let paths = mirror.paths(&base.tree).map(|paths| paths.len());
        let submodules = mirror.submodules(&base.tree).map(|submodules| submodules.len());
        let entries = mirror.entries(&base.tree, &|| false).map(|entries| entries.len());
        assert_eq!(paths.as_ref().map_err(RepoError::code), entries.as_ref().map_err(RepoError::code));
        assert_eq!(submodules.is_ok(), entries.is_ok());
        entries
    };
    thread::Builder::new().stack_size(SMALL_STACK).spawn(read).unwrap().join().unwrap()
}

#[track_caller]
fn check_refused(listed: Result<usize, RepoError>, reason: &str) {
    let error = listed.unwrap_err();
    assert_eq!(
        (error.code(), error.to_string()),
        ("repository_too_large", format!("read the tree: {reason}"))
    );
    assert!(error.hint().is_some());
}

#[test]
fn a_tree_that_is_too_wide_is_refused_whether_of_files_or_of_folders_alone() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let maker = Maker::of(&place);
    let wide = "it has more than 1,000,000 files and folders";
    check_refused(listed(&place, maker.folders(maker.file(), 7, &TEN)), wide);
    check_refused(listed(&place, maker.folders(maker.tree(&[]), 7, &TEN)), wide);
    assert_eq!(listed(&place, maker.folders(maker.file(), 3, &TEN)).unwrap(), 1_000);
}

#[test]
fn a_tree_that_is_too_deep_is_refused_and_takes_no_stack() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let maker = Maker::of(&place);
    let deep = "it has more than 256 folders in each other";
    check_refused(listed(&place, maker.folders(maker.file(), 3_000, &["a"])), deep);
    check_refused(listed(&place, maker.folders(maker.file(), 256, &["a"])), deep);
    assert_eq!(listed(&place, maker.folders(maker.file(), 255, &["a"])).unwrap(), 1);
}

#[test]
fn paths_that_are_too_long_are_refused_each_and_together() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let maker = Maker::of(&place);
    let (name, long) = ("n".repeat(250), "its paths are too long");
    check_refused(listed(&place, maker.folders(maker.file(), 17, &[&name])), long);
    let many = maker.folders(maker.file(), 5, &TEN);
    check_refused(listed(&place, maker.folders(many, 15, &[&name])), long);
    assert_eq!(listed(&place, maker.folders(maker.file(), 15, &[&name])).unwrap(), 1);
}

#[test]
fn whoever_gives_up_waits_no_longer() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let maker = Maker::of(&place);
    place.commit_tree(&maker.folders(maker.file(), 5, &TEN).to_string());
    let (mirror, base) = place.fetched();
    let asked = Cell::new(0);
    let give_up = || {
        asked.set(asked.get() + 1);
        asked.get() == 1_000
    };
    let error = mirror.entries(&base.tree, &give_up).unwrap_err();
    assert_eq!((error.code(), asked.get()), ("cancelled", 1_000));
}

#[test]
fn a_target_that_is_too_large_is_not_merged_and_a_commit_of_the_past_is_not_compared() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let maker = Maker::of(&place);
    let before = place.git(&["rev-parse", "HEAD"]);
    let bomb = place.commit_tree(&maker.folders(maker.file(), 7, &TEN).to_string());
    let after = place.git(&["commit-tree", &format!("{before}^{{tree}}"), "-p", &bomb, "-m", "after"]);
    place.git(&["update-ref", "HEAD", &after]);
    let (mirror, base) = place.fetched();
    let error = mirror.merge(&base.commit, &base.tree, &bomb).unwrap_err();
    assert_eq!(error.code(), "repository_too_large");
    let never = || false;
    let past = mirror.past(&base.commit, None, &never, &|_| true).unwrap();
    for revision in ["base", "base~1"] {
        let error = past.show(revision, None, 1_000).unwrap_err();
        assert!(matches!(error, PastError::TooLarge { .. }), "{error:?}");
    }
    assert_eq!(past.show("base~2", None, 1_000).unwrap().paths, ["a.txt"]);
}

#[test]
fn an_edit_makes_no_path_that_a_tree_may_not_have() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let made = |mirror: &Mirror, names: usize| {
        let path = vec!["a"; names].join("/").into_bytes();
        let edits = [TreeEdit::Put { path, mode: 0o100_644, bytes: b"x".to_vec() }];
        mirror.check_edits(&base.tree, &edits)?;
        mirror.checkpoint(None, &base.tree, &edits, "deep", 0)
    };
    assert_eq!(made(&mirror, 257).unwrap_err().code(), "path_invalid");
    let deepest = made(&mirror, 256).unwrap();
    assert_eq!(mirror.entries(&deepest.tree, &|| false).unwrap().len(), 2);
    fetch(&mirror, "main", &Credentials::none()).unwrap();
}

#[test]
fn a_name_with_a_zero_byte_in_it_is_in_no_tree() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    assert_eq!(mirror.standing(&base.tree, b"a\0.txt").unwrap(), None);
    assert_eq!(mirror.standing(&base.tree, b"a.txt/b").unwrap(), None);
    assert_eq!(mirror.read_file(&base.tree, b"a.txt").unwrap(), b"one\n");
}
