//! A relay between us and a git server, which does something to one request and is honest otherwise.

use std::io::{BufRead, BufReader, Read, Write, copy, sink};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What is done to a request.
#[derive(Clone)]
pub enum Mischief {
    /// It is answered with this, and not passed on.
    Answer(String),
    /// So many bytes of its body are passed on; then both sides are hung up on.
    Die { after: usize },
    /// So many bytes of its body are passed on; then nothing happens any more.
    Stall { after: usize },
    /// It is passed on, and both sides are hung up on when the server reports what it did.
    LoseAnswer,
    /// It is passed on, and nothing happens any more when the server reports what it did.
    KeepAnswer,
}

/// What becomes of the server's report.
#[derive(Clone, Copy, PartialEq)]
enum Report {
    Passed,
    Lost,
    Kept,
}

struct Plan {
    /// Parts that the head of the request must have.
    head: Vec<String>,
    mischief: Mischief,
}

#[derive(Default)]
struct Shared {
    plan: Mutex<Option<Plan>>,
    /// Heads of requests, as they came.
    heads: Mutex<Vec<String>>,
    /// Connections that are kept open without a word.
    silent: Mutex<Vec<TcpStream>>,
}

/// A running relay; its threads end with their connections.
pub struct Relay {
    port: u16,
    shared: Arc<Shared>,
}

impl Relay {
    /// Listens on a free port and passes everything on to `server`, given as `host:port`.
    pub fn to(server: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let (relay, server) = (Arc::clone(&shared), server.to_owned());
        thread::spawn(move || {
            for client in listener.incoming() {
                let (shared, server) = (Arc::clone(&relay), TcpStream::connect(&server).unwrap());
                thread::spawn(move || pass(client.unwrap(), server, &shared));
            }
        });
        Self { port, shared }
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Does `mischief` once, to the next request whose head has all of `head` in it.
    pub fn plan(&self, head: &[&str], mischief: Mischief) {
        let head = head.iter().map(|part| (*part).to_owned()).collect();
        *self.shared.plan.lock().unwrap() = Some(Plan { head, mischief });
    }

    /// Whether what was planned has happened.
    pub fn is_done(&self) -> bool {
        self.shared.plan.lock().unwrap().is_none()
    }

    /// Returns how many requests had all of `head` in their heads.
    pub fn count(&self, head: &[&str]) -> usize {
        self.shared
            .heads
            .lock()
            .unwrap()
            .iter()
            .filter(|seen| head.iter().all(|part| seen.contains(part)))
            .count()
    }
}

/// Passes one connection's requests on, looking at each head.
fn pass(client: TcpStream, server: TcpStream, shared: &Arc<Shared>) {
    let report = Arc::new(Mutex::new(Report::Passed));
    let answers = (server.try_clone().unwrap(), client.try_clone().unwrap(), Arc::clone(&report));
    let keeps = Arc::clone(shared);
    thread::spawn(move || answer(answers.0, answers.1, &answers.2, &keeps));
    let (mut to_client, mut to_server) = (client.try_clone().unwrap(), server);
    let mut from_client = client;
    let mut left: Option<(usize, bool)> = None;
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let count = match from_client.read(&mut bytes) {
            Ok(count) if count > 0 => count,
            _ => break,
        };
        let chunk = bytes.get(..count).unwrap();
        let mut body = chunk;
        // A head is written at once, and is small.
        if chunk.starts_with(b"GET ") || chunk.starts_with(b"POST ") {
            let text = String::from_utf8_lossy(chunk);
            let head = text.split("\r\n\r\n").next().unwrap().to_owned();
            body = chunk.get((head.len() + 4).min(count)..).unwrap();
            shared.heads.lock().unwrap().push(head.clone());
            let fits = |plan: &mut Plan| plan.head.iter().all(|part| head.contains(part));
            let plan = shared.plan.lock().unwrap().take_if(fits);
            if let Some(plan) = plan {
                match plan.mischief {
                    Mischief::Answer(answer) => {
                        to_client.write_all(answer.as_bytes()).unwrap();
                        let _ = to_client.shutdown(Shutdown::Write);
                        // What is still being sent is read, so that the answer is not lost by a reset.
                        let _ = copy(&mut from_client, &mut sink());
                        break;
                    }
                    Mischief::Die { after } => left = Some((after, true)),
                    Mischief::Stall { after } => left = Some((after, false)),
                    Mischief::LoseAnswer => *report.lock().unwrap() = Report::Lost,
                    Mischief::KeepAnswer => *report.lock().unwrap() = Report::Kept,
                }
                if left.is_some() {
                    to_server.write_all(chunk.get(..count - body.len()).unwrap()).unwrap();
                }
            }
        }
        let Some((rest, dies)) = &mut left else {
            if to_server.write_all(chunk).is_err() {
                break;
            }
            continue;
        };
        let passed = body.len().min(*rest);
        to_server.write_all(body.get(..passed).unwrap()).unwrap();
        *rest -= passed;
        if *rest == 0 {
            if !*dies {
                shared.silent.lock().unwrap().extend([to_client, to_server]);
                return;
            }
            break;
        }
    }
    let _ = to_client.shutdown(Shutdown::Both);
    let _ = to_server.shutdown(Shutdown::Both);
}

/// Passes answers back, unless they are to be lost or kept.
fn answer(mut server: TcpStream, mut client: TcpStream, report: &Mutex<Report>, shared: &Shared) {
    let mut bytes = vec![0; 16 * 1024];
    let mut lost = Vec::new();
    while let Ok(count) = server.read(&mut bytes) {
        let chunk = bytes.get(..count).unwrap();
        if count == 0 {
            break;
        }
        let report = *report.lock().unwrap();
        if report != Report::Passed {
            lost.extend_from_slice(chunk);
            // The server says this when the objects are stored and the refs are moved.
            if lost.windows(9).any(|window| window == b"unpack ok") {
                if report == Report::Kept {
                    shared.silent.lock().unwrap().extend([client, server]);
                    return;
                }
                break;
            }
        } else if client.write_all(chunk).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

/// Answers every request with `answer`, and keeps what it was sent.
pub fn witness(answer: &str) -> (u16, Arc<Mutex<String>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(String::new()));
    let (hears, answer) = (Arc::clone(&heard), answer.to_owned());
    thread::spawn(move || {
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
