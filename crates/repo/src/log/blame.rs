//! Who wrote which line.
//!
//! Our own walk rather than the library's, which cannot be stopped: from the newest commit back, each
//! line goes to the first parent that has it, and stays with a commit where none has.

use std::collections::{BTreeMap, BinaryHeap, HashMap};

use git2::{Commit, DiffFindOptions, DiffOptions, Oid, Patch};

use super::{Past, PastCommit, PastError, Result, listed, short};
use crate::diff::{Text, make_visible};
use crate::error::RepoError;
use crate::path::path_to_text;
use crate::tree::{SUBMODULE, SYMLINK};

/// Files above this are not blamed: each of their versions would be read and compared.
const LARGEST: usize = 1024 * 1024;
/// The longest line that is shown, in characters.
const LONGEST_LINE: usize = 300;

/// Lines of a file, each with the commit that it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blame {
    /// The lines, in order.
    pub lines: Vec<BlamedLine>,
    /// The commits that they came with, by id.
    pub commits: BTreeMap<String, PastCommit>,
    /// How many lines the file has.
    pub total_lines: usize,
    /// Whether the time was up before every line had its commit.
    pub gave_up: bool,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlamedLine {
    /// Its number, from 1.
    pub line: usize,
    /// Its text, cut, with everything in it visible.
    pub text: String,
    /// The commit that it came with; `None` where the time was up.
    pub commit: Option<String>,
    /// Whether the agent wrote it itself.
    pub own: bool,
}

/// Lines that a commit may have brought: where they are in the answer, and where in its version.
#[derive(Default)]
struct Suspect {
    blob: Option<Oid>,
    own: bool,
    lines: Vec<(usize, usize)>,
}

type Key = (i64, Oid, Vec<u8>);

