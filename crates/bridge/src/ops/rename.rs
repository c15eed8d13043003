//! Moves a file or folder to a path where nothing is yet: by renaming it, or where the kernel does
//! not do that from one folder to another, by copying it whole before the first is removed.

use rustix::fs::{FileType, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::{Outcome, remove};
use crate::path::PathBytes;
use crate::protocol::{Refusal, RefusalCode, Response};
use crate::workspace::clean::CleanPath;
use crate::workspace::walk::Next;
use crate::workspace::{Workspace, git_mode, is_folder, refuse};

pub fn rename(workspace: &mut Workspace, from: &PathBytes, to: &PathBytes) -> Outcome {
    let from = CleanPath::parse_entry(from, &workspace.quotas)?;
    let to = CleanPath::parse_entry(to, &workspace.quotas)?;
    let stat = workspace.look_for(&from)?;
    if workspace.look(&to)?.is_some() {
        return Err(refuse(Errno::EXIST, "move to", to.as_bytes()));
    }
    if is_folder(&stat) {
        if to.is_within(&from) {
            let message = format!("{} cannot be moved into itself", text(&from));
            return Err(Refusal::new(RefusalCode::BadPath, message));
        }
        keep_within_limits(workspace, &from, &to)?;
    }
    workspace.allow_files(workspace.missing_parents(&to)?)?;
    let source = workspace.open_parent(&from)?;
    let target = workspace.make_folders(&to.parent())?;
    match renameat_with(&source, from.name(), &target, to.name(), RenameFlags::NOREPLACE) {
        Ok(()) => {}
        Err(Errno::XDEV) => {
            workspace.copy_across(&from, FileType::from_raw_mode(stat.st_mode), (&target, &to))?;
            remove::entry(workspace, &from, &stat)?;
        }
        Err(errno) => return Err(refuse(errno, "move to", to.as_bytes())),
    }
    Ok(Response::Moved { mode: git_mode(&stat) }.into())
}

/// Everything in a moved folder must keep to the limits of paths at its new place.
fn keep_within_limits(workspace: &Workspace, from: &CleanPath, to: &CleanPath) -> Result<(), Refusal> {
    let quotas = workspace.quotas;
    workspace.walk(from, u32::MAX, &mut |found| {
        let rest = found.path.get(from.as_bytes().len()..).unwrap_or_default();
        let deeper = rest.iter().filter(|byte| **byte == b'/').count() as u32;
        let too_long = to.as_bytes().len() + rest.len() > quotas.path_bytes as usize;
        if too_long || to.depth() + deeper > quotas.depth {
            let message = format!(
                "at {} paths would be over {} bytes or {} parts",
                text(to),
                quotas.path_bytes,
                quotas.depth
            );
            return Err(Refusal::new(RefusalCode::BadPath, message));
        }
        Ok(Next::Descend)
    })
}

fn text(path: &CleanPath) -> String {
    String::from_utf8_lossy(path.as_bytes()).into_owned()
}
