//! Says what is at a path.

use super::Outcome;
use crate::path::PathBytes;
use crate::protocol::{Entry, MODE_FOLDER, Response};
use crate::workspace::clean::CleanPath;
use crate::workspace::{Workspace, entry};

pub fn stat(workspace: &Workspace, path: &PathBytes) -> Outcome {
    let path = CleanPath::parse(path, &workspace.quotas)?;
    if path.is_root() {
        let root = Entry { path: PathBytes::default(), mode: MODE_FOLDER, bytes: 0 };
        return Ok(Response::Stat(root).into());
    }
    let stat = workspace.look_for(&path)?;
    Ok(Response::Stat(entry(path.as_bytes(), &stat)).into())
}
