//! A network between us and a git server, which breaks, goes silent or sends us elsewhere.
//!
//! It passes bytes on and understands nothing of them but the first line of a request, so that what the
//! server and the client say to each other is real.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What happens to a connection.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// Everything passes.
    Passes,
    /// After so many bytes from the server it is cut.
    Breaks(usize),
    /// After so many bytes from the server nothing comes any more.
    Stalls(usize),
}

/// A port that leads to a server; dropping it closes it.
pub struct Front {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    /// What happens to the answers to the next requests for a pack, in order; afterwards they pass.
    fates: Mutex<Vec<Fate>>,
    /// The first line of each request, and its line of credentials.
    heard: Mutex<Vec<String>>,
    /// Held open, so that a silent connection stays one.
    open: Mutex<Vec<TcpStream>>,
    closed: AtomicBool,
}

impl Front {
    /// Leads to the server at `to`, such as `127.0.0.1:8080`; `fates` are those of the first packs.
    pub fn before(to: &str, fates: &[Fate]) -> Self {
        let to = to.to_owned();
        Self::start(fates, move |shared, client, head| {
            let Ok(server) = TcpStream::connect(&to) else { return };
            let fate = if head.starts_with("POST ") { next(&shared.fates) } else { Fate::Passes };
            join(&shared, client, server, head, fate);
        })
    }

    /// Leads to the server at `to` without reading anything; `fates` are those of the first connections.
    pub fn unread(to: &str, fates: &[Fate]) -> Self {
        let to = to.to_owned();
        Self::start_with(fates, false, move |shared, client, _| {
            let Ok(server) = TcpStream::connect(&to) else { return };
            let fate = next(&shared.fates);
            join(&shared, client, server, "", fate);
        })
    }

    /// A proxy for https that asks for nothing: it connects to whatever host is named.
    pub fn proxy() -> Self {
        Self::start(&[], |shared, mut client, head| {
            let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let Ok(server) = TcpStream::connect(&target) else { return };
            if head.starts_with("CONNECT ")
                && client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").is_ok()
            {
                join(&shared, client, server, "", Fate::Passes);
            }
        })
    }

    /// Answers every request with `answer` alone.
    pub fn answering(answer: &str) -> Self {
        let answer = answer.to_owned();
        Self::start(&[], move |_, mut client, _| {
            // The other side may hang up first.
            let _ = client.write_all(answer.as_bytes());
        })
    }

    /// Leads to the server at `to`, and sends whoever lists the refs of `old` on to `new`.
    pub fn renamed(old: &str, new: &str, to: &str) -> Self {
        let (old, new, to) =
            (format!("/{old}.git/info/refs"), format!("/{new}.git/info/refs"), to.to_owned());
        Self::start(&[], move |shared, mut client, head| {
            let path = head.split(' ').nth(1).unwrap_or_default();
            if path.starts_with(&old) {
                let location = path.replacen(&old, &new, 1);
                let answer = format!(
                    "HTTP/1.1 301 Moved Permanently\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                let _ = client.write_all(answer.as_bytes());
                return;
            }
            let Ok(server) = TcpStream::connect(&to) else { return };
            join(&shared, client, server, head, Fate::Passes);
        })
    }

    /// Answers a request without credentials with `asks`, and one that has some with `answer`.
    pub fn asking_first(asks: &str, answer: &str) -> Self {
        let (asks, answer) = (asks.to_owned(), answer.to_owned());
        Self::start(&[], move |_, mut client, head| {
            let given = head.to_ascii_lowercase().contains("\nauthorization:");
            let _ = client.write_all(if given { answer.as_bytes() } else { asks.as_bytes() });
        })
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}.git", self.host())
    }

    /// The first line of every request so far, with the credentials that came with it.
    pub fn heard(&self) -> Vec<String> {
        self.shared.heard.lock().unwrap().clone()
    }

    /// Decides about the next packs.
    pub fn let_next(&self, fates: &[Fate]) {
        fates.clone_into(&mut self.shared.fates.lock().unwrap());
    }

    fn start(fates: &[Fate], serve: impl Fn(Arc<Shared>, TcpStream, &str) + Send + Sync + 'static) -> Self {
        Self::start_with(fates, true, serve)
    }

    fn start_with(
        fates: &[Fate],
        reads: bool,
        serve: impl Fn(Arc<Shared>, TcpStream, &str) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            fates: Mutex::new(fates.to_vec()),
            heard: Mutex::default(),
            open: Mutex::default(),
            closed: AtomicBool::new(false),
        });
        let (serve, inside) = (Arc::new(serve), Arc::clone(&shared));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if inside.closed.load(Ordering::Relaxed) {
                    return;
                }
                let (serve, shared) = (Arc::clone(&serve), Arc::clone(&inside));
                thread::spawn(move || {
                    let head = if reads { read_head(&client) } else { String::new() };
                    shared.hear(&head);
                    // One request a connection, so that every one of them is seen.
                    serve(shared, client, &head);
                });
            }
        });
        Self { port, shared }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        for open in self.shared.open.lock().unwrap().drain(..) {
            let _ = open.shutdown(Shutdown::Both);
        }
        // The thread looks up when somebody comes.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Shared {
    fn hear(&self, head: &str) {
        let mut lines = head.lines();
        let first = lines.next().unwrap_or_default();
        let secret = lines.find(|line| line.to_ascii_lowercase().contains("authorization:"));
        self.heard.lock().unwrap().push([first, secret.unwrap_or_default()].join(" ").trim_end().to_owned());
    }
}

fn next(fates: &Mutex<Vec<Fate>>) -> Fate {
    let mut fates = fates.lock().unwrap();
    if fates.is_empty() { Fate::Passes } else { fates.remove(0) }
}

/// Reads a request up to its empty line, byte by byte: what follows is the body.
fn read_head(client: &TcpStream) -> String {
    let mut reader = BufReader::with_capacity(1, client);
    let (mut head, mut line) = (String::new(), String::new());
    while matches!(reader.read_line(&mut line), Ok(1..)) {
        head.push_str(&line);
        if line == "\r\n" {
            break;
        }
        line.clear();
    }
    head
}

/// Passes `head` and what follows to the server, and its answer back until `fate`.
fn join(shared: &Shared, client: TcpStream, mut server: TcpStream, head: &str, fate: Fate) {
    // The library would ask again on the same connection, where nobody would see what it asks.
    let head = match head.strip_suffix("\r\n") {
        Some(lines) => format!("{lines}Connection: close\r\n\r\n"),
        None => head.to_owned(),
    };
    if server.write_all(head.as_bytes()).is_err() {
        return;
    }
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let mut client = client;
    let most = match fate {
        Fate::Passes => u64::MAX,
        Fate::Breaks(bytes) | Fate::Stalls(bytes) => bytes as u64,
    };
    let _ = std::io::copy(&mut (&server).take(most), &mut client);
    match fate {
        Fate::Stalls(_) => shared.open.lock().unwrap().extend([client, server]),
        Fate::Passes | Fate::Breaks(_) => {
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        }
    }
}
