//! Faults that are put in on purpose: each is caught by the run that would otherwise pass.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;

use anchorhold_bridge::frame::{self, Incoming, RESYNC};
use anchorhold_bridge::workspace::clean::CleanPath;
use anchorhold_bridge::{FrameError, PathBytes, Quotas};
use anchorhold_fuzzing::requests::Ask;
use anchorhold_fuzzing::{Verdict, corpus, frame as frames, paths, session};

/// The words of the run over the kept corpus and its mutations, which must fail.
#[track_caller]
fn caught(target: &str, check: impl Fn(&[u8]) -> Verdict, words: &[&str]) {
    match corpus::run(target, 20, check) {
        Ok(count) => panic!("{count} inputs passed"),
        Err(broken) => assert!(words.iter().any(|words| broken.0.contains(words)), "{broken}"),
    }
}

#[test]
fn a_reader_that_panics_is_caught_with_its_input() {
    let read: frames::ReadFrame = |pipe| match frame::read(pipe)? {
        Incoming::Frame { body, .. } if body.len() == 3 => panic!("three bytes"),
        other => Ok(other),
    };
    caught("frame", |data| frames::check_reader(data, read), &["it panicked: three bytes"]);
}

#[test]
fn a_reader_that_takes_a_cut_frame_for_a_whole_one_is_caught() {
    let read: frames::ReadFrame = |pipe| match frame::read(pipe) {
        Err(FrameError::Cut) => Ok(Incoming::Frame { header: Vec::new(), body: Vec::new() }),
        other => other,
    };
    caught("frame", |data| frames::check_reader(data, read), &["it is whole", "was read as"]);
}

#[test]
fn a_reader_without_an_end_mark_is_caught() {
    let read: frames::ReadFrame = |pipe| {
        let frame = frame::read(pipe);
        // What spoiled the frame is taken for its end.
        if matches!(frame, Err(FrameError::NoEndMark)) {
            return Ok(Incoming::Frame { header: RESYNC.to_vec(), body: Vec::new() });
        }
        frame
    };
    caught("frame", |data| frames::check_reader(data, read), &["it is whole", "was read as"]);
}

#[test]
fn a_cleaning_that_forgets_the_limits_is_caught() {
    let clean = |path: &PathBytes, _: &Quotas| CleanPath::parse(path, &Quotas::default()).ok();
    caught("paths", |data| paths::check_cleaner(data, clean), &["is over the limits"]);
}

#[test]
fn a_count_that_is_off_by_one_is_caught() {
    let sabotage: session::Sabotage = |cell, ask| {
        if matches!(ask, Ask::Write { .. }) {
            cell.workspace.usage.files += 1;
        }
    };
    caught("session", |data| session::check_sabotaged(data, sabotage), &["the bridge counts"]);
}

#[test]
fn a_file_that_is_changed_by_a_request_to_read_is_caught() {
    let sabotage: session::Sabotage = |cell, ask| {
        if matches!(ask, Ask::Stat { .. }) {
            fs::create_dir_all(cell.tree().join("stray")).unwrap();
            cell.workspace.count().unwrap();
        }
    };
    caught("session", |data| session::check_sabotaged(data, sabotage), &["left"]);
}

#[test]
fn a_write_outside_the_workspace_is_caught() {
    let sabotage: session::Sabotage = |cell, ask| {
        if matches!(ask, Ask::Move { .. }) {
            fs::write(cell.surroundings().join("stray"), "").unwrap();
        }
    };
    caught("session", |data| session::check_sabotaged(data, sabotage), &["holds"]);
}
