//! Which files differ between two trees, and the difference as a unified patch.

use anchorhold_domain::{FileChange, FileChangeKind};
use git2::{
    Delta, Diff, DiffDelta, DiffFindOptions, DiffFormat, DiffLineType, DiffOptions, Oid, Patch, Repository,
    Tree,
};

use crate::diff::make_visible;
use crate::error::{RepoError, Result};
use crate::mirror::{Mirror, oid};
use crate::path::{path_from_text, path_to_text};
use crate::tree::find;

/// Files above this are taken for binary rather than compared line by line.
const LARGEST_COMPARED: i64 = 32 * 1024 * 1024;
/// The lines around a change in a patch, as in git's own.
const PATCH_CONTEXT: u32 = 3;

/// One side of a changed file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side {
    pub(crate) id: Oid,
    pub(crate) mode: u32,
}

/// A changed file, with its path as bytes and its place in the library's diff.
pub(crate) struct Changed {
    pub(crate) index: usize,
    pub(crate) path: Vec<u8>,
    pub(crate) change: FileChange,
    pub(crate) old: Option<Side>,
    pub(crate) new: Option<Side>,
}

impl Mirror {
    /// Lists the files that differ, sorted by path; a file that moved is one change, not two.
    ///
    /// # Errors
    /// [`RepoError::MissingObject`].
    pub fn changes(&self, base_tree: &str, tree: &str) -> Result<Vec<FileChange>> {
        let repository = self.objects()?;
        let (old, new) = (root(&repository, base_tree)?, root(&repository, tree)?);
        let diff = compare(&repository, &old, &new, PATCH_CONTEXT)?;
        let changes = all_changes(&repository, &diff, &old, &new)?;
        Ok(changes.into_iter().map(|found| found.change).collect())
    }

    /// Counts the files that differ, as [`Mirror::changes`] would list them, without reading their lines.
    ///
    /// # Errors
    /// [`RepoError::MissingObject`].
    pub fn changed_files(&self, base_tree: &str, tree: &str) -> Result<u32> {
        let repository = self.objects()?;
        let (old, new) = (root(&repository, base_tree)?, root(&repository, tree)?);
        let diff = compare(&repository, &old, &new, PATCH_CONTEXT)?;
        Ok(u32::try_from(diff.deltas().len()).unwrap_or(u32::MAX))
    }

    /// Renders every difference as a unified patch for people to read.
    ///
    /// Control and direction-changing characters are made visible, so that it can be printed to a
    /// terminal. Where a file has such characters, the patch is not one to apply.
    ///
    /// # Errors
    /// [`RepoError::MissingObject`].
    pub fn patch(&self, base_tree: &str, tree: &str) -> Result<String> {
        let repository = self.objects()?;
        let (old, new) = (root(&repository, base_tree)?, root(&repository, tree)?);
        let diff = compare(&repository, &old, &new, PATCH_CONTEXT)?;
        let mut patch = Vec::new();
        diff.print(DiffFormat::Patch, |_, _, line| {
            append(&mut patch, &line);
            true
        })
        .map_err(RepoError::storage("write a patch"))?;
        Ok(printable(&patch))
    }

    /// Renders the differences of one file as [`Mirror::patch`] does for all; `path` as in [`FileChange`].
    ///
    /// # Errors
    /// [`RepoError::PathNotFound`] if the file does not differ.
    pub fn file_patch(&self, base_tree: &str, tree: &str, path: &str) -> Result<String> {
        let repository = self.objects()?;
        let (old, new) = (root(&repository, base_tree)?, root(&repository, tree)?);
        let diff = compare(&repository, &old, &new, PATCH_CONTEXT)?;
        let found = change_at(&repository, &diff, &old, &new, path)?;
        patch_at(&diff, found.index)
    }

    /// Lists the files that differ as [`Mirror::changes`] does, each with its [`Mirror::file_patch`].
    ///
    /// # Errors
    /// [`RepoError::MissingObject`].
    pub fn changes_with_patches(&self, base_tree: &str, tree: &str) -> Result<Vec<(FileChange, String)>> {
        let repository = self.objects()?;
        let (old, new) = (root(&repository, base_tree)?, root(&repository, tree)?);
        let diff = compare(&repository, &old, &new, PATCH_CONTEXT)?;
        all_changes(&repository, &diff, &old, &new)?
            .into_iter()
            .map(|found| Ok((found.change, patch_at(&diff, found.index)?)))
            .collect()
    }
}

/// Reads a root tree.
pub(crate) fn root<'r>(repository: &'r Repository, id: &str) -> Result<Tree<'r>> {
    repository.find_tree(oid("tree", id)?).map_err(RepoError::missing("tree", id))
}

/// Compares two trees and finds renames.
pub(crate) fn compare<'r>(
    repository: &'r Repository,
    old: &Tree<'_>,
    new: &Tree<'_>,
    context: u32,
) -> Result<Diff<'r>> {
    let mut options = DiffOptions::new();
    options.include_typechange(true).context_lines(context).max_size(LARGEST_COMPARED).indent_heuristic(true);
    let attempt = || RepoError::storage("compare two trees");
    let mut diff =
        repository.diff_tree_to_tree(Some(old), Some(new), Some(&mut options)).map_err(attempt())?;
    let mut similar = DiffFindOptions::new();
    similar.renames(true);
    diff.find_similar(Some(&mut similar)).map_err(attempt())?;
    Ok(diff)
}

