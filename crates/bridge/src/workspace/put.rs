//! Puts content in place at once: written beside, then renamed, so that no reader sees half a file
//! and a full disk leaves the old content as it was. Beside is the program's own folder, or the
//! target's where the kernel renames nothing from one folder to another.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, Stat, fchmod, fstat, renameat_with, unlinkat};
use rustix::io::Errno;

use super::clean::CleanPath;
use super::{Workspace, git_mode, is_folder, open_beneath, refuse};
use crate::path::HALF_DONE;
use crate::protocol::{MODE_EXECUTABLE, MODE_FILE, MODE_SYMLINK, Refusal, RefusalCode};

/// The half-written file's name in the state folder; the program does one thing at a time.
const HALF_WRITTEN: &[u8] = b"half-written";

impl Workspace {
    /// Makes `content` the whole of the file at `path`; answers with its mode and whether it is new.
    pub fn put(
        &mut self,
        path: &CleanPath,
        content: &[u8],
        executable: Option<bool>,
    ) -> Result<(u32, bool), Refusal> {
        let old = self.look(path)?;
        if let Some(stat) = &old {
            expect_file(stat, "write", path)?;
        }
        let old_bytes = old.as_ref().map_or(0, |stat| stat.st_size.unsigned_abs());
        let mode = match (executable, &old) {
            (Some(true), _) => MODE_EXECUTABLE,
            (Some(false), _) | (None, None) => MODE_FILE,
            (None, Some(stat)) => git_mode(stat),
        };
        self.allow_bytes(old_bytes, content.len() as u64)?;
        if old.is_none() {
            self.allow_files(1 + self.missing_parents(path)?)?;
        }

        let words = |errno| refuse(errno, "write", path.as_bytes());
        let parent = self.make_folders(&path.parent())?;
        self.replace(&parent, path.name(), content, mode).map_err(words)?;

        self.usage.bytes = self.usage.bytes.saturating_sub(old_bytes) + content.len() as u64;
        self.usage.files += u64::from(old.is_none());
        Ok((mode, old.is_none()))
    }

    fn replace(&mut self, parent: &OwnedFd, name: &[u8], content: &[u8], mode: u32) -> Result<(), Errno> {
        if !self.renames_apart {
            match write_beside(self.state(), HALF_WRITTEN, (parent, name), content, mode) {
                Err(Errno::XDEV) => self.renames_apart = true,
                outcome => return outcome,
            }
        }
        write_beside(parent.as_fd(), HALF_DONE, (parent, name), content, mode)
    }

    /// Opens the regular file at `path` for reading, with what is known of it.
    pub fn open_file(&self, path: &CleanPath) -> Result<(File, Stat), Refusal> {
        let file = self.open_at(path, OFlags::RDONLY)?;
        let stat = fstat(&file).map_err(|errno| refuse(errno, "read", path.as_bytes()))?;
        expect_file(&stat, "read", path)?;
        Ok((File::from(file), stat))
    }

    /// Reads the whole file at `path` to edit it, at most `limit` bytes.
    pub fn read_file(&self, path: &CleanPath, limit: u64) -> Result<(Vec<u8>, Stat), Refusal> {
        let (mut file, stat) = self.open_file(path)?;
        let bytes = stat.st_size.unsigned_abs();
        if bytes > limit {
            return Err(Refusal::new(
                RefusalCode::TooLarge,
                format!(
                    "{} has {bytes} bytes; the limit for an edited file is {limit}",
                    String::from_utf8_lossy(path.as_bytes())
                ),
            ));
        }
        let mut content = Vec::with_capacity(bytes as usize);
        file.read_to_end(&mut content).map_err(|error| refuse(errno_of(&error), "read", path.as_bytes()))?;
        Ok((content, stat))
    }
}

fn write_beside(
    folder: BorrowedFd<'_>,
    beside: &[u8],
    (parent, name): (&OwnedFd, &[u8]),
    content: &[u8],
    mode: u32,
) -> Result<(), Errno> {
    let _ = unlinkat(folder, beside, AtFlags::empty());
    let mut file = File::from(create(folder, beside, mode)?);
    let written = file.write_all(content).map_err(|error| errno_of(&error));
    let whole = written.and_then(|()| keep_mode(&file, mode));
    let placed = whole.and_then(|_| renameat_with(folder, beside, parent, name, RenameFlags::empty()));
    if placed.is_err() {
        let _ = unlinkat(folder, beside, AtFlags::empty());
    }
    placed
}

/// Makes a new file, open for writing; [`keep_mode`] gives back what the umask takes of `mode`.
pub fn create(folder: impl AsFd, name: &[u8], mode: u32) -> Result<OwnedFd, Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
    open_beneath(folder.as_fd(), name, flags, permissions(mode))
}

/// Makes sure that a new file has exactly `mode`, and says what is known of it.
///
/// A usual umask takes nothing away from git's modes, so nothing is to be done for most files.
pub fn keep_mode(file: impl AsFd, mode: u32) -> Result<Stat, Errno> {
    let stat = fstat(&file)?;
    if stat.st_mode & 0o777 != permissions(mode).as_raw_mode() {
        fchmod(&file, permissions(mode))?;
    }
    Ok(stat)
}

fn permissions(mode: u32) -> Mode {
    Mode::from_raw_mode(mode & 0o777)
}

/// Refuses what is no regular file.
pub fn expect_file(stat: &Stat, verb: &str, path: &CleanPath) -> Result<(), Refusal> {
    if is_folder(stat) {
        return Err(refuse(Errno::ISDIR, verb, path.as_bytes()));
    }
    if git_mode(stat) == MODE_SYMLINK {
        return Err(refuse(Errno::LOOP, verb, path.as_bytes()));
    }
    Ok(())
}

/// The system's reason behind an error of the standard library.
pub fn errno_of(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}
