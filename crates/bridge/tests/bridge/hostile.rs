//! A host that attacks: floods, bombs, lies about lengths, and bytes that mean nothing. The bridge
//! refuses or ends, never crashes, and takes no more memory than a frame or two need.

use std::io::Write;

use anchorhold_bridge::frame::{self, MAX_BODY_BYTES, MAX_HEADER_BYTES, RESYNC};
use anchorhold_bridge::{
    Envelope, ImportPiece, MODE_FILE, RefusalCode, Replacement, Request, Response, exit,
};

use crate::host::Bridge;

/// What a bridge may take at most: a few frames and the answers to them.
const MODEST_BYTES: u64 = 48 * 1024 * 1024;
const BROKEN: Option<i32> = Some(exit::PROTOCOL as i32);

fn request(id: u64, message: Request, body: &[u8]) -> Vec<u8> {
    frame::encode(&serde_json::to_vec(&Envelope { id, message }).unwrap(), body).unwrap()
}

#[track_caller]
fn refused_and_alive(message: Request, body: &[u8]) -> RefusalCode {
    let mut bridge = Bridge::start();
    let (response, _) = bridge.call(message, body);
    let Response::Refused(refusal) = response else { panic!("{response:?}") };
    bridge.hello();
    assert!(bridge.peak_bytes() < MODEST_BYTES, "{} bytes", bridge.peak_bytes());
    refusal.code
}

#[test]
fn a_promise_of_four_gigabytes_is_refused_before_a_byte_of_it_came() {
    for prelude in [[0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 0], [0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff]] {
        let mut bridge = Bridge::start();
        bridge.hello();
        bridge.send_raw(&prelude);
        assert_eq!(bridge.receive().0.id, 0);
        assert_eq!(bridge.end(), BROKEN);
    }
}

#[test]
fn the_largest_frame_is_taken_and_one_byte_more_is_not() {
    let mut bridge = Bridge::start();
    bridge.send_raw(&frame::encode(&vec![b' '; MAX_HEADER_BYTES], &vec![0; MAX_BODY_BYTES]).unwrap());
    assert!(matches!(bridge.receive().0.message, Response::Refused(_)));
    bridge.hello();
    let mut prelude = (MAX_HEADER_BYTES as u32 + 1).to_be_bytes().to_vec();
    prelude.extend_from_slice(&[0; 4]);
    bridge.send_raw(&prelude);
    assert_eq!(bridge.receive().0.id, 0);
    assert_eq!(bridge.end(), BROKEN);
}

#[test]
fn a_frame_cut_anywhere_ends_the_conversation_and_changes_nothing() {
    let whole = request(1, Request::Write { path: "file".into(), executable: None }, b"content");
    for kept in 0..whole.len() {
        let mut bridge = Bridge::start();
        bridge.hello();
        bridge.send_raw(&whole[..kept]);
        assert_eq!(bridge.end(), if kept == 0 { Some(0) } else { BROKEN }, "cut after {kept} bytes");
        assert!(!bridge.tree().join("file").exists(), "cut after {kept} bytes");
    }
}

#[test]
fn a_request_that_drips_in_byte_by_byte_is_answered() {
    let mut bridge = Bridge::start();
    for byte in request(7, Request::Hello, b"") {
        bridge.send_raw(&[byte]);
    }
    assert_eq!(bridge.receive().0.id, 7);
}

#[test]
fn bytes_that_mean_nothing_never_crash_it() {
    // A multiplicative generator: the same bytes in every run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    for round in 0..40 {
        let mut bridge = Bridge::start();
        bridge.hello();
        let mut noise: Vec<u8> = (0..512).map(|_| next()).collect();
        if round % 2 == 0 {
            // Lengths that are possible, and then nonsense within them.
            noise.splice(..8, [0, 0, 0, 16, 0, 0, 0, 16]);
        }
        bridge.send_raw_or_lose(&noise);
        assert_eq!(bridge.end(), BROKEN, "round {round}");
    }
}

#[test]
fn nesting_a_million_deep_is_refused_without_a_stack_overflow() {
    let mut bridge = Bridge::start();
    for opening in ["[", "{\"a\":", "{\"id\":1,\"message\":{\"op\":"] {
        let header = opening.repeat(MAX_HEADER_BYTES / opening.len());
        bridge.send_raw(&frame::encode(header.as_bytes(), b"").unwrap());
        assert!(matches!(bridge.receive().0.message, Response::Refused(_)));
    }
    bridge.hello();
}

