//! The line to one bridge: requests go out as they come, answers find their request by its id.
//!
//! Two tasks own the pipe's two ends and end with it. A call that is dropped leaves nothing behind
//! but an answer that nobody takes.

use std::collections::HashMap;
use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anchorhold_bridge::frame::{self, END_MARK, PRELUDE_BYTES, Prelude};
use anchorhold_bridge::{Envelope, FrameError, Request, Response};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::error::{Ending, SandboxError};
use crate::owners::Claim;

/// How many frames may wait for the pipe, so that a slow cell slows its caller.
const WAITING_FRAMES: usize = 8;
/// How long a cell may take nothing in.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);
const RESYNC_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) type Reader = Pin<Box<dyn AsyncRead + Send>>;
pub(crate) type Writer = Pin<Box<dyn AsyncWrite + Send>>;
/// Finds out how the cell ended, once the pipe has.
pub(crate) type Epilogue = Pin<Box<dyn Future<Output = Ending> + Send>>;

/// An answer and its bytes.
pub(crate) type Answer = (Response, Vec<u8>);

pub(crate) struct Line {
    outgoing: mpsc::Sender<Vec<u8>>,
    calls: Arc<Calls>,
    next_id: AtomicU64,
    closed: CancellationToken,
}

#[derive(Default)]
struct Calls(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    by_id: HashMap<u64, oneshot::Sender<Answer>>,
    ending: Option<Ending>,
    /// When an answer last found its call.
    heard: Option<Instant>,
    /// The right to speak on this line, let go when it ends.
    claim: Option<Claim>,
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Takes the pipe; `epilogue` is asked when it ends.
    pub(crate) fn new(reader: Reader, writer: Writer, epilogue: Epilogue) -> Self {
        let (outgoing, frames) = mpsc::channel(WAITING_FRAMES);
        let calls = Arc::new(Calls::default());
        let closed = CancellationToken::new();
        tokio::spawn(closed.clone().run_until_cancelled_owned(write_frames(writer, frames)));
        let listening = listen(reader, Arc::clone(&calls), epilogue);
        tokio::spawn(closed.clone().run_until_cancelled_owned(listening));
        // A bridge that outlived its host may still answer that host: its ids are never ours.
        let start = RandomState::new().build_hasher().finish() >> 1;
        Self { outgoing, calls, next_id: AtomicU64::new(start.max(1)), closed }
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn call(
        &self,
        request: Request,
        body: &[u8],
        patience: Duration,
    ) -> Result<Answer, SandboxError> {
        let attempt = format!("wait for the cell to {}", verb(&request));
        self.send(request, body).await?.answer(attempt, patience).await
    }

    /// Sends a request without waiting for its answer.
    pub(crate) async fn send(&self, request: Request, body: &[u8]) -> Result<Pending, SandboxError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let header = serde_json::to_vec(&Envelope { id, message: request })
            .map_err(|error| FrameError::Io(error.into()))?;
        let frame = frame::encode(&header, body)?;
        let (sender, answer) = oneshot::channel();
        {
            let mut waiting = self.calls.lock();
            if let Some(ending) = &waiting.ending {
                return Err(ending.clone().into());
            }
            waiting.by_id.insert(id, sender);
        }
        let pending = Pending { id, answer, calls: Arc::clone(&self.calls) };
        match tokio::time::timeout(SEND_TIMEOUT, self.outgoing.send(frame)).await {
            // A writer that is gone means a pipe that ended; the listener then says how.
            Ok(_) => Ok(pending),
            Err(_) => Err(SandboxError::Timeout { attempt: "send to the cell".into(), after: SEND_TIMEOUT }),
        }
    }

    /// Keeps a claim until the line has ended.
    pub(crate) fn hold(&self, claim: Claim) {
        let mut waiting = self.calls.lock();
        if waiting.ending.is_none() {
            waiting.claim = Some(claim);
        }
    }

    /// Lets go of the pipe.
    pub(crate) fn close(&self) {
        self.closed.cancel();
        self.calls.lock().end(Ending { status: Some(0), ..Ending::default() });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.closed.cancel();
        self.calls.lock().claim = None;
    }
}

