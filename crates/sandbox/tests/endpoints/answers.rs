//! What else may be behind an address: other servers, old engines, silence.

use std::net::SocketAddr;

use anchorhold_sandbox::{Certificates, Docker, Endpoint};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, UnixStream};

use crate::{a_cell_lives, fault, socket};

/// Gives everybody who asks the same answer.
async fn server(answer: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                if stream.read(&mut asked).await.is_ok_and(|count| count > 0) {
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            });
        }
    });
    address
}

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn at(address: SocketAddr) -> Endpoint {
    Endpoint::parse(&format!("tcp://{address}")).unwrap()
}

async fn check(answer: String, code: &str, words: &str) {
    let address = server(answer).await;
    let (found, message, hint) = fault(&at(address)).await;
    assert_eq!((found, message.as_str()), (code, words.replace("HERE", &address.to_string()).as_str()));
    assert!(!hint.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_behind_tcp_of_this_machine_opens_cells() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let socket = socket();
    tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = UnixStream::connect(&socket).await.unwrap();
            tokio::spawn(async move { copy_bidirectional(&mut near, &mut far).await });
        }
    });
    let docker = Docker::connect(&at(address)).await.unwrap();
    a_cell_lives(&docker, "tcp").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn something_that_is_no_engine_is_told_from_one() {
    let none = "use the container engine at tcp://HERE: what answers there is none";
    let code = "engine_not_docker";
    check(http("404 Not Found", "<h1>Nothing\nhere"), code, &format!("{none} (HTTP 404: <h1>Nothing)")).await;
    check(http("200 OK", "<h1>Welcome"), code, &format!("{none} (its answer to /version is not JSON)")).await;
    check(http("200 OK", "{}"), code, &format!("{none} (it does not say which API it has)")).await;
    let said = "invalid HTTP version parsed";
    check("SSH-2.0-OpenSSH_9.2\r\n".into(), code, &format!("{none} ({said})")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_wants_tls_says_so() {
    let answer = http("400 Bad Request", "Client sent an HTTP request to an HTTPS server.\n");
    check(answer, "engine_tls_needed", "use the container engine at tcp://HERE: it speaks TLS only").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_older_than_any_that_was_tried_is_refused() {
    let version = r#"{"Version":"18.09.1","ApiVersion":"1.39"}"#;
    let words = "use the container engine at tcp://HERE: its API is version 1.39, and 1.41 is needed";
    check(http("200 OK", version), "engine_too_old", words).await;
}

/// The clock of this test runs ahead whenever nothing else happens.
#[tokio::test(start_paused = true)]
async fn an_engine_that_says_nothing_is_given_up_after_ten_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("silent.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let before = tokio::time::Instant::now();
    let (code, message, _) = fault(&Endpoint::socket(&socket)).await;
    assert_eq!(before.elapsed().as_secs(), 10);
    assert_eq!(code, "engine_silent");
    assert_eq!(message, format!("reach the container engine at {}: no answer within 10 s", socket.display()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_without_an_engine_is_told_from_one_that_nobody_knows() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (code, message, _) = fault(&at(address)).await;
    assert_eq!(code, "engine_stopped");
    assert_eq!(message, format!("reach the container engine at tcp://{address}: it is not running"));

    // Certificates make an address of another machine one that is tried; the name is kept free for good.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), "").unwrap();
    let certificates = Certificates::in_folder(folder.path()).unwrap();
    let nowhere = Endpoint::parse_with("tcp://nowhere.invalid", Some(certificates)).unwrap();
    let (code, message, _) = fault(&nowhere).await;
    assert_eq!(code, "engine_host_unknown");
    let words = "no machine of that name is known";
    assert_eq!(message, format!("find the container engine at tcp://nowhere.invalid:2376: {words}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_says_what_it_is() {
    let info = Docker::connect(&Endpoint::socket(socket())).await.unwrap().info().await.unwrap();
    assert_eq!(info.os, "linux");
    assert_eq!(info.arch, std::env::consts::ARCH);
    assert!(!info.version.is_empty() && !info.name.is_empty(), "{info:?}");
}
