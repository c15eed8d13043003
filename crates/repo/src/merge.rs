//! Re-applying work onto a branch that moved: a merge of three trees, in memory.
//!
//! Nothing is checked out, no ref is moved and no merge driver of anybody's is run. What merges cleanly is
//! a tree for a new checkpoint; what does not is shown as git would mark it, for people to read.

use std::collections::BTreeMap;

use anchorhold_domain::Conflict;
use git2::{
    Delta, IndexConflict, IndexEntry, MergeFileInput, MergeFileOptions, MergeOptions, Repository, Tree,
};

use crate::diff::visible_text;
use crate::error::{RepoError, Result};
use crate::mirror::{Mirror, oid};
use crate::path::{check_link, path_to_text, split};
use crate::tree::{SUBMODULE, SYMLINK, check_size};

/// Conflicts that are listed; a work that has more is not re-applied by reading them.
const MOST_CONFLICTS: usize = 500;
/// Conflicts that are shown as text.
const MOST_PREVIEWS: usize = 50;
/// The longest preview, in bytes.
const LONGEST_PREVIEW: usize = 16 * 1024;
/// Files above this are not previewed.
const LARGEST_PREVIEWED: usize = 2 * 1024 * 1024;
/// Lines that are kept around a marked place where a file is too long to be shown.
const PREVIEW_CONTEXT: usize = 8;

/// What became of two changes to the same tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// They go together.
    Clean {
        /// The tree with both.
        tree: String,
    },
    /// They do not, in these files.
    Conflicts(Vec<Conflict>),
}

impl Mirror {
    /// Applies what changed from `base` to `ours_tree` onto `theirs_commit`.
    ///
    /// `base` is a commit or a tree. Files that moved are followed, as git follows them.
    ///
    /// # Errors
    /// [`RepoError::MissingObject`], [`RepoError::TreeTooLarge`], and [`RepoError::InvalidPath`] if the
    /// result would put something new where a checkpoint may not.
    pub fn merge(&self, base: &str, ours_tree: &str, theirs_commit: &str) -> Result<Merged> {
        let repository = self.objects()?;
        let base_tree = tree_at(&repository, base)?;
        let ours = tree_at(&repository, ours_tree)?;
        let theirs = tree_at(&repository, theirs_commit)?;
        // Ours came from a tree that was listed; theirs may be anybody's, and new.
        check_size(&repository, &theirs, &|| false)?;
        let mut options = MergeOptions::new();
        options.find_renames(true).fail_on_conflict(false).skip_reuc(true);
        let attempt = || RepoError::storage("merge three trees");
        let mut index =
            repository.merge_trees(&base_tree, &ours, &theirs, Some(&options)).map_err(attempt())?;
        if index.has_conflicts() {
            let mut found: BTreeMap<Vec<u8>, Option<IndexConflict>> = BTreeMap::new();
            for conflict in index.conflicts().map_err(attempt())?.take(MOST_CONFLICTS) {
                let conflict = conflict.map_err(attempt())?;
                let side = conflict.our.as_ref().or(conflict.their.as_ref()).or(conflict.ancestor.as_ref());
                let Some(path) = side.map(|entry| entry.path.clone()) else { continue };
                found.insert(path, Some(conflict));
            }
            let label = theirs_commit.get(..10).unwrap_or(theirs_commit);
            let conflicts = found.into_iter().enumerate().map(|(nth, (path, conflict))| {
                let conflict = conflict.filter(|_| nth < MOST_PREVIEWS);
                Conflict {
                    path: path_to_text(&path),
                    preview: conflict.and_then(|conflict| preview(&repository, &conflict, label)),
                }
            });
            return Ok(Merged::Conflicts(conflicts.collect()));
        }
        let tree = index.write_tree_to(&repository).map_err(RepoError::writing(
            &repository,
            0,
            "write the merged tree",
        ))?;
        let merged = repository.find_tree(tree).map_err(RepoError::missing("tree", &tree.to_string()))?;
        check_names(&repository, &ours, &merged)?;
        Ok(Merged::Clean { tree: tree.to_string() })
    }
}

