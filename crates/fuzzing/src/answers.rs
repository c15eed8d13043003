//! Any bytes as what a bridge answers to the host, in the place of some of what a real one would.
//!
//! The real host's end asks the real `serve`; each answer is passed on, changed, kept back or
//! replaced as the input says, until the input is at its end and with it the pipe.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use anchorhold_bridge::frame::{PRELUDE_BYTES, Prelude};
use anchorhold_bridge::{MAX_BODY_BYTES, Quotas, Request};
use anchorhold_sandbox::bridge::frame::{self, END_MARK};
use anchorhold_sandbox::{Cell as Host, ImportFile, SandboxError};
use arbitrary::{Arbitrary, Unstructured};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream, ReadBuf};

use crate::cell::Cell;
use crate::{Broken, Verdict, expect, must};

/// What becomes of one answer.
#[derive(Clone, Debug, Arbitrary)]
pub enum Fate {
    /// It is passed on as it is.
    True,
    /// It is passed on as it is; likelier than the rest.
    TrueAgain,
    /// It comes after the next one that is passed on.
    Late,
    /// It never comes.
    Lost,
    /// It comes twice.
    Twice,
    /// One of its bytes is another one.
    Bent(u16, u8),
    /// It ends too early.
    Cut(u16),
    /// A frame with this header and body comes in its place, under its id if need be.
    Forged(Forgery, Vec<u8>),
    /// These bytes come before it.
    Noise(Vec<u8>),
}

/// A header that a bridge never wrote.
#[derive(Clone, Debug, Arbitrary)]
pub enum Forgery {
    /// These bytes.
    Bytes(Vec<u8>),
    /// This as the message of the call's answer.
    Message(String),
    /// As deep as this.
    Deep(u16),
}

/// Longer than the host's own patience, on a clock that jumps ahead whenever all are waiting.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Checks the host's end.
pub fn check(data: &[u8]) -> Verdict {
    let mut bytes = Unstructured::new(data);
    let mut fates = Vec::new();
    while !bytes.is_empty()
        && let Ok(fate) = Fate::arbitrary(&mut bytes)
    {
        fates.push(fate);
    }
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = must(runtime.enable_time().start_paused(true).build(), "make a runtime")?;
    let honest = fates.len() >= 8 && fates.iter().all(|fate| matches!(fate, Fate::True | Fate::TrueAgain));
    let outcome = runtime.block_on(async { tokio::time::timeout(PATIENCE, conversation(fates)).await });
    let answered = must(outcome, "wait for calls to end")??;
    expect(answered || !honest, || "true answers were not taken".into())
}

/// Some calls at once over such a bridge; whether all of them were answered. They all end.
async fn conversation(fates: Vec<Fate>) -> Result<bool, Broken> {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let (reader, writer) = tokio::io::split(ours);
    let cell = Cell::new(Quotas::default())?;
    let reader = Measured { reader, largest: 0 };
    let host = async {
        let host = match Host::over(reader, writer).await {
            Ok(host) => host,
            Err(error) => return said(&error).map(|()| false),
        };
        let files = [("a", "one"), ("b/c", "two")].map(|(path, content)| {
            Ok::<_, std::convert::Infallible>(ImportFile {
                path: path.into(),
                mode: anchorhold_bridge::MODE_FILE,
                bytes: content.into(),
            })
        });
        let import = host.import(futures_util::stream::iter(files), |_, _| {});
        let read = Request::Read { path: "a".into(), from_line: None, line_count: None };
        let list = Request::List { path: "".into(), depth: Some(3) };
        let (import, read, list, changes, gone) = tokio::join!(
            import,
            host.call(read, Vec::new()),
            host.call(list, Vec::new()),
            host.call(Request::Changes { after: None }, Vec::new()),
            host.call(Request::Stat { path: "nowhere".into() }, Vec::new()),
        );
        let mut all = true;
        for outcome in [import, read.map(drop), list.map(drop), changes.map(drop), gone.map(drop)] {
            if let Err(error) = outcome {
                said(&error)?;
                all = false;
            }
        }
        Ok(all)
    };
    let (all, bridge) = tokio::join!(host, bridge(theirs, cell, fates));
    bridge?;
    all
}

