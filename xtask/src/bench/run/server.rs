//! A model on the loopback interface that answers soon and keeps the time between requests.
//!
//! Everything is measured from the model's side of the wire, so that every agent is measured alike:
//! what it takes from the last byte of an answer to the last byte of the next request is its own.
//!
//! Each answer takes as long as any other. A long request takes longer to read here, and a machine that waited
//! longer takes longer to wake: an agent would seem to slow down for what the server does.

use super::{
    dialect::{Dialect, Wish},
    trajectory,
};
use anyhow::{Context, Result};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What the server counts as a token, near what the usual tokenizers make of code.
const BYTES_PER_TOKEN: usize = 4;
/// How long after a request its answer is sent; to read the longest takes less.
const ANSWERS_AFTER: Duration = Duration::from_millis(5);

/// A running model server. It serves until the program ends.
pub struct Server {
    /// Its port on the loopback interface.
    pub port: u16,
    clock: Arc<Mutex<Clock>>,
}

/// What was seen since it was last taken.
#[derive(Default)]
struct Clock {
    first_request: Option<Instant>,
    last_answer: Option<Instant>,
    own: Vec<Duration>,
    answered: usize,
    run: usize,
}

/// What the server saw of one run.
pub struct Seen {
    /// When the first request was complete.
    pub first_request: Option<Instant>,
    /// From each answer to the next request.
    pub own: Vec<Duration>,
    /// How many answers of the recording were given.
    pub answered: usize,
}

impl Server {
    /// Starts serving `answers` answers under `dialect`'s tool names.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(dialect: Dialect, answers: usize) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("open a port for the model server")?;
        let port = listener.local_addr()?.port();
        let clock = Arc::new(Mutex::new(Clock::default()));
        let shared = Arc::clone(&clock);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let clock = Arc::clone(&shared);
                // A client that hangs up ends its connection and nothing else.
                std::thread::spawn(move || drop(serve(stream, dialect, answers, &clock)));
            }
        });
        Ok(Self { port, clock })
    }

    /// Returns what was seen of the run since the last call; what comes now is the next run.
    pub fn take(&self) -> Seen {
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        let next = Clock { run: clock.run + 1, ..Clock::default() };
        let clock = std::mem::replace(&mut *clock, next);
        Seen { first_request: clock.first_request, own: clock.own, answered: clock.answered }
    }
}

fn serve(stream: TcpStream, dialect: Dialect, answers: usize, clock: &Mutex<Clock>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    while let Some((path, body)) = request(&mut reader)? {
        let arrived = Instant::now();
        let request: Wish = serde_json::from_slice(&body).unwrap_or_default();
        // Counted here: an agent that makes room in its context does not send every answer back.
        let number = dialect.is_work(&path, &request).then(|| {
            let mut clock = clock.lock().unwrap_or_else(PoisonError::into_inner);
            clock.first_request.get_or_insert(arrived);
            if let Some(last) = clock.last_answer {
                clock.own.push(arrived - last);
            }
            (clock.answered, clock.run)
        });
        let tokens = body.len() / BYTES_PER_TOKEN;
        let (kind, answer) = match number {
            Some((number, run)) => {
                dialect.answer(&request, number, &trajectory::answer(number, answers, run), tokens)
            }
            None => dialect.aside(&path, &request, tokens),
        };
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", answer.len());
        let mut whole = head.into_bytes();
        whole.extend_from_slice(answer.as_bytes());
        std::thread::sleep(ANSWERS_AFTER.saturating_sub(arrived.elapsed()));
        writer.write_all(&whole)?;
        if number.is_some() {
            let mut clock = clock.lock().unwrap_or_else(PoisonError::into_inner);
            clock.last_answer = Some(Instant::now());
            clock.answered += 1;
        }
    }
    Ok(())
}

/// Reads one request; `None` at the end of the connection.
fn request(reader: &mut BufReader<TcpStream>) -> Result<Option<(String, Vec<u8>)>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut chunked) = (0, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        chunked |= line.starts_with("transfer-encoding:") && line.contains("chunked");
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    while chunked {
        let mut size = String::new();
        reader.read_line(&mut size)?;
        let size = usize::from_str_radix(size.trim(), 16)?;
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk)?;
        chunk.truncate(size);
        body.extend_from_slice(&chunk);
        chunked = size > 0;
    }
    Ok(Some((path, body)))
}
