//! Fetch by a proxy, named by git's configuration or by the environment.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use anchorhold_testkit::GitServer;
use common::Place;
use common::front::Front;
use common::visit::{self, Visitor};

#[test]
fn visit() {
    visit::answer();
}

struct Site {
    server: GitServer,
    place: Place,
    proxy: Front,
}

impl Site {
    /// A server that is reached by https: plain http is for this machine, where no proxy is.
    fn start() -> Self {
        let place = Place::with(&[("a.txt", "one\n")]);
        let (server, _) = place.served(GitServer::start_tls);
        Self { server, place, proxy: Front::proxy() }
    }

    fn visitor(&self) -> Visitor {
        Visitor::new().with_password(self.server.password()).trusting(self.server.certificate())
    }

    fn assert_fetched(&self, visitor: &Visitor) {
        let head = self.place.git(&["rev-parse", "HEAD"]);
        assert_eq!(visitor.does("fetch", &self.server.url("hello")), format!("fetched {head}"));
    }

    /// Asserts that the proxy was asked for a way to the server, and heard nothing else.
    fn assert_unread(&self) {
        let heard = self.proxy.heard();
        let connects = format!("CONNECT {} HTTP/1.1", self.server.host());
        assert!(!heard.is_empty() && heard.iter().all(|line| *line == connects), "{heard:?}");
    }

    fn proxy_url(&self) -> String {
        format!("http://{}", self.proxy.host())
    }
}

#[test]
fn the_proxy_of_the_environment_is_used_and_reads_nothing() {
    let site = Site::start();
    site.assert_fetched(&site.visitor().with("https_proxy", &site.proxy_url()));
    site.assert_unread();
}

#[test]
fn the_proxy_of_gits_configuration_is_used_and_comes_first() {
    let site = Site::start();
    let configured = format!("[http]\n\tproxy = {}\n", site.proxy_url());
    let nowhere = "http://127.0.0.1:1";
    site.assert_fetched(&site.visitor().configured(&configured).with("https_proxy", nowhere));
    site.assert_unread();
}

#[test]
fn no_proxy_is_used_for_a_host_that_is_excepted() {
    let site = Site::start();
    let visitor = site.visitor().with("https_proxy", &site.proxy_url()).with("no_proxy", "127.0.0.1");
    site.assert_fetched(&visitor);
    assert_eq!(site.proxy.heard(), Vec::<String>::new());
}

#[test]
fn a_proxy_that_refuses_or_is_not_there_is_named_as_the_reason_without_its_password() {
    let site = Site::start();
    let refuses = Front::answering(
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"proxy\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    let forbids =
        Front::answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let (refuses, forbids) = (refuses.host(), forbids.host());
    for proxy in [
        format!("http://{refuses}"),
        format!("http://ada:planted-secret@{refuses}"),
        format!("http://ada:planted-secret@{forbids}"),
        "http://ada:planted-secret@".to_owned(),
    ] {
        let visitor = site.visitor().with("https_proxy", &proxy);
        let outcome = visitor.does("fetch", &site.server.url("hello"));
        assert!(outcome.starts_with("proxy_failed: "), "{proxy}: {outcome}");
        assert!(outcome.contains("hint: check the proxy"), "{outcome}");
        assert!(!outcome.contains("planted-secret"), "{outcome}");
    }
    assert_eq!(site.server.requests().unwrap(), Vec::<String>::new());
}
