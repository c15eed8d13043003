//! A checkpoint of what a tool did in the cell, made from the tree before it.

use super::{Change, Place, Touch};
use crate::EngineError;
use anchorhold_domain::{EditedFile, Timestamp};
use anchorhold_repo::{Mirror, TreeEdit};
use std::sync::{Mutex, PoisonError};

pub(super) fn checkpoint(
    mirror: &Mirror,
    compared: &str,
    place: &Mutex<Place>,
    touches: Vec<Touch>,
    label: &str,
    at: Timestamp,
) -> Result<Option<Change>, EngineError> {
    let before = place.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut edits = Vec::new();
    for touch in touches {
        match touch {
            Touch::Put { path, mode, bytes } => {
                edits.push(TreeEdit::Put { path: path.into_bytes(), mode, bytes })
            }
            Touch::Remove { path } => edits.push(TreeEdit::Remove { path: path.into_bytes() }),
            Touch::Move { from, to } => {
                moved(mirror, &before.tree, from.as_bytes(), to.as_bytes(), &mut edits)?
            }
        }
    }
    let made = mirror.checkpoint(before.checkpoint.as_deref(), &before.tree, &edits, label, at.0)?;
    if made.tree == before.tree {
        return Ok(None);
    }
    let edited = mirror
        .changes(&before.tree, &made.tree)?
        .into_iter()
        .map(|change| EditedFile { path: change.path, added: change.added, removed: change.removed })
        .collect();
    let files_changed = mirror.changed_files(compared, &made.tree)?;
    place.lock().unwrap_or_else(PoisonError::into_inner).move_to(&made);
    Ok(Some(Change { checkpoint: made.commit, edited, files_changed }))
}

/// Turns a move into edits of the tree: each file goes with its mode and bytes.
fn moved(
    mirror: &Mirror,
    tree: &str,
    from: &[u8],
    to: &[u8],
    edits: &mut Vec<TreeEdit>,
) -> Result<(), EngineError> {
    let folder = [from, b"/"].concat();
    let found = mirror.entries(tree)?;
    edits.push(TreeEdit::Remove { path: from.to_vec() });
    for entry in found {
        let rest = if entry.path == from {
            &[][..]
        } else if let Some(rest) = entry.path.strip_prefix(folder.as_slice()) {
            rest
        } else {
            continue;
        };
        let path = if rest.is_empty() { to.to_vec() } else { [to, b"/", rest].concat() };
        edits.push(TreeEdit::Put { path, mode: entry.mode, bytes: mirror.blob(&entry.id)? });
    }
    Ok(())
}
