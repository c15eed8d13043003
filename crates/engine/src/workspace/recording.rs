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
    let edit = |touch| match touch {
        Touch::Put { path, mode, bytes } => TreeEdit::Put { path: path.into_bytes(), mode, bytes },
        Touch::Remove { path } => TreeEdit::Remove { path: path.into_bytes() },
        Touch::Move { from, to } => TreeEdit::Move { from: from.into_bytes(), to: to.into_bytes() },
    };
    let edits: Vec<TreeEdit> = touches.into_iter().map(edit).collect();
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
    Ok(Some(Change { checkpoint: made.commit, edited, files_changed, objects: made.objects }))
}
