//! Reading all files of a tree at once.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anchorhold_repo::{Mirror, TreeEntry};
use common::Place;

/// Enough files for several batches, one of them larger than a batch.
fn tree() -> (Place, Mirror, Vec<TreeEntry>) {
    let place = Place::with(&[("empty", "")]);
    for number in 0..300 {
        place.write(&format!("folder{}/file{number}", number % 7), format!("content {number}").as_bytes());
    }
    place.write("large", &vec![7; 3 * 1024 * 1024]);
    place.commit("many");
    let (mirror, base) = place.fetched();
    let entries = mirror.entries(&base.tree, &|| false).unwrap();
    (place, mirror, entries)
}

#[test]
fn every_file_is_read_once_and_batches_hold_neighbours() {
    let (_place, mirror, entries) = tree();
    let read = Mutex::new(BTreeMap::new());
    mirror
        .read_files(&entries, &|batch| {
            let mut read = read.lock().unwrap();
            for (place, content) in (batch.first..).zip(batch.contents) {
                assert!(read.insert(place, content).is_none(), "entry {place} came twice");
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    let expected: BTreeMap<_, _> =
        entries.iter().map(|entry| mirror.blob(&entry.id).unwrap()).enumerate().collect();
    assert_eq!(expected.len(), 302);
    assert!(read.into_inner().unwrap() == expected);
}

#[test]
fn reading_ends_when_nobody_wants_more() {
    let (_place, mirror, entries) = tree();
    let batches = AtomicUsize::new(0);
    let count = |_| {
        batches.fetch_add(1, Ordering::Relaxed);
        ControlFlow::Break(())
    };
    mirror.read_files(&entries, &count).unwrap();
    // One for each reader at most: whoever is told to end takes no second batch.
    let readers = std::thread::available_parallelism().unwrap().get();
    assert!((1..=readers).contains(&batches.into_inner()));
}

#[test]
fn a_file_that_is_missing_ends_the_reading() {
    let (_place, mirror, mut entries) = tree();
    entries.last_mut().unwrap().id = "1".repeat(40);
    let error = mirror.read_files(&entries, &|_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!(error.code(), "object_missing");
    mirror.read_files(&[], &|_| ControlFlow::Break(())).unwrap();
}
