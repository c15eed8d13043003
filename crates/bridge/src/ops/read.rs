//! Reads a file: as text, by lines, for the model; or raw, in pieces, for the host.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;

use super::{Answer, Outcome, is_binary};
use crate::frame::MAX_BODY_BYTES;
use crate::path::PathBytes;
use crate::protocol::{MODE_SYMLINK, Refusal, RefusalCode, Response};
use crate::workspace::clean::CleanPath;
use crate::workspace::put::errno_of;
use crate::workspace::walk::read_link;
use crate::workspace::{Workspace, git_mode, refuse};
use std::os::fd::AsFd;

const CHUNK_BYTES: usize = 64 * 1024;

pub fn read(
    workspace: &Workspace,
    path: &PathBytes,
    from_line: Option<u64>,
    line_count: Option<u64>,
) -> Outcome {
    let path = CleanPath::parse(path, &workspace.quotas)?;
    let (file, stat) = workspace.open_file(&path)?;
    let limit = workspace.quotas.read_bytes.min(MAX_BODY_BYTES as u64) as usize;
    let mut lines = Lines::new(from_line.unwrap_or(1).max(1), line_count, limit);
    lines.take_all(file, &path)?;
    let (body, lines_taken, truncated) = lines.taken();
    Ok(Answer {
        response: Response::Read {
            from_line: lines.first,
            lines: lines_taken,
            total_lines: lines.total_lines(),
            total_bytes: lines.total_bytes,
            truncated,
            mode: git_mode(&stat),
        },
        body,
    })
}

pub fn read_raw(workspace: &Workspace, path: &PathBytes, offset: u64, len: u64) -> Outcome {
    let path = CleanPath::parse_entry(path, &workspace.quotas)?;
    let stat = workspace.look_for(&path)?;
    if git_mode(&stat) == MODE_SYMLINK {
        let parent = workspace.open_parent(&path)?;
        let target = read_link(parent.as_fd(), path.name(), path.as_bytes())?;
        let total_bytes = target.len() as u64;
        let body = target.into_iter().skip(offset as usize).take(len as usize).collect();
        return Ok(Answer { response: Response::Raw { mode: MODE_SYMLINK, total_bytes }, body });
    }
    let (file, stat) = workspace.open_file(&path)?;
    let total_bytes = stat.st_size.unsigned_abs();
    let wanted = len.min(MAX_BODY_BYTES as u64).min(total_bytes.saturating_sub(offset));
    let mut body = vec![0; wanted as usize];
    file.read_exact_at(&mut body, offset)
        .map_err(|error| refuse(errno_of(&error), "read", path.as_bytes()))?;
    Ok(Answer { response: Response::Raw { mode: git_mode(&stat), total_bytes }, body })
}

/// Takes the wanted lines out of a file of any length without holding it.
struct Lines {
    first: u64,
    /// The first line no longer wanted.
    past: u64,
    limit: usize,
    line: u64,
    ends_in_newline: bool,
    total_bytes: u64,
    out: Vec<u8>,
    full: bool,
}

impl Lines {
    fn new(first: u64, count: Option<u64>, limit: usize) -> Self {
        Self {
            first,
            past: count.map_or(u64::MAX, |count| first.saturating_add(count)),
            limit,
            line: 1,
            ends_in_newline: true,
            total_bytes: 0,
            out: Vec::new(),
            full: false,
        }
    }

    fn take_all(&mut self, mut file: File, path: &CleanPath) -> Result<(), Refusal> {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let count =
                file.read(&mut chunk).map_err(|error| refuse(errno_of(&error), "read", path.as_bytes()))?;
            let read = chunk.get(..count).unwrap_or_default();
            if read.is_empty() {
                return Ok(());
            }
            if self.total_bytes == 0 && is_binary(read) {
                return Err(Refusal::new(
                    RefusalCode::Binary,
                    format!(
                        "{} is not text, so it cannot be read as lines",
                        String::from_utf8_lossy(path.as_bytes())
                    ),
                ));
            }
            self.take(read);
        }
    }

    fn take(&mut self, chunk: &[u8]) {
        self.total_bytes += chunk.len() as u64;
        self.ends_in_newline = chunk.last() == Some(&b'\n');
        if self.full || self.line >= self.past {
            self.line += memchr::memchr_iter(b'\n', chunk).count() as u64;
            return;
        }
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            if self.line >= self.first && self.line < self.past && !self.full {
                let left = self.limit - self.out.len();
                self.full = piece.len() > left;
                self.out.extend_from_slice(piece.get(..left).unwrap_or(piece));
            }
            self.line += u64::from(piece.last() == Some(&b'\n'));
        }
    }

    fn total_lines(&self) -> u64 {
        match self.ends_in_newline {
            true => self.line - 1,
            false => self.line,
        }
    }

    /// The bytes, how many lines they are, and whether the limit cut them.
    fn taken(&mut self) -> (Vec<u8>, u64, bool) {
        let mut out = std::mem::take(&mut self.out);
        if self.full
            && let Some(newline) = memchr::memrchr(b'\n', &out)
        {
            out.truncate(newline + 1);
        }
        let newlines = memchr::memchr_iter(b'\n', &out).count() as u64;
        let last_is_open = out.last().is_some_and(|byte| *byte != b'\n');
        (out, newlines + u64::from(last_is_open), self.full)
    }
}
