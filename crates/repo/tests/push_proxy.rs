//! Fetch and push by https through a proxy, as git's configuration names it. Plain http is for this machine
//! only, and the library takes it past any proxy.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::{BufRead, BufReader, Write, copy};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use anchorhold_testkit::GitServer;
use common::visit::{self, Visitor};
use common::{Place, git};

#[test]
fn visit() {
    visit::answer();
}

/// A proxy that connects to wherever it is told, or refuses with `refusal`.
struct Proxy {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start(refusal: Option<&'static str>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&heads);
        thread::spawn(move || {
            for client in listener.incoming() {
                let heard = Arc::clone(&heard);
                thread::spawn(move || serve(client.unwrap(), refusal, &heard));
            }
        });
        Self { port, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn serve(mut client: TcpStream, refusal: Option<&str>, heard: &Mutex<Vec<String>>) {
    let mut from_client = BufReader::new(client.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if from_client.read_line(&mut head).unwrap_or_default() == 0 {
            return;
        }
    }
    heard.lock().unwrap().push(head.clone());
    if let Some(refusal) = refusal {
        client.write_all(refusal.as_bytes()).unwrap();
        let _ = client.shutdown(Shutdown::Write);
        // What is still being sent is read, so that the answer is not lost by a reset.
        let _ = copy(&mut from_client, &mut std::io::sink());
        return;
    }
    let target = head.split(' ').nth(1).unwrap();
    let mut server = TcpStream::connect(target).unwrap();
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
    let (mut answers, mut to_client) = (server.try_clone().unwrap(), client);
    thread::spawn(move || {
        let _ = copy(&mut answers, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let _ = copy(&mut from_client, &mut server);
    let _ = server.shutdown(Shutdown::Both);
}

struct Site {
    server: GitServer,
    bare: PathBuf,
    _place: Place,
}

fn site() -> Site {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (server, bare) = place.served(GitServer::start_tls);
    Site { server, bare, _place: place }
}

#[test]
fn a_push_by_https_goes_through_the_proxy_which_sees_no_token() {
    let site = site();
    let proxy = Proxy::start(None);
    let visitor = Visitor::new()
        .with_password(site.server.password())
        .trusting(site.server.certificate())
        .proxied_by(proxy.port);
    let outcome = visitor.does("push", &site.server.url("hello"));
    let pushed = git(&site.bare, &["rev-parse", "agent/x"]).unwrap();
    assert_eq!(outcome, format!("pushed {pushed}"));
    let heads = proxy.heads();
    let connect = format!("CONNECT {} HTTP/1.1\r\n", site.server.host());
    assert!(!heads.is_empty() && heads.iter().all(|head| head.starts_with(&connect)), "{heads:?}");
    assert!(!heads.iter().any(|head| head.to_ascii_lowercase().contains("authorization")), "{heads:?}");
}

#[test]
fn a_proxy_that_refuses_is_named_as_what_is_in_the_way() {
    let site = site();
    for refusal in [
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ] {
        let proxy = Proxy::start(Some(refusal));
        let visitor = Visitor::new()
            .with_password(site.server.password())
            .trusting(site.server.certificate())
            .proxied_by(proxy.port);
        let outcome = visitor.does("push", &site.server.url("hello"));
        assert!(outcome.starts_with("proxy_failed: "), "{outcome}");
        assert!(!proxy.heads().iter().any(|head| head.to_ascii_lowercase().contains("authorization")));
    }
    assert_eq!(site.server.requests().unwrap(), Vec::<String>::new());
}
