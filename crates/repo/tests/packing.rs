//! Checkpoints that wait, the packs that they become, and what lies about in many files.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use anchorhold_repo::{Base, Checkpoint, Credentials, Mirror, TreeEdit};
use common::{Place, fetch, git};

fn put(path: &str, text: &str) -> TreeEdit {
    TreeEdit::Put { path: path.into(), mode: 0o100_644, bytes: text.into() }
}

/// The files in a folder and those inside of it.
fn files_in(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

fn objects(place: &Place) -> PathBuf {
    common::files_named(place.dir.path(), "agents.git").remove(0).join("objects")
}

/// Reads every file of a checkpoint.
fn texts(mirror: &Mirror, made: &Checkpoint) -> Vec<Vec<u8>> {
    assert_eq!(mirror.tree_of(&made.commit).unwrap(), made.tree);
    let entries = mirror.entries(&made.tree, &|| false).unwrap();
    entries.iter().map(|entry| mirror.blob(&entry.id).unwrap()).collect()
}

fn edit(mirror: &Mirror, parent: &str, tree: &str, text: &str) -> Checkpoint {
    mirror.checkpoint(Some(parent), tree, &[put("deep/b.txt", text)], text, 0).unwrap()
}

/// A repository with one file, its mirror, and two checkpoints that wait.
fn two() -> (Place, Mirror, Base, [Checkpoint; 2]) {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let first = edit(&mirror, &base.commit, &base.tree, "two\n");
    let second = edit(&mirror, &first.commit, &first.tree, "three\n");
    (place, mirror, base, [first, second])
}

/// Puts what the packs of a repository hold into a file for each object.
fn loosen(objects: &Path) {
    for pack in files_in(&objects.join("pack")) {
        let aside = objects.join(pack.file_name().unwrap());
        fs::rename(&pack, &aside).unwrap();
        if aside.extension().is_some_and(|end| end == "pack") {
            let command = format!("git unpack-objects -q < {}", aside.display());
            let done = std::process::Command::new("sh").args(["-c", &command]).current_dir(objects).status();
            assert!(done.unwrap().success());
        }
        fs::remove_file(&aside).unwrap();
    }
}

#[test]
fn a_checkpoint_makes_no_file_and_is_found_by_everybody_until_it_is_kept_in_one_pack() {
    let (place, mirror, base, [first, second]) = two();
    let objects = objects(&place);
    let before = files_in(&objects);
    assert_eq!(before.len(), 1, "the name of what is borrowed: {before:?}");
    let check = |mirror: &Mirror| {
        assert_eq!(texts(mirror, &first), [b"one\n", b"two\n"]);
        assert_eq!(texts(mirror, &second), [&b"one\n"[..], b"three\n"]);
        let changes = mirror.changes(&base.tree, &second.tree).unwrap();
        assert_eq!(changes.len(), 1);
        assert_eq!(mirror.changed_files(&first.tree, &second.tree).unwrap(), 1);
    };
    check(&mirror);
    mirror.keep("x", &second.commit).unwrap();
    check(&mirror);
    check(&place.mirror());
    // Pack and index besides.
    assert_eq!(files_in(&objects).len(), 3, "{:?}", files_in(&objects));
    git(&objects, &["fsck", "--strict"]).unwrap();
    mirror.keep("x", &second.commit).unwrap();
    assert_eq!(files_in(&objects).len(), 3, "nothing waits any more");
}

#[test]
fn what_was_kept_beside_git_brings_back_what_a_crash_took() {
    let (place, mirror, base, [first, second]) = two();
    drop(mirror);
    let anew = place.mirror();
    assert_eq!(anew.tree_of(&second.commit).unwrap_err().code(), "object_missing", "the control");
    assert_eq!(anew.keep("x", &second.commit).unwrap_err().code(), "object_missing");
    anew.take_objects(&[first.objects.clone(), second.objects.clone()].concat()).unwrap();
    assert_eq!(texts(&anew, &second), [&b"one\n"[..], b"three\n"]);
    let third = edit(&anew, &second.commit, &second.tree, "four\n");
    anew.keep("x", &third.commit).unwrap();
    let later = place.mirror();
    assert_eq!(texts(&later, &first), [b"one\n", b"two\n"]);
    assert_eq!(texts(&later, &third), [&b"one\n"[..], b"four\n"]);
    assert_eq!(later.tree_of(&base.commit).unwrap(), base.tree);
}

#[test]
fn what_one_agent_keeps_is_whole_although_another_made_the_same_first() {
    let (place, mirror, base, [first, _]) = two();
    // Another commit with the same tree and file, which wait already.
    let edits = [put("deep/b.txt", "two\n")];
    let other = mirror.checkpoint(Some(&base.commit), &base.tree, &edits, "other", 0).unwrap();
    assert_eq!(other.tree, first.tree);
    assert_ne!(other.commit, first.commit);
    drop(mirror);
    let anew = place.mirror();
    anew.take_objects(&other.objects).unwrap();
    assert_eq!(texts(&anew, &other), [b"one\n", b"two\n"]);
}

#[test]
fn what_is_not_whole_is_not_taken_back() {
    let (place, mirror, _, [first, _]) = two();
    drop(mirror);
    let anew = place.mirror();
    let objects = &first.objects;
    let cut = objects.get(..objects.len() - 1).unwrap().to_vec();
    let longer = [&objects[..], b"x"].concat();
    for (broken, what) in [
        (cut, "cut off"),
        (longer, "with something behind it"),
        (b"blob 3".to_vec(), "no end of the line"),
        (b"blob -1\0".to_vec(), "a length below nothing"),
        (b"blob 99999999999999999999\0x".to_vec(), "a length beyond all numbers"),
        (b"tag 1\0x".to_vec(), "a tag, which no checkpoint has"),
        (b"blob                                     1\0x".to_vec(), "a line too long"),
    ] {
        let error = anew.take_objects(&broken).unwrap_err();
        let told = "take back a checkpoint's objects: what was kept of the objects is not whole";
        assert_eq!(error.to_string(), told, "{what}");
    }
}

#[test]
fn what_cannot_be_written_out_goes_on_waiting() {
    let (place, mirror, _, [_, second]) = two();
    let packs = objects(&place).join("pack");
    fs::remove_dir(&packs).unwrap();
    fs::write(&packs, "in the way").unwrap();
    mirror.keep("x", &second.commit).unwrap_err();
    assert_eq!(texts(&mirror, &second), [&b"one\n"[..], b"three\n"]);
    fs::remove_file(&packs).unwrap();
    fs::create_dir(&packs).unwrap();
    mirror.keep("x", &second.commit).unwrap();
    assert_eq!(texts(&place.mirror(), &second), [&b"one\n"[..], b"three\n"]);
}

#[test]
fn much_that_waits_is_to_be_kept_before_the_run_rests() {
    let (_place, mirror, base, _) = two();
    assert!(!mirror.has_much_to_keep());
    let large = edit(&mirror, &base.commit, &base.tree, &"line\n".repeat(2_000_000));
    assert!(mirror.has_much_to_keep());
    mirror.keep("x", &large.commit).unwrap();
    assert!(!mirror.has_much_to_keep());
}

#[test]
fn two_that_make_the_same_at_once_both_have_all_of_it_to_keep() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    for round in 0..20 {
        let edits: Vec<_> = (0..50).map(|n| put(&format!("{round}/{n}"), &format!("{round} {n}"))).collect();
        let barrier = std::sync::Barrier::new(2);
        let made: Vec<Checkpoint> = std::thread::scope(|scope| {
            let make = |label| {
                barrier.wait();
                mirror.checkpoint(None, &base.tree, &edits, label, 0).unwrap()
            };
            let other = scope.spawn(move || make("other"));
            vec![make("one"), other.join().unwrap()]
        });
        for made in made {
            let alone = place.mirror();
            alone.take_objects(&made.objects).unwrap();
            assert_eq!(texts(&alone, &made).len(), 51);
        }
    }
}

