//! A gate in front of a git server: it signs in for whoever comes, and keeps pushes or fetches back.
//!
//! A run in the test's own process has no token to show, since tests leave the environment alone.

use anchorhold_testkit::GitServer;
use std::io::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub struct Gate {
    address: String,
    state: Arc<State>,
    relay: JoinHandle<()>,
}

struct State {
    server: String,
    /// What goes into each request's head.
    sign_in: String,
    /// What is kept back: git's name of the service.
    keeps: &'static str,
    /// Whether everything is kept back, from the first question on.
    shut: AtomicBool,
    open: watch::Sender<bool>,
    /// How many have come whom it keeps back, as far as their content.
    reached: watch::Sender<usize>,
}

impl Gate {
    /// Keeps pushes back.
    pub async fn before(server: &GitServer) -> Self {
        Self::keeping(server, "git-receive-pack").await
    }

    /// Keeps fetches back, which get as far as the server's list of branches.
    pub async fn before_fetches(server: &GitServer) -> Self {
        Self::keeping(server, "git-upload-pack").await
    }

    async fn keeping(server: &GitServer, keeps: &'static str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let word = base64(format!("{}:{}", server.user(), server.password()).as_bytes());
        let state = Arc::new(State {
            server: server.host(),
            sign_in: format!("Authorization: Basic {word}\r\nConnection: close\r\n"),
            keeps,
            shut: AtomicBool::new(false),
            open: watch::Sender::default(),
            reached: watch::Sender::default(),
        });
        let relaying = Arc::clone(&state);
        let relay = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&relaying);
                tokio::spawn(async move { relay(client, &state).await.ok() });
            }
        });
        Self { address, state, relay }
    }

    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}.git", self.address)
    }

    /// Waits until somebody stands before the gate.
    pub async fn reached(&self) {
        self.reached_by(1).await;
    }

    /// Waits until as many have come before the gate.
    pub async fn reached_by(&self, count: usize) {
        let mut reached = self.state.reached.subscribe();
        super::soon("somebody comes", reached.wait_for(|reached| *reached >= count)).await.unwrap();
    }

    /// Keeps back whoever comes from now on, as a server does that answers nobody, and counts anew.
    pub fn shut(&self) {
        self.state.open.send_replace(false);
        self.state.reached.send_replace(0);
        self.state.shut.store(true, Ordering::SeqCst);
    }

    pub fn open(&self) {
        self.state.open.send_replace(true);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

/// Passes one request on; the connection is closed behind it, so that the next one signs in as well.
async fn relay(mut client: TcpStream, state: &State) -> Result<()> {
    let mut bytes = Vec::new();
    let line_end = loop {
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(Error::from(std::io::ErrorKind::UnexpectedEof));
        }
        if let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") {
            break end + 2;
        }
    };
    let line = String::from_utf8_lossy(&bytes[..line_end]);
    let kept = line.starts_with("POST") && line.contains(state.keeps);
    if kept || state.shut.load(Ordering::SeqCst) {
        state.reached.send_modify(|reached| *reached += 1);
        let mut open = state.open.subscribe();
        let _ = open.wait_for(|open| *open).await;
    }
    let mut server = TcpStream::connect(&state.server).await?;
    server.write_all(&bytes[..line_end]).await?;
    server.write_all(state.sign_in.as_bytes()).await?;
    server.write_all(&bytes[line_end..]).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
}

pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number =
            (0..3).fold(0_usize, |number, index| number << 8 | usize::from(*three.get(index).unwrap_or(&0)));
        for index in 0..4 {
            let letter = LETTERS[number >> (18 - 6 * index) & 63];
            text.push(if index <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}
