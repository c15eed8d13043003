//! An engine's socket with somebody in between, who listens and may say something else.

use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anchorhold_sandbox::{Docker, Endpoint};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

/// Stands before the real engine for as long as it lives.
pub struct Proxy {
    socket: PathBuf,
    asked: Arc<Mutex<Vec<String>>>,
    relay: JoinHandle<()>,
    _folder: TempDir,
}

impl Proxy {
    /// Passes everything on.
    pub fn listening() -> Self {
        Self::start(None)
    }

    /// Says that the engine runs on `machine`, and passes everything else on.
    pub fn on_machine(machine: &str) -> Self {
        Self::start(Some(machine.to_owned()))
    }

    fn start(machine: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("engine.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let engine = Endpoint::from_environment().unwrap().path().unwrap().to_owned();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let relay = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (engine, machine, heard) = (engine.clone(), machine.clone(), Arc::clone(&heard));
                tokio::spawn(async move { relay(client, &engine, machine, &heard).await.ok() });
            }
        });
        Self { socket, asked, relay, _folder: folder }
    }

    pub async fn docker(&self) -> Docker {
        Docker::connect(&Endpoint::socket(&self.socket)).await.unwrap()
    }

    /// The requests so far whose first line holds `word`.
    pub fn asked(&self, word: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|line| line.contains(word)).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

/// Passes one request on; the connection is closed behind it, so that the next one is heard as well.
async fn relay(
    mut client: UnixStream,
    engine: &Path,
    machine: Option<String>,
    heard: &Mutex<Vec<String>>,
) -> Result<()> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(Error::from(ErrorKind::UnexpectedEof));
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let (first, fields) = head.split_once("\r\n").unwrap_or((&head, ""));
    heard.lock().unwrap().push(first.to_owned());
    if let Some(machine) = machine.filter(|_| first.contains("/info ")) {
        let body = format!("{{\"Architecture\":\"{machine}\"}}");
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        return client.write_all(answer.as_bytes()).await;
    }
    let mut server = UnixStream::connect(engine).await?;
    // An attached stream is closed by whoever ends it.
    let close = if fields.to_ascii_lowercase().contains("upgrade") { "" } else { "Connection: close\r\n" };
    server.write_all(format!("{first}\r\n{close}{fields}").as_bytes()).await?;
    server.write_all(&bytes[head_end..]).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
}
