//! Takes a workspace's tree out, frame by frame, and empties it.
//!
//! Each answer says where the next one begins, so the frames of small files are asked for one at a
//! time. Within a large file that is known before the answer, and some frames are asked for ahead.

use std::collections::VecDeque;
use std::time::Duration;

use anchorhold_bridge::{
    ExportCursor, ImportPiece, MODE_EXECUTABLE, MODE_FILE, MODE_SUBMODULE, MODE_SYMLINK, PathBytes, Quotas,
    Request, Response,
};

use crate::error::SandboxError;
use crate::import::BEGIN_PATIENCE;
use crate::line::{Line, Pending};

/// How many frames of a large file may be unanswered.
const FRAMES_AHEAD: usize = 4;
const PATIENCE: Duration = Duration::from_secs(120);

/// A piece of a file that comes out of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportPiece {
    /// The file's path in the tree.
    pub path: PathBytes,
    /// Its mode, as git writes it.
    pub mode: u32,
    /// Where the piece begins; a file's pieces come in order, one file at a time.
    pub offset: u64,
    /// The whole file's length; the piece that reaches it completes the file.
    pub total: u64,
    /// The bytes; a symlink's are its target, a submodule has none.
    pub bytes: Vec<u8>,
}

impl ExportPiece {
    /// Whether the file is whole with this piece.
    pub fn completes(&self) -> bool {
        self.offset + self.bytes.len() as u64 == self.total
    }
}

/// What came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Files, symlinks and submodules.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Takes out no more than `quotas` let a workspace hold, however much there is said to be.
pub(crate) async fn export<E>(
    line: &Line,
    quotas: &Quotas,
    mut sink: impl FnMut(ExportPiece) -> Result<(), E>,
) -> Result<Exported, SandboxError>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut ahead = Ahead { line, frames: VecDeque::new() };
    let mut exported = Exported::default();
    let mut order = Order::default();
    ahead.ask(None).await?;
    while let Some((pieces, body, next)) = ahead.take_answer().await? {
        let mut rest = body.as_slice();
        let frame = body.len() as u64;
        if pieces.is_empty() && next.is_some() {
            return Err(out_of_step("a frame with nothing in it"));
        }
        let only = match pieces.as_slice() {
            [piece] => Some((piece.len, piece.total)),
            _ => None,
        };
        for piece in pieces {
            order.check(&piece)?;
            let bytes = take_bytes(&mut rest, piece.len)?;
            exported.bytes += piece.len;
            if exported.bytes > quotas.bytes || exported.files >= quotas.files {
                return Err(out_of_step("more than a workspace may hold"));
            }
            let piece = ExportPiece {
                path: piece.path,
                mode: piece.mode,
                offset: piece.offset,
                total: piece.total,
                bytes,
            };
            exported.files += u64::from(piece.completes());
            sink(piece).map_err(|error| SandboxError::ExportSink(error.into()))?;
        }
        match next {
            None if order.open.is_none() => return Ok(exported),
            None => return Err(out_of_step("the end in the middle of a file")),
            // A frame with nothing but a piece of a large file: the frames after it begin as far apart.
            Some(cursor) => ahead.go_on(cursor, only.filter(|(len, _)| *len == frame)).await?,
        }
    }
    Err(out_of_step("no answer"))
}

fn take_bytes(rest: &mut &[u8], len: u64) -> Result<Vec<u8>, SandboxError> {
    let split = usize::try_from(len).ok().and_then(|len| rest.split_at_checked(len));
    let (bytes, after) = split.ok_or_else(|| out_of_step("a body that is shorter than its pieces"))?;
    *rest = after;
    Ok(bytes.to_vec())
}

/// What has to come next, so that a bridge that was taken over can neither repeat a file, nor name
/// one outside the tree, nor go on for ever.
#[derive(Default)]
struct Order {
    /// The last path, with a `/` behind a submodule's as git orders them.
    last: Vec<u8>,
    /// The file that is still to be completed.
    open: Option<ImportPiece>,
}

impl Order {
    fn check(&mut self, piece: &ImportPiece) -> Result<(), SandboxError> {
        let follows = match self.open.take() {
            Some(before) => {
                before.path == piece.path
                    && before.total == piece.total
                    && before.mode == piece.mode
                    && before.offset + before.len == piece.offset
            }
            None => piece.offset == 0 && self.is_a_new_file(piece),
        };
        let end = piece.offset.checked_add(piece.len).filter(|end| *end <= piece.total);
        let (Some(end), true) = (end, follows) else {
            return Err(out_of_step(&format!("a piece of {} that does not follow", piece.path)));
        };
        if end < piece.total {
            if piece.len == 0 {
                return Err(out_of_step(&format!("an empty piece of {}", piece.path)));
            }
            self.open = Some(piece.clone());
        }
        Ok(())
    }