/// A request that was sent; dropping it forgets it.
pub(crate) struct Pending {
    id: u64,
    answer: oneshot::Receiver<Answer>,
    calls: Arc<Calls>,
}

impl Pending {
    /// Waits for the answer, so long after the one before it. Answers come in the order of the requests:
    /// until the one before is there, this one's has not begun.
    pub(crate) async fn answer(
        mut self,
        attempt: String,
        patience: Duration,
    ) -> Result<Answer, SandboxError> {
        let mut until = Instant::now() + patience;
        loop {
            match tokio::time::timeout_at(until, &mut self.answer).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(_)) => return Err(self.calls.lock().ending.clone().unwrap_or_default().into()),
                Err(_) => {}
            }
            let heard = self.calls.lock().heard;
            match heard.map(|heard| heard + patience).filter(|later| *later > until) {
                Some(later) => until = later,
                None => return Err(SandboxError::Timeout { attempt, after: patience }),
            }
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.calls.lock().by_id.remove(&self.id);
    }
}

impl Waiting {
    /// Takes the call that an answer is for. Only such an answer is heard of: a cell cannot have anybody
    /// wait by saying what nobody asked for.
    fn answered(&mut self, id: u64) -> Option<oneshot::Sender<Answer>> {
        let call = self.by_id.remove(&id)?;
        self.heard = Some(Instant::now());
        Some(call)
    }

    fn end(&mut self, ending: Ending) {
        self.ending.get_or_insert(ending);
        self.by_id.clear();
        self.claim = None;
    }
}

/// Asks a bridge that outlived its host whether it is between two frames, and waits until it says so.
pub(crate) async fn find_rhythm(reader: &mut Reader, writer: &mut Writer) -> Result<(), SandboxError> {
    let header = serde_json::to_vec(&Envelope { id: 0, message: Response::InStep })
        .map_err(|error| FrameError::Io(error.into()))?;
    let expected = frame::encode(&header, &[])?;
    let asking = async {
        writer.write_all(&frame::RESYNC).await?;
        writer.flush().await?;
        // What an earlier host did not take comes first and is let go.
        let mut last = Vec::with_capacity(expected.len());
        while last != expected {
            if last.len() == expected.len() {
                last.remove(0);
            }
            last.push(reader.read_u8().await?);
        }
        Ok::<_, std::io::Error>(())
    };
    match tokio::time::timeout(RESYNC_TIMEOUT, asking).await {
        Ok(outcome) => Ok(outcome.map_err(FrameError::Io)?),
        Err(_) => Err(SandboxError::Timeout {
            attempt: "find the rhythm of a running cell".into(),
            after: RESYNC_TIMEOUT,
        }),
    }
}

async fn write_frames(mut writer: Writer, mut frames: mpsc::Receiver<Vec<u8>>) {
    while let Some(frame) = frames.recv().await {
        let written = async {
            writer.write_all(&frame).await?;
            writer.flush().await
        };
        if let Err(error) = written.await {
            tracing::debug!(%error, "the pipe to the cell cannot be written");
            return;
        }
    }
}

async fn listen(mut reader: Reader, calls: Arc<Calls>, epilogue: Epilogue) {
    let reason = loop {
        match read_frame(&mut reader).await {
            Ok((envelope, body)) => {
                let waiting = calls.lock().answered(envelope.id);
                match waiting {
                    // Whoever asked may have stopped waiting.
                    Some(sender) => drop(sender.send((envelope.message, body))),
                    None => tracing::debug!(id = envelope.id, "an answer that nobody waits for"),
                }
            }
            Err(error) => break error,
        }
    };
    let mut ending = epilogue.await;
    if ending.said.is_empty() && !matches!(reason, FrameError::Closed) {
        ending.said = reason.to_string();
    }
    calls.lock().end(ending);
}

