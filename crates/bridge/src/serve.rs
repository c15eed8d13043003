//! The conversation: one frame in, one frame out, until the host closes the pipe.

use std::io::{Read, Write};

use serde::Deserialize;

use crate::frame::{self, FrameError, Incoming};
use crate::ops::{self, Answer};
use crate::protocol::{Envelope, Hello, LockReport, Measured, Refusal, RefusalCode, Request, Response};
use crate::workspace::Workspace;

/// What the program knows of itself, to be told when it is asked.
pub struct Known {
    /// How it is locked in.
    pub locks: LockReport,
    /// What it found around itself.
    pub measured: Measured,
}
/// The longest message of a refusal; in JSON a byte takes up to six, and an answer holds a megabyte.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// Answers every request until the pipe ends, whether well or badly.
pub fn serve(
    input: &mut impl Read,
    output: &mut impl Write,
    workspace: &mut Workspace,
    known: &Known,
) -> Result<(), FrameError> {
    loop {
        let (header, body) = match frame::read(input) {
            Ok(Incoming::Frame { header, body }) => (header, body),
            Ok(Incoming::Resync) => {
                send(output, 0, Response::InStep.into())?;
                continue;
            }
            Err(FrameError::Closed) => return Ok(()),
            Err(error) => {
                // The rhythm is lost; say so and end, so that the host starts anew.
                let refusal = Refusal::new(RefusalCode::BadRequest, error.to_string());
                let _ = send(output, 0, refusal.into());
                return Err(error);
            }
        };
        let (id, answer) = match serde_json::from_slice::<Envelope<Request>>(&header) {
            Ok(Envelope { id, message: Request::Hello }) => (id, hello(workspace, known).into()),
            Ok(Envelope { id, message }) => {
                (id, ops::carry_out(workspace, message, &body).unwrap_or_else(Answer::from))
            }
            Err(error) => {
                let message = format!("the request cannot be read: {error}");
                (id_of(&header), Refusal::new(RefusalCode::BadRequest, message).into())
            }
        };
        send(output, id, answer)?;
    }
}

fn hello(workspace: &Workspace, known: &Known) -> Response {
    Response::Hello(Box::new(Hello {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        pid: std::process::id(),
        uid: rustix::process::getuid().as_raw(),
        locks: known.locks.clone(),
        measured: known.measured.clone(),
        quotas: workspace.quotas,
        usage: workspace.usage,
        imported: workspace.baseline.is_some(),
    }))
}

fn send(output: &mut impl Write, id: u64, mut answer: Answer) -> Result<(), FrameError> {
    if let Response::Refused(refusal) = &mut answer.response {
        shorten(&mut refusal.message);
    }
    let envelope = Envelope { id, message: answer.response };
    let header = serde_json::to_vec(&envelope).map_err(std::io::Error::from)?;
    frame::write(output, &header, &answer.body)
}

/// Cuts a message that repeats too much of the request to fit an answer.
fn shorten(message: &mut String) {
    if message.len() > MAX_MESSAGE_BYTES {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE_BYTES));
        message.push('…');
    }
}

/// The id of a request that is otherwise unreadable, so that the host can match the refusal.
fn id_of(header: &[u8]) -> u64 {
    #[derive(Deserialize)]
    struct OnlyId {
        id: u64,
    }
    serde_json::from_slice::<OnlyId>(header).map_or(0, |only| only.id)
}
