//! A server that redirects to another host never makes a credential follow.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};

use anchorhold_repo::Credentials;
use common::{Place, fetch};

/// Answers every request with `answer` and keeps what it was sent.
fn serve(answer: String) -> (u16, Arc<Mutex<String>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(String::new()));
    let hears = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while let Some(Ok(line)) = lines.next() {
                hears.lock().unwrap().push_str(&format!("{line}\n"));
                if line.is_empty() {
                    break;
                }
            }
            // The other side may hang up first.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (port, heard)
}

fn thief_and_redirector() -> (u16, Arc<Mutex<String>>) {
    let asks = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let (thief, heard) = serve(asks.to_owned());
    let location = format!("http://localhost:{thief}/a.git/info/refs?service=git-upload-pack");
    let (port, _) = serve(format!(
        "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ));
    (port, heard)
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    let (port, heard) = thief_and_redirector();
    let place = Place::empty();
    let mirror = place.mirror_of(&format!("http://127.0.0.1:{port}/a.git"));
    let credentials = Credentials::https(format!("127.0.0.1:{port}"), "ada", "secret");
    let error = fetch(&mirror, "main", &credentials).unwrap_err();
    assert_eq!(error.code(), "repository_redirected");
    assert_eq!(*heard.lock().unwrap(), "");
}

#[test]
fn the_library_left_to_itself_does_hand_the_credential_to_the_other_host() {
    let (port, heard) = thief_and_redirector();
    let mut remote = git2::Remote::create_detached(format!("http://127.0.0.1:{port}/a.git")).unwrap();
    let mut asked = 0;
    let mut callbacks = git2::RemoteCallbacks::new();
    callbacks.credentials(move |_, _, _| {
        asked += 1;
        match asked {
            1 => git2::Cred::userpass_plaintext("ada", "secret"),
            _ => Err(git2::Error::from_str("enough")),
        }
    });
    assert!(remote.connect_auth(git2::Direction::Fetch, Some(callbacks), None).is_err());
    assert!(
        heard.lock().unwrap().to_ascii_lowercase().contains("authorization: basic"),
        "the control shows no leak"
    );
}