/// Many checkpoints, each in a pack of its own, and each with one beside it that the log alone names.
fn many_packs(place: &Place, count: usize) -> Vec<Checkpoint> {
    let (mirror, base) = place.fetched();
    let (packs, aside) = (objects(place).join("pack"), place.dir.path().join("aside"));
    fs::create_dir(&aside).unwrap();
    let move_all = |from: &Path, to: &Path| {
        files_in(from).iter().for_each(|file| fs::rename(file, to.join(file.file_name().unwrap())).unwrap());
    };
    let (mut parent, mut tree, mut all) = (base.commit.clone(), base.tree.clone(), Vec::new());
    for n in 0..count {
        if n == count / 2 {
            // So many together would be put together at once; what comes now does not build on them.
            move_all(&packs, &aside);
            (parent, tree) = (base.commit.clone(), base.tree.clone());
        }
        let next = edit(&mirror, &parent, &tree, &format!("{n}\n"));
        let left = edit(&mirror, &next.commit, &next.tree, &format!("left {n}\n"));
        mirror.keep(&format!("x{}", n / (count / 2)), &next.commit).unwrap();
        (parent, tree) = (next.commit.clone(), next.tree.clone());
        all.extend([next, left]);
    }
    drop(mirror);
    move_all(&aside, &packs);
    all
}

fn packs(place: &Place) -> usize {
    let files = files_in(&objects(place).join("pack"));
    files.iter().filter(|path| path.extension().is_some_and(|end| end == "pack")).count()
}

