//! A place on this machine for the browser to come back to, for as long as one sign-in takes.

use super::callback::Redirect;
use super::error::{Result, SignInError};
use super::web::{LIFETIME, WebFlow};
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

/// The longest head of a request that is read, in bytes.
const LARGEST: usize = 16 << 10;
/// How long one connection may take. Browsers open some that they never use.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many connections are held at once.
const MOST: usize = 16;

const ARRIVED: &str = "Anchorhold has the answer of GitHub. You can close this page.";
const UNKNOWN: &str = "This is not the end of a sign-in that Anchorhold began. You can close this page.";

/// A listener on 127.0.0.1 at a free port. It is closed with the answer, after 10 min, or when it is dropped.
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    port: u16,
}

impl Loopback {
    /// Opens one.
    ///
    /// # Errors
    /// [`SignInError::Listen`] where the system gives no port.
    pub async fn open() -> Result<Self> {
        let opened = async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let port = listener.local_addr()?.port();
            Ok(Self { listener, port })
        };
        opened.await.map_err(|source| SignInError::Listen { source })
    }

    /// Returns where it listens, for [`WebFlow::start`].
    #[must_use]
    pub fn redirect(&self) -> Redirect {
        Redirect::Loopback { port: self.port }
    }

    /// Waits for the address that finishes a sign-in of `flow`, for [`WebFlow::finish`]. Anything else that
    /// is asked here is refused and does not end the wait.
    ///
    /// # Errors
    /// [`SignInError::BrowserSilent`] after 10 min, and [`SignInError::Listen`].
    pub async fn callback(self, flow: &WebFlow) -> Result<String> {
        let mut connections = JoinSet::new();
        let until = Instant::now() + LIFETIME;
        let heard = async {
            loop {
                tokio::select! {
                    accepted = self.listener.accept(), if connections.len() < MOST => {
                        let (stream, _) = accepted.map_err(|source| SignInError::Listen { source })?;
                        let (flow, port) = (flow.clone(), self.port);
                        connections.spawn(async move {
                            timeout(PATIENCE, serve(stream, port, &flow)).await.ok().flatten()
                        });
                    }
                    Some(served) = connections.join_next() => {
                        if let Ok(Some(address)) = served {
                            return Ok(address);
                        }
                    }
                }
            }
        };
        timeout_at(until, heard).await.unwrap_or(Err(SignInError::BrowserSilent))
    }
}

/// Answers one request, and returns its address where it is the one that was waited for.
async fn serve(mut stream: TcpStream, port: u16, flow: &WebFlow) -> Option<String> {
    let head = head(&mut stream).await?;
    let address = callback(&head, port).filter(|address| flow.awaits(address));
    let (status, words) = match address {
        Some(_) => ("200 OK", ARRIVED),
        None => ("404 Not Found", UNKNOWN),
    };
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Anchorhold</title><p>{words}</p></html>"
    );
    // The page is in nobody's cache, and no page behind it is told the address, which has the code in it.
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    // A browser that does not wait for its page has given the answer all the same.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
    address
}

async fn head(stream: &mut TcpStream) -> Option<String> {
    let (mut head, mut part) = (Vec::new(), [0; 2048]);
    loop {
        let count = stream.read(&mut part).await.ok()?;
        head.extend_from_slice(part.get(..count)?);
        if head.windows(4).any(|end| end == b"\r\n\r\n") {
            return String::from_utf8(head).ok();
        }
        if count == 0 || head.len() > LARGEST {
            return None;
        }
    }
}

/// The whole address of a request, where it was meant for this listener by its own name: a page that makes
/// another name point here asks with that name.
fn callback(head: &str, port: u16) -> Option<String> {
    let mut lines = head.split("\r\n");
    let target = lines.next()?.strip_prefix("GET ")?.strip_suffix(" HTTP/1.1")?;
    let mut hosts = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("host").then(|| value.trim())
    });
    let host = format!("127.0.0.1:{port}");
    let meant = hosts.next() == Some(&host) && hosts.next().is_none();
    (meant && target.starts_with('/')).then(|| format!("http://{host}{target}"))
}
