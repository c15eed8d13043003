//! Re-applying work onto a branch that moved, compared with what git itself would do.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use anchorhold_domain::Conflict;
use anchorhold_repo::{Cancellation, Credentials, Merged, Mirror, Tip};
use common::{Place, fetch, git};

/// Three states of a repository: where work began, what the agent made of it, and what others did.
struct Three {
    place: Place,
    mirror: Mirror,
    base: String,
    ours: String,
    theirs: String,
}

/// Makes them; each change is made in the work tree.
fn three(files: &[(&str, &str)], ours: impl Fn(&Place), theirs: impl Fn(&Place)) -> Three {
    let place = Place::with(files);
    let base = place.git(&["rev-parse", "HEAD"]);
    place.git(&["checkout", "--quiet", "-b", "ours"]);
    ours(&place);
    let ours = place.commit("ours");
    place.git(&["checkout", "--quiet", "-b", "theirs", &base]);
    theirs(&place);
    let theirs = place.commit("theirs");
    place.git(&["checkout", "--quiet", "main"]);
    let mirror = place.mirror();
    for branch in ["main", "ours", "theirs"] {
        fetch(&mirror, branch, &Credentials::none()).unwrap();
    }
    Three { place, mirror, base, ours, theirs }
}

impl Three {
    fn merged(&self) -> Merged {
        let ours = self.mirror.tree_of(&self.ours).unwrap();
        self.mirror.merge(&self.base, &ours, &self.theirs).unwrap()
    }

    /// The tree that git makes; none where it finds conflicts.
    fn by_git(&self) -> Option<String> {
        git(&self.place.work, &["merge-tree", "--write-tree", &self.ours, &self.theirs]).ok()
    }

    fn conflicts(&self) -> Vec<Conflict> {
        match self.merged() {
            Merged::Conflicts(conflicts) => conflicts,
            Merged::Clean { tree } => panic!("clean: {tree}"),
        }
    }

    fn assert_clean_as_by_git(&self) {
        let tree = self.by_git().unwrap();
        assert_eq!(self.merged(), Merged::Clean { tree: tree.clone() });
        assert_ne!(tree, self.mirror.tree_of(&self.theirs).unwrap());
    }
}

const LINES: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

fn conflict(path: &str, preview: Option<&str>) -> Conflict {
    Conflict { path: path.to_owned(), preview: preview.map(str::to_owned) }
}

#[test]
fn changes_in_different_places_go_together() {
    three(
        &[("a.txt", LINES), ("b.txt", "b\n")],
        |place| place.write("a.txt", LINES.replace('1', "one").as_bytes()),
        |place| {
            place.write("a.txt", LINES.replace('9', "nine").as_bytes());
            place.write("sub/new.txt", b"new\n");
        },
    )
    .assert_clean_as_by_git();
}

#[test]
fn an_edit_follows_a_file_that_the_others_moved() {
    three(
        &[("a.txt", LINES)],
        |place| place.write("a.txt", LINES.replace('1', "one").as_bytes()),
        |place| {
            place.git(&["mv", "a.txt", "moved.txt"]);
        },
    )
    .assert_clean_as_by_git();
}

#[test]
fn a_mode_and_a_text_that_changed_apart_go_together() {
    three(
        &[("a.sh", LINES)],
        |place| {
            place.git(&["update-index", "--chmod=+x", "a.sh"]);
            place.git(&["commit", "--quiet", "-m", "mode"]);
            place.git(&["checkout", "--quiet", "--", "."]);
        },
        |place| place.write("a.sh", LINES.replace('9', "nine").as_bytes()),
    )
    .assert_clean_as_by_git();
}

#[test]
fn the_base_may_be_a_tree() {
    let three = three(
        &[("a.txt", LINES)],
        |place| place.write("b.txt", b"b\n"),
        |place| place.write("c.txt", b"c\n"),
    );
    let base = three.mirror.tree_of(&three.base).unwrap();
    let ours = three.mirror.tree_of(&three.ours).unwrap();
    assert_eq!(three.mirror.merge(&base, &ours, &three.theirs).unwrap(), three.merged());
}

#[test]
fn the_same_place_is_a_conflict_and_shown_as_git_marks_it() {
    let three = three(
        &[("a.txt", "a\nb\nc\n"), ("z.txt", "z\n")],
        |place| {
            place.write("a.txt", b"a\nours\xe2\x80\xae\nc\n");
            place.write("z.txt", b"ours\n");
        },
        |place| {
            place.write("a.txt", b"a\ntheirs\nc\n");
            place.write("z.txt", b"theirs\n");
        },
    );
    assert_eq!(three.by_git(), None);
    let theirs = three.theirs.get(..10).unwrap();
    assert_eq!(
        three.conflicts(),
        [
            conflict(
                "a.txt",
                Some(&format!("a\n<<<<<<< this agent\nours⟨U+202E⟩\n=======\ntheirs\n>>>>>>> {theirs}\nc\n"))
            ),
            conflict(
                "z.txt",
                Some(&format!("<<<<<<< this agent\nours\n=======\ntheirs\n>>>>>>> {theirs}\n"))
            ),
        ]
    );
}

