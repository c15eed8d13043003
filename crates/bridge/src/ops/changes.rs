//! Tells which paths differ from the last whole import.
//!
//! A file whose number, times and length are those of the import is taken as unchanged, as git's
//! index does; any other is compared by its hash, so that an edit undone is no change.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::ops::Bound;
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, Stat, renameat_with, unlinkat};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::{Outcome, Room};
use crate::path::PathBytes;
use crate::protocol::{Change, ChangeStatus, MODE_SUBMODULE, MODE_SYMLINK, Refusal, RefusalCode, Response};
use crate::workspace::clean::CleanPath;
use crate::workspace::put::{create, errno_of};
use crate::workspace::walk::{Found, Next};
use crate::workspace::{Workspace, git_mode, open_beneath, refuse};

const FILE: &[u8] = b"baseline";
const HALF_WRITTEN: &[u8] = b"baseline.new";
const FIXED_BYTES: usize = 4 + 4 + 8 + 8 + 8 + 8 + 32;

/// What an import left: every file, symlink and submodule by its path.
#[derive(Default)]
pub struct Baseline(BTreeMap<Vec<u8>, Known>);

/// What is known of a path of the baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    mode: u32,
    bytes: u64,
    inode: u64,
    seconds: i64,
    nanoseconds: u64,
    hash: [u8; 32],
}

impl Known {
    /// Remembers a file as it is now.
    pub fn new(mode: u32, stat: &Stat, hash: [u8; 32]) -> Self {
        Self {
            mode,
            bytes: stat.st_size.unsigned_abs(),
            inode: stat.st_ino,
            seconds: stat.st_mtime,
            nanoseconds: stat.st_mtime_nsec,
            hash,
        }
    }

    fn looks_untouched(&self, stat: &Stat) -> bool {
        *self == Self::new(git_mode(stat), stat, self.hash)
    }
}

/// Tells a page of the differences, those whose paths come after `after`.
pub fn changes(workspace: &Workspace, after: Option<&PathBytes>) -> Outcome {
    let Some(baseline) = &workspace.baseline else {
        return Err(Refusal::new(
            RefusalCode::BadRequest,
            "cannot tell what changed: no import was completed",
        ));
    };
    let mut page = Page { changes: Vec::new(), room: Room::new(), truncated: false };
    baseline.compare(workspace, after.map(PathBytes::as_bytes), &mut page)?;
    Ok(Response::Changes { changes: page.changes, truncated: page.truncated }.into())
}

/// The differences of one answer.
struct Page {
    changes: Vec<Change>,
    room: Room,
    truncated: bool,
}

impl Page {
    /// Adds a difference; stops where the answer is full.
    fn add(&mut self, path: &[u8], status: ChangeStatus, mode: u32) -> Next {
        if !self.room.take(path) {
            self.truncated = true;
            return Next::Stop;
        }
        self.changes.push(Change { path: path.into(), status, mode });
        Next::Descend
    }
}

impl Baseline {
    /// Adds a path.
    pub fn insert(&mut self, path: &[u8], known: Known) {
        self.0.insert(path.to_vec(), known);
    }

    /// Adds a submodule, of which nothing can be known but that it is there.
    pub fn insert_submodule(&mut self, path: &[u8]) {
        self.0.insert(submodule_key(path), Known { mode: MODE_SUBMODULE, ..Known::default() });
    }

    /// How many files and symlinks there are and how many bytes they have.
    pub fn size(&self) -> (u64, u64) {
        let files = self.0.values().filter(|known| known.mode != MODE_SUBMODULE);
        files.fold((0, 0), |(count, bytes), known| (count + 1, bytes + known.bytes))
    }

    /// Whether a submodule was at this path; in the workspace it is an empty folder.
    pub fn has_submodule(&self, path: &[u8]) -> bool {
        self.0.contains_key(&submodule_key(path))
    }

