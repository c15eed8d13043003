//! Writes a whole file.

use super::Outcome;
use crate::path::PathBytes;
use crate::protocol::Response;
use crate::workspace::Workspace;
use crate::workspace::clean::CleanPath;

pub fn write(
    workspace: &mut Workspace,
    path: &PathBytes,
    executable: Option<bool>,
    content: &[u8],
) -> Outcome {
    let path = CleanPath::parse_entry(path, &workspace.quotas)?;
    let (mode, created) = workspace.put(&path, content, executable)?;
    let bytes = content.len() as u64;
    Ok(Response::Written { created, bytes, mode }.into())
}