    fn is_a_new_file(&mut self, piece: &ImportPiece) -> bool {
        let mut key = piece.path.as_bytes().to_vec();
        let clean = key.split(|byte| *byte == b'/').all(|part| {
            !matches!(part, b"" | b"." | b"..") && !part.eq_ignore_ascii_case(b".git") && !part.contains(&0)
        });
        let known = match piece.mode {
            MODE_SUBMODULE => {
                key.push(b'/');
                piece.total == 0
            }
            mode => matches!(mode, MODE_FILE | MODE_EXECUTABLE | MODE_SYMLINK),
        };
        let later = key > self.last;
        self.last = key;
        clean && known && later
    }
}

struct Ahead<'l> {
    line: &'l Line,
    /// What was asked for, and from where.
    frames: VecDeque<(Option<ExportCursor>, Pending)>,
}

type Frame = (Vec<ImportPiece>, Vec<u8>, Option<ExportCursor>);

impl Ahead<'_> {
    async fn ask(&mut self, after: Option<ExportCursor>) -> Result<(), SandboxError> {
        let request = Request::Export { after: after.clone() };
        self.frames.push_back((after, self.line.send(request, &[]).await?));
        Ok(())
    }

    /// Asks for what follows `cursor`, and for more where the file's pieces of `len` bytes tell where.
    async fn go_on(&mut self, cursor: ExportCursor, piece: Option<(u64, u64)>) -> Result<(), SandboxError> {
        match self.frames.front() {
            Some((Some(asked), _)) if *asked == cursor => {}
            Some(_) => return Err(out_of_step("a frame that ends elsewhere than the file's pieces do")),
            None => self.ask(Some(cursor.clone())).await?,
        }
        let Some((len, total)) = piece else { return Ok(()) };
        while self.frames.len() < FRAMES_AHEAD {
            let Some((Some(last), _)) = self.frames.back() else { return Ok(()) };
            let offset = last.offset + len;
            if offset >= total || last.path != cursor.path {
                return Ok(());
            }
            self.ask(Some(ExportCursor { path: cursor.path.clone(), offset })).await?;
        }
        Ok(())
    }

    async fn take_answer(&mut self) -> Result<Option<Frame>, SandboxError> {
        let Some((_, frame)) = self.frames.pop_front() else { return Ok(None) };
        match frame.answer("take the files out of the workspace".into(), PATIENCE).await? {
            (Response::Exported { pieces, next }, body) => Ok(Some((pieces, body, next))),
            (Response::Refused(refusal), _) => Err(SandboxError::ExportRefused(refusal)),
            (other, _) => Err(unexpected("an export", &other)),
        }
    }
}

pub(crate) async fn empty(line: &Line) -> Result<u64, SandboxError> {
    match line.call(Request::Empty, &[], BEGIN_PATIENCE).await? {
        (Response::Emptied { entries }, _) => Ok(entries),
        (Response::Refused(refusal), _) => Err(SandboxError::EmptyRefused(refusal)),
        (other, _) => Err(unexpected("emptying the workspace", &other)),
    }
}

fn unexpected(request: &str, response: &Response) -> SandboxError {
    SandboxError::UnexpectedAnswer { request: request.into(), answer: format!("{response:?}") }
}

fn out_of_step(answer: &str) -> SandboxError {
    SandboxError::UnexpectedAnswer { request: "an export".into(), answer: answer.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pieces: &[(&str, u32, u64, u64, u64)], expected: bool) {
        let mut order = Order::default();
        let taken = pieces.iter().all(|(path, mode, offset, len, total)| {
            let path = PathBytes::from(*path);
            order.check(&ImportPiece { path, mode: *mode, offset: *offset, len: *len, total: *total }).is_ok()
        });
        assert_eq!(taken, expected, "{pieces:?}");
    }

    #[test]
    fn pieces_are_taken_in_order_and_only_of_paths_within_the_tree() {
        let file = |path| (path, MODE_FILE, 0, 1, 1);
        check(&[file("a.txt"), file("a/b"), ("a/c", MODE_FILE, 0, 2, 3), ("a/c", MODE_FILE, 2, 1, 3)], true);
        check(&[file("s.txt"), ("s", MODE_SUBMODULE, 0, 0, 0), file("t")], true);
        for path in ["", "/a", "../a", "a/../b", "a/./b", "a//b", "a/", ".git/config", "a/.GIT", "a\0"] {
            check(&[file(path)], false);
        }
        check(&[file("a"), file("a")], false);
        check(&[file("b"), file("a")], false);
        check(&[("a", 0o040_000, 0, 0, 0)], false);
        check(&[("s", MODE_SUBMODULE, 0, 1, 1)], false);
        check(&[("a", MODE_FILE, 1, 1, 2)], false);
        check(&[("a", MODE_FILE, 0, 3, 2)], false);
        check(&[("a", MODE_FILE, 0, 0, 2)], false);
        check(&[("a", MODE_FILE, 0, 1, 2), ("b", MODE_FILE, 1, 1, 2)], false);
        check(&[("a", MODE_FILE, 0, 1, 2), ("a", MODE_FILE, 1, 1, 3)], false);
        check(&[("a", MODE_FILE, 0, u64::MAX, u64::MAX), ("a", MODE_FILE, u64::MAX, 1, u64::MAX)], false);
    }
}
