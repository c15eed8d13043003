//! Works where the kernel renames nothing from one folder to another.
//!
//! Landlock's first version (Linux 5.13 to 5.18, such as Ubuntu 22.04's 5.15) always answers such a
//! rename with `EXDEV`. There, what is written or moved is first made beside its target, under a name
//! that no path may have and no listing shows, and then renamed within that one folder. What a crash
//! leaves under the name is removed by whoever reads the folder next, which the count at the start
//! does for all.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, RenameFlags, fstat, mkdirat, renameat_with, symlinkat, unlinkat,
};
use rustix::io::Errno;

use super::clean::CleanPath;
use super::put::{create, errno_of, keep_mode};
use super::walk::{Name, entries, join, read_link};
use super::{Workspace, entry_bytes, git_mode, open_beneath, refuse};
use crate::path::HALF_DONE;
use crate::protocol::Refusal;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY);

/// Removes what a crash left in `folder`.
pub fn sweep(folder: &OwnedFd, path: &[u8]) -> Result<(), Refusal> {
    let words = |errno| refuse(errno, "remove what was left in", path);
    match unlinkat(folder, HALF_DONE, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(Errno::ISDIR) => {}
        Err(errno) => return Err(words(errno)),
    }
    let left = open_beneath(folder.as_fd(), HALF_DONE, FOLDER, Mode::empty()).map_err(words)?;
    clear(&left, path)?;
    unlinkat(folder, HALF_DONE, AtFlags::REMOVEDIR).map_err(words)
}

/// Removes everything in a folder that was never counted.
fn clear(folder: &OwnedFd, path: &[u8]) -> Result<(), Refusal> {
    let words = |errno| refuse(errno, "remove what was left in", path);
    for Name { name, kind } in entries(folder, path)? {
        if kind == FileType::Directory {
            let child = open_beneath(folder.as_fd(), &name, FOLDER, Mode::empty()).map_err(words)?;
            clear(&child, path)?;
            unlinkat(folder, &name, AtFlags::REMOVEDIR).map_err(words)?;
        } else {
            unlinkat(folder, &name, AtFlags::empty()).map_err(words)?;
        }
    }
    Ok(())
}

/// An entry with everything in it, as the quotas count it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weight {
    files: u64,
    bytes: u64,
}

impl Workspace {
    /// Copies what is at `from` to `to`, whose folder is open, at once and within the quotas.
    pub fn copy_across(
        &mut self,
        from: &CleanPath,
        kind: FileType,
        (folder, to): (&OwnedFd, &CleanPath),
    ) -> Result<(), Refusal> {
        let weight = self.weigh(from, kind)?;
        self.allow_files(weight.files)?;
        self.allow_bytes(0, weight.bytes)?;
        let source = self.open_parent(from)?;
        let copied = copy((source.as_fd(), from.name()), (folder.as_fd(), HALF_DONE), kind, from.as_bytes())
            .and_then(|()| {
                renameat_with(folder, HALF_DONE, folder, to.name(), RenameFlags::NOREPLACE)
                    .map_err(|errno| refuse(errno, "move to", to.as_bytes()))
            });
        if copied.is_err() {
            let _ = sweep(folder, from.as_bytes());
        } else {
            self.usage.files += weight.files;
            self.usage.bytes += weight.bytes;
        }
        copied
    }

    fn weigh(&self, path: &CleanPath, kind: FileType) -> Result<Weight, Refusal> {
        let mut weight = Weight { files: 1, bytes: entry_bytes(&self.look_for(path)?) };
        if kind == FileType::Directory {
            self.walk(path, u32::MAX, &mut |found| {
                weight.files += 1;
                weight.bytes += entry_bytes(&found.stat()?);
                Ok(super::walk::Next::Descend)
            })?;
        }
        Ok(weight)
    }
}

type Place<'a> = (BorrowedFd<'a>, &'a [u8]);

fn copy(from: Place<'_>, to: Place<'_>, kind: FileType, path: &[u8]) -> Result<(), Refusal> {
    let words = |errno| refuse(errno, "copy", path);
    match kind {
        FileType::Directory => {
            let source = open_beneath(from.0, from.1, FOLDER, Mode::empty()).map_err(words)?;
            mkdirat(to.0, to.1, Mode::from_raw_mode(0o755)).map_err(words)?;
            let target = open_beneath(to.0, to.1, FOLDER, Mode::empty()).map_err(words)?;
            for Name { name, kind } in entries(&source, path)? {
                let path = join(path, &name);
                copy((source.as_fd(), &name), (target.as_fd(), &name), kind, &path)?;
            }
            Ok(())
        }
        FileType::Symlink => {
            let content = read_link(from.0, from.1, path)?;
            symlinkat(content.as_slice(), to.0, to.1).map_err(words)
        }
        FileType::RegularFile => copy_file(from, to).map_err(words),
        // Nothing else can be made here, and a copy would not be what it was.
        _ => Err(words(Errno::OPNOTSUPP)),
    }
}

fn copy_file(from: Place<'_>, to: Place<'_>) -> Result<(), Errno> {
    let mut source = File::from(open_beneath(from.0, from.1, OFlags::RDONLY, Mode::empty())?);
    let mode = git_mode(&fstat(&source)?);
    let mut target = File::from(create(to.0, to.1, mode)?);
    // Not `io::copy`, which would try system calls that the filter refuses.
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let count = io::Read::read(&mut source, &mut chunk).map_err(|error| errno_of(&error))?;
        let read = chunk.get(..count).unwrap_or_default();
        if read.is_empty() {
            return keep_mode(&target, mode).map(drop);
        }
        io::Write::write_all(&mut target, read).map_err(|error| errno_of(&error))?;
    }
}