#[test]
fn many_packs_become_one_while_the_mirror_is_in_use_and_nothing_is_lost() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let (mut parent, mut tree, mut all) = (base.commit, base.tree, Vec::new());
    for n in 0..120 {
        let next = edit(&mirror, &parent, &tree, &format!("{n}\n"));
        mirror.keep("x", &next.commit).unwrap();
        (parent, tree) = (next.commit.clone(), next.tree.clone());
        all.push(next);
        assert!(packs(&place) <= 51, "after {n}: {}", packs(&place));
    }
    for (n, made) in all.iter().enumerate() {
        assert_eq!(texts(&mirror, made), [b"one\n".to_vec(), format!("{n}\n").into_bytes()]);
    }
    git(&objects(&place), &["fsck", "--strict"]).unwrap();
}

#[test]
fn many_packs_become_one_when_the_mirror_is_opened_and_nothing_is_lost() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let all = many_packs(&place, 60);
    assert_eq!(packs(&place), 60);
    let mirror = place.mirror();
    assert_eq!(packs(&place), 1);
    for (n, made) in all.iter().enumerate() {
        let begin = if n % 2 == 0 { "" } else { "left " };
        assert_eq!(texts(&mirror, made), [b"one\n".to_vec(), format!("{begin}{}\n", n / 2).into_bytes()]);
    }
    git(&objects(&place), &["fsck", "--strict"]).unwrap();
    // Once more, now that the one holds all of it.
    place.mirror();
    assert_eq!(packs(&place), 1);
}

#[test]
fn a_damaged_pack_stays_and_keeps_no_other_from_being_put_together() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let all = many_packs(&place, 60);
    let pack = files_in(&objects(&place).join("pack"));
    let pack = pack.iter().find(|path| path.extension().is_some_and(|end| end == "pack")).unwrap();
    let mut bytes = fs::read(pack).unwrap();
    // Behind the head of the file and of its first object: what is compressed, up to the checksum.
    let end = bytes.len() - 20;
    bytes[40..end].iter_mut().for_each(|byte| *byte = !*byte);
    fs::remove_file(pack).unwrap();
    fs::write(pack, bytes).unwrap();
    let mirror = place.mirror();
    assert_eq!(packs(&place), 2);
    assert!(pack.exists());
    let whole = all.iter().filter(|made| mirror.tree_of(&made.commit).is_ok()).count();
    assert_eq!(whole, all.len() - 2);
}

#[test]
fn half_a_pack_that_a_crash_left_is_removed() {
    let (place, mirror, _, [_, second]) = two();
    mirror.keep("x", &second.commit).unwrap();
    drop(mirror);
    let half = objects(&place).join("pack/pack-0000.pack");
    fs::write(&half, "half").unwrap();
    let mirror = place.mirror();
    assert!(!half.exists());
    assert_eq!(packs(&place), 1);
    assert_eq!(texts(&mirror, &second), [&b"one\n"[..], b"three\n"]);
}

#[test]
fn many_loose_objects_become_a_pack_and_none_is_lost_whatever_leads_to_it() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let many: Vec<TreeEdit> =
        (0..8_000).map(|n| put(&format!("{}/{n}", n % 80), &format!("{n}\n"))).collect();
    let kept = mirror.checkpoint(None, &base.tree, &many, "many", 0).unwrap();
    // The log alone names this one.
    let lost = mirror.checkpoint(Some(&kept.commit), &kept.tree, &[put("b.txt", "two\n")], "one", 0).unwrap();
    mirror.keep("x", &kept.commit).unwrap();
    drop(mirror);
    let objects = objects(&place);
    loosen(&objects);
    assert!(files_in(&objects).len() > 8_000);
    let mirror = place.mirror();
    let before = texts(&mirror, &lost);
    // A file that is no object stays, and what is spoiled spoils nothing else.
    let (odd, spoiled) = (objects.join("17/tmp_obj"), objects.join("17").join("0".repeat(38)));
    for file in [&odd, &spoiled] {
        fs::write(file, "half").unwrap();
    }
    fetch(&mirror, "main", &Credentials::none()).unwrap();
    // Pack, index and the name of what is borrowed.
    assert_eq!(files_in(&objects).len(), 5);
    assert!(odd.exists() && spoiled.exists());
    fs::remove_file(&spoiled).unwrap();
    assert_eq!(texts(&mirror, &lost), before);
    assert_eq!(texts(&place.mirror(), &lost), before);
    assert_eq!(texts(&place.mirror(), &kept).len(), 8_001);
    git(&objects, &["fsck", "--strict"]).unwrap();
}

#[test]
fn few_loose_objects_stay_as_they_are() {
    let (place, mirror, _, [_, second]) = two();
    mirror.keep("x", &second.commit).unwrap();
    drop(mirror);
    let objects = objects(&place);
    loosen(&objects);
    let before = files_in(&objects);
    assert_eq!(before.len(), 9, "four a checkpoint, and the name of what is borrowed");
    fetch(&place.mirror(), "main", &Credentials::none()).unwrap();
    assert_eq!(files_in(&objects), before);
}
