//! Gives the tree out, a frame of whole files and pieces at a time, in order of their paths.
//!
//! A call says where the one before ended, so any call can be repeated. Where it ended is also kept,
//! open folders and all, until something else is asked: a large folder is then read once and not once
//! per frame. Empty folders do not go out, since git has none; what an import brought as a submodule
//! does, while it is still empty.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::vec::IntoIter;

use rustix::fs::{FileType, Mode, OFlags, fstat};

use super::{Answer, Outcome, Room};
use crate::protocol::{ExportCursor, ImportPiece, MODE_SUBMODULE, MODE_SYMLINK, Refusal, Response};
use crate::workspace::clean::CleanPath;
use crate::workspace::put::errno_of;
use crate::workspace::walk::{Name, entries, join, read_link};
use crate::workspace::{Workspace, git_mode, open_beneath, refuse};

/// A body is full from here on; a file that is no longer than this is never cut.
const FRAME_BYTES: u64 = 256 * 1024;
const FRAME_PIECES: usize = 512;

/// A place in the tree, with what is still to come.
pub struct Place {
    /// The end of the last answer.
    cursor: Option<ExportCursor>,
    /// The folders from the root down, each with the entries that are left.
    levels: Vec<Level>,
    /// A file of which a part was sent, by the name in the last folder.
    unfinished: Option<(Vec<u8>, u64)>,
}

struct Level {
    folder: OwnedFd,
    path: Vec<u8>,
    left: IntoIter<Name>,
}

/// What goes out next.
struct Upcoming {
    path: Vec<u8>,
    /// Its name in the last folder; none for a submodule.
    name: Option<Name>,
    /// How much of it was sent already.
    offset: u64,
}

/// Gives out the frame that follows `after`.
pub fn export(workspace: &mut Workspace, after: Option<ExportCursor>) -> Outcome {
    let mut place = match workspace.export.take() {
        Some(place) if place.cursor == after => place,
        _ => Place::find(workspace, after)?,
    };
    let mut pieces: Vec<ImportPiece> = Vec::new();
    let mut body = Vec::new();
    let mut room = Room::new();
    let mut done = false;
    while (body.len() as u64) < FRAME_BYTES
        && pieces.len() < FRAME_PIECES
        && room.holds_path_of(workspace.quotas.path_bytes)
    {
        let Some(next) = place.next(workspace)? else {
            done = true;
            break;
        };
        room.take(&next.path);
        pieces.extend(place.piece(&mut body, next)?);
    }
    let last = pieces.last();
    place.cursor =
        last.map(|piece| ExportCursor { path: piece.path.clone(), offset: piece.offset + piece.len });
    let next = if done { None } else { place.cursor.clone() };
    workspace.export = (!done).then_some(place);
    Ok(Answer { response: Response::Exported { pieces, next }, body })
}

impl Place {
    /// Finds the place behind a cursor, or the beginning.
    fn find(workspace: &Workspace, cursor: Option<ExportCursor>) -> Result<Self, Refusal> {
        let root = workspace.open_at(&CleanPath::root(), OFlags::RDONLY | OFlags::DIRECTORY)?;
        let mut place = Self { cursor: cursor.clone(), levels: Vec::new(), unfinished: None };
        place.enter(root, Vec::new())?;
        let Some(cursor) = cursor else { return Ok(place) };
        let path = CleanPath::parse_entry(&cursor.path, &workspace.quotas)?;
        for above in path.parent().ancestors_from_root() {
            if place.skip_to(above.name(), FileType::Directory).is_none() {
                return Ok(place);
            }
            place.descend(above.name(), above.as_bytes())?;
        }
        match place.skip_to(path.name(), FileType::RegularFile) {
            // Only a file that has no bytes ends at none of them.
            Some(name) if name.kind == FileType::RegularFile && cursor.offset > 0 => {
                place.unfinished = Some((name.name, cursor.offset));
            }
            _ => {}
        }
        Ok(place)
    }

