//! Fills a workspace: many small files in one frame, large ones in pieces, some frames ahead.

use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;

use anchorhold_bridge::{ImportPiece, PathBytes, Request, Response};
use futures_util::{Stream, StreamExt};

use crate::error::SandboxError;
use crate::line::{Line, Pending};

/// The bytes of one frame; larger ones are slower on the pipe, smaller ones cost round trips.
const FRAME_BYTES: usize = 256 * 1024;
/// The header's share: paths are short, and both limits keep it far below its maximum.
const FRAME_PIECES: usize = 512;
const FRAME_PATH_BYTES: usize = 128 * 1024;
/// How many frames may be unanswered.
const FRAMES_AHEAD: usize = 8;
const PATIENCE: Duration = Duration::from_secs(120);
/// Emptying a large workspace before the first file takes this long at most.
pub(crate) const BEGIN_PATIENCE: Duration = Duration::from_secs(600);

/// A file to put into the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFile {
    /// Its path in the tree.
    pub path: Vec<u8>,
    /// Its mode, as git writes it.
    pub mode: u32,
    /// Its content; a symlink's is its target, a submodule's is empty.
    pub bytes: Vec<u8>,
}

pub(crate) async fn import<S, E>(
    line: &Line,
    files: S,
    mut progress: impl FnMut(u64, u64),
) -> Result<(), SandboxError>
where
    S: Stream<Item = Result<ImportFile, E>>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let attempt = "empty the workspace".to_owned();
    accept(line.send(Request::ImportBegin, &[]).await?.answer(attempt, BEGIN_PATIENCE).await?)?;
    let mut ahead = Ahead { line, frames: VecDeque::new(), frame: Frame::default() };
    let (mut count, mut bytes) = (0, 0);
    let mut files = pin!(files);
    while let Some(file) = files.next().await {
        let file = file.map_err(|error| SandboxError::ImportSource(error.into()))?;
        let length = file.bytes.len() as u64;
        ahead.file(file).await?;
        count += 1;
        bytes += length;
        progress(count, bytes);
    }
    ahead.finish().await?;
    accept(line.call(Request::ImportEnd, &[], PATIENCE).await?)
}

#[derive(Default)]
struct Frame {
    pieces: Vec<ImportPiece>,
    body: Vec<u8>,
    path_bytes: usize,
}

impl Frame {
    fn is_full(&self) -> bool {
        self.body.len() >= FRAME_BYTES
            || self.pieces.len() >= FRAME_PIECES
            || self.path_bytes >= FRAME_PATH_BYTES
    }
}

struct Ahead<'l> {
    line: &'l Line,
    frames: VecDeque<Pending>,
    frame: Frame,
}

impl Ahead<'_> {
    async fn file(&mut self, file: ImportFile) -> Result<(), SandboxError> {
        let total = file.bytes.len() as u64;
        let mut offset = 0;
        let mut rest = file.bytes.as_slice();
        loop {
            // An empty file is one empty piece; a small one is never cut.
            let room = match file.bytes.len() > FRAME_BYTES {
                true => FRAME_BYTES - self.frame.body.len().min(FRAME_BYTES - 1),
                false => rest.len(),
            };
            let (piece, after) = rest.split_at(room.min(rest.len()));
            self.frame.path_bytes += file.path.len();
            self.frame.body.extend_from_slice(piece);
            self.frame.pieces.push(ImportPiece {
                path: PathBytes::from(file.path.as_slice()),
                mode: file.mode,
                offset,
                len: piece.len() as u64,
                total,
            });
            offset += piece.len() as u64;
            rest = after;
            if self.frame.is_full() {
                self.send().await?;
            }
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    async fn send(&mut self) -> Result<(), SandboxError> {
        let frame = std::mem::take(&mut self.frame);
        if self.frames.len() >= FRAMES_AHEAD {
            self.take_answer().await?;
        }
        let request = Request::ImportFiles { pieces: frame.pieces };
        self.frames.push_back(self.line.send(request, &frame.body).await?);
        Ok(())
    }

    async fn take_answer(&mut self) -> Result<(), SandboxError> {
        match self.frames.pop_front() {
            Some(frame) => accept(frame.answer("fill the workspace".into(), PATIENCE).await?),
            None => Ok(()),
        }
    }

    async fn finish(mut self) -> Result<(), SandboxError> {
        if !self.frame.pieces.is_empty() {
            self.send().await?;
        }
        while !self.frames.is_empty() {
            self.take_answer().await?;
        }
        Ok(())
    }
}

fn accept((response, _): (Response, Vec<u8>)) -> Result<(), SandboxError> {
    match response {
        Response::Importing | Response::Imported { .. } => Ok(()),
        Response::Refused(refusal) => Err(SandboxError::ImportRefused(refusal)),
        other => {
            Err(SandboxError::UnexpectedAnswer { request: "an import".into(), answer: format!("{other:?}") })
        }
    }
}
