//! One file's differences as rows: read → compare → align → highlight → paint.
//!
//! Git itself compares the lines, so that the rows agree with `git diff` and with the counts in the
//! list of files; `similar` finds the words that differ inside a line, and `syntect` classifies the
//! tokens. Comparing is cheap and done for the whole file; the rest is done for the rows that somebody
//! asks for, so that the first rows of a long file come at once. Everything left out is said.

mod highlight;
mod paint;
mod rows;
mod text;
mod visible;

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use anchorhold_domain::{DiffNotice, DiffWindow, FileChange, FileDiff};
use git2::{Patch, Repository};

use crate::changes::{Side, change_at, compare, root};
use crate::error::{RepoError, Result};
use crate::mirror::{Mirror, lock};
use crate::tree::{SUBMODULE, SYMLINK, is_lfs_pointer};
use paint::Canvas;
pub(crate) use text::Text;
pub(crate) use visible::{hidden_in, is_hidden, is_stray_selector};
pub use visible::{hidden_text, make_visible, visible_text};

/// Files above this are not rendered.
const LARGEST_RENDERED: usize = 2 * 1024 * 1024;
/// Files above this are not highlighted, since highlighting reads them from the top.
const LARGEST_HIGHLIGHTED: usize = 512 * 1024;
/// Comparisons kept; a window asks for the rows of one file many times in a row.
const KEPT: usize = 8;

/// How many unchanged lines to show around each change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// So many before and after.
    Lines(u32),
    /// The whole file.
    Full,
}

impl Default for Context {
    /// Three, as everywhere in git.
    fn default() -> Self {
        Self::Lines(3)
    }
}

impl Context {
    fn lines(self) -> u32 {
        match self {
            Self::Lines(lines) => lines.min(ALL_LINES),
            Self::Full => ALL_LINES,
        }
    }
}

/// More lines than a rendered file has, and few enough to be added up in C's integers.
const ALL_LINES: u32 = 100_000_000;

/// The comparisons made lately. Trees never change, so that none of them can be stale.
#[derive(Default)]
pub(crate) struct Cache {
    kept: Mutex<VecDeque<(Key, Arc<Comparison>)>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    base_tree: String,
    tree: String,
    path: String,
    context: Context,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<Key> = lock(&self.kept).iter().map(|(key, _)| key.clone()).collect();
        f.debug_list().entries(keys).finish()
    }
}

impl Mirror {
    /// Renders the differences of the file at `path`, given as in [`anchorhold_domain::FileChange`].
    ///
    /// For a long file [`Mirror::diff_window`] answers much sooner.
    ///
    /// # Errors
    /// [`RepoError::PathNotFound`] if the file does not differ.
    pub fn diff(&self, base_tree: &str, tree: &str, path: &str, context: Context) -> Result<FileDiff> {
        let comparison = self.compared(base_tree, tree, path, context)?;
        Ok(FileDiff {
            rows: comparison.canvas.rows(0..comparison.canvas.len()),
            change: comparison.change.clone(),
            language: comparison.canvas.language().to_owned(),
            truncated: comparison.truncated,
            notices: comparison.notices.clone(),
            old_missing_newline: comparison.canvas.old.missing_newline,
            new_missing_newline: comparison.canvas.new.missing_newline,
        })
    }

    /// Returns `row_count` rows of [`Mirror::diff`] from `from_row` on, and how many there are.
    ///
    /// # Errors
    /// [`RepoError::PathNotFound`] if the file does not differ.
    pub fn diff_window(
        &self,
        base_tree: &str,
        tree: &str,
        path: &str,
        context: Context,
        from_row: u32,
        row_count: u32,
    ) -> Result<DiffWindow> {
        let comparison = self.compared(base_tree, tree, path, context)?;
        let begin = from_row as usize;
        Ok(DiffWindow {
            rows: comparison.canvas.rows(begin..begin.saturating_add(row_count as usize)),
            from_row,
            total_rows: count(comparison.canvas.len()),
            change: comparison.change.clone(),
            language: comparison.canvas.language().to_owned(),
            truncated: comparison.truncated,
            notices: comparison.notices.clone(),
            old_missing_newline: comparison.canvas.old.missing_newline,
            new_missing_newline: comparison.canvas.new.missing_newline,
        })
    }