#[test]
fn what_a_text_cannot_show_has_no_preview() {
    let three = three(
        &[("edited.txt", LINES), ("deleted.txt", LINES), ("b.bin", "\0base\n")],
        |place| {
            place.write("edited.txt", b"ours\n");
            place.git(&["rm", "--quiet", "deleted.txt"]);
            place.write("b.bin", b"\0ours\n");
        },
        |place| {
            place.git(&["rm", "--quiet", "edited.txt"]);
            place.write("deleted.txt", b"theirs\n");
            place.write("b.bin", b"\0theirs\n");
        },
    );
    assert_eq!(three.by_git(), None);
    assert_eq!(
        three.conflicts(),
        [conflict("b.bin", None), conflict("deleted.txt", None), conflict("edited.txt", None)]
    );
}

#[test]
fn a_file_that_both_added_is_a_conflict_with_both_texts() {
    let three = three(
        &[("a.txt", "a\n")],
        |place| place.write("new.txt", b"ours\n"),
        |place| place.write("new.txt", b"theirs\n"),
    );
    let theirs = three.theirs.get(..10).unwrap();
    let preview = format!("<<<<<<< this agent\nours\n=======\ntheirs\n>>>>>>> {theirs}\n");
    assert_eq!(three.conflicts(), [conflict("new.txt", Some(&preview))]);
}

#[test]
fn a_file_in_the_way_of_a_folder_is_a_conflict() {
    let three = three(
        &[("a.txt", "a\n")],
        |place| place.write("x", b"a file\n"),
        |place| place.write("x/y", b"a folder\n"),
    );
    assert_eq!(three.by_git(), None);
    assert!(!three.conflicts().is_empty());
}

#[test]
fn a_long_file_shows_its_conflict_and_says_what_is_left_out() {
    let long: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
    let three = three(
        &[("a.txt", &long)],
        |place| place.write("a.txt", long.replace("line 15000\n", "ours\n").as_bytes()),
        |place| place.write("a.txt", long.replace("line 15000\n", "theirs\n").as_bytes()),
    );
    let conflicts = three.conflicts();
    let preview = conflicts.first().unwrap().preview.clone().unwrap();
    let theirs = three.theirs.get(..10).unwrap();
    assert!(preview.starts_with("… 14992 lines …\nline 14992\n"), "{preview}");
    assert!(
        preview.contains(&format!(
            "line 14999\n<<<<<<< this agent\nours\n=======\ntheirs\n>>>>>>> {theirs}\nline 15001\n"
        )),
        "{preview}"
    );
    assert!(preview.ends_with("line 15008\n… 4991 lines …\n"), "{preview}");
}

#[test]
fn a_conflict_without_end_is_cut() {
    let ours = "ö\n".repeat(20_000);
    let three = three(
        &[("a.txt", "a\n")],
        |place| place.write("a.txt", ours.as_bytes()),
        |place| place.write("a.txt", "theirs\n".repeat(20_000).as_bytes()),
    );
    let conflicts = three.conflicts();
    let preview = conflicts.first().unwrap().preview.clone().unwrap();
    assert!((16 * 1024 - 4..=16 * 1024).contains(&preview.len()), "{}", preview.len());
}

#[test]
fn what_others_put_where_a_checkpoint_may_not_is_not_built_upon() {
    let place = Place::with(&[("a.txt", "a\n")]);
    let base = place.git(&["rev-parse", "HEAD"]);
    // The work tree's git would not check such a thing out, but a server may serve it.
    let blob = place.git(&["hash-object", "-w", "a.txt"]);
    place.git(&["update-index", "--add", "--cacheinfo", &format!("120000,{blob},sub/.gitattributes")]);
    let tree = place.git(&["write-tree"]);
    let theirs = place.git(&["commit-tree", "-p", &base, "-m", "theirs", &tree]);
    place.git(&["update-ref", "refs/heads/theirs", &theirs]);
    let mirror = place.mirror();
    fetch(&mirror, "theirs", &Credentials::none()).unwrap();
    let ours = mirror.tree_of(&base).unwrap();
    let error = mirror.merge(&base, &ours, &theirs).unwrap_err();
    assert_eq!(error.to_string(), "write sub/.gitattributes: git must not follow a link there");
}

#[test]
fn a_target_is_looked_at_and_its_objects_are_here_then() {
    let place = Place::with(&[("a.txt", "a\n")]);
    let (mirror, base) = place.fetched();
    assert_eq!(
        mirror.look_at_target("agent/x", &Credentials::none(), &Cancellation::default()).unwrap(),
        None
    );
    place.git(&["checkout", "--quiet", "-b", "agent/x"]);
    place.write("b.txt", b"b\n");
    let theirs = place.commit("Somebody's work\n\nand why");
    place.git(&["checkout", "--quiet", "main"]);
    let tip = mirror.look_at_target("agent/x", &Credentials::none(), &Cancellation::default()).unwrap();
    assert_eq!(
        tip,
        Some(Tip { commit: theirs.clone(), summary: "Somebody's work".to_owned(), at_ms: 1_767_323_045_000 })
    );
    assert_eq!(
        mirror.merge(&base.commit, &base.tree, &theirs).unwrap(),
        Merged::Clean { tree: place.git(&["rev-parse", "agent/x^{tree}"]) }
    );
    let error = mirror.look_at_target("a b", &Credentials::none(), &Cancellation::default()).unwrap_err();
    assert_eq!(error.code(), "branch_invalid");
}
