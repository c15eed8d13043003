//! The folder that the program serves, and the only place where paths become descriptors.
//!
//! The root holds two folders: `tree`, which is what the agent sees, and `state`, which is the
//! program's own (the baseline of an import and half-written files). Every path is opened by
//! `openat2` beneath `tree`, following no symlink and crossing no mount.

pub mod apart;
pub mod clean;
pub mod put;
pub mod walk;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags, Stat, mkdirat, openat2, statat};
use rustix::io::Errno;

use crate::ops::changes::Baseline;
use crate::ops::export::Place;
use crate::ops::import::Import;
use crate::protocol::{Entry, Refusal, RefusalCode, Usage};
use crate::quota::Quotas;
use clean::CleanPath;

const BENEATH: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS)
    .union(ResolveFlags::NO_XDEV);

/// The folder that is served, with what is counted and remembered about it.
pub struct Workspace {
    tree: OwnedFd,
    state: OwnedFd,
    /// The limits.
    pub quotas: Quotas,
    /// What is in use.
    pub usage: Usage,
    /// What the last whole import left, to compare with.
    pub baseline: Option<Baseline>,
    /// An import that is under way.
    pub import: Option<Import>,
    /// Where an export that is under way goes on.
    pub export: Option<Place>,
    /// Whether the kernel was seen to rename nothing from one folder to another.
    pub renames_apart: bool,
}

impl Workspace {
    /// Opens the workspace in `root`, making its folders, counting what is there.
    pub fn open(root: BorrowedFd<'_>, quotas: Quotas) -> Result<Self, Refusal> {
        let mut workspace = Self {
            tree: own_folder(root, "tree")?,
            state: own_folder(root, "state")?,
            quotas,
            usage: Usage::default(),
            baseline: None,
            import: None,
            export: None,
            renames_apart: false,
        };
        workspace.count()?;
        workspace.baseline = Baseline::load(workspace.state())?;
        Ok(workspace)
    }