    fn compared(&self, base_tree: &str, tree: &str, path: &str, context: Context) -> Result<Arc<Comparison>> {
        let key =
            Key { base_tree: base_tree.to_owned(), tree: tree.to_owned(), path: path.to_owned(), context };
        let kept =
            lock(&self.diffs().kept).iter().find(|(kept, _)| *kept == key).map(|(_, diff)| Arc::clone(diff));
        if let Some(comparison) = kept {
            return Ok(comparison);
        }
        let comparison = Arc::new(Comparison::make(&*self.objects()?, &key)?);
        let mut kept = lock(&self.diffs().kept);
        kept.truncate(KEPT - 1);
        kept.push_front((key, Arc::clone(&comparison)));
        Ok(comparison)
    }
}

/// A file's differences, aligned and ready to be painted row by row.
struct Comparison {
    change: FileChange,
    notices: Vec<DiffNotice>,
    truncated: bool,
    canvas: Canvas,
}

impl Comparison {
    fn make(repository: &Repository, key: &Key) -> Result<Self> {
        let (old_root, new_root) = (root(repository, &key.base_tree)?, root(repository, &key.tree)?);
        let diff = compare(repository, &old_root, &new_root, key.context.lines())?;
        let changed = change_at(repository, &diff, &old_root, &new_root, &key.path)?;
        let (old, new) = (content(repository, changed.old)?, content(repository, changed.new)?);
        let mut notices = BTreeSet::new();
        for side in [changed.old, changed.new].into_iter().flatten() {
            match side.mode {
                SUBMODULE => notices.insert(DiffNotice::Submodule),
                SYMLINK => notices.insert(DiffNotice::SymbolicLink),
                _ => false,
            };
        }
        if is_lfs_pointer(&old) || is_lfs_pointer(&new) {
            notices.insert(DiffNotice::LfsPointer);
        }
        let canvas = if old.len().max(new.len()) > LARGEST_RENDERED {
            notices.insert(DiffNotice::TooLarge);
            Canvas::blank()
        } else if changed.change.binary {
            notices.insert(DiffNotice::Binary);
            Canvas::blank()
        } else {
            let (old, new) = (Text::read(&old), Text::read(&new));
            let attempt = || RepoError::storage("compare two files");
            let aligned = match Patch::from_diff(&diff, changed.index).map_err(attempt())? {
                Some(patch) => rows::align(&patch, &old, &new).map_err(attempt())?,
                None => Vec::new(),
            };
            Canvas::new(&changed.path, aligned, old, new, &mut notices)
        };
        let left_out =
            [DiffNotice::Binary, DiffNotice::TooLarge, DiffNotice::LongLine, DiffNotice::TooManyRows];
        Ok(Self {
            truncated: left_out.iter().any(|notice| notices.contains(notice)),
            change: changed.change,
            notices: notices.into_iter().collect(),
            canvas,
        })
    }
}

/// Reads one side. A submodule's is the line that git shows for it.
fn content(repository: &Repository, side: Option<Side>) -> Result<Vec<u8>> {
    match side {
        None => Ok(Vec::new()),
        Some(side) if side.mode == SUBMODULE => Ok(format!("Subproject commit {}\n", side.id).into_bytes()),
        Some(side) => {
            let id = side.id.to_string();
            let blob = repository.find_blob(side.id).map_err(RepoError::missing("blob", &id))?;
            Ok(blob.content().to_vec())
        }
    }
}

/// Counts are far below the limit, since files and rows are; this is for the type's sake.
pub(crate) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
