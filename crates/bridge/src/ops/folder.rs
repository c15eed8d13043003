//! Makes a folder and those above it. Git does not keep empty folders, and neither does a push.

use super::Outcome;
use crate::path::PathBytes;
use crate::protocol::Response;
use crate::workspace::clean::CleanPath;
use crate::workspace::{Workspace, is_folder, refuse};

pub fn make(workspace: &mut Workspace, path: &PathBytes) -> Outcome {
    let path = CleanPath::parse_entry(path, &workspace.quotas)?;
    if let Some(stat) = workspace.look(&path)? {
        if is_folder(&stat) {
            return Ok(Response::DirectoryMade { created: false }.into());
        }
        return Err(refuse(rustix::io::Errno::EXIST, "make the folder", path.as_bytes()));
    }
    workspace.allow_files(1 + workspace.missing_parents(&path)?)?;
    workspace.make_folders(&path)?;
    Ok(Response::DirectoryMade { created: true }.into())
}
