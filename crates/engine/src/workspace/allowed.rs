//! What of the workspace a change reaches, and whether the user's rules about files let it.

use super::{Touch, shown};
use crate::EngineError;
use crate::rules::Rules;
use crate::tools::ToolFailure;
use anchorhold_bridge::PathBytes;
use anchorhold_repo::{Mirror, Standing};

/// The paths that a change reaches.
#[derive(Debug)]
pub(super) enum Reach {
    Put { path: PathBytes },
    Remove { path: PathBytes },
    Move { from: PathBytes, to: PathBytes },
}

impl Reach {
    pub(super) fn of(touch: &Touch) -> Self {
        match touch {
            Touch::Put { path, .. } => Self::Put { path: path.clone() },
            Touch::Remove { path } => Self::Remove { path: path.clone() },
            Touch::Move { from, to } => Self::Move { from: from.clone(), to: to.clone() },
        }
    }
}

/// Refuses a change that reaches what the agent may not change: itself, in a folder that goes with it, or
/// in one that it would take the place of.
pub(super) fn allowed(rules: &Rules, mirror: &Mirror, tree: &str, reach: &Reach) -> Result<(), ToolFailure> {
    let refused = |reason: Option<String>| reason.map_or(Ok(()), |reason| Err(ToolFailure::Refused(reason)));
    match reach {
        Reach::Put { path } | Reach::Remove { path } => {
            refused(rules.refuses_change(path.as_bytes()))?;
            for inner in below(mirror, tree, path)? {
                refused(refusal_below(rules, path, &inner))?;
            }
        }
        Reach::Move { from, to } => {
            refused(rules.refuses_change(from.as_bytes()))?;
            refused(rules.refuses_change(to.as_bytes()))?;
            for inner in below(mirror, tree, from)? {
                refused(refusal_below(rules, from, &inner))?;
                refused(rules.refuses_change(&joined(to, &inner)))?;
            }
            for inner in below(mirror, tree, to)? {
                refused(refusal_below(rules, to, &inner))?;
            }
        }
    }
    Ok(())
}

/// The files below a folder of a tree, by their paths in it; none where it is no folder.
fn below(mirror: &Mirror, tree: &str, path: &PathBytes) -> Result<Vec<Vec<u8>>, EngineError> {
    // What is no path in a tree is refused by the cell or by the checkpoint.
    match mirror.standing(tree, path.as_bytes())? {
        Some(Standing::Folder { tree }) => Ok(mirror.paths(&tree)?),
        Some(Standing::File(_) | Standing::Submodule) | None => Ok(Vec::new()),
    }
}

/// Why a folder cannot be changed as a whole. What is kept from the agent is not named.
fn refusal_below(rules: &Rules, folder: &PathBytes, inner: &[u8]) -> Option<String> {
    let whole = joined(folder, inner);
    if !rules.sees(&whole) {
        let folder = shown(folder);
        return Some(format!(
            "{folder} holds files that the user's file rules keep from you, so that it stays where it is; \
             change what you see in it one by one"
        ));
    }
    rules.refuses_change(&whole)
}

fn joined(folder: &PathBytes, inner: &[u8]) -> Vec<u8> {
    [folder.as_bytes(), b"/", inner].concat()
}
