//! What `cargo fuzz` found worth keeping, over and over, and proofs that a fault would be seen.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use anchorhold_fuzzing::{TARGETS, corpus};

#[track_caller]
fn check(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    match corpus::run(name, target.mutations, target.check) {
        Ok(count) => assert!(count > u64::from(target.mutations), "the corpus of {name} is empty"),
        Err(broken) => panic!("{broken}"),
    }
}

#[test]
fn the_hosts_end_holds_against_any_answers() {
    check("answers");
}

#[test]
fn the_bridge_holds_against_any_bytes() {
    check("bridge");
}

#[test]
fn frames_hold_against_any_bytes() {
    check("frame");
}

#[test]
fn paths_hold_against_any_bytes() {
    check("paths");
}

#[test]
fn the_bridge_does_what_it_says_in_any_session() {
    check("session");
}
