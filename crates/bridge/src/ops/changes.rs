//! Tells which paths differ from the last whole import.
//!
//! A file whose number, times and length are those of the import is taken as unchanged, as git's
//! index does; any other is compared by its hash, so that an edit undone is no change.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, Stat, renameat_with, unlinkat};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::{Outcome, Room};
use crate::path::PathBytes;
use crate::protocol::{Change, ChangeStatus, MODE_SYMLINK, Refusal, RefusalCode, Response};
use crate::workspace::clean::CleanPath;
use crate::workspace::put::{create, errno_of};
use crate::workspace::walk::{Found, Next};
use crate::workspace::{Workspace, git_mode, is_folder, open_beneath, refuse};

const FILE: &[u8] = b"baseline";
const HALF_WRITTEN: &[u8] = b"baseline.new";
const FIXED_BYTES: usize = 4 + 4 + 8 + 8 + 8 + 8 + 32;

/// What an import left: every file and symlink by its path.
#[derive(Default)]
pub struct Baseline(BTreeMap<Vec<u8>, Known>);

/// What is known of a path of the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
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

pub fn changes(workspace: &Workspace, after: Option<&PathBytes>) -> Outcome {
    let Some(baseline) = &workspace.baseline else {
        return Err(Refusal::new(
            RefusalCode::BadRequest,
            "cannot tell what changed: no import was completed",
        ));
    };
    let mut different = baseline.compare(workspace)?;
    if let Some(after) = after {
        different = different.split_off(after.as_bytes());
        different.remove(after.as_bytes());
    }
    let mut changes = Vec::new();
    let mut room = Room::new();
    let mut truncated = false;
    for (path, (status, mode)) in different {
        if !room.take(&path) {
            truncated = true;
            break;
        }
        changes.push(Change { path: path.into(), status, mode });
    }
    Ok(Response::Changes { changes, truncated }.into())
}

impl Baseline {
    /// Adds a path.
    pub fn insert(&mut self, path: &[u8], known: Known) {
        self.0.insert(path.to_vec(), known);
    }

    /// How many files there are and how many bytes they have.
    pub fn size(&self) -> (u64, u64) {
        (self.0.len() as u64, self.0.values().map(|known| known.bytes).sum())
    }

    fn compare(&self, workspace: &Workspace) -> Result<BTreeMap<Vec<u8>, (ChangeStatus, u32)>, Refusal> {
        let mut different = BTreeMap::new();
        let mut missing: BTreeMap<&[u8], u32> =
            self.0.iter().map(|(path, known)| (path.as_slice(), known.mode)).collect();
        workspace.walk(&CleanPath::root(), u32::MAX, &mut |found| {
            let stat = found.stat()?;
            if is_folder(&stat) {
                return Ok(Next::Descend);
            }
            missing.remove(found.path);
            let mode = git_mode(&stat);
            let status = match self.0.get(found.path) {
                None => Some(ChangeStatus::Added),
                Some(known) if known.looks_untouched(&stat) => None,
                Some(known) if known.mode == mode && known.hash == hash(found, mode)? => None,
                Some(_) => Some(ChangeStatus::Modified),
            };
            if let Some(status) = status {
                different.insert(found.path.to_vec(), (status, mode));
            }
            Ok(Next::Descend)
        })?;
        for (path, mode) in missing {
            different.insert(path.to_vec(), (ChangeStatus::Deleted, mode));
        }
        Ok(different)
    }

    /// Forgets what the last import left.
    pub fn forget(state: BorrowedFd<'_>) -> Result<(), Refusal> {
        match unlinkat(state, FILE, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(refuse(errno, "forget", FILE)),
        }
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