#[test]
fn an_id_comes_back_as_it_was_or_not_at_all() {
    let mut bridge = Bridge::start();
    for id in [0, 1, 1, u64::MAX] {
        bridge.send_raw(&request(id, Request::Hello, b""));
        assert_eq!(bridge.receive().0.id, id);
    }
    for id in ["-1", "18446744073709551616", "1e400", "\"1\"", "null", "[1]"] {
        let header = format!(r#"{{"id":{id},"message":{{"op":"hello"}}}}"#);
        bridge.send_raw(&frame::encode(header.as_bytes(), b"").unwrap());
        let (envelope, _) = bridge.receive();
        assert_eq!(envelope.id, 0, "{id}");
        assert!(matches!(envelope.message, Response::Refused(_)), "{id}");
    }
}

#[test]
fn a_flood_waits_in_the_pipe_and_not_in_memory() {
    const REQUESTS: u64 = 20_000;
    let mut bridge = Bridge::start();
    bridge.write("file", &[b'x'; 64 * 1024]);
    let mut input = bridge.take_input();
    let flood = std::thread::spawn(move || {
        for id in 0..REQUESTS {
            let read = Request::Read { path: "file".into(), from_line: None, line_count: None };
            let message = if id % 100 == 0 { read } else { Request::Stat { path: "file".into() } };
            input.write_all(&request(id, message, b"")).unwrap();
        }
        input
    });
    for id in 0..REQUESTS {
        assert_eq!(bridge.receive().0.id, id);
    }
    let _still_open = flood.join().unwrap();
    assert!(bridge.peak_bytes() < MODEST_BYTES, "{} bytes", bridge.peak_bytes());
}

#[test]
fn asking_for_the_rhythm_without_end_is_answered_each_time() {
    let mut bridge = Bridge::start();
    for _ in 0..100 {
        bridge.send_raw(&RESYNC);
        assert_eq!(bridge.receive().0, Envelope { id: 0, message: Response::InStep });
    }
}

#[test]
fn numbers_at_the_end_of_their_range_are_refused_or_harmless() {
    let mut bridge = Bridge::start();
    bridge.write("file", b"one\ntwo\n");
    let max = u64::MAX;
    let raw = |offset, len| Request::ReadRaw { path: "file".into(), offset, len };
    let read =
        |from, count| Request::Read { path: "file".into(), from_line: Some(from), line_count: Some(count) };
    for message in
        [raw(max, max), raw(0, max), raw(max, 0), read(max, max), read(0, max), read(max, 1), read(1, 0)]
    {
        bridge.call(message, b"");
    }
    let list = Request::List { path: ".".into(), depth: Some(u32::MAX) };
    assert!(matches!(bridge.ask(list), Response::Listed { .. }));
    let (response, body) = bridge.call(raw(0, max), b"");
    assert!(matches!(response, Response::Raw { .. }), "{response:?}");
    assert_eq!(body, b"one\ntwo\n");
}

#[test]
fn an_import_that_lies_about_its_lengths_is_refused() {
    let piece = |offset, len, total| ImportPiece { path: "file".into(), mode: MODE_FILE, offset, len, total };
    let max = u64::MAX;
    for pieces in [
        vec![piece(0, max, max)],
        vec![piece(max, 4, max)],
        vec![piece(0, 4, 2)],
        vec![piece(0, 3, 3)],
        vec![piece(0, 2, max), piece(2, max, max)],
        vec![piece(0, max, max), piece(0, 5, 5)],
        vec![piece(1, 4, 5)],
    ] {
        let mut bridge = Bridge::start();
        assert_eq!(bridge.ask(Request::ImportBegin), Response::Importing);
        let shown = format!("{pieces:?}");
        let (response, _) = bridge.call(Request::ImportFiles { pieces }, b"four");
        assert!(matches!(response, Response::Refused(_)), "{shown}: {response:?}");
        assert!(!bridge.hello().imported, "{shown}");
    }
}

#[test]
fn a_pattern_that_would_take_all_memory_is_refused() {
    let search = |pattern: &str| Request::Search {
        pattern: pattern.into(),
        path: ".".into(),
        globs: Vec::new(),
        case_insensitive: false,
        max_matches: Some(u32::MAX),
        context: 0,
        first_only: false,
    };
    assert_eq!(refused_and_alive(search("((a{1000}){1000}){1000}"), b""), RefusalCode::BadPattern);
    assert_eq!(refused_and_alive(search(&"(".repeat(100_000)), b""), RefusalCode::BadPattern);
    let glob = Request::Glob { pattern: "{a,".repeat(100_000) };
    assert_eq!(refused_and_alive(glob, b""), RefusalCode::BadPattern);
}

#[test]
fn an_edit_that_doubles_without_end_is_refused_at_the_limit() {
    let mut bridge = Bridge::start();
    bridge.write("file", b"aa");
    let double = Replacement { old: "a".into(), new: "aa".into(), replace_all: true };
    let refusal = bridge.refused(Request::Edit { path: "file".into(), edits: vec![double; 64] });
    assert_eq!(refusal.code, RefusalCode::TooLarge, "{refusal}");
    assert!(bridge.peak_bytes() < 2 * MODEST_BYTES, "{} bytes", bridge.peak_bytes());
    assert_eq!(std::fs::read(bridge.tree().join("file")).unwrap(), b"aa");
}
