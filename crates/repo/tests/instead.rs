//! What the user's git configuration puts in the place of an address: git would go there, and nothing here does.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::PathBuf;

use anchorhold_testkit::GitServer;
use common::visit::{self, Visitor};
use common::{Place, git};

#[test]
fn visit() {
    visit::answer();
}

struct Site {
    server: GitServer,
    bare: PathBuf,
    _place: Place,
}

fn site() -> Site {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (server, bare) = place.served(GitServer::start);
    Site { server, bare, _place: place }
}

/// What comes of a push where git is told to reach what begins with `prefix` by ssh.
fn pushed(site: &Site, rule: &str, prefix: &str) -> String {
    let text = format!("[url \"ssh://git@127.0.0.1:1/\"]\n\t{rule} = {prefix}\n");
    let visitor = Visitor::new().with_password(site.server.password()).configured(&text);
    visitor.does("push", &site.server.url("hello"))
}

#[test]
fn a_token_goes_to_the_address_that_was_given_whatever_git_puts_in_its_place() {
    let site = site();
    let prefix = format!("http://{}/", site.server.host());
    for rule in ["insteadOf", "pushInsteadOf"] {
        let outcome = pushed(&site, rule, &prefix);
        let commit = git(&site.bare, &["rev-parse", "agent/x"]).unwrap();
        assert_eq!(outcome, format!("pushed {commit}"), "{rule}");
        git(&site.bare, &["branch", "--quiet", "-D", "agent/x"]).unwrap();
    }
}

#[test]
fn a_rule_for_the_whole_of_an_address_is_named_as_what_is_in_the_way() {
    let site = site();
    for rule in ["insteadOf", "pushInsteadOf"] {
        let outcome = pushed(&site, rule, &site.server.url("hello"));
        assert!(outcome.starts_with("repository_rewritten: "), "{outcome}");
        assert!(outcome.contains("git's configuration leads http://127.0.0.1:"), "{outcome}");
    }
    assert_eq!(site.server.requests().unwrap(), Vec::<String>::new());
}
