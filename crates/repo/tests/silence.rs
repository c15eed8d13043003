//! A server that accepts a connection and never answers holds nobody up.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::ControlFlow;
use std::sync::mpsc;

use anchorhold_repo::{Cancellation, Credentials, FetchPhase};
use common::{Place, fetch};

/// Accepts, reads and says nothing; returns its port and who hears of each first byte.
fn silent_server() -> (u16, mpsc::Receiver<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heard, hears) = mpsc::channel();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.read_exact(&mut [0]).unwrap();
            open.push(stream);
            if heard.send(()).is_err() {
                return;
            }
        }
    });
    (port, hears)
}

#[test]
fn a_fetch_from_a_server_that_never_answers_is_cancelled_at_once() {
    let (port, asked) = silent_server();
    let place = Place::empty();
    for scheme in ["http", "https", "ssh"] {
        let mirror = place.mirror_of(&format!("{scheme}://127.0.0.1:{port}/a.git"));
        // Only once the server was asked does the library wait for its answer.
        let mut waiting = false;
        let error = mirror
            .fetch("main", &Credentials::none(), &mut |progress| {
                assert_eq!(progress.phase, FetchPhase::Connecting);
                waiting |= asked.try_recv().is_ok();
                if waiting { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap_err();
        assert_eq!(error.code(), "cancelled");
    }
}

#[test]
fn a_fetch_that_was_left_behind_does_not_hold_up_the_next_one() {
    let (port, asked) = silent_server();
    let place = Place::empty();
    let mirror = place.mirror_of(&format!("http://127.0.0.1:{port}/a.git"));
    for _ in 0..2 {
        let mut phases = Vec::new();
        let mut waiting = false;
        mirror
            .fetch("main", &Credentials::none(), &mut |progress| {
                phases.push(progress.phase);
                waiting |= asked.try_recv().is_ok();
                if waiting { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap_err();
        assert!(!phases.contains(&FetchPhase::Waiting), "{phases:?}");
    }
}

#[test]
fn a_silent_server_is_given_up_after_two_minutes_and_an_unreachable_one_after_twenty_seconds() {
    let place = Place::with(&[("a.txt", "one\n")]);
    fetch(&place.mirror(), "main", &Credentials::none()).unwrap();
    // SAFETY: nobody writes the library's settings after the first fetch.
    let set = unsafe {
        (
            git2::opts::get_server_connect_timeout_in_milliseconds().unwrap(),
            git2::opts::get_server_timeout_in_milliseconds().unwrap(),
        )
    };
    assert_eq!(set, (20_000, 120_000));
}

/// Cancels as soon as somebody was heard.
fn cancelled_when_heard(asked: &mpsc::Receiver<()>) -> (Cancellation, impl FnOnce() + '_) {
    let cancellation = Cancellation::default();
    let cancels = cancellation.clone();
    (cancellation, move || {
        asked.recv().unwrap();
        cancels.cancel();
    })
}

#[test]
fn a_push_to_a_server_that_never_answers_is_cancelled_at_once_and_says_that_nothing_was_sent() {
    let (port, asked) = silent_server();
    let place = Place::with(&[("a.txt", "one\n")]);
    let commit = place.git(&["rev-parse", "main"]);
    for scheme in ["http", "https", "ssh"] {
        let mirror = place.mirror_of(&format!("{scheme}://127.0.0.1:{port}/a.git"));
        let (cancellation, cancel) = cancelled_when_heard(&asked);
        let error = std::thread::scope(|scope| {
            let push = scope.spawn(|| {
                mirror.push_unless(&cancellation, "agent/x", &commit, &Credentials::none(), None, &["main"])
            });
            cancel();
            push.join().unwrap().unwrap_err()
        });
        assert_eq!(
            (error.code(), error.to_string(), error.hint()),
            ("push_cancelled", "push agent/x: cancelled".to_owned(), None)
        );
    }
}

#[test]
fn a_push_that_is_cancelled_before_it_begins_asks_nobody() {
    let (port, asked) = silent_server();
    let place = Place::with(&[("a.txt", "one\n")]);
    let commit = place.git(&["rev-parse", "main"]);
    let mirror = place.mirror_of(&format!("http://127.0.0.1:{port}/a.git"));
    let cancellation = Cancellation::default();
    cancellation.cancel();
    let error = mirror
        .push_unless(&cancellation, "agent/x", &commit, &Credentials::none(), None, &["main"])
        .unwrap_err();
    assert_eq!((error.code(), asked.try_recv().is_ok()), ("push_cancelled", false));
}
