//! The past of a repository, read-only: the log, a commit, who wrote a line.
//!
//! What is asked for comes from a model, so that it is bounded in every way: only commits that lead to
//! the agent's base and its own checkpoints can be named, revisions are read here and never by the
//! library's parser, every walk asks whether to give up, and texts are cut and said to be. Characters
//! that cannot be seen are named. Addresses of authors are left out: they serve no task.

mod blame;
mod revision;
mod show;

use std::collections::BTreeSet;

use git2::{Commit, Oid, Tree};

use crate::diff::make_visible;
use crate::error::RepoError;
use crate::mirror::{Loan, Mirror, oid};
use crate::path::path_to_text;
use crate::tree::{check_size, find};
pub use blame::{Blame, BlamedLine};
pub use show::ShownCommit;

/// The longest subject and author that are shown, in characters.
const LONGEST_SUBJECT: usize = 200;
const LONGEST_AUTHOR: usize = 60;
/// Clocks differ: only after so many commits in a row that are too old does a walk end.
const OLD_IN_A_ROW: u32 = 64;

/// Why a question about the past has no answer.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The revision is not written in any of the known ways.
    #[error(
        "{revision:?} is no revision; give base, base~1, base~2 and so on, head for your own last change, \
         or 4 to 40 hexadecimal digits of a commit's id"
    )]
    Unreadable {
        /// What was given, cut.
        revision: String,
    },
    /// The first parents end before that.
    #[error("base~{back} is not there: only {parents} commits lie behind base, counted by first parents")]
    TooFarBack {
        /// How far back was asked for.
        back: u32,
        /// How far back there is a commit.
        parents: u32,
    },
    /// No commit that leads to the base begins so.
    #[error("no commit whose id begins with {prefix} leads to the base commit")]
    Unknown {
        /// The digits that were given.
        prefix: String,
    },
    /// Several objects begin so.
    #[error("more than one object begins with {prefix}; give more digits")]
    Ambiguous {
        /// The digits that were given.
        prefix: String,
    },
    /// The commit has no such file.
    #[error("{path} is not a file in {commit}")]
    NoFile {
        /// The path.
        path: String,
        /// The commit, shortened.
        commit: String,
    },
    /// The user's rules keep the file back.
    #[error("{path} is kept back by the user's file rules")]
    Hidden {
        /// The path.
        path: String,
    },
    /// The file has no lines to speak of.
    #[error("{path} is not text, or over {limit_kib} KiB, so that its lines cannot be blamed")]
    NotLines {
        /// The path.
        path: String,
        /// The limit.
        limit_kib: usize,
    },
    /// The lines are not there.
    #[error("{path} has {lines} lines there; line {line} is past its end")]
    PastTheEnd {
        /// The path.
        path: String,
        /// How many lines the file has.
        lines: usize,
        /// The first line that was asked for.
        line: usize,
    },
    /// The commit's files are more, or deeper in each other, than anything here could go through.
    #[error(
        "the files of {commit} are too many, or too deep in each other, to be compared; name another commit"
    )]
    TooLarge {
        /// The commit, shortened.
        commit: String,
    },
    /// The time was up, or nobody waits any more.
    #[error("looking for {what} took too long; name a commit nearer to base")]
    GaveUp {
        /// What was looked for.
        what: String,
    },
    /// The repository cannot be read.
    #[error(transparent)]
    Repo(#[from] RepoError),
}

pub(super) type Result<T> = std::result::Result<T, PastError>;

/// The past of one agent's repository.
pub struct Past<'a> {
    repository: Loan<'a>,
    base: Oid,
    head: Option<Oid>,
    beginnings: BTreeSet<String>,
    give_up: &'a dyn Fn() -> bool,
    visible: &'a dyn Fn(&str) -> bool,
}

/// A commit, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastCommit {
    /// The id, in full.
    pub id: String,
    /// The author's name, cut, with everything in it visible.
    pub author: String,
    /// When it was committed, in seconds since 1970.
    pub at_s: i64,
    /// The first line of its message, cut, with everything in it visible.
    pub subject: String,
    /// How many parents it has; more than one for a merge.
    pub parents: usize,
}

/// Which commits are wanted.
#[derive(Clone, Debug)]
pub struct LogWish {
    /// The newest commit of the list.
    pub revision: String,
    /// Only commits that changed this file or folder.
    pub path: Option<Vec<u8>>,
    /// Only commits made since, in seconds since 1970.
    pub since_s: Option<i64>,
    /// The most commits to list.
    pub most: usize,
}

/// A list of commits, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The commits.
    pub commits: Vec<PastCommit>,
    /// Whether there may be more behind them.
    pub more: bool,
    /// Whether the time was up before all was looked at.
    pub gave_up: bool,
    /// Whether it came to where the history begins here because what is before was not fetched.
    pub cut_off: bool,
}

impl Mirror {
    /// Opens the past that leads to the commit `base`, and to the checkpoint `head` where there is one.
    ///
    /// `give_up` is asked often and ends every walk; `visible` is asked for each path whose text would
    /// be shown, written as in [`crate::path_to_text`].
    ///
    /// # Errors
    /// [`RepoError::MissingObject`], and [`RepoError::Folder`] where it cannot be read where the history begins.
    pub fn past<'a>(
        &'a self,
        base: &str,
        head: Option<&str>,
        give_up: &'a dyn Fn() -> bool,
        visible: &'a dyn Fn(&str) -> bool,
    ) -> std::result::Result<Past<'a>, RepoError> {
        let head = head.map(|head| oid("commit", head)).transpose()?;
        let (repository, beginnings) = (self.objects()?, self.beginnings()?);
        Ok(Past { repository, base: oid("commit", base)?, head, beginnings, give_up, visible })
    }
}

