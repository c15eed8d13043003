//! Lists a folder, some levels deep. What one answer holds also bounds the time.

use super::{Outcome, Room};
use crate::path::PathBytes;
use crate::protocol::Response;
use crate::workspace::clean::CleanPath;
use crate::workspace::walk::Next;
use crate::workspace::{Workspace, entry};

pub fn list(workspace: &Workspace, path: &PathBytes, depth: Option<u32>) -> Outcome {
    let path = CleanPath::parse(path, &workspace.quotas)?;
    let mut entries = Vec::new();
    let mut truncated = false;
    let mut room = Room::new();
    workspace.walk(&path, depth.unwrap_or(1).max(1), &mut |found| {
        if !room.take(found.path) {
            truncated = true;
            return Ok(Next::Stop);
        }
        entries.push(entry(found.path, &found.stat()?));
        Ok(Next::Descend)
    })?;
    Ok(Response::Listed { entries, truncated }.into())
}
