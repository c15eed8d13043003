//! The place on this machine where the browser comes back to.

use super::fake::Fake;
use super::time::{Still, seconds};
use anchorhold_forge::sign_in::{Access, Loopback, Redirect, WebFlow};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const ACCESS: Access = Access { workflows: false };

fn port(redirect: Redirect) -> u16 {
    match redirect {
        Redirect::Loopback { port } => port,
        Redirect::DeepLink => panic!("a link"),
    }
}

async fn ask(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn one_answer_of_the_browser_is_taken_and_then_nobody_listens() {
    let fake = Fake::start().await;
    let flow = WebFlow::new(fake.sign_in().await);
    let loopback = Loopback::open().await.unwrap();
    let port = port(loopback.redirect());
    let back = fake.consent(&flow.start(ACCESS, loopback.redirect()).unwrap().address);
    let target = back.strip_prefix(&format!("http://127.0.0.1:{port}")).unwrap().to_owned();
    let waiting = tokio::spawn({
        let flow = flow.clone();
        async move { loopback.callback(&flow).await }
    });
    // Browsers open connections that they do not use.
    let idle = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let own = format!("Host: 127.0.0.1:{port}\r\n\r\n");
    let wrong = [
        format!("GET /favicon.ico HTTP/1.1\r\n{own}"),
        format!("GET /oauth/callback?code=x&state=y HTTP/1.1\r\n{own}"),
        format!("POST {target} HTTP/1.1\r\n{own}"),
        format!("GET {target} HTTP/1.1\r\nHost: rebound.example:{port}\r\n\r\n"),
        format!("GET {target} HTTP/1.1\r\n\r\n"),
        "\u{0}\u{1}\r\n\r\n".to_owned(),
    ];
    for wrong in wrong {
        assert!(ask(port, &wrong).await.starts_with("HTTP/1.1 404 Not Found\r\n"), "{wrong}");
        assert!(!waiting.is_finished());
    }
    let page = ask(port, &format!("GET {target} HTTP/1.1\r\n{own}")).await;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("You can close this page"), "{page}");
    assert!(page.contains("default-src 'none'") && !page.contains("S3CRET"), "{page}");
    let address = waiting.await.unwrap().unwrap();
    assert_eq!(address, back);
    drop(idle);
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
    assert_eq!(flow.finish(&address).await.unwrap().access.expose(), "ghu_S3CRET1");
    assert_eq!(fake.asked()[0].form["redirect_uri"], format!("http://127.0.0.1:{port}/oauth/callback"));
}

#[tokio::test(start_paused = true)]
async fn a_browser_that_does_not_come_back_is_waited_for_ten_minutes() {
    let fake = Fake::start().await;
    let flow = WebFlow::new(fake.sign_in().await);
    let _still = Still::hold();
    let loopback = Loopback::open().await.unwrap();
    let port = port(loopback.redirect());
    let silent = super::time::after(seconds(600), loopback.callback(&flow)).await.unwrap_err();
    assert_eq!(silent.code(), "sign_in_browser_silent");
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
}
