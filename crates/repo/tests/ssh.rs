//! Fetch and push over ssh: a real server, a real agent and a home folder made for the test.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::PathBuf;

use anchorhold_testkit::{SshAgent, SshServer};
use common::visit::{self, Visitor};
use common::{Place, git};

#[test]
fn visit() {
    visit::answer();
}

struct Site {
    server: SshServer,
    agent: SshAgent,
    place: Place,
    bare: PathBuf,
}

impl Site {
    /// Serves `hello` with one commit on `main` to whoever has the agent's key.
    fn start() -> Self {
        let site = Self::serve(SshServer::start);
        let key = site.agent.add_key().unwrap();
        site.server.authorize(&key).unwrap();
        site
    }

    fn serve(start: fn(&std::path::Path) -> anyhow::Result<SshServer>) -> Self {
        let place = Place::with(&[("a.txt", "one\n")]);
        let root = place.dir.path().join("srv");
        std::fs::create_dir(&root).unwrap();
        let server = start(&root).unwrap();
        let bare = server.create_repository("hello").unwrap();
        place.git(&["push", "--quiet", &bare.to_string_lossy(), "main"]);
        Self { server, agent: SshAgent::start().unwrap(), place, bare }
    }

    fn url(&self) -> String {
        self.server.url("hello")
    }

    /// Somebody with this agent who knows the server.
    fn known(&self) -> Visitor {
        Visitor::new().with_agent(&self.agent).knowing(&self.server.known_hosts().unwrap())
    }

    /// Asserts that nobody got as far as to name a user to the server.
    fn assert_nothing_sent(&self) {
        let log = self.server.log().unwrap();
        assert!(!log.contains("userauth-request"), "{log}");
    }

    /// The control: with the check off the same visitor gets in, and the log tells of it.
    fn assert_unchecked_visit_gets_in(&self, visitor: &Visitor) {
        assert_eq!(visitor.does("connect unchecked", &self.url()), "connected");
        let log = self.server.log().unwrap();
        assert!(log.contains("userauth-request") && log.contains("Accepted publickey"), "{log}");
    }
}

/// A public key that no server here has.
fn another_key() -> String {
    SshAgent::start().unwrap().add_key().unwrap()
}

#[test]
fn a_branch_is_fetched_and_another_one_pushed_with_the_agents_key() {
    let site = Site::start();
    let head = site.place.git(&["rev-parse", "HEAD"]);
    let visitor = site.known();
    assert_eq!(visitor.does("fetch", &site.url()), format!("fetched {head}"));
    let outcome = visitor.does("push", &site.url());
    let pushed = git(&site.bare, &["rev-parse", "agent/x"]).unwrap();
    assert_eq!(outcome, format!("pushed {pushed}"));
    assert_eq!(git(&site.bare, &["show", "agent/x:b.txt"]).unwrap(), "new");
    git(&site.bare, &["fsck", "--strict"]).unwrap();
}

#[test]
fn a_host_whose_name_is_hashed_in_known_hosts_is_known() {
    let site = Site::start();
    let visitor = site.known();
    let file = visitor.known_hosts();
    visit::run("ssh-keygen", &["-q".as_ref(), "-H".as_ref(), "-f".as_ref(), file.as_ref()]);
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("|1|"));
    let head = site.place.git(&["rev-parse", "HEAD"]);
    assert_eq!(visitor.does("fetch", &site.url()), format!("fetched {head}"));
}

#[test]
fn an_unknown_host_is_refused_before_anything_is_sent() {
    let site = Site::start();
    let visitor = Visitor::new().with_agent(&site.agent);
    let (host, port, user) = (site.server.host(), site.server.port(), site.server.user());
    assert_eq!(
        visitor.does("fetch", &site.url()),
        format!(
            "host_unknown: check the ssh key of {host}: there is none for it in known_hosts\n\
             hint: connect once with `ssh -p {port} {user}@127.0.0.1` and check its fingerprint, then try again"
        )
    );
    site.assert_nothing_sent();
    site.assert_unchecked_visit_gets_in(&visitor);
}

#[test]
fn a_host_with_another_key_than_before_is_refused_before_anything_is_sent() {
    let site = Site::start();
    let visitor =
        Visitor::new().with_agent(&site.agent).knowing(&site.server.known_hosts_with(&another_key()));
    let (host, port) = (site.server.host(), site.server.port());
    assert_eq!(
        visitor.does("fetch", &site.url()),
        format!(
            "host_key_changed: check the ssh key of {host}: it is not the one in known_hosts\n\
             hint: somebody may stand between you and {host}: ask its owner for the new fingerprint, and only if \
             it is right remove the old key with `ssh-keygen -R '[127.0.0.1]:{port}'`"
        )
    );
    site.assert_nothing_sent();
    site.assert_unchecked_visit_gets_in(&visitor);
}

#[test]
fn a_revoked_host_key_is_refused_although_it_is_known_too() {
    let site = Site::start();
    let known = site.server.known_hosts().unwrap();
    let (_, key) = known.split_once(' ').unwrap();
    let visitor = Visitor::new().with_agent(&site.agent).knowing(&format!("{known}@revoked * {key}"));
    let host = site.server.host();
    assert_eq!(
        visitor.does("fetch", &site.url()),
        format!(
            "host_key_revoked: check the ssh key of {host}: it is revoked in known_hosts\n\
             hint: do not use {host} before its owner has given it a new key"
        )
    );
    site.assert_nothing_sent();
    site.assert_unchecked_visit_gets_in(&visitor);
}

#[test]
fn a_missing_agent_an_empty_one_and_a_wrong_key_are_told_apart() {
    let site = Site::serve(SshServer::start);
    let host = site.server.host();
    let known = site.server.known_hosts().unwrap();
    let refused = |visitor: Visitor, hint: &str| {
        let message = format!(
            "repository_sign_in: sign in to {host} with an ssh key for fetch main from {}",
            site.url()
        );
        assert_eq!(visitor.does("fetch", &site.url()), format!("{message}\nhint: {hint}"));
    };
    refused(
        Visitor::new().knowing(&known),
        "no ssh agent answers: start one, add your key with `ssh-add`, and start this program where SSH_AUTH_SOCK names it",
    );
    refused(site.known(), "the ssh agent holds no key: add yours with `ssh-add`");
    let key = site.agent.add_key().unwrap();
    refused(
        site.known(),
        &format!(
            "{host} took no key of the ssh agent: add the right one with `ssh-add`, or give the server your public key"
        ),
    );
    // The control: it is the key alone that was missing.
    site.server.authorize(&key).unwrap();
    assert!(site.known().does("fetch", &site.url()).starts_with("fetched "));
}

#[test]
fn a_password_for_https_is_not_given_to_the_ssh_server_of_the_same_name() {
    let site = Site::serve(SshServer::start_for_passwords);
    let visitor = site.known().with_password("secret");
    let outcome = visitor.does("fetch", &site.url());
    assert!(outcome.starts_with("repository_sign_in: "), "{outcome}");
    let tried = || site.server.log().unwrap().contains("Failed password");
    assert!(!tried(), "{}", site.server.log().unwrap());
    // The control: offered, it would stand in the log.
    visitor.does("connect unchecked", &site.url());
    assert!(tried(), "{}", site.server.log().unwrap());
}

#[test]
fn a_repository_that_the_ssh_server_does_not_have_is_not_found() {
    let site = Site::start();
    let outcome = site.known().does("fetch", &site.server.url("nothing"));
    assert!(outcome.starts_with("repository_not_found: "), "{outcome}");
}
