//! What of the workspace a change reaches, and whether the user's rules about files and the tree let it.

use super::{Touch, shown};
use crate::EngineError;
use crate::rules::{Rules, is_unheld, is_unheld_path};
use crate::tools::ToolFailure;
use anchorhold_bridge::{MODE_FILE, PathBytes};
use anchorhold_repo::{Mirror, RepoError, Standing, TreeEdit, path_to_text};

/// The paths that a change reaches.
#[derive(Debug)]
pub(super) enum Reach {
    Put { path: PathBytes },
    Folder { path: PathBytes },
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
/// in one that it would take the place of. Nor can a submodule go, which it does not see.
pub(super) fn allowed(rules: &Rules, mirror: &Mirror, tree: &str, reach: &Reach) -> Result<(), ToolFailure> {
    let refused = |reason: Option<String>| reason.map_or(Ok(()), |reason| Err(ToolFailure::Refused(reason)));
    match reach {
        // One that is there stays as it is, with whatever is in it.
        Reach::Folder { path } => refused(rules.refuses_change(path.as_bytes()))?,
        Reach::Put { path } | Reach::Remove { path } => {
            refused(rules.refuses_change(path.as_bytes()))?;
            for inner in below(mirror, tree, path)? {
                refused(refusal_below(rules, path, &inner))?;
            }
            match reach {
                Reach::Remove { .. } => refused(kept_submodule(mirror, tree, path)?)?,
                _ => refused(kept_link(mirror, tree, path)?)?,
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

/// Refuses, before the cell does it, what no checkpoint could take in: the cell knows neither where
/// submodules are nor all the names that git refuses.
pub(super) fn fits(mirror: &Mirror, tree: &str, reach: &Reach) -> Result<(), ToolFailure> {
    let put = |path| TreeEdit::Put { path, mode: MODE_FILE, bytes: Vec::new() };
    let edit = match reach {
        // That the workspace itself is meant is said by the cell.
        Reach::Put { path } | Reach::Folder { path } | Reach::Remove { path } if is_root(path) => {
            return Ok(());
        }
        Reach::Move { from, to } if is_root(from) || is_root(to) => return Ok(()),
        Reach::Put { path } => put(path.as_bytes().to_vec()),
        // A folder is no more than the way to what will be in it.
        Reach::Folder { path } => put(joined(path, b".gitkeep")),
        Reach::Remove { path } => TreeEdit::Remove { path: path.as_bytes().to_vec() },
        Reach::Move { from, to } => {
            TreeEdit::Move { from: from.as_bytes().to_vec(), to: to.as_bytes().to_vec() }
        }
    };
    mirror.check_edits(tree, &[edit]).map_err(|error| unfit(error.into()))
}

/// What a tool is told that asked for what a checkpoint refuses.
pub(super) fn unfit(error: EngineError) -> ToolFailure {
    match error {
        EngineError::Repo(RepoError::InvalidPath { path, reason }) => ToolFailure::Refused(format!(
            "{path}: {reason}; name another path, from the repository's root and with / between names, as in \
             src/main.rs"
        )),
        other => ToolFailure::Broken(other),
    }
}

/// Why a folder cannot be removed that a submodule is in, which the agent does not see there.
fn kept_submodule(mirror: &Mirror, tree: &str, path: &PathBytes) -> Result<Option<String>, EngineError> {
    let Some(Standing::Folder { tree }) = mirror.standing(tree, path.as_bytes())? else { return Ok(None) };
    let Some(module) = mirror.submodules(&tree)?.into_iter().next() else { return Ok(None) };
    let (folder, module) = (shown(path), path_to_text(&joined(path, &module.path)));
    Ok(Some(format!(
        "{folder} holds the submodule {module}, whose files are not in the workspace, so that it stays where it \
         is; delete what you see in it one by one"
    )))
}

/// Why nothing can be put where a link is that no workspace holds, which the agent does not see there.
fn kept_link(mirror: &Mirror, tree: &str, path: &PathBytes) -> Result<Option<String>, EngineError> {
    let Some(Standing::File(entry)) = mirror.standing(tree, path.as_bytes())? else { return Ok(None) };
    Ok(is_unheld(&entry).then(|| {
        let path = shown(path);
        format!("{path} is a link that no workspace holds, so that it stays as it is; name another path")
    }))
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
    if is_unheld_path(&whole) {
        let folder = shown(folder);
        return Some(format!(
            "{folder} holds files that no workspace holds, so that it stays where it is; change what you see in \
             it one by one"
        ));
    }
    if !rules.sees(&whole) {
        let folder = shown(folder);
        return Some(format!(
            "{folder} holds files that the user's file rules keep from you, so that it stays where it is; \
             change what you see in it one by one"
        ));
    }
    rules.refuses_change(&whole)
}

fn is_root(path: &PathBytes) -> bool {
    path.as_bytes().is_empty()
}

fn joined(folder: &PathBytes, inner: &[u8]) -> Vec<u8> {
    [folder.as_bytes(), b"/", inner].concat()
}
