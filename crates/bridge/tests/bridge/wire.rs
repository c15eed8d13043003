//! A host that is hostile, confused or gone.

use anchorhold_bridge::frame::{self, MAX_BODY_BYTES, RESYNC};
use anchorhold_bridge::{Envelope, RefusalCode, Request, Response, exit};

use crate::host::Bridge;

fn refused(response: &Response) -> Option<RefusalCode> {
    match response {
        Response::Refused(refusal) => Some(refusal.code),
        _ => None,
    }
}

#[test]
fn hello_tells_version_user_and_locks_that_were_tried() {
    let hello = Bridge::start().hello();
    assert_eq!(hello.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(hello.arch, std::env::consts::ARCH);
    assert_eq!(hello.uid, rustix::process::getuid().as_raw());
    assert!(hello.locks.seccomp);
    assert!(hello.locks.refused.contains(&"run a program".to_owned()));
}

#[test]
fn a_request_that_cannot_be_read_is_refused_and_the_next_one_served() {
    let mut bridge = Bridge::start();
    for header in [
        r#"{"id":7,"message":{"op":"format","disk":"/"}}"#.to_owned(),
        r#"{"id":7,"message":{"op":"read"}}"#.to_owned(),
        format!(r#"{{"id":7,"message":{}{}}}"#, "[".repeat(5000), "]".repeat(5000)),
    ] {
        bridge.send_raw(&frame::encode(header.as_bytes(), b"").unwrap());
        let (envelope, _) = bridge.receive();
        assert_eq!(refused(&envelope.message), Some(RefusalCode::BadRequest));
    }
    bridge.send_raw(&frame::encode(b"not json", b"").unwrap());
    assert_eq!(bridge.receive().0.id, 0);
    bridge.hello();
}

#[test]
fn a_frame_over_the_limit_ends_the_conversation() {
    let mut bridge = Bridge::start();
    bridge.hello();
    let mut prelude = [0; 8];
    prelude[4..].copy_from_slice(&(MAX_BODY_BYTES as u32 + 1).to_be_bytes());
    bridge.send_raw(&prelude);
    let (envelope, _) = bridge.receive();
    assert_eq!((envelope.id, refused(&envelope.message)), (0, Some(RefusalCode::BadRequest)));
    assert_eq!(bridge.end(), Some(i32::from(exit::PROTOCOL)));
}

#[test]
fn half_a_write_is_no_write() {
    let mut bridge = Bridge::start();
    bridge.write("file", b"old");
    let message = Request::Write { path: "file".into(), executable: None };
    let header = serde_json::to_vec(&Envelope { id: 9, message }).unwrap();
    let whole = frame::encode(&header, b"new content").unwrap();
    bridge.send_raw(&whole[..whole.len() - 6]);
    bridge.send_raw(&RESYNC);
    let (envelope, _) = bridge.receive();
    assert_eq!(refused(&envelope.message), Some(RefusalCode::BadRequest));
    assert_eq!(bridge.end(), Some(i32::from(exit::PROTOCOL)));
    assert_eq!(std::fs::read(bridge.tree().join("file")).unwrap(), b"old");
}

#[test]
fn between_two_frames_the_rhythm_is_confirmed() {
    let mut bridge = Bridge::start();
    bridge.hello();
    bridge.send_raw(&RESYNC);
    let (envelope, _) = bridge.receive();
    assert_eq!(envelope, Envelope { id: 0, message: Response::InStep });
    bridge.hello();
    assert_eq!(bridge.end(), Some(0));
}
