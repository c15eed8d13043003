//! Walks the workspace, folder by folder in the order of names, following nothing.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, statat};

use super::clean::CleanPath;
use super::{Workspace, is_folder, open_beneath, refuse};
use crate::protocol::Refusal;

/// What the walk does after an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Into the folder, if it is one, and on.
    Descend,
    /// Nowhere: the walk ends.
    Stop,
}

/// An entry that the walk came upon.
pub struct Found<'a> {
    /// Its path from the workspace's root.
    pub path: &'a [u8],
    /// Whether it is a regular file.
    pub is_file: bool,
    name: &'a [u8],
    folder: BorrowedFd<'a>,
}

impl Found<'_> {
    /// What is known of it.
    pub fn stat(&self) -> Result<Stat, Refusal> {
        statat(self.folder, self.name, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|errno| refuse(errno, "look at", self.path))
    }

    /// Opens it for reading.
    pub fn open(&self) -> Result<OwnedFd, Refusal> {
        open_beneath(self.folder, self.name, OFlags::RDONLY, Mode::empty())
            .map_err(|errno| refuse(errno, "open", self.path))
    }

    /// Its content; a symlink's is its target.
    pub fn link_target(&self) -> Result<Vec<u8>, Refusal> {
        read_link(self.folder, self.name, self.path)
    }
}

/// Reads a symlink's target.
pub fn read_link(folder: BorrowedFd<'_>, name: &[u8], path: &[u8]) -> Result<Vec<u8>, Refusal> {
    rustix::fs::readlinkat(folder, name, Vec::new())
        .map(|target| target.into_bytes())
        .map_err(|errno| refuse(errno, "read the symlink", path))
}

/// What is called for each entry.
pub type Visit<'v> = &'v mut dyn FnMut(&Found<'_>) -> Result<Next, Refusal>;

impl Workspace {
    /// Calls `visit` for every entry beneath `start`, at most `depth` levels down.
    pub fn walk(&self, start: &CleanPath, depth: u32, visit: Visit<'_>) -> Result<(), Refusal> {
        let folder = self.open_at(start, OFlags::RDONLY | OFlags::DIRECTORY)?;
        descend(folder, start.prefix(), depth, visit)?;
        Ok(())
    }
}

fn descend(folder: OwnedFd, prefix: &[u8], depth: u32, visit: Visit<'_>) -> Result<Next, Refusal> {
    if depth == 0 {
        return Ok(Next::Descend);
    }
    for (name, kind) in entries(&folder, prefix)? {
        let path = join(prefix, &name);
        let found = Found {
            path: &path,
            is_file: kind == FileType::RegularFile,
            name: &name,
            folder: folder.as_fd(),
        };
        if visit(&found)? == Next::Stop {
            return Ok(Next::Stop);
        }
        if kind == FileType::Directory && depth > 1 {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            let child = match open_beneath(folder.as_fd(), &name, flags, Mode::empty()) {
                Ok(child) => child,
                // The visitor may have removed or replaced it.
                Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => continue,
                Err(errno) => return Err(refuse(errno, "open the folder", &path)),
            };
            if descend(child, &path, depth - 1, visit)? == Next::Stop {
                return Ok(Next::Stop);
            }
        }
    }
    Ok(Next::Descend)
}

/// A folder's entries by name; `folder` stays open and is read from its start.
pub fn entries(folder: &OwnedFd, path: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, Refusal> {
    let words = |errno| refuse(errno, "read the folder", path);
    let again = open_beneath(folder.as_fd(), b".", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())
        .map_err(words)?;
    let mut entries = Vec::new();
    for entry in Dir::new(again).map_err(words)? {
        let entry = entry.map_err(words)?;
        let name = entry.file_name().to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        let mut kind = entry.file_type();
        if kind == FileType::Unknown {
            let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).map_err(words)?;
            kind = match is_folder(&stat) {
                true => FileType::Directory,
                false => FileType::from_raw_mode(stat.st_mode),
            };
        }
        entries.push((name.to_vec(), kind));
    }
    entries.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    Ok(entries)
}

/// A name in a folder as a path from the workspace's root.
pub fn join(prefix: &[u8], name: &[u8]) -> Vec<u8> {
    if prefix.is_empty() {
        return name.to_vec();
    }
    let mut path = Vec::with_capacity(prefix.len() + 1 + name.len());
    path.extend_from_slice(prefix);
    path.push(b'/');
    path.extend_from_slice(name);
    path
}
