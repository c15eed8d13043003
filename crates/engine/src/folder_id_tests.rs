//! Folders that stay, move, are copied and restored, and files that were hurt.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::folder::DataFolder;
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;

struct Ground {
    place: TempDir,
}

impl Ground {
    fn new() -> Self {
        let ground = Self { place: tempfile::tempdir().unwrap() };
        fs::create_dir(ground.folder("home")).unwrap();
        ground
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn id(&self, name: &str) -> Uuid {
        FolderId::of(&self.folder(name)).unwrap().id
    }

    fn moved(&self, from: &str, to: &str) {
        fs::rename(self.folder(from), self.folder(to)).unwrap();
    }

    /// A copy with all that the file says, as every program for backups makes it.
    fn copied(&self, from: &str, to: &str) {
        fs::create_dir(self.folder(to)).unwrap();
        fs::copy(self.file(from), self.file(to)).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder(name).join(FILE)
    }

    fn written(&self) -> Value {
        serde_json::from_slice(&fs::read(self.file("home")).unwrap()).unwrap()
    }
}

#[test]
fn a_folder_keeps_its_id_at_its_place_and_each_has_another() {
    let ground = Ground::new();
    let id = ground.id("home");
    assert_eq!(ground.id("home"), id);
    fs::create_dir(ground.folder("other")).unwrap();
    assert_ne!(ground.id("other"), id);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(ground.folder("home"), ground.folder("link")).unwrap();
        assert_eq!(ground.id("link"), id);
    }
    let names: Vec<_> =
        fs::read_dir(ground.folder("home")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [FILE]);
}

#[test]
fn a_copy_gets_an_id_of_its_own_and_the_first_keeps_its() {
    let ground = Ground::new();
    let id = ground.id("home");
    ground.copied("home", "copy");
    let copy = ground.id("copy");
    assert_ne!(copy, id);
    assert_eq!((ground.id("home"), ground.id("copy")), (id, copy));
}

#[test]
fn a_backup_in_the_first_ones_place_gets_an_id_of_its_own() {
    let ground = Ground::new();
    let id = ground.id("home");
    ground.copied("home", "backup");
    ground.moved("home", "damaged");
    ground.copied("backup", "home");
    assert_ne!(ground.id("home"), id);
}

#[test]
fn a_folder_that_was_moved_gets_another_id_and_moved_back_its_own_again() {
    let ground = Ground::new();
    let id = ground.id("home");
    ground.moved("home", "moved");
    let moved = ground.id("moved");
    assert_ne!(moved, id);
    ground.moved("moved", "home");
    assert_eq!(ground.id("home"), id);
    ground.moved("home", "moved");
    assert_eq!(ground.id("moved"), moved);
}

#[test]
fn whatever_differs_in_the_place_is_another_folder_whose_id_stays_that_ones() {
    for (key, other) in [
        ("path", json!("/home/ada/anchorhold")),
        ("machine", json!("another")),
        ("inode", json!(7)),
        ("made_at", json!(7)),
    ] {
        let ground = Ground::new();
        let id = ground.id("home");
        let mut written = ground.written();
        *written.pointer_mut(&format!("/0/place/{key}")).unwrap() = other;
        fs::write(ground.file("home"), written.to_string()).unwrap();
        let own = ground.id("home");
        assert_ne!(own, id, "{key}");
        assert_eq!(ground.id("home"), own, "{key}");
        assert_eq!(ground.written().pointer("/0"), written.pointer("/0"), "{key}");
    }
}

#[test]
fn a_file_that_makes_no_sense_is_replaced_and_its_id_is_nobodys_any_more() {
    let ground = Ground::new();
    let first = ground.id("home");
    let mut ids = vec![first];
    let whole = fs::read_to_string(ground.file("home")).unwrap();
    let cut = &whole[..whole.len() / 2];
    let edited = whole.replace(&first.to_string(), "mine");
    let renamed = whole.replace("place", "where");
    for damaged in ["", "\0\0\0\0", "[", "{}", "null", cut, &edited, &renamed] {
        fs::write(ground.file("home"), damaged).unwrap();
        let id = ground.id("home");
        assert!(!ids.contains(&id), "{damaged}");
        assert_eq!(ground.id("home"), id, "{damaged}");
        ids.push(id);
    }
}

#[test]
fn the_file_stays_small_however_often_the_folder_looks_like_another() {
    let ground = Ground::new();
    for number in 0..2 * MOST {
        ground.id("home");
        let mut written = ground.written();
        let places = written.as_array_mut().unwrap();
        assert!(places.len() <= MOST, "{number}");
        *places.last_mut().unwrap().pointer_mut("/place/machine").unwrap() = json!("gone");
        fs::write(ground.file("home"), written.to_string()).unwrap();
    }
}

#[test]
fn a_file_that_cannot_be_read_or_written_keeps_the_folder_closed_with_a_hint() {
    let ground = Ground::new();
    fs::create_dir(ground.file("home")).unwrap();
    let error = DataFolder::open(&ground.folder("home"), "the tests").unwrap_err();
    assert_eq!(error.code(), "folder_failed");
    assert!(error.hint().unwrap().contains("ANCHORHOLD_HOME"));
}

#[test]
fn of_two_who_open_a_new_folder_at_once_one_gets_it_and_the_next_one_the_same_id() {
    let ground = Ground::new();
    let home = ground.folder("new");
    let opened: Vec<_> = std::thread::scope(|threads| {
        let open = || DataFolder::open(&home, "the tests");
        let both = [threads.spawn(open), threads.spawn(open)];
        both.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (got, refused): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
    assert_eq!(
        refused.into_iter().map(|refused| refused.unwrap_err().code()).collect::<Vec<_>>(),
        ["folder_in_use"]
    );
    let got = got.into_iter().next().unwrap().unwrap();
    got.release();
    assert_eq!(DataFolder::open(&home, "the tests").unwrap().id(), got.id());
}
