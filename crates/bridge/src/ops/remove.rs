//! Removes a file, a symlink, or a folder with everything in it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, statat, unlinkat};

use super::Outcome;
use crate::path::PathBytes;
use crate::protocol::{Refusal, Response};
use crate::workspace::clean::CleanPath;
use crate::workspace::walk::{entries, join};
use crate::workspace::{Workspace, entry_bytes, is_folder, open_beneath, refuse};

pub fn remove(workspace: &mut Workspace, path: &PathBytes) -> Outcome {
    let path = CleanPath::parse_entry(path, &workspace.quotas)?;
    let stat = workspace.look_for(&path)?;
    let before = workspace.usage.files;
    let parent = workspace.open_parent(&path)?;
    if is_folder(&stat) {
        let folder = workspace.open_at(&path, OFlags::RDONLY | OFlags::DIRECTORY)?;
        empty(workspace, &folder, path.as_bytes())?;
        unlink(workspace, &parent, path.name(), path.as_bytes(), AtFlags::REMOVEDIR, 0)?;
    } else {
        let bytes = entry_bytes(&stat);
        unlink(workspace, &parent, path.name(), path.as_bytes(), AtFlags::empty(), bytes)?;
    }
    let entries = before - workspace.usage.files;
    Ok(Response::Deleted { entries }.into())
}

/// Empties the whole workspace: the tree, and what is remembered of it.
pub fn all(workspace: &mut Workspace) -> Outcome {
    let before = workspace.usage.files;
    workspace.import = None;
    workspace.baseline = None;
    // The baseline goes first: a half-emptied workspace must not pass for an imported one.
    let state = reopen(workspace.state())?;
    empty(workspace, &state, b"")?;
    let tree = reopen(workspace.tree())?;
    empty(workspace, &tree, b"")?;
    workspace.count()?;
    Ok(Response::Emptied { entries: before }.into())
}

/// A descriptor of its own for a folder of the workspace, which is changed while it is walked.
fn reopen(folder: BorrowedFd<'_>) -> Result<OwnedFd, Refusal> {
    open_beneath(folder, b".", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())
        .map_err(|errno| refuse(errno, "open", b"the workspace"))
}

/// Removes everything in a folder, counting it out as it goes.
pub fn empty(workspace: &mut Workspace, folder: &OwnedFd, path: &[u8]) -> Result<(), Refusal> {
    for (name, kind) in entries(folder, path)? {
        let path = join(path, &name);
        if kind == FileType::Directory {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            let child = open_beneath(folder.as_fd(), &name, flags, Mode::empty())
                .map_err(|errno| refuse(errno, "remove", &path))?;
            empty(workspace, &child, &path)?;
            unlink(workspace, folder, &name, &path, AtFlags::REMOVEDIR, 0)?;
        } else {
            let stat = statat(folder, &name, AtFlags::SYMLINK_NOFOLLOW)
                .map_err(|errno| refuse(errno, "remove", &path))?;
            unlink(workspace, folder, &name, &path, AtFlags::empty(), entry_bytes(&stat))?;
        }
    }
    Ok(())
}

fn unlink(
    workspace: &mut Workspace,
    folder: &OwnedFd,
    name: &[u8],
    path: &[u8],
    flags: AtFlags,
    bytes: u64,
) -> Result<(), Refusal> {
    unlinkat(folder, name, flags).map_err(|errno| refuse(errno, "remove", path))?;
    workspace.usage.files = workspace.usage.files.saturating_sub(1);
    workspace.usage.bytes = workspace.usage.bytes.saturating_sub(bytes);
    Ok(())
}