fn tree_at<'r>(repository: &'r Repository, id: &str) -> Result<Tree<'r>> {
    let object = repository.find_object(oid("tree", id)?, None).map_err(RepoError::missing("tree", id))?;
    object.peel_to_tree().map_err(RepoError::missing("tree", id))
}

/// Refuses what a checkpoint refuses, in what the merge brings that our side did not have.
fn check_names(repository: &Repository, ours: &Tree<'_>, merged: &Tree<'_>) -> Result<()> {
    let diff = repository
        .diff_tree_to_tree(Some(ours), Some(merged), None)
        .map_err(RepoError::storage("compare a merged tree"))?;
    for delta in diff.deltas() {
        let file = delta.new_file();
        let Some(path) = file.path_bytes().filter(|_| delta.status() != Delta::Deleted) else { continue };
        let names = split(path)?;
        if u32::from(file.mode()) == SYMLINK {
            check_link(path, &names)?;
        }
    }
    Ok(())
}

/// Renders one file with both changes marked; `None` where that cannot be done as text.
fn preview(repository: &Repository, conflict: &IndexConflict, theirs_label: &str) -> Option<String> {
    let (ours, theirs) = (conflict.our.as_ref()?, conflict.their.as_ref()?);
    let ours = text(repository, ours)?;
    let theirs = text(repository, theirs)?;
    let ancestor = match &conflict.ancestor {
        Some(entry) => text(repository, entry)?,
        None => Vec::new(),
    };
    let (mut ancestor_side, mut our_side, mut their_side) =
        (MergeFileInput::new(), MergeFileInput::new(), MergeFileInput::new());
    ancestor_side.content(&ancestor);
    our_side.content(&ours);
    their_side.content(&theirs);
    let mut options = MergeFileOptions::new();
    options.style_standard(true).our_label("this agent").their_label(theirs_label);
    let merged = git2::merge_file(&ancestor_side, &our_side, &their_side, Some(&mut options)).ok()?;
    // Without a marked place it is the modes or names that conflict. (The library's empty result has no
    // bytes to point at, either.)
    if merged.is_automergeable() {
        return None;
    }
    let merged = String::from_utf8_lossy(merged.content()).into_owned();
    let merged = visible_text(&merged).unwrap_or(merged);
    Some(shortened(&merged))
}

/// Reads a side that is a text of bounded size.
fn text(repository: &Repository, entry: &IndexEntry) -> Option<Vec<u8>> {
    if matches!(entry.mode, SUBMODULE | SYMLINK) {
        return None;
    }
    let blob = repository.find_blob(entry.id).ok()?;
    let is_text = blob.size() <= LARGEST_PREVIEWED && !blob.is_binary();
    is_text.then(|| blob.content().to_vec())
}

/// Cuts a marked text to what is shown: the marked places before the rest of the file.
fn shortened(text: &str) -> String {
    if text.len() <= LONGEST_PREVIEW {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut shown = vec![false; lines.len()];
    let mut is_marked = false;
    for (number, line) in lines.iter().enumerate() {
        let ends = line.starts_with(">>>>>>> ");
        is_marked |= line.starts_with("<<<<<<< ");
        if is_marked {
            let around = number.saturating_sub(PREVIEW_CONTEXT)..=number + PREVIEW_CONTEXT;
            for flag in shown.iter_mut().skip(*around.start()).take(around.count()) {
                *flag = true;
            }
        }
        is_marked &= !ends;
    }
    let mut short = String::new();
    let mut left_out = 0_usize;
    for (line, is_shown) in lines.iter().zip(shown) {
        if !is_shown {
            left_out += 1;
            continue;
        }
        if left_out > 0 {
            short.push_str(&format!("… {left_out} lines …\n"));
            left_out = 0;
        }
        short.push_str(line);
        if short.len() > LONGEST_PREVIEW {
            break;
        }
    }
    if left_out > 0 {
        short.push_str(&format!("… {left_out} lines …\n"));
    }
    short.truncate(short.floor_char_boundary(LONGEST_PREVIEW));
    short
}