    // Both sides are in the order of paths, so one pass tells everything.
    fn compare(&self, workspace: &Workspace, after: Option<&[u8]>, page: &mut Page) -> Result<(), Refusal> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut known = self.0.range::<[u8], _>((start, Bound::Unbounded)).peekable();
        if let Some(after) = after {
            // A submodule's path was told without the `/` that it is known by.
            known.next_if(|(path, _)| **path == submodule_key(after));
        }
        workspace.walk(&CleanPath::root(), u32::MAX, &mut |found| {
            let submodule = found.is_folder.then(|| submodule_key(found.path));
            let here = submodule.as_deref().unwrap_or(found.path);
            if after.is_some_and(|after| here <= after) {
                return Ok(Next::Descend);
            }
            while let Some((path, known)) = known.next_if(|(path, _)| path.as_slice() < here) {
                if deleted(page, path, known) == Next::Stop {
                    return Ok(Next::Stop);
                }
            }
            let before = known.next_if(|(path, _)| path.as_slice() == here);
            if found.is_folder {
                return Ok(match before {
                    Some((path, known)) if !found.is_empty_folder()? => deleted(page, path, known),
                    _ => Next::Descend,
                });
            }
            let stat = found.stat()?;
            let mode = git_mode(&stat);
            match before {
                None => Ok(page.add(found.path, ChangeStatus::Added, mode)),
                Some((_, known)) if known.looks_untouched(&stat) => Ok(Next::Descend),
                Some((_, known)) if known.mode == mode && known.hash == hash(found, mode)? => {
                    Ok(Next::Descend)
                }
                Some(_) => Ok(page.add(found.path, ChangeStatus::Modified, mode)),
            }
        })?;
        for (path, known) in known {
            if page.truncated || deleted(page, path, known) == Next::Stop {
                break;
            }
        }
        Ok(())
    }

    /// Keeps it for the next start of the program.
    pub fn save(&self, state: BorrowedFd<'_>) -> Result<(), Refusal> {
        let words = |errno| refuse(errno, "keep", FILE);
        let _ = unlinkat(state, HALF_WRITTEN, AtFlags::empty());
        let mut file = std::fs::File::from(create(state, HALF_WRITTEN, 0o600).map_err(words)?);
        file.write_all(&self.encode()).map_err(|error| words(errno_of(&error)))?;
        renameat_with(state, HALF_WRITTEN, state, FILE, RenameFlags::empty()).map_err(words)
    }

    /// Reads what was kept; what cannot be read was never completed.
    pub fn load(state: BorrowedFd<'_>) -> Result<Option<Self>, Refusal> {
        let words = |errno| refuse(errno, "read", FILE);
        let file = match open_beneath(state, FILE, OFlags::RDONLY, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(words(errno)),
        };
        let mut bytes = Vec::new();
        std::fs::File::from(file).read_to_end(&mut bytes).map_err(|error| words(errno_of(&error)))?;
        Ok(Self::decode(&bytes))
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * (FIXED_BYTES + 48));
        for (path, known) in &self.0 {
            bytes.extend_from_slice(&(path.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&known.mode.to_le_bytes());
            bytes.extend_from_slice(&known.bytes.to_le_bytes());
            bytes.extend_from_slice(&known.inode.to_le_bytes());
            bytes.extend_from_slice(&known.seconds.to_le_bytes());
            bytes.extend_from_slice(&known.nanoseconds.to_le_bytes());
            bytes.extend_from_slice(&known.hash);
            bytes.extend_from_slice(path);
        }
        bytes
    }

    fn decode(mut bytes: &[u8]) -> Option<Self> {
        let mut all = BTreeMap::new();
        while !bytes.is_empty() {
            let path_bytes = u32::from_le_bytes(take(&mut bytes)?) as usize;
            let known = Known {
                mode: u32::from_le_bytes(take(&mut bytes)?),
                bytes: u64::from_le_bytes(take(&mut bytes)?),
                inode: u64::from_le_bytes(take(&mut bytes)?),
                seconds: i64::from_le_bytes(take(&mut bytes)?),
                nanoseconds: u64::from_le_bytes(take(&mut bytes)?),
                hash: take(&mut bytes)?,
            };
            let (path, rest) = bytes.split_at_checked(path_bytes)?;
            bytes = rest;
            all.insert(path.to_vec(), known);
        }
        Some(Self(all))
    }
}

/// A submodule is known by its folder's path with a `/`, which also puts it in its place.
fn submodule_key(path: &[u8]) -> Vec<u8> {
    [path, b"/"].concat()
}

fn deleted(page: &mut Page, path: &[u8], known: &Known) -> Next {
    page.add(path.strip_suffix(b"/").unwrap_or(path), ChangeStatus::Deleted, known.mode)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}

fn hash(found: &Found<'_>, mode: u32) -> Result<[u8; 32], Refusal> {
    if mode == MODE_SYMLINK {
        return Ok(Sha256::digest(found.link_target()?).into());
    }
    let mut file = std::fs::File::from(found.open()?);
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let count = file.read(&mut chunk).map_err(|error| refuse(errno_of(&error), "read", found.path))?;
        let read = chunk.get(..count).unwrap_or_default();
        if read.is_empty() {
            return Ok(hash.finalize().into());
        }
        hash.update(read);
    }
}
