//! Walks the workspace, folder by folder in the order of paths, following nothing.
//!
//! The order is git's: that of the whole paths' bytes, so a folder stands where its name with a `/`
//! after it would.

use std::cmp::Ordering;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, SeekFrom, Stat, statat};

use super::clean::CleanPath;
use super::{Workspace, apart, is_folder, open_beneath, refuse};
use crate::path::HALF_DONE;
use crate::protocol::Refusal;

/// What one system call reads of a folder.
const FOLDER_CHUNK_BYTES: usize = 32 * 1024;

/// What the walk does after an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Into the folder, if it is one, and on.
    Descend,
    /// Past the folder, if it is one, and on.
    Skip,
    /// Nowhere: the walk ends.
    Stop,
}

/// An entry that the walk came upon.
pub struct Found<'a> {
    /// Its path from the workspace's root.
    pub path: &'a [u8],
    /// Whether it is a regular file.
    pub is_file: bool,
    /// Whether it is a folder.
    pub is_folder: bool,
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

    /// Whether it is a folder with nothing in it.
    pub fn is_empty_folder(&self) -> Result<bool, Refusal> {
        Ok(self.is_folder && entries(&self.open()?, self.path)?.is_empty())
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
        let mut path = start.prefix().to_vec();
        descend(&folder, &mut path, depth, visit)?;
        Ok(())
    }
}

fn descend(folder: &OwnedFd, path: &mut Vec<u8>, depth: u32, visit: Visit<'_>) -> Result<Next, Refusal> {
    if depth == 0 {
        return Ok(Next::Descend);
    }
    let above = path.len();
    for Name { name, kind } in entries(folder, path)? {
        path.truncate(above);
        if above > 0 {
            path.push(b'/');
        }
        path.extend_from_slice(&name);
        let is_folder = kind == FileType::Directory;
        let found = Found {
            path,
            is_file: kind == FileType::RegularFile,
            is_folder,
            name: &name,
            folder: folder.as_fd(),
        };
        match visit(&found)? {
            Next::Stop => return Ok(Next::Stop),
            Next::Skip => continue,
            Next::Descend => {}
        }
        if is_folder && depth > 1 {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            let child = match open_beneath(folder.as_fd(), &name, flags, Mode::empty()) {
                Ok(child) => child,
                // The visitor may have removed or replaced it.
                Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => continue,
                Err(errno) => return Err(refuse(errno, "open the folder", path)),
            };
            if descend(&child, path, depth - 1, visit)? == Next::Stop {
                return Ok(Next::Stop);
            }
        }
    }
    path.truncate(above);
    Ok(Next::Descend)
}

/// An entry of a folder.
pub struct Name {
    /// Its name.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: FileType,
}

impl Name {
    /// Compares as git orders a tree.
    pub fn in_git_order(&self, other: &Self) -> Ordering {
        self.sort_bytes().cmp(other.sort_bytes())
    }

    /// Compares with a path part, given with its `/` if it is a folder's.
    pub fn against(&self, part: &[u8]) -> Ordering {
        self.sort_bytes().cmp(part.iter().copied())
    }

    fn sort_bytes(&self) -> impl Iterator<Item = u8> {
        let slash = (self.kind == FileType::Directory).then_some(b'/');
        self.name.iter().copied().chain(slash)
    }
}

/// A folder's entries in order, read from its start.
pub fn entries(folder: &OwnedFd, path: &[u8]) -> Result<Vec<Name>, Refusal> {
    let words = |errno| refuse(errno, "read the folder", path);
    rustix::fs::seek(folder, SeekFrom::Start(0)).map_err(words)?;
    let mut buffer = [const { MaybeUninit::uninit() }; FOLDER_CHUNK_BYTES];
    let mut reader = RawDir::new(folder, &mut buffer);
    let mut entries = Vec::new();
    let mut left_over = false;
    while let Some(entry) = reader.next() {
        let entry = entry.map_err(words)?;
        let name = entry.file_name().to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        if name == HALF_DONE {
            left_over = true;
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
        entries.push(Name { name: name.to_vec(), kind });
    }
    if left_over {
        apart::sweep(folder, path)?;
    }
    entries.sort_unstable_by(Name::in_git_order);
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