impl Past<'_> {
    /// Lists commits, newest first.
    ///
    /// # Errors
    /// [`PastError`]; where the time is up the list is what was found so far.
    pub fn log(&self, wish: &LogWish) -> Result<Log> {
        let from = self.resolve(&wish.revision)?;
        let attempt = || RepoError::storage("walk the history");
        // Newest first as it is; any order that is asked for reads the whole history before it begins.
        let walk = |from| {
            let mut walk = self.repository.revwalk()?;
            walk.push(from)?;
            Ok::<_, git2::Error>(walk)
        };
        let first = walk(from).map_err(attempt())?;
        // The first checkpoint has no parent of its own.
        let own = Some(from) == self.head && !self.leads_to(self.base, from)?;
        let rest = own.then(|| walk(self.base)).transpose().map_err(attempt())?;
        let mut log = Log { commits: Vec::new(), more: false, gave_up: false, cut_off: false };
        let (mut old, mut cut_off) = (0, false);
        for id in first.chain(rest.into_iter().flatten()) {
            if (self.give_up)() {
                log.gave_up = true;
                return Ok(log);
            }
            let commit = self.commit(id.map_err(attempt())?)?;
            cut_off |= !self.beginnings.is_empty() && self.beginnings.contains(&commit.id().to_string());
            if wish.since_s.is_some_and(|since| commit.time().seconds() < since) {
                old += 1;
                if old == OLD_IN_A_ROW {
                    return Ok(log);
                }
                continue;
            }
            old = 0;
            if let Some(path) = &wish.path
                && !self.changes(&commit, path)?
            {
                continue;
            }
            if log.commits.len() == wish.most {
                log.more = true;
                return Ok(log);
            }
            log.commits.push(listed(&commit));
        }
        Ok(Log { cut_off, ..log })
    }

    /// Whether a commit has something else at `path` than every parent.
    fn changes(&self, commit: &Commit<'_>, path: &[u8]) -> Result<bool> {
        let here = self.at(commit, path)?;
        let mut parents = self.parents(commit)?;
        if parents.is_empty() {
            return Ok(here.is_some());
        }
        while let Some(parent) = parents.pop() {
            if self.at(&parent, path)? == here {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The tree of a commit, for a comparison of all of it: somebody may have made it so that none ends.
    fn comparable(&self, commit: &Commit<'_>) -> Result<Tree<'_>> {
        let id = commit.id();
        let tree = self.repository.find_tree(commit.tree_id());
        let tree = tree.map_err(RepoError::missing("tree", &id.to_string()))?;
        // Not given up, since the limits end it: the files are named also where the time is up.
        check_size(&self.repository, &tree, &|| false).map_err(|error| match error {
            RepoError::TreeTooLarge { .. } => PastError::TooLarge { commit: short(id) },
            error => error.into(),
        })?;
        Ok(tree)
    }

    fn at(&self, commit: &Commit<'_>, path: &[u8]) -> Result<Option<crate::tree::Found>> {
        let id = commit.id().to_string();
        let tree = commit.tree().map_err(RepoError::missing("tree", &id))?;
        Ok(find(&self.repository, &tree, path)?)
    }

    /// A commit's parents; the base is that of the agent's first checkpoint.
    fn parents(&self, commit: &Commit<'_>) -> Result<Vec<Commit<'_>>> {
        let mut ids: Vec<Oid> = commit.parent_ids().collect();
        if ids.is_empty() && commit.id() != self.base && self.is_own(commit) {
            ids.push(self.base);
        }
        ids.into_iter().map(|id| self.commit(id)).collect()
    }

    /// Whether a commit is one of the agent's checkpoints: the head, or without a parent on the way from it.
    fn is_own(&self, commit: &Commit<'_>) -> bool {
        let Some(mut at) = self.head else { return false };
        loop {
            if at == commit.id() {
                return true;
            }
            let Ok(Some(parent)) = self.repository.find_commit(at).map(|commit| commit.parent_ids().next())
            else {
                return false;
            };
            at = parent;
            if at == self.base || (self.give_up)() {
                return false;
            }
        }
    }

    fn commit(&self, id: Oid) -> Result<Commit<'_>> {
        let text = id.to_string();
        Ok(self.repository.find_commit(id).map_err(RepoError::missing("commit", &text))?)
    }

    /// Refuses a path that the user's rules keep back.
    fn check_visible(&self, path: &[u8]) -> Result<()> {
        let path = path_to_text(path);
        if (self.visible)(&path) { Ok(()) } else { Err(PastError::Hidden { path }) }
    }
}

fn listed(commit: &Commit<'_>) -> PastCommit {
    let author = commit.author();
    PastCommit {
        id: commit.id().to_string(),
        author: cut(&String::from_utf8_lossy(author.name_bytes()), LONGEST_AUTHOR),
        at_s: commit.time().seconds(),
        subject: cut(&String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default()), LONGEST_SUBJECT),
        parents: commit.parent_count(),
    }
}

/// One line of at most so many characters, with everything in it visible.
fn cut(text: &str, longest: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", make_visible(line.get(..end).unwrap_or_default())),
        None => make_visible(line),
    }
}

fn short(id: Oid) -> String {
    id.to_string().get(..10).unwrap_or_default().to_owned()
}
