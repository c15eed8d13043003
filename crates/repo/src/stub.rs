//! Stand-ins for what another branch brings. Never merged.

use std::ops::ControlFlow;

use anchorhold_domain::{Conflict, Risk, Signing};

use crate::credentials::Credentials;
use crate::error::{RepoError, Result};
use crate::mirror::{Mirror, oid};
use crate::push::Signature;

/// A commit to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitToMake {
    /// Its tree.
    pub tree: String,
    /// Its message.
    pub message: String,
}

/// Signs commits.
#[derive(Debug)]
pub struct Signer;

/// Where a branch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// The commit.
    pub commit: String,
    /// Its first line.
    pub summary: String,
    /// When it was made.
    pub at_ms: i64,
}

/// What a merge came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// Both fit together.
    Clean {
        /// The outcome.
        tree: String,
    },
    /// They do not.
    Conflicts(Vec<Conflict>),
}

/// How commits are signed.
#[must_use]
pub fn signing(_email: &str) -> Signing {
    Signing::Off
}

/// A name that is not taken.
#[must_use]
pub fn free_branch_name(wanted: &str, existing: &[String]) -> String {
    let numbered = (2_u32..).map(|number| format!("{wanted}-{number}"));
    std::iter::once(wanted.to_owned())
        .chain(numbered)
        .find(|name| !existing.contains(name))
        .unwrap_or_else(|| wanted.to_owned())
}

impl Signer {
    /// The signer that the user's configuration asks for.
    ///
    /// # Errors
    /// None here.
    pub fn of_user(_email: &str) -> Result<Option<Self>> {
        Ok(None)
    }
}

impl Mirror {
    /// Makes commits.
    ///
    /// # Errors
    /// Those of the objects.
    pub fn commits_for_push(
        &self,
        parent: &str,
        commits: &[CommitToMake],
        author: &Signature,
        _signer: Option<&Signer>,
    ) -> Result<Vec<String>> {
        let mut parent = parent.to_owned();
        let mut made = Vec::new();
        for commit in commits {
            let message = format!("{}\n", commit.message.trim_end());
            parent = self.commit_for_push(&commit.tree, &[parent], author, &message)?;
            made.push(parent.clone());
        }
        Ok(made)
    }

    /// Looks for risks.
    ///
    /// # Errors
    /// None here.
    pub fn risks(&self, _base_tree: &str, _tree: &str) -> Result<Vec<Risk>> {
        Ok(Vec::new())
    }

    /// Where a branch is.
    ///
    /// # Errors
    /// Those of the network.
    pub fn look_at_target(&self, branch: &str, credentials: &Credentials) -> Result<Option<Tip>> {
        if self.remote_tip(branch, credentials)?.is_none() {
            return Ok(None);
        }
        let base = self.fetch(branch, credentials, &mut |_| ControlFlow::Continue(()))?;
        let repository = self.objects()?;
        let commit = repository
            .find_commit(oid("commit", &base.commit)?)
            .map_err(RepoError::missing("commit", &base.commit))?;
        Ok(Some(Tip { at_ms: commit.time().seconds() * 1000, commit: base.commit, summary: base.summary }))
    }

    /// Merges.
    ///
    /// # Errors
    /// Those of the objects.
    pub fn merge(&self, base: &str, ours_tree: &str, theirs_commit: &str) -> Result<Merged> {
        let repository = self.objects()?;
        let tree = |id: &str| {
            let object = repository
                .find_object(oid("object", id)?, None)
                .and_then(|object| object.peel_to_tree())
                .map_err(RepoError::missing("object", id))?;
            Ok::<_, RepoError>(object)
        };
        let mut index = repository
            .merge_trees(&tree(base)?, &tree(ours_tree)?, &tree(theirs_commit)?, None)
            .map_err(RepoError::storage("merge"))?;
        let mut conflicts = Vec::new();
        for conflict in index.conflicts().map_err(RepoError::storage("merge"))?.flatten() {
            let entry = conflict.our.or(conflict.their).or(conflict.ancestor);
            let path = entry.map(|entry| String::from_utf8_lossy(&entry.path).into_owned());
            conflicts.push(Conflict { path: path.unwrap_or_default(), preview: None });
        }
        if !conflicts.is_empty() {
            return Ok(Merged::Conflicts(conflicts));
        }
        let tree = index.write_tree_to(&repository).map_err(RepoError::storage("merge"))?;
        Ok(Merged::Clean { tree: tree.to_string() })
    }
}