    /// Passes the entries before `name`, and takes it out if it is there.
    fn skip_to(&mut self, name: &[u8], kind: FileType) -> Option<Name> {
        let level = self.levels.last_mut()?;
        let wanted = Name { name: name.to_vec(), kind };
        let mut there = None;
        let left: Vec<Name> = level
            .left
            .by_ref()
            .filter_map(|entry| {
                if entry.name == name {
                    there = Some(entry);
                    return None;
                }
                entry.in_git_order(&wanted).is_gt().then_some(entry)
            })
            .collect();
        level.left = left.into_iter();
        there
    }

    fn enter(&mut self, folder: OwnedFd, path: Vec<u8>) -> Result<(), Refusal> {
        let left = entries(&folder, &path)?.into_iter();
        self.levels.push(Level { folder, path, left });
        Ok(())
    }

    fn descend(&mut self, name: &[u8], path: &[u8]) -> Result<(), Refusal> {
        let Some(level) = self.levels.last() else { return Ok(()) };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let folder = open_beneath(level.folder.as_fd(), name, flags, Mode::empty())
            .map_err(|errno| refuse(errno, "open the folder", path))?;
        self.enter(folder, path.to_vec())
    }

    /// The next file, symlink or submodule.
    fn next(&mut self, workspace: &Workspace) -> Result<Option<Upcoming>, Refusal> {
        while let Some(level) = self.levels.last_mut() {
            if let Some((name, offset)) = self.unfinished.take() {
                let path = join(&level.path, &name);
                let name = Some(Name { name, kind: FileType::RegularFile });
                return Ok(Some(Upcoming { path, name, offset }));
            }
            let Some(name) = level.left.next() else {
                self.levels.pop();
                continue;
            };
            let path = join(&level.path, &name.name);
            match name.kind {
                FileType::Directory => {
                    self.descend(&name.name, &path)?;
                    let empty = self.levels.last().is_some_and(|level| level.left.len() == 0);
                    let baseline = workspace.baseline.as_ref();
                    if empty && baseline.is_some_and(|baseline| baseline.has_submodule(&path)) {
                        return Ok(Some(Upcoming { path, name: None, offset: 0 }));
                    }
                }
                FileType::RegularFile | FileType::Symlink => {
                    return Ok(Some(Upcoming { path, name: Some(name), offset: 0 }));
                }
                // Nothing else can be made here, and git has no word for it.
                _ => {}
            }
        }
        Ok(None)
    }

    /// Appends a piece's bytes to the body; nothing where no byte of the file is left.
    fn piece(&mut self, body: &mut Vec<u8>, next: Upcoming) -> Result<Option<ImportPiece>, Refusal> {
        let Upcoming { path, name, offset } = next;
        let piece = |path: Vec<u8>, mode, len, total| {
            Some(ImportPiece { path: path.into(), mode, offset, len, total })
        };
        let (Some(name), Some(level)) = (name, self.levels.last()) else {
            return Ok(piece(path, MODE_SUBMODULE, 0, 0));
        };
        let folder = level.folder.as_fd();
        if name.kind == FileType::Symlink {
            let target = read_link(folder, &name.name, &path)?;
            body.extend_from_slice(&target);
            let len = target.len() as u64;
            return Ok(piece(path, MODE_SYMLINK, len, len));
        }
        let words = |errno| refuse(errno, "export", &path);
        let file = open_beneath(folder, &name.name, OFlags::RDONLY, Mode::empty()).map_err(words)?;
        let stat = fstat(&file).map_err(words)?;
        let total = stat.st_size.unsigned_abs();
        let left = total.saturating_sub(offset);
        if offset > 0 && left == 0 {
            return Ok(None);
        }
        let len = match total {
            0..=FRAME_BYTES => left,
            _ => left.min(FRAME_BYTES.saturating_sub(body.len() as u64)),
        };
        let start = body.len();
        body.resize(start + len as usize, 0);
        File::from(file)
            .read_exact_at(body.get_mut(start..).unwrap_or_default(), offset)
            .map_err(|error| words(errno_of(&error)))?;
        if len < left {
            self.unfinished = Some((name.name, offset + len));
        }
        Ok(piece(path, git_mode(&stat), len, total))
    }
}
