//! Quotas: how much an agent may keep and ask for, enforced by the program in the cell.
//!
//! No local Docker volume is at once persistent, bounded and noexec, so the bridge counts. The
//! container's own limits (memory, processes) belong to the host's side.

use serde::{Deserialize, Serialize};

/// The limits of one cell; every refusal names the one that was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quotas {
    /// All content in the workspace, in bytes.
    pub bytes: u64,
    /// Files, symlinks and folders in the workspace.
    pub files: u64,
    /// The longest path, in bytes.
    pub path_bytes: u32,
    /// The deepest path, in parts.
    pub depth: u32,
    /// The most that one read returns, in bytes.
    pub read_bytes: u64,
    /// The largest file that can be edited, in bytes.
    pub edit_bytes: u64,
    /// The longest search of contents or names, in milliseconds.
    pub search_ms: u64,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            bytes: 2 * 1024 * 1024 * 1024,
            files: 200_000,
            path_bytes: 1024,
            depth: 64,
            read_bytes: 256 * 1024,
            edit_bytes: 16 * 1024 * 1024,
            search_ms: 10_000,
        }
    }
}
