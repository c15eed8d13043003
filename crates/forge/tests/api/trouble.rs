//! Networks that fail, and what cannot even be asked.

use crate::account::user;
use crate::github::{GitHub, hang_up, ok, stall};
use anchorhold_forge::Forge;
use anchorhold_forge::sign_in::Host;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// The address of a server that writes this to everybody and ends.
async fn server(says: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(says).await.unwrap();
        }
    });
    address
}

async fn account_of(address: SocketAddr) -> &'static str {
    let host = Host::on_this_machine(address).unwrap();
    let forge = Forge::at(&host, Some("s3cret")).await.unwrap();
    forge.account().await.map(|_| "found").unwrap_or_else(|error| error.code())
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_is_offline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    assert_eq!(account_of(nobody).await, "forge_offline");
}

#[tokio::test]
async fn a_server_that_hangs_up_in_the_middle_is_offline() {
    assert_eq!(
        account_of(server(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await).await,
        "forge_offline"
    );
    assert_eq!(account_of(server(b"HTTP/1.1 200 OK\r\ncont").await).await, "forge_offline");
}

#[tokio::test]
async fn a_connection_that_broke_is_made_anew() {
    let github = GitHub::start().await;
    github.tell("GET /user", [ok(user("octocat")), hang_up(), ok(user("octocat"))]);
    let forge = github.forge().await;
    forge.account().await.unwrap();
    let error = forge.account().await.unwrap_err();
    assert_eq!(error.code(), "forge_offline");
    assert_eq!(error.to_string(), format!("find out who is signed in: reach {}", github.host.name()));
    forge.account().await.unwrap();
}

#[tokio::test]
async fn a_server_that_falls_silent_is_not_waited_for_for_good() {
    let github = GitHub::start().await;
    github.tell("GET /user", [ok(user("octocat")), stall()]);
    let forge = github.forge().await;
    forge.account().await.unwrap();
    // From here on time runs ahead as soon as nothing else can happen.
    tokio::time::pause();
    assert_eq!(forge.account().await.unwrap_err().code(), "forge_offline");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(stream.read_u8().await.unwrap());
            }
            let (head, chunk) =
                ("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[", vec![b' '; 1 << 16]);
            let mut sent = stream.write_all(head.as_bytes()).await;
            while sent.is_ok() {
                sent = stream.write_all(&chunk).await;
            }
        }
    });
    assert_eq!(account_of(address).await, "forge_answer_unreadable");
}

#[tokio::test]
async fn a_host_is_a_name_and_perhaps_a_port() {
    for host in ["github.com", "GitHub.com", "git.example.com:8443", "127.0.0.1:3000", "[::1]:3000"] {
        assert!(Forge::connect(host, None).await.is_ok(), "{host}");
    }
    for host in
        ["", " ", "https://github.com", "github.com/x", "me@github.com", "github.com?x", "a b", "github.com#"]
    {
        let refused = Forge::connect(host, None).await.map(|_| ());
        assert_eq!(refused.map_err(|e| e.code()), Err("forge_host_invalid"), "{host}");
    }
}

#[tokio::test]
async fn a_token_with_a_line_break_in_it_is_refused_before_anything_is_sent() {
    for token in ["", "gh token", "token\n", "token\r\nx: y", "t\u{F6}ken"] {
        let refused = Forge::connect("github.com", Some(token)).await.map(|_| ());
        assert_eq!(refused.map_err(|e| e.code()), Err("forge_token_malformed"), "{token:?}");
    }
}