impl Past<'_> {
    /// Says for `count` lines from `from_line` on with which commit they came.
    ///
    /// # Errors
    /// [`PastError`]; where the time is up the rest of the lines have no commit.
    pub fn blame(&self, revision: &str, path: &[u8], from_line: usize, count: usize) -> Result<Blame> {
        self.check_visible(path)?;
        let id = self.resolve(revision)?;
        let commit = self.commit(id)?;
        let file = || path_to_text(path);
        let found = self
            .at(&commit, path)?
            .filter(|found| found.mode != SUBMODULE && found.mode != SYMLINK)
            .ok_or_else(|| PastError::NoFile { path: file(), commit: short(id) })?;
        let Some(content) = self.lines_of(found.id)? else {
            // A folder has no lines either.
            return Err(PastError::NotLines { path: file(), limit_kib: LARGEST / 1024 });
        };
        let text = Text::read(&content);
        let (first, total) = (from_line.max(1), text.lines.len());
        if first > total {
            return Err(PastError::PastTheEnd { path: file(), lines: total, line: first });
        }
        let mut blame =
            Blame { lines: Vec::new(), commits: BTreeMap::new(), total_lines: total, gave_up: false };
        for (index, line) in text.lines.iter().enumerate().skip(first - 1).take(count) {
            let (text, own) = (shown(line), false);
            blame.lines.push(BlamedLine { line: index + 1, text, commit: None, own });
        }
        let lines = blame.lines.iter().enumerate().map(|(place, line)| (place, line.line)).collect();
        let own = Some(id) == self.head && id != self.base;
        self.walk(&commit, path, Suspect { blob: Some(found.id), own, lines }, &mut blame)?;
        Ok(blame)
    }

    fn walk(&self, newest: &Commit<'_>, path: &[u8], all: Suspect, blame: &mut Blame) -> Result<()> {
        let first: Key = (newest.time().seconds(), newest.id(), path.to_vec());
        let mut queue = BinaryHeap::from([first.clone()]);
        let mut suspects = HashMap::from([(first, all)]);
        while let Some(key) = queue.pop() {
            if (self.give_up)() {
                blame.gave_up = true;
                return Ok(());
            }
            let Some(mut suspect) = suspects.remove(&key) else { continue };
            let commit = self.commit(key.1)?;
            for parent in self.parents(&commit)? {
                let Some((path, blob)) = self.in_parent(&commit, &parent, &key.2)? else { continue };
                let passed = self.pass(&mut suspect, blob)?;
                if passed.is_empty() {
                    continue;
                }
                let own = suspect.own && parent.id() != self.base;
                let next: Key = (parent.time().seconds(), parent.id(), path);
                let entry = suspects.entry(next.clone()).or_default();
                entry.blob = Some(blob);
                entry.own = own;
                entry.lines.extend(passed);
                queue.push(next);
            }
            for (place, _) in suspect.lines {
                if let Some(line) = blame.lines.get_mut(place) {
                    line.commit = Some(commit.id().to_string());
                    line.own = suspect.own;
                }
                blame.commits.entry(commit.id().to_string()).or_insert_with(|| listed(&commit));
            }
        }
        Ok(())
    }

    /// Takes the lines out of `suspect` that are in the parent's version `blob` too, by their number there.
    fn pass(&self, suspect: &mut Suspect, blob: Oid) -> Result<Vec<(usize, usize)>> {
        let lines = std::mem::take(&mut suspect.lines);
        if suspect.blob == Some(blob) {
            return Ok(lines);
        }
        let here = suspect.blob.map(|here| self.lines_of(here)).transpose()?.flatten();
        let (Some(here), Some(there)) = (here, self.lines_of(blob)?) else {
            suspect.lines = lines;
            return Ok(Vec::new());
        };
        let hunks = hunks(&there, &here)?;
        let mut passed = Vec::new();
        for (place, line) in lines {
            match before(&hunks, line) {
                Some(old) => passed.push((place, old)),
                None => suspect.lines.push((place, line)),
            }
        }
        Ok(passed)
    }

    /// Where the file was in a parent, also under another name.
    fn in_parent(
        &self,
        commit: &Commit<'_>,
        parent: &Commit<'_>,
        path: &[u8],
    ) -> Result<Option<(Vec<u8>, Oid)>> {
        if let Some(found) = self.at(parent, path)? {
            return Ok(Some((path.to_vec(), found.id)));
        }
        let attempt = || RepoError::storage("look for a rename");
        let (old, new) = (self.comparable(parent)?, self.comparable(commit)?);
        let mut diff = self.repository.diff_tree_to_tree(Some(&old), Some(&new), None).map_err(attempt())?;
        if diff.deltas().len() > super::show::MOST_FOR_RENAMES {
            return Ok(None);
        }
        diff.find_similar(Some(DiffFindOptions::new().renames(true))).map_err(attempt())?;
        let old_path = diff
            .deltas()
            .filter(|delta| delta.status() == git2::Delta::Renamed)
            .find(|delta| delta.new_file().path_bytes() == Some(path))
            .and_then(|delta| delta.old_file().path_bytes().map(<[u8]>::to_vec));
        let Some(old_path) = old_path else { return Ok(None) };
        Ok(self.at(parent, &old_path)?.map(|found| (old_path, found.id)))
    }

    /// A blob that has lines; `None` where it is no text, too large, or no blob.
    fn lines_of(&self, id: Oid) -> Result<Option<Vec<u8>>> {
        let Ok(blob) = self.repository.find_blob(id) else { return Ok(None) };
        Ok((blob.size() <= LARGEST && !blob.is_binary()).then(|| blob.content().to_vec()))
    }
}

/// A piece that differs: the first line and the number of lines, before and after.
struct Hunk {
    new_start: usize,
    new_lines: usize,
    old_lines: usize,
}

fn hunks(old: &[u8], new: &[u8]) -> Result<Vec<Hunk>> {
    let attempt = || RepoError::storage("compare two versions");
    let mut options = DiffOptions::new();
    options.context_lines(0);
    let patch = Patch::from_buffers(old, None, new, None, Some(&mut options)).map_err(attempt())?;
    let mut hunks = Vec::new();
    for index in 0..patch.num_hunks() {
        let (hunk, _) = patch.hunk(index).map_err(attempt())?;
        hunks.push(Hunk {
            new_start: hunk.new_start() as usize,
            new_lines: hunk.new_lines() as usize,
            old_lines: hunk.old_lines() as usize,
        });
    }
    Ok(hunks)
}

/// A line's number in the version before; `None` where it is new.
fn before(hunks: &[Hunk], line: usize) -> Option<usize> {
    let mut old = line;
    for hunk in hunks {
        // One that only removes stands behind the line that it names.
        let is_behind = if hunk.new_lines == 0 { line <= hunk.new_start } else { line < hunk.new_start };
        if is_behind {
            break;
        }
        if line < hunk.new_start + hunk.new_lines {
            return None;
        }
        old = old + hunk.old_lines - hunk.new_lines;
    }
    Some(old)
}

fn shown(line: &str) -> String {
    match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => format!("{}…", make_visible(line.get(..end).unwrap_or_default())),
        None => make_visible(line),
    }
}
