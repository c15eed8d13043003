//! The one way by which commits leave this machine.
//!
//! A branch is created or fast-forwarded, never forced, and the source and the default branch are
//! refused before the server is even asked. After a push the server is asked again what it holds.

use git2::Oid;

use crate::credentials::Credentials;
use crate::error::{RepoError, Result};
use crate::fetch::check_branch;
use crate::local;
use crate::mirror::{Mirror, oid};
use crate::network::{Answer, Network};

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushOutcome {
    /// Whether the branch is new.
    pub created: bool,
    /// Where the branch was before.
    pub previous_tip: Option<String>,
    /// Whether the branch was there already, so that nothing was sent.
    pub up_to_date: bool,
}

impl Mirror {
    /// Pushes `commit` to `branch`, creating or fast-forwarding it.
    ///
    /// With `expected` the branch must be exactly there; without, it must not exist or be an
    /// ancestor of `commit`. `forbidden` names the branches that are refused in any case; the
    /// server's default branch is always among them. A branch that is at `commit` already is a
    /// success, so that an interrupted push can be repeated.
    ///
    /// # Errors
    /// [`RepoError::ForbiddenBranch`], [`RepoError::TargetMoved`], [`RepoError::Rejected`],
    /// [`RepoError::NotVerified`], and those of the network.
    pub fn push(
        &self,
        branch: &str,
        commit: &str,
        credentials: &Credentials,
        expected: Option<&str>,
        forbidden: &[&str],
    ) -> Result<PushOutcome> {
        check_branch(branch)?;
        if forbidden.contains(&branch) {
            return Err(RepoError::ForbiddenBranch { branch: branch.to_owned() });
        }
        let remote = self.remote();
        let repository = self.objects()?;
        let commit = oid("commit", commit)?;
        let expected = expected.map(|id| oid("commit", id)).transpose()?;
        let attempt = format!("push to {branch} in {remote}");
        let look = || Network::new(remote, credentials, attempt.clone()).list(&repository);
        let heads = look()?;
        if heads.default.as_deref() == Some(branch) {
            return Err(RepoError::ForbiddenBranch { branch: branch.to_owned() });
        }
        let current = heads.tip(branch);
        let moved = |current: Option<Oid>| RepoError::TargetMoved {
            remote: remote.display(),
            branch: branch.to_owned(),
            current: current.map(|tip| tip.to_string()),
        };
        let previous_tip = current.map(|tip| tip.to_string());
        if current == Some(commit) {
            return Ok(PushOutcome { created: false, previous_tip, up_to_date: true });
        }
        let forward = match current {
            // A tip that is not here cannot be an ancestor of a commit that was made here.
            Some(tip) => repository.graph_descendant_of(commit, tip).unwrap_or(false),
            None => true,
        };
        if !forward || (expected.is_some() && expected != current) {
            return Err(moved(current));
        }
        let answer = match remote.local_path() {
            Some(path) => local::push(remote, path, &repository, branch, commit, current)?,
            None => Network::new(remote, credentials, attempt.clone()).push(
                &repository,
                branch,
                commit,
                current,
            )?,
        };
        let found = look()?.tip(branch);
        match answer {
            Answer::Refused(reason) => Err(RepoError::Rejected { branch: branch.to_owned(), reason }),
            Answer::Moved => Err(moved(found)),
            Answer::Taken if found != Some(commit) => Err(RepoError::NotVerified {
                branch: branch.to_owned(),
                expected: commit.to_string(),
                found: found.map_or_else(|| "nothing".to_owned(), |tip| tip.to_string()),
            }),
            Answer::Taken => Ok(PushOutcome { created: current.is_none(), previous_tip, up_to_date: false }),
        }
    }
}
