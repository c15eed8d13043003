//! What git keeps and no workspace holds: a path that is too long or not anybody's to use, a symlink whose
//! target no system takes. It stays in every tree as it is, and no cell is given it.

use anchorhold_bridge::path::{self, MAX_TARGET_BYTES};
use anchorhold_bridge::{MODE_SYMLINK, Quotas};
use anchorhold_repo::TreeEntry;

/// Whether no workspace holds a path, whatever is there.
pub(crate) fn is_unheld_path(path: &[u8]) -> bool {
    path::unheld(path, &Quotas::default()).is_some()
}

/// Whether no workspace holds a file or symlink.
pub(crate) fn is_unheld(entry: &TreeEntry) -> bool {
    let no_target =
        || entry.mode == MODE_SYMLINK && (entry.size == 0 || entry.size > MAX_TARGET_BYTES as u64);
    is_unheld_path(&entry.path) || no_target()
}