/// The errors that a bridge can cause, whatever it says.
fn said(error: &SandboxError) -> Verdict {
    let known = matches!(
        error,
        SandboxError::Timeout { .. }
            | SandboxError::CellSilent { .. }
            | SandboxError::CellEnded(_)
            | SandboxError::UnexpectedAnswer { .. }
            | SandboxError::ImportRefused(_)
    );
    expect(known, || format!("a call ended in {error:?}"))
}

async fn bridge(mut pipe: DuplexStream, mut cell: Cell, fates: Vec<Fate>) -> Verdict {
    let mut late = Vec::new();
    for fate in fates {
        let Some(asked) = next_frame(&mut pipe).await? else { return Ok(()) };
        let (answer, end) = cell.serve(&asked);
        must(end, "serve what the host asked")?;
        let mut out = Vec::new();
        let passed_on = matches!(fate, Fate::True | Fate::TrueAgain | Fate::Twice);
        match fate {
            Fate::True | Fate::TrueAgain => out = answer,
            Fate::Late => late = answer,
            Fate::Lost => {}
            Fate::Twice => out = [answer.clone(), answer].concat(),
            Fate::Bent(at, byte) => {
                out = answer;
                let at = usize::from(at) % out.len().max(1);
                if let Some(place) = out.get_mut(at) {
                    *place = byte;
                }
            }
            Fate::Cut(at) => {
                out.extend_from_slice(answer.get(..usize::from(at) % answer.len()).unwrap_or_default())
            }
            Fate::Forged(forgery, body) => {
                out = must(frame::encode(&forgery.header(&answer), &body), "forge a frame")?;
            }
            Fate::Noise(noise) => out = [noise, answer].concat(),
        }
        if passed_on {
            out.append(&mut late);
        }
        // The host may have hung up on what came before.
        if pipe.write_all(&out).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

impl Forgery {
    fn header(self, answer: &[u8]) -> Vec<u8> {
        let id: String = String::from_utf8_lossy(answer.get(PRELUDE_BYTES..).unwrap_or_default())
            .chars()
            .skip_while(|letter| !letter.is_ascii_digit())
            .take_while(char::is_ascii_digit)
            .collect();
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Message(message) => format!("{{\"id\":{id},\"message\":{message}}}").into_bytes(),
            Self::Deep(depth) => {
                format!("{{\"id\":{id},\"message\":{}", "[".repeat(usize::from(depth))).into_bytes()
            }
        }
    }
}

/// The next whole frame of the host's, which is always a good one.
async fn next_frame(pipe: &mut DuplexStream) -> Result<Option<Vec<u8>>, Broken> {
    let mut prelude = [0; PRELUDE_BYTES];
    if pipe.read_exact(&mut prelude).await.is_err() {
        return Ok(None);
    }
    let lengths = must(Prelude::parse(prelude), "read the host's lengths")?;
    let mut frame = prelude.to_vec();
    frame.resize(PRELUDE_BYTES + lengths.header + lengths.body + END_MARK.len(), 0);
    let rest = frame.get_mut(PRELUDE_BYTES..).unwrap_or_default();
    Ok(pipe.read_exact(rest).await.is_ok().then_some(frame))
}

/// A pipe that ends the run if more is asked of it at once than any part of a frame may be.
struct Measured<R> {
    reader: R,
    largest: usize,
}

impl<R: AsyncRead + Unpin> AsyncRead for Measured<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.largest = self.largest.max(buffer.remaining());
        assert!(self.largest <= MAX_BODY_BYTES, "{} bytes were made room for", self.largest);
        Pin::new(&mut self.reader).poll_read(context, buffer)
    }
}
