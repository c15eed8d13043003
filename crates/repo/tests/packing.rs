//! Loose objects of many checkpoints, which are put together.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs;
use std::path::Path;

use anchorhold_repo::{Checkpoint, Credentials, Mirror, TreeEdit};
use common::{Place, fetch, git};

fn put(path: &str, text: &str) -> TreeEdit {
    TreeEdit::Put { path: path.into(), mode: 0o100_644, bytes: text.into() }
}

fn files_in(dir: &Path) -> usize {
    fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { files_in(&path) } else { 1 })
        .sum()
}

/// Reads every file of a checkpoint.
fn texts(mirror: &Mirror, made: &Checkpoint) -> Vec<Vec<u8>> {
    assert_eq!(mirror.tree_of(&made.commit).unwrap(), made.tree);
    let entries = mirror.entries(&made.tree, &|| false).unwrap();
    entries.iter().map(|entry| mirror.blob(&entry.id).unwrap()).collect()
}

#[test]
fn the_objects_of_many_checkpoints_become_a_pack_and_none_is_lost_whatever_leads_to_it() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let many: Vec<TreeEdit> =
        (0..8_000).map(|n| put(&format!("{}/{n}", n % 80), &format!("{n}\n"))).collect();
    let kept = mirror.checkpoint(None, &base.tree, &many, "many", 0).unwrap();
    mirror.keep("x", &kept.commit).unwrap();
    // The log alone names this one.
    let lost = mirror.checkpoint(Some(&kept.commit), &kept.tree, &[put("b.txt", "two\n")], "one", 0).unwrap();
    let (before, objects) =
        (texts(&mirror, &lost), common::files_named(place.dir.path(), "agents.git").remove(0));
    let objects = objects.join("objects");
    assert!(files_in(&objects) > 8_000);
    // A file that is no object stays, and what is spoiled spoils nothing else.
    let (odd, spoiled) = (objects.join("17/tmp_obj"), objects.join("17").join("0".repeat(38)));
    for file in [&odd, &spoiled] {
        fs::write(file, "half").unwrap();
    }
    fetch(&mirror, "main", &Credentials::none()).unwrap();
    // Pack, index and the name of what is borrowed.
    assert_eq!(files_in(&objects), 5);
    assert!(odd.exists() && spoiled.exists());
    fs::remove_file(&spoiled).unwrap();
    assert_eq!(texts(&mirror, &lost), before);
    assert_eq!(texts(&place.mirror(), &lost), before);
    assert_eq!(texts(&place.mirror(), &kept).len(), 8_001);
    git(&objects, &["fsck", "--strict"]).unwrap();
    // What is made from now on is found beside the pack.
    let next = mirror.checkpoint(Some(&lost.commit), &lost.tree, &[put("c.txt", "3\n")], "next", 0).unwrap();
    assert_eq!(texts(&mirror, &next).len(), 8_003);
}

#[test]
fn few_objects_stay_as_they_are() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    mirror.checkpoint(None, &base.tree, &[put("b.txt", "two\n")], "one", 0).unwrap();
    fetch(&mirror, "main", &Credentials::none()).unwrap();
    let objects = common::files_named(place.dir.path(), "agents.git").remove(0).join("objects");
    assert_eq!(files_in(&objects), 4);
}
