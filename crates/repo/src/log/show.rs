//! What a commit changed, and a file as it was.

use git2::{Diff, DiffFindOptions, DiffOptions, Patch, Tree};

use super::{Past, PastCommit, PastError, Result, listed, short};
use crate::changes::{append, path_of, printable};
use crate::diff::make_visible;
use crate::error::RepoError;
use crate::path::path_to_text;
use crate::tree::{SUBMODULE, SYMLINK};

/// Files above this are named and not compared.
const LARGEST_COMPARED: i64 = 1024 * 1024;
/// The longest message that is shown, in bytes.
const LONGEST_MESSAGE: usize = 4096;
/// With more files than that renames are not looked for: each is compared with each.
pub(super) const MOST_FOR_RENAMES: usize = 200;
/// How many of the files that are left out are named.
const MOST_NAMED: usize = 50;

/// A commit with its message and what it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownCommit {
    /// The commit.
    pub commit: PastCommit,
    /// The rest of its message, cut, with everything in it visible.
    pub body: String,
    /// What it is compared with, for people: a short id, or a word.
    pub against: String,
    /// The differences as a unified patch, with everything in it visible.
    pub patch: String,
    /// The files whose text is in the patch.
    pub paths: Vec<String>,
    /// Files that changed and are not in the patch, for want of room; as many as are worth naming.
    pub left_out: Vec<String>,
    /// How many were left out in all.
    pub left_out_count: usize,
    /// How many more the user's rules keep back.
    pub hidden: usize,
    /// Whether the time was up before all files were compared.
    pub gave_up: bool,
}

impl Past<'_> {
    /// Shows a commit against its first parent; `head` is shown against the base, as all of the
    /// agent's own work so far. With `path` only what changed there, a file or a folder.
    ///
    /// # Errors
    /// [`PastError`].
    pub fn show(&self, revision: &str, path: Option<&[u8]>, limit_bytes: usize) -> Result<ShownCommit> {
        if let Some(path) = path {
            self.check_visible(path)?;
        }
        let id = self.resolve(revision)?;
        let commit = self.commit(id)?;
        let (old, against) = match commit.parent_ids().next() {
            _ if Some(id) == self.head => (Some(self.base), "base".to_owned()),
            Some(parent) => (Some(parent), short(parent)),
            None => match self.parents(&commit)?.first() {
                Some(base) => (Some(base.id()), "base".to_owned()),
                None => (None, "nothing: it is the first commit".to_owned()),
            },
        };
        let old = old.map(|old| self.comparable(&self.commit(old)?)).transpose()?;
        let diff = self.compare(old.as_ref(), &self.comparable(&commit)?, path)?;
        let mut shown = ShownCommit {
            commit: listed(&commit),
            body: body(commit.message_bytes()),
            against,
            patch: String::new(),
            paths: Vec::new(),
            left_out: Vec::new(),
            left_out_count: 0,
            hidden: 0,
            gave_up: false,
        };
        self.paint(&diff, limit_bytes, &mut shown)?;
        Ok(shown)
    }

    /// The bytes of the file at `path` as it was.
    ///
    /// # Errors
    /// [`PastError::NoFile`] where it is something else or over `limit_bytes`, and others.
    pub fn file(&self, revision: &str, path: &[u8], limit_bytes: usize) -> Result<Vec<u8>> {
        self.check_visible(path)?;
        let id = self.resolve(revision)?;
        let no_file = || PastError::NoFile { path: path_to_text(path), commit: short(id) };
        let found = self.at(&self.commit(id)?, path)?.ok_or_else(no_file)?;
        if found.mode == SUBMODULE || found.mode == SYMLINK {
            return Err(no_file());
        }
        let blob = self.repository.find_blob(found.id).map_err(|_| no_file())?;
        if blob.size() > limit_bytes {
            return Err(PastError::NotLines { path: path_to_text(path), limit_kib: limit_bytes / 1024 });
        }
        Ok(blob.content().to_vec())
    }

    fn compare(&self, old: Option<&Tree<'_>>, new: &Tree<'_>, path: Option<&[u8]>) -> Result<Diff<'_>> {
        let mut options = DiffOptions::new();
        options.include_typechange(true).max_size(LARGEST_COMPARED).indent_heuristic(true);
        if let Some(path) = path {
            // A path is one path, whatever stars it has in it.
            options.disable_pathspec_match(true).pathspec(path);
        }
        let attempt = || RepoError::storage("compare two trees");
        let mut diff =
            self.repository.diff_tree_to_tree(old, Some(new), Some(&mut options)).map_err(attempt())?;
        if diff.deltas().len() <= MOST_FOR_RENAMES {
            let mut similar = DiffFindOptions::new();
            similar.renames(true);
            diff.find_similar(Some(&mut similar)).map_err(attempt())?;
        }
        Ok(diff)
    }

    fn paint(&self, diff: &Diff<'_>, limit_bytes: usize, shown: &mut ShownCommit) -> Result<()> {
        for (index, delta) in diff.deltas().enumerate() {
            let old_path = path_to_text(delta.old_file().path_bytes().unwrap_or_default());
            let path = path_to_text(&path_of(&delta));
            if !(self.visible)(&path) || !(self.visible)(&old_path) {
                shown.hidden += 1;
                continue;
            }
            shown.gave_up |= (self.give_up)();
            let text = match shown.gave_up || shown.patch.len() >= limit_bytes {
                true => None,
                false => patch(diff, index)?,
            };
            match text {
                Some(text) if shown.patch.len() + text.len() <= limit_bytes => {
                    shown.patch.push_str(&text);
                    shown.paths.push(path);
                }
                _ => {
                    shown.left_out_count += 1;
                    if shown.left_out.len() < MOST_NAMED {
                        shown.left_out.push(path);
                    }
                }
            }
        }
        Ok(())
    }
}

fn patch(diff: &Diff<'_>, index: usize) -> Result<Option<String>> {
    let attempt = || RepoError::storage("write a patch");
    let Some(mut file) = Patch::from_diff(diff, index).map_err(attempt())? else { return Ok(None) };
    let mut bytes = Vec::new();
    file.print(&mut |_, _, line| {
        append(&mut bytes, &line);
        true
    })
    .map_err(attempt())?;
    Ok(Some(printable(&bytes)))
}

/// What stands in a message below its first line.
fn body(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message.get(..LONGEST_MESSAGE).unwrap_or(message));
    let mut lines: Vec<String> = text.lines().skip(1).map(make_visible).collect();
    if message.len() > LONGEST_MESSAGE {
        lines.push("…".to_owned());
    }
    lines.join("\n").trim().to_owned()
}