    /// The program's own folder.
    pub fn state(&self) -> BorrowedFd<'_> {
        self.state.as_fd()
    }

    /// The folder that the agent sees.
    pub fn tree(&self) -> BorrowedFd<'_> {
        self.tree.as_fd()
    }

    /// Opens what is at `path`, which must be there.
    pub fn open_at(&self, path: &CleanPath, flags: OFlags) -> Result<OwnedFd, Refusal> {
        open_beneath(self.tree(), path.as_bytes(), flags, Mode::empty())
            .map_err(|errno| refuse(errno, "open", path.as_bytes()))
    }

    /// Opens the folder that holds `path`.
    pub fn open_parent(&self, path: &CleanPath) -> Result<OwnedFd, Refusal> {
        self.open_at(&path.parent(), OFlags::RDONLY | OFlags::DIRECTORY)
    }

    /// What is at `path`, if anything; a symlink is itself.
    pub fn look(&self, path: &CleanPath) -> Result<Option<Stat>, Refusal> {
        let parent = match self.open_parent(path) {
            Ok(parent) => parent,
            Err(refusal) if refusal.code == RefusalCode::NotFound => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        match statat(&parent, path.name(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(refuse(errno, "look at", path.as_bytes())),
        }
    }

    /// What is at `path`, or the refusal that nothing is.
    pub fn look_for(&self, path: &CleanPath) -> Result<Stat, Refusal> {
        self.look(path)?.ok_or_else(|| refuse(Errno::NOENT, "look at", path.as_bytes()))
    }

    /// How many of the folders above `path` are missing.
    pub fn missing_parents(&self, path: &CleanPath) -> Result<u64, Refusal> {
        let mut missing = 0;
        let mut folder = path.parent();
        while !folder.is_root() {
            match self.look(&folder)? {
                Some(_) => break,
                None => missing += 1,
            }
            folder = folder.parent();
        }
        Ok(missing)
    }

    /// Makes the folders down to and including `folder`, within the quota of files.
    pub fn make_folders(&mut self, folder: &CleanPath) -> Result<OwnedFd, Refusal> {
        for part in folder.ancestors_from_root() {
            let parent = self.open_parent(&part)?;
            match statat(&parent, part.name(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(_) => continue,
                Err(Errno::NOENT) => {}
                Err(errno) => return Err(refuse(errno, "make the folder", part.as_bytes())),
            }
            self.allow_files(1)?;
            mkdirat(&parent, part.name(), Mode::from_raw_mode(0o755))
                .map_err(|errno| refuse(errno, "make the folder", part.as_bytes()))?;
            self.usage.files += 1;
        }
        self.open_at(folder, OFlags::RDONLY | OFlags::DIRECTORY)
    }

    /// Refuses if `more` files and folders would be over the limit.
    pub fn allow_files(&self, more: u64) -> Result<(), Refusal> {
        if self.usage.files + more > self.quotas.files {
            return Err(Refusal::new(
                RefusalCode::QuotaFiles,
                format!(
                    "the workspace may hold {} files and folders, and holds {}",
                    self.quotas.files, self.usage.files
                ),
            ));
        }
        Ok(())
    }

    /// Refuses if replacing `old` bytes by `new` would be over the limit.
    pub fn allow_bytes(&self, old: u64, new: u64) -> Result<(), Refusal> {
        let kept = self.usage.bytes.saturating_sub(old);
        if kept.saturating_add(new) > self.quotas.bytes {
            return Err(Refusal::new(
                RefusalCode::QuotaBytes,
                format!(
                    "the workspace may hold {} bytes; {new} more beside the {kept} there are too many",
                    self.quotas.bytes
                ),
            ));
        }
        Ok(())
    }

    /// Counts what is there.
    pub fn count(&mut self) -> Result<(), Refusal> {
        let mut usage = Usage::default();
        self.walk(&CleanPath::root(), u32::MAX, &mut |found| {
            let stat = found.stat()?;
            usage.files += 1;
            usage.bytes = usage.bytes.saturating_add(entry_bytes(&stat));
            Ok(walk::Next::Descend)
        })?;
        self.usage = usage;
        Ok(())
    }
}

/// Opens `path` beneath `folder` and nowhere else; never waits for a pipe's other end.
pub fn open_beneath(
    folder: BorrowedFd<'_>,
    path: &[u8],
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    openat2(folder, path, flags | OFlags::CLOEXEC | OFlags::NONBLOCK, mode, BENEATH)
}

fn own_folder(root: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Refusal> {
    match mkdirat(root, name, Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(refuse(errno, "make the folder", name.as_bytes())),
    }
    open_beneath(root, name.as_bytes(), OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())
        .map_err(|errno| refuse(errno, "open the folder", name.as_bytes()))
}

/// The mode as git writes it: a file is executable or it is not.
pub fn git_mode(stat: &Stat) -> u32 {
    use crate::protocol::{MODE_EXECUTABLE, MODE_FILE, MODE_FOLDER, MODE_SYMLINK};
    match stat.st_mode & libc::S_IFMT {
        libc::S_IFDIR => MODE_FOLDER,
        libc::S_IFLNK => MODE_SYMLINK,
        _ if stat.st_mode & 0o100 != 0 => MODE_EXECUTABLE,
        _ => MODE_FILE,
    }
}

/// Whether this is a folder.
pub fn is_folder(stat: &Stat) -> bool {
    stat.st_mode & libc::S_IFMT == libc::S_IFDIR
}

/// The length that counts for the quota; a folder's own blocks do not.
pub fn entry_bytes(stat: &Stat) -> u64 {
    if is_folder(stat) { 0 } else { stat.st_size.unsigned_abs() }
}

/// An entry as the host sees it.
pub fn entry(path: &[u8], stat: &Stat) -> Entry {
    Entry { path: path.into(), mode: git_mode(stat), bytes: entry_bytes(stat) }
}

/// Words what the system refused, for `path`.
pub fn refuse(errno: Errno, verb: &str, path: &[u8]) -> Refusal {
    let path = String::from_utf8_lossy(path);
    let (code, reason) = match errno {
        Errno::NOENT => (RefusalCode::NotFound, "nothing is there"),
        Errno::ISDIR => (RefusalCode::IsDirectory, "it is a folder"),
        Errno::NOTDIR => (RefusalCode::NotDirectory, "a part of the path is no folder"),
        Errno::LOOP => {
            (RefusalCode::IsSymlink, "it is or passes through a symlink, and symlinks are not followed")
        }
        Errno::XDEV => (RefusalCode::OutsideWorkspace, "it leads out of the workspace"),
        Errno::EXIST | Errno::NOTEMPTY => (RefusalCode::Exists, "something is already there"),
        Errno::NAMETOOLONG => (RefusalCode::BadPath, "a name in it is longer than 255 bytes"),
        Errno::NOSPC | Errno::DQUOT => {
            (RefusalCode::DiskFull, "the disk under the workspace is full; free some space and try again")
        }
        other => {
            return Refusal::new(
                RefusalCode::Io,
                format!("cannot {verb} {path}: {}", std::io::Error::from(other)),
            );
        }
    };
    Refusal::new(code, format!("cannot {verb} {path}: {reason}"))
}
