//! Fills the workspace with a tree, file by file in pieces, and takes it as the baseline.
//!
//! An import that did not end is no import: the next one begins by emptying the workspace. Files are
//! made in place rather than beside, since nobody reads before the end.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, statat, symlinkat};
use sha2::{Digest, Sha256};

use super::changes::{Baseline, Known};
use super::{Outcome, remove};
use crate::path::MAX_TARGET_BYTES;
use crate::protocol::{
    ImportPiece, MODE_EXECUTABLE, MODE_FILE, MODE_SUBMODULE, MODE_SYMLINK, Refusal, RefusalCode, Response,
};
use crate::workspace::clean::CleanPath;
use crate::workspace::put::{create, errno_of, keep_mode};
use crate::workspace::{Workspace, refuse};

/// An import that is under way.
#[derive(Default)]
pub struct Import {
    baseline: Baseline,
    /// The folder of the last file, since most files lie beside the one before.
    folder: Option<(CleanPath, OwnedFd)>,
    /// The file that is still to be completed.
    open: Option<OpenFile>,
}

struct OpenFile {
    path: CleanPath,
    mode: u32,
    file: File,
    written: u64,
    total: u64,
    hash: Sha256,
}

pub fn begin(workspace: &mut Workspace) -> Outcome {
    remove::start_over(workspace)?;
    workspace.import = Some(Import::default());
    Ok(Response::Importing.into())
}

pub fn files(workspace: &mut Workspace, pieces: &[ImportPiece], body: &[u8]) -> Outcome {
    let mut import = take(workspace)?;
    let mut rest = body;
    for piece in pieces {
        let Some((bytes, after)) = rest.split_at_checked(piece.len as usize) else {
            return Err(out_of_step("the body is shorter than its pieces"));
        };
        rest = after;
        import.piece(workspace, piece, bytes)?;
    }
    if !rest.is_empty() {
        return Err(out_of_step("the body is longer than its pieces"));
    }
    workspace.import = Some(import);
    Ok(Response::Importing.into())
}

pub fn end(workspace: &mut Workspace) -> Outcome {
    let import = take(workspace)?;
    if import.open.is_some() {
        return Err(out_of_step("the last file is not complete"));
    }
    import.baseline.save(workspace.state())?;
    let (files, bytes) = import.baseline.size();
    workspace.baseline = Some(import.baseline);
    Ok(Response::Imported { files, bytes }.into())
}

impl Import {
    fn piece(&mut self, workspace: &mut Workspace, piece: &ImportPiece, bytes: &[u8]) -> Result<(), Refusal> {
        let path = CleanPath::parse_entry(&piece.path, &workspace.quotas)?;
        let mut open = match self.open.take() {
            Some(open) if open.path == path && open.written == piece.offset => open,
            None if piece.offset == 0 => match piece.mode {
                MODE_FILE | MODE_EXECUTABLE => self.start(workspace, path, piece)?,
                MODE_SYMLINK => return self.symlink(workspace, &path, piece, bytes),
                MODE_SUBMODULE => {
                    workspace.make_folders(&path)?;
                    self.baseline.insert_submodule(path.as_bytes());
                    return Ok(());
                }
                mode => return Err(out_of_step(&format!("{mode:o} is no mode of a file"))),
            },
            _ => return Err(out_of_step("a piece does not follow the one before")),
        };
        let written = open.written + bytes.len() as u64;
        if written > open.total {
            return Err(out_of_step("a file is longer than it said"));
        }
        open.file
            .write_all(bytes)
            .map_err(|error| refuse(errno_of(&error), "import", open.path.as_bytes()))?;
        open.hash.update(bytes);
        open.written = written;
        workspace.usage.bytes += bytes.len() as u64;
        if open.written < open.total {
            self.open = Some(open);
            return Ok(());
        }
        let stat = keep_mode(&open.file, open.mode)
            .map_err(|errno| refuse(errno, "import", open.path.as_bytes()))?;
        let known = Known::new(open.mode, &stat, open.hash.finalize().into());
        self.baseline.insert(open.path.as_bytes(), known);
        Ok(())
    }

    fn start(
        &mut self,
        workspace: &mut Workspace,
        path: CleanPath,
        piece: &ImportPiece,
    ) -> Result<OpenFile, Refusal> {
        workspace.allow_bytes(0, piece.total)?;
        let folder = self.folder(workspace, &path)?;
        workspace.allow_files(1)?;
        let file = create(folder, path.name(), piece.mode)
            .map_err(|errno| refuse(errno, "import", path.as_bytes()))?;
        workspace.usage.files += 1;
        Ok(OpenFile {
            path,
            mode: piece.mode,
            file: File::from(file),
            written: 0,
            total: piece.total,
            hash: Sha256::new(),
        })
    }

    fn symlink(
        &mut self,
        workspace: &mut Workspace,
        path: &CleanPath,
        piece: &ImportPiece,
        target: &[u8],
    ) -> Result<(), Refusal> {
        if piece.total != target.len() as u64 {
            return Err(out_of_step("a symlink comes in one piece"));
        }
        if let Some(reason) = no_target(target) {
            let path = String::from_utf8_lossy(path.as_bytes());
            let message = format!("cannot import {path}: the target of this symlink {reason}");
            return Err(Refusal::new(RefusalCode::BadPath, message));
        }
        workspace.allow_bytes(0, piece.total)?;
        let folder = self.folder(workspace, path)?;
        workspace.allow_files(1)?;
        let words = |errno| refuse(errno, "import", path.as_bytes());
        symlinkat(target, folder, path.name()).map_err(words)?;
        let stat = statat(folder, path.name(), AtFlags::SYMLINK_NOFOLLOW).map_err(words)?;
        let known = Known::new(MODE_SYMLINK, &stat, Sha256::digest(target).into());
        self.baseline.insert(path.as_bytes(), known);
        workspace.usage.files += 1;
        workspace.usage.bytes += piece.total;
        Ok(())
    }

    fn folder(&mut self, workspace: &mut Workspace, path: &CleanPath) -> Result<&OwnedFd, Refusal> {
        let parent = path.parent();
        let opened = match self.folder.take() {
            Some((known, folder)) if known == parent => (known, folder),
            _ => {
                let folder = workspace.make_folders(&parent)?;
                (parent, folder)
            }
        };
        Ok(&self.folder.insert(opened).1)
    }
}

/// Why no symlink can lead there; git keeps such targets, and no system does.
fn no_target(target: &[u8]) -> Option<String> {
    match target {
        [] => Some("is empty".to_owned()),
        target if target.len() > MAX_TARGET_BYTES => Some(format!("is longer than {MAX_TARGET_BYTES} bytes")),
        target if target.contains(&0) => Some("holds a zero byte".to_owned()),
        _ => None,
    }
}

/// Takes the import out of the workspace, so that one that fails is over.
fn take(workspace: &mut Workspace) -> Result<Import, Refusal> {
    workspace.import.take().ok_or_else(|| out_of_step("no import is under way"))
}

fn out_of_step(reason: &str) -> Refusal {
    Refusal::new(RefusalCode::BadRequest, format!("cannot import: {reason}"))
}
