//! A server that falls silent in the middle of a push. The library's time limit holds for the whole
//! process, so that this test has one of its own.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::relay::Mischief;
use common::site::Site;

fn wait_at_most(milliseconds: i32) {
    // SAFETY: nobody is connected, and the mirror that sets the limit itself has done so.
    unsafe { git2::opts::set_server_timeout_in_milliseconds(milliseconds).unwrap() };
}

#[test]
fn a_server_that_falls_silent_in_the_middle_of_a_push_is_given_up() {
    let site = Site::start();
    wait_at_most(4000);
    site.relay.plan(&["POST /hello.git/git-receive-pack"], Mischief::Stall { after: 100_000 });
    let error = site.fails_then_succeeds(|_| wait_at_most(120_000));
    assert_eq!(error.code(), "repository_unreachable", "{error}");
    assert_eq!(error.hint().unwrap(), "check the network and the address, then try again");
}
