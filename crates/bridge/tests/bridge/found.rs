//! What fuzzing found, and what was read in the code while its model was written; the shortest way to each.

use std::fs;

use anchorhold_bridge::{
    Envelope, ImportPiece, MODE_FILE, Quotas, RefusalCode, Replacement, Request, Response, frame,
};

use crate::host::Bridge;

fn piece(path: &str, offset: u64, len: u64, total: u64) -> Request {
    let pieces = vec![ImportPiece { path: path.into(), mode: MODE_FILE, offset, len, total }];
    Request::ImportFiles { pieces }
}

fn write(path: &str) -> Request {
    Request::Write { path: path.into(), executable: None }
}

#[test]
fn a_refusal_that_would_repeat_a_megabyte_is_cut_and_the_next_request_served() {
    let mut bridge = Bridge::start();
    let long = "x".repeat(1_048_500);
    assert_eq!(bridge.code(Request::Stat { path: long.as_str().into() }), Some(RefusalCode::BadPath));
    let header = format!("{{\"id\":7,\"message\":{{\"op\":\"{}\"}}}}", &long[..1_048_490]);
    bridge.send_raw(&frame::encode(header.as_bytes(), b"").unwrap());
    let (Envelope { id, message }, _) = bridge.receive();
    let Response::Refused(refusal) = message else { panic!("{message:?}") };
    assert_eq!((id, refusal.code), (7, RefusalCode::BadRequest));
    assert!(refusal.message.starts_with("the request cannot be read: unknown variant `xxx"));
    bridge.hello();
}

#[test]
fn an_edit_that_doubles_a_file_again_and_again_is_refused_before_it_takes_memory() {
    let mut bridge = Bridge::with(Quotas { edit_bytes: 1000, ..Quotas::default() });
    bridge.write("a", b"a");
    // Two to the hundredth bytes, if they were made before they are measured.
    let doubled = Replacement { old: "a".into(), new: "aa".into(), replace_all: true };
    let request = Request::Edit { path: "a".into(), edits: vec![doubled; 100] };
    let refusal = bridge.refused(request);
    assert_eq!(refusal.code, RefusalCode::TooLarge);
    assert!(refusal.message.contains("the limit for an edited file is 1000"), "{}", refusal.message);
    assert_eq!(fs::read(bridge.tree().join("a")).unwrap(), b"a");
}

#[test]
fn a_write_during_an_import_cannot_take_the_room_that_a_file_was_promised() {
    let mut bridge = Bridge::with(Quotas { bytes: 10, ..Quotas::default() });
    bridge.ask(Request::ImportBegin);
    bridge.call(piece("big", 0, 1, 10), b"x");
    assert_eq!(bridge.code(write("other")), Some(RefusalCode::BadRequest));
    assert_eq!(bridge.call(piece("big", 1, 9, 10), b"123456789").0, Response::Importing);
    assert_eq!(bridge.hello().usage.bytes, 10);
}

#[test]
fn a_file_cannot_be_deleted_while_its_import_goes_on_and_still_be_counted() {
    let mut bridge = Bridge::start();
    bridge.ask(Request::ImportBegin);
    bridge.call(piece("file", 0, 1, 3), b"x");
    assert_eq!(bridge.code(Request::Delete { path: "file".into() }), Some(RefusalCode::BadRequest));
    let away = Request::Move { from: "file".into(), to: "other".into() };
    assert_eq!(bridge.code(away), Some(RefusalCode::BadRequest));
    bridge.call(piece("file", 1, 2, 3), b"yz");
    assert_eq!(bridge.ask(Request::ImportEnd), Response::Imported { files: 1, bytes: 3 });
    let usage = bridge.hello().usage;
    assert_eq!((usage.files, usage.bytes), (1, 3));
    assert_eq!(bridge.code(Request::Delete { path: "file".into() }), None);
}

#[test]
fn a_name_that_is_too_long_is_refused_before_its_folders_are_made() {
    let mut bridge = Bridge::start();
    let path = format!("new/folder/{}", "n".repeat(256));
    bridge.write("a", b"");
    for request in [
        write(&path),
        Request::MakeDirectory { path: path.as_str().into() },
        Request::Move { from: "a".into(), to: path.as_str().into() },
    ] {
        assert_eq!(bridge.code(request), Some(RefusalCode::BadPath));
    }
    assert!(!bridge.tree().join("new").exists());
    assert_eq!(bridge.hello().usage.files, 1);
}
