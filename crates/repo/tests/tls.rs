//! Fetch over https from a server whose certificate nobody else signed.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anchorhold_testkit::GitServer;
use common::Place;
use common::front::{Fate, Front};
use common::visit::{self, Visitor};

#[test]
fn visit() {
    visit::answer();
}

struct Site {
    server: GitServer,
    place: Place,
    bare: PathBuf,
}

impl Site {
    fn start() -> Self {
        let place = Place::with(&[("a.txt", "one\n")]);
        let (server, bare) = place.served(GitServer::start_tls);
        Self { server, place, bare }
    }
}

#[test]
fn a_certificate_that_signed_itself_is_refused_before_anything_is_sent() {
    let site = Site::start();
    let visitor = Visitor::new().with_password(site.server.password());
    let host = site.server.host();
    let outcome = visitor.does("fetch", &site.server.url("hello"));
    let (message, hint) = outcome.split_once('\n').unwrap();
    assert_eq!(
        message,
        format!("certificate_invalid: check the certificate of {host}: the SSL certificate is invalid")
    );
    assert_eq!(
        hint,
        format!(
            "hint: check the clock and the certificate authorities of this machine, and that {host} is the right server"
        )
    );
    assert_eq!(site.server.requests().unwrap(), Vec::<String>::new());
    // The control: with the check off, the same visitor hands over the password.
    assert_eq!(visitor.does("connect unchecked", &site.server.url("hello")), "connected");
    let requests = site.server.requests().unwrap();
    assert!(requests.iter().any(|line| line.starts_with("ada 200 ")), "{requests:?}");
}

#[test]
fn the_same_certificate_is_taken_where_the_machine_trusts_it() {
    let site = Site::start();
    let visitor = Visitor::new().with_password(site.server.password()).trusting(site.server.certificate());
    let head = site.place.git(&["rev-parse", "HEAD"]);
    assert_eq!(visitor.does("fetch", &site.server.url("hello")), format!("fetched {head}"));
}

#[test]
fn a_trusted_certificate_does_not_hold_for_another_name() {
    let site = Site::start();
    let visitor = Visitor::new().with_password(site.server.password()).trusting(site.server.certificate());
    let elsewhere = site.server.url("hello").replace("127.0.0.1", "localhost");
    let outcome = visitor.does("fetch", &elsewhere);
    let (message, _) = outcome.split_once('\n').unwrap();
    let host = site.server.host().replace("127.0.0.1", "localhost");
    assert_eq!(
        message,
        format!("certificate_invalid: check the certificate of {host}: hostname does not match certificate")
    );
    assert_eq!(site.server.requests().unwrap(), Vec::<String>::new());
}

/// A server with the certificate of another one that answers with files; dropping it ends it.
struct Answers {
    child: Child,
    port: u16,
}

impl Answers {
    /// Sends whoever lists the refs of `hello` on to `location`.
    fn leading_to(location: &str, site: &Site) -> Self {
        let folder = site.place.dir.path().join("answers");
        fs::create_dir_all(folder.join("hello.git/info")).unwrap();
        let answer = format!(
            "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        fs::write(folder.join("hello.git/info/refs?service=git-upload-pack"), answer).unwrap();
        let certificate = site.server.certificate();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let child = Command::new("openssl")
            .args(["s_server", "-quiet", "-HTTP", "-accept", &format!("127.0.0.1:{port}"), "-cert"])
            .arg(&certificate)
            .arg("-key")
            .arg(certificate.with_file_name("key.pem"))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let answers = Self { child, port };
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            std::thread::sleep(Duration::from_millis(5));
        }
        answers
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn another_port_of_the_same_host_is_left_before_anything_is_sent_to_it() {
    let site = Site::start();
    let visitor = Visitor::new().with_password(site.server.password()).trusting(site.server.certificate());
    let other = site.server.host();
    let listing = format!("{}/info/refs?service=git-upload-pack", site.server.url("hello"));
    let answers = Answers::leading_to(&listing, &site);
    let here = format!("127.0.0.1:{}", answers.port);
    let outcome = visitor.does("fetch", &format!("https://{here}/hello.git"));
    let (message, _) = outcome.split_once('\n').unwrap();
    assert_eq!(
        message,
        format!(
            "repository_redirected: fetch main from https://{here}/hello.git: {here} redirects to {other}"
        )
    );
    assert_eq!(site.server.requests().unwrap(), Vec::<String>::new());
}

#[test]
fn a_push_to_a_server_whose_certificate_does_not_hold_any_more_sends_nothing() {
    let site = Site::start();
    let url = site.server.url("hello");
    let visitor = Visitor::new().with_password(site.server.password()).trusting(site.server.certificate());
    let commit = visitor.does("prepare", &url);
    let visitor = visitor.forgetting();
    let before = site.server.requests().unwrap();
    let outcome = visitor.does(&format!("push {commit}"), &url);
    assert!(outcome.starts_with("certificate_invalid: "), "{outcome}");
    assert_eq!(site.server.requests().unwrap(), before);
    // The control: trusted again, the same push succeeds.
    let visitor = visitor.trusting(site.server.certificate());
    assert_eq!(visitor.does(&format!("push {commit}"), &url), format!("pushed {commit}"));
}

#[test]
fn an_encrypted_connection_that_breaks_is_tried_again_and_not_taken_for_a_bad_certificate() {
    let site = Site::start();
    let noise: Vec<u8> = (0..400_000)
        .scan(7_u32, |state, _| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some(state.to_le_bytes()[3])
        })
        .collect();
    site.place.write("noise.bin", &noise);
    let head = site.place.commit("noise");
    site.place.git(&["push", "--quiet", &site.bare.to_string_lossy(), "main"]);
    let visitor = Visitor::new().with_password(site.server.password()).trusting(site.server.certificate());
    for fate in [Fate::Breaks(200_000), Fate::Breaks(1_000)] {
        let front = Front::unread(&site.server.host(), &[Fate::Passes, fate]);
        // The first visit shows that the way is right.
        let url = format!("https://{}/hello.git", front.host());
        let lists = visitor.does("branches", &url);
        assert_eq!(lists, "main");
        let outcome = visitor.does("fetch quickly", &url);
        // Each of these is one connection: the list, the fetch, and where it is tried again the next.
        match fate {
            Fate::Breaks(200_000) => {
                assert_eq!((outcome, front.heard().len()), (format!("fetched {head}"), 3));
            }
            // Nothing was answered yet, so that it is not tried again.
            _ => {
                assert!(outcome.starts_with("repository_unreachable: "), "{outcome}");
                assert_eq!(front.heard().len(), 2);
            }
        }
    }
}