async fn read_frame(reader: &mut Reader) -> Result<(Envelope<Response>, Vec<u8>), FrameError> {
    let mut prelude = [0; PRELUDE_BYTES];
    reader.read_exact(&mut prelude).await.map_err(|_| FrameError::Closed)?;
    let lengths = Prelude::parse(prelude)?;
    let mut header = vec![0; lengths.header];
    let mut body = vec![0; lengths.body];
    let mut end = [0; END_MARK.len()];
    for part in [header.as_mut_slice(), body.as_mut_slice(), end.as_mut_slice()] {
        reader.read_exact(part).await.map_err(|_| FrameError::Cut)?;
    }
    if end != END_MARK {
        return Err(FrameError::NoEndMark);
    }
    let envelope = serde_json::from_slice(&header).map_err(|error| FrameError::Io(error.into()))?;
    Ok((envelope, body))
}

/// What a request does, for messages.
pub(crate) fn verb(request: &Request) -> &'static str {
    match request {
        Request::Hello => "answer",
        Request::List { .. } => "list a folder",
        Request::Read { .. } | Request::ReadRaw { .. } => "read a file",
        Request::Search { .. } => "search",
        Request::Glob { .. } => "find files",
        Request::Write { .. } => "write a file",
        Request::Edit { .. } => "edit a file",
        Request::Delete { .. } => "delete",
        Request::Move { .. } => "move",
        Request::MakeDirectory { .. } => "make a folder",
        Request::Stat { .. } => "look at a path",
        Request::ImportBegin | Request::ImportFiles { .. } | Request::ImportEnd => "take the files in",
        Request::Changes { .. } => "tell what changed",
        Request::Export { .. } => "give the files out",
        Request::Empty => "empty the workspace",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use tokio::io::DuplexStream;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// A line, and the end that a bridge has of it.
    fn line() -> (Line, DuplexStream) {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (reader, writer) = tokio::io::split(ours);
        let epilogue = Box::pin(async { Ending::default() });
        (Line::new(Box::pin(reader), Box::pin(writer), epilogue), theirs)
    }

    /// Reads a request and says its id.
    async fn asked(bridge: &mut DuplexStream) -> u64 {
        let mut prelude = [0; PRELUDE_BYTES];
        bridge.read_exact(&mut prelude).await.unwrap();
        let lengths = Prelude::parse(prelude).unwrap();
        let mut header = vec![0; lengths.header];
        bridge.read_exact(&mut header).await.unwrap();
        let mut rest = vec![0; lengths.body + END_MARK.len()];
        bridge.read_exact(&mut rest).await.unwrap();
        serde_json::from_slice::<Envelope<Request>>(&header).unwrap().id
    }

    async fn answer(bridge: &mut DuplexStream, id: u64) {
        let header = serde_json::to_vec(&Envelope { id, message: Response::InStep }).unwrap();
        bridge.write_all(&frame::encode(&header, &[]).unwrap()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_of_a_call_begins_when_the_one_before_it_is_answered() {
        let (line, mut bridge) = line();
        let busy = async {
            for _ in 0..3 {
                let id = asked(&mut bridge).await;
                tokio::time::sleep(PATIENCE * 2 / 3).await;
                answer(&mut bridge, id).await;
            }
        };
        let call = || line.call(Request::Hello, &[], PATIENCE);
        let (first, second, third, ()) = tokio::join!(call(), call(), call(), busy);
        assert!(first.is_ok() && second.is_ok() && third.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_bridge_that_says_what_nobody_asked_for_is_given_up_all_the_same() {
        let (line, mut bridge) = line();
        let talking = async {
            loop {
                answer(&mut bridge, 0).await;
                tokio::time::sleep(PATIENCE / 2).await;
            }
        };
        tokio::select! {
            answer = line.call(Request::Hello, &[], PATIENCE) => {
                assert_eq!(answer.err().map(|error| error.code()), Some("timeout"));
            }
            () = talking => {}
        }
    }
}
