//! A push that is cancelled while something may have arrived: the server is looked at before anything is said.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use anchorhold_repo::{Arrived, Cancellation, PushOutcome, RepoError};
use common::git;
use common::relay::Mischief;
use common::site::Site;

const ASKS: &[&str] = &["GET /hello.git/info/refs?service=git-upload-pack"];
const CARRIES: &[&str] = &["POST /hello.git/git-receive-pack"];

/// Pushes, and cancels once `is_so`.
fn cancelled_once(
    site: &Site,
    commit: &str,
    is_so: impl Fn() -> bool,
    then: impl FnOnce(),
) -> Result<PushOutcome, RepoError> {
    let cancellation = Cancellation::default();
    std::thread::scope(|scope| {
        let push = scope.spawn(|| {
            let forbidden = ["main"];
            site.mirror.push_unless(&cancellation, "agent/x", commit, &site.credentials, None, &forbidden)
        });
        while !is_so() {
            std::thread::yield_now();
        }
        then();
        cancellation.cancel();
        push.join().unwrap()
    })
}

#[test]
fn what_was_cut_off_on_its_way_is_told_as_not_there_yet_and_can_be_pushed_again() {
    let site = Site::start();
    let (commit, before) = (site.commit(), site.refs());
    site.relay.plan(CARRIES, Mischief::Stall { after: 100_000 });
    let error = cancelled_once(&site, &commit, || site.relay.is_done(), || ()).unwrap_err();
    assert!(matches!(error, RepoError::PushCancelled { arrived: Arrived::NotYet, .. }), "{error:?}");
    assert_eq!(
        (error.to_string().as_str(), error.hint().as_deref()),
        (
            "push agent/x: cancelled; the server does not have it yet, and may still take it",
            Some("push again: what the server took after all is found, and not sent twice")
        )
    );
    assert_eq!(site.refs(), before);
    assert!(site.push(&commit).unwrap().created);
}

#[test]
fn what_had_arrived_when_it_was_cancelled_is_a_push_that_went_well() {
    let site = Site::start();
    let commit = site.commit();
    site.relay.plan(CARRIES, Mischief::KeepAnswer);
    let arrived = || git(&site.bare, &["rev-parse", "--verify", "--quiet", "agent/x"]).is_ok();
    let outcome = cancelled_once(&site, &commit, arrived, || ()).unwrap();
    assert_eq!(outcome, PushOutcome { created: true, previous_tip: None, up_to_date: false });
    assert_eq!(git(&site.bare, &["rev-parse", "agent/x"]).unwrap(), commit);
}

#[test]
fn a_server_that_does_not_say_what_it_has_is_told_as_that() {
    let site = Site::start();
    let commit = site.commit();
    site.relay.plan(CARRIES, Mischief::Stall { after: 100_000 });
    let hangs_up = || site.relay.plan(ASKS, Mischief::Answer(String::new()));
    let error = cancelled_once(&site, &commit, || site.relay.is_done(), hangs_up).unwrap_err();
    assert!(site.relay.is_done());
    assert!(matches!(error, RepoError::PushCancelled { arrived: Arrived::Unknown, .. }), "{error:?}");
    assert_eq!(error.to_string(), "push agent/x: cancelled; the server does not say whether it has it");
}