/// Describes all changes, sorted by path.
fn all_changes(
    repository: &Repository,
    diff: &Diff<'_>,
    old: &Tree<'_>,
    new: &Tree<'_>,
) -> Result<Vec<Changed>> {
    let mut changes = (0..diff.deltas().len())
        .filter_map(|index| changed(repository, diff, old, new, index).transpose())
        .collect::<Result<Vec<_>>>()?;
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

/// Finds the change of the file at `path`, which is its old path if it was deleted.
pub(crate) fn change_at(
    repository: &Repository,
    diff: &Diff<'_>,
    old: &Tree<'_>,
    new: &Tree<'_>,
    path: &str,
) -> Result<Changed> {
    let bytes = path_from_text(path)?;
    for (index, delta) in diff.deltas().enumerate() {
        if path_of(&delta) == bytes
            && let Some(found) = changed(repository, diff, old, new, index)?
        {
            return Ok(found);
        }
    }
    Err(RepoError::PathNotFound { path: path.to_owned() })
}

/// Describes one of the library's deltas; `None` for one that is no change.
fn changed(
    repository: &Repository,
    diff: &Diff<'_>,
    old: &Tree<'_>,
    new: &Tree<'_>,
    index: usize,
) -> Result<Option<Changed>> {
    let patch = Patch::from_diff(diff, index).map_err(RepoError::storage("compare two files"))?;
    // Looked up after the comparison, which is when the library learns what is binary.
    let Some(delta) = diff.get_delta(index) else {
        return Ok(None);
    };
    let path = path_of(&delta);
    let old_path = delta.old_file().path_bytes().unwrap_or_default().to_vec();
    let side = |tree: &Tree<'_>, path: &[u8]| -> Result<Option<Side>> {
        Ok(find(repository, tree, path)?.map(|found| Side { id: found.id, mode: found.mode }))
    };
    let (before, after) = match delta.status() {
        Delta::Added => (None, side(new, &path)?),
        Delta::Deleted => (side(old, &path)?, None),
        _ => (side(old, &old_path)?, side(new, &path)?),
    };
    let kind = match delta.status() {
        Delta::Added => FileChangeKind::Added,
        Delta::Deleted => FileChangeKind::Deleted,
        Delta::Renamed => FileChangeKind::Renamed,
        _ if before.map(|side| side.id) == after.map(|side| side.id) => FileChangeKind::Mode,
        _ => FileChangeKind::Modified,
    };
    let (_, added, removed) = match &patch {
        Some(patch) => patch.line_stats().map_err(RepoError::storage("count changed lines"))?,
        None => (0, 0, 0),
    };
    let binary = match &patch {
        Some(patch) => patch.delta().flags().is_binary(),
        None => kind != FileChangeKind::Mode,
    };
    let change = FileChange {
        path: path_to_text(&path),
        old_path: (kind == FileChangeKind::Renamed).then(|| path_to_text(&old_path)),
        kind,
        added: u32::try_from(added).unwrap_or(u32::MAX),
        removed: u32::try_from(removed).unwrap_or(u32::MAX),
        binary,
        old_mode: before.map(|side| side.mode),
        new_mode: after.map(|side| side.mode),
    };
    Ok(Some(Changed { index, path, change, old: before, new: after }))
}

/// Renders one change as a unified patch.
fn patch_at(diff: &Diff<'_>, index: usize) -> Result<String> {
    let attempt = || RepoError::storage("write a patch");
    let mut patch = Vec::new();
    if let Some(mut file) = Patch::from_diff(diff, index).map_err(attempt())? {
        file.print(&mut |_, _, line| {
            append(&mut patch, &line);
            true
        })
        .map_err(attempt())?;
    }
    Ok(printable(&patch))
}

pub(crate) fn path_of(delta: &DiffDelta<'_>) -> Vec<u8> {
    let file = if delta.status() == Delta::Deleted { delta.old_file() } else { delta.new_file() };
    file.path_bytes().unwrap_or_default().to_vec()
}

pub(crate) fn append(patch: &mut Vec<u8>, line: &git2::DiffLine<'_>) {
    match line.origin_value() {
        DiffLineType::Context => patch.push(b' '),
        DiffLineType::Addition => patch.push(b'+'),
        DiffLineType::Deletion => patch.push(b'-'),
        _ => {}
    }
    patch.extend_from_slice(line.content());
}

pub(crate) fn printable(patch: &[u8]) -> String {
    let text = String::from_utf8_lossy(patch);
    let mut printable = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (body, ending) = match line.strip_suffix("\r\n") {
            Some(body) => (body, "\r\n"),
            None => (line.trim_end_matches('\n'), if line.ends_with('\n') { "\n" } else { "" }),
        };
        printable.push_str(&make_visible(body));
        printable.push_str(ending);
    }
    printable
}
