//! Getting a branch into the mirror, and asking a server what it has.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use git2::Oid;

use crate::credentials::Credentials;
use crate::error::{RepoError, Result};
use crate::mirror::Mirror;
use crate::network::{Heads, Network, OnProgress};

/// How many near branch names an error offers.
const NEAREST: usize = 5;
/// How often a fetch that waits, for another one or for the server, tells its caller, who may stop it.
const WAIT_STEP: Duration = Duration::from_millis(50);
/// How far a download may be ahead of who hears of it.
const UNHEARD_PROGRESS: usize = 16;

/// Where an agent's work begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The commit at the branch's tip.
    pub commit: String,
    /// The commit's tree.
    pub tree: String,
    /// The first line of the commit's message.
    pub summary: String,
}

/// The branches of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branches {
    /// Their names, sorted.
    pub names: Vec<String>,
    /// The one that the server names as its default.
    pub default: Option<String>,
}

/// How far a fetch is; all counts start at zero and only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchProgress {
    /// What is going on.
    pub phase: FetchPhase,
    /// Objects received.
    pub received_objects: usize,
    /// Objects to receive, zero while unknown.
    pub total_objects: usize,
    /// Bytes received.
    pub received_bytes: usize,
    /// Deltas resolved.
    pub indexed_deltas: usize,
    /// Deltas to resolve, zero while unknown.
    pub total_deltas: usize,
}

/// The parts of a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchPhase {
    /// Another agent is fetching the same repository.
    Waiting,
    /// The server is being asked for its branches.
    Connecting,
    /// The server counts and packs what to send.
    Counting,
    /// Objects are coming in.
    Receiving,
    /// Everything is here and is being indexed.
    Resolving,
}

impl FetchProgress {
    /// A phase in which nothing is counted.
    pub(crate) fn at(phase: FetchPhase) -> Self {
        Self {
            phase,
            received_objects: 0,
            total_objects: 0,
            received_bytes: 0,
            indexed_deltas: 0,
            total_deltas: 0,
        }
    }
}

impl From<&git2::Progress<'_>> for FetchProgress {
    fn from(stats: &git2::Progress<'_>) -> Self {
        let complete = stats.received_objects() >= stats.total_objects() && stats.total_objects() > 0;
        Self {
            phase: if complete { FetchPhase::Resolving } else { FetchPhase::Receiving },
            received_objects: stats.received_objects(),
            total_objects: stats.total_objects(),
            received_bytes: stats.received_bytes(),
            indexed_deltas: stats.indexed_deltas(),
            total_deltas: stats.total_deltas(),
        }
    }
}

impl Mirror {
    /// Brings `branch` up to date and returns its tip.
    ///
    /// Only what is missing is downloaded. `progress` is called often and stops the fetch by
    /// returning `Break`; what had been fetched before stays whole. Fetches of one repository
    /// take turns, since the second one then has nothing left to download.
    ///
    /// # Errors
    /// Among others [`RepoError::UnknownBranch`], [`RepoError::EmptyRepository`],
    /// [`RepoError::Auth`] and [`RepoError::Cancelled`].
    pub fn fetch(
        &self,
        branch: &str,
        credentials: &Credentials,
        progress: &mut dyn FnMut(FetchProgress) -> ControlFlow<()>,
    ) -> Result<Base> {
        check_branch(branch)?;
        let remote = self.remote();
        let attempt = format!("fetch {branch} from {remote}");
        let cancelled = || RepoError::Cancelled { attempt: attempt.clone() };
        let _turn = loop {
            if let Some(turn) = self.try_fetching() {
                break turn;
            }
            if progress(FetchProgress::at(FetchPhase::Waiting)).is_break() {
                return Err(cancelled());
            }
            thread::sleep(WAIT_STEP);
        };
        if progress(FetchProgress::at(FetchPhase::Connecting)).is_break() {
            return Err(cancelled());
        }
        let kept = format!("refs/anchorhold/heads/{branch}");
        let tip = self.download(branch, &kept, credentials, &attempt, progress)?;
        let repository = self.source()?;
        repository.reference(&kept, tip, true, "fetch").map_err(RepoError::storage(&*attempt))?;
        let id = tip.to_string();
        let commit = repository.find_commit(tip).map_err(RepoError::missing("commit", &id))?;
        Ok(Base {
            tree: commit.tree_id().to_string(),
            summary: String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default()).into_owned(),
            commit: id,
        })
    }

    /// Downloads what is missing of `branch` and returns its tip, which is not written down yet.
    ///
    /// A server that says nothing is waited for inside of the library, where nobody is heard. So the
    /// library gets a thread, and a caller who wants to stop leaves it behind: it ends when the server
    /// says something or its time is up, and can then have added no more than objects without a ref.
    fn download(
        &self,
        branch: &str,
        kept: &str,
        credentials: &Credentials,
        attempt: &str,
        progress: &mut dyn FnMut(FetchProgress) -> ControlFlow<()>,
    ) -> Result<Oid> {
        let (told, hears) = mpsc::sync_channel(UNHEARD_PROGRESS);
        let mirror = self.clone();
        let credentials = credentials.clone();
        let (branch, kept) = (branch.to_owned(), kept.to_owned());
        let attempted = attempt.to_owned();
        let work = move || {
            let mut tell = |progress| match told.send(progress) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            };
            let tell: RefCell<&mut OnProgress<'_>> = RefCell::new(&mut tell);
            let remote = mirror.remote();
            let repository = mirror.source()?;
            Network::new(remote, &credentials, attempted).fetch(&repository, &branch, &tell, |heads| {
                let tip = heads.tip(&branch).ok_or_else(|| no_branch(remote, &branch, heads))?;
                // The ref is written after its objects, so that it vouches for all of them.
                let complete = repository.refname_to_id(&kept).is_ok_and(|have| have == tip);
                Ok((tip, complete))
            })
        };
        let thread = thread::Builder::new()
            .name("fetch".to_owned())
            .spawn(work)
            .map_err(|source| RepoError::Thread { attempt: attempt.to_owned(), source })?;
        let mut last = FetchProgress::at(FetchPhase::Connecting);
        loop {
            match hears.recv_timeout(WAIT_STEP) {
                Ok(progress) => last = progress,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if progress(last).is_break() {
                return Err(RepoError::Cancelled { attempt: attempt.to_owned() });
            }
        }
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Asks the server for its branches.
    ///
    /// # Errors
    /// Those of the network, and [`RepoError::RepositoryNotFound`].
    pub fn branches(&self, credentials: &Credentials) -> Result<Branches> {
        let repository = self.source()?;
        let heads =
            Network::new(self.remote(), credentials, format!("list the branches of {}", self.remote()))
                .list(&repository)?;
        let mut names: Vec<String> = heads.branches.into_iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        Ok(Branches { names, default: heads.default })
    }

    /// Asks the server where `branch` is; `None` if there is no such branch.
    ///
    /// # Errors
    /// Those of the network, and [`RepoError::RepositoryNotFound`].
    pub fn remote_tip(&self, branch: &str, credentials: &Credentials) -> Result<Option<String>> {
        check_branch(branch)?;
        let repository = self.source()?;
        let heads =
            Network::new(self.remote(), credentials, format!("look up {branch} in {}", self.remote()))
                .list(&repository)?;
        Ok(heads.tip(branch).map(|tip| tip.to_string()))
    }
}

/// Refuses what git does not take for the name of a branch.
///
/// # Errors
/// [`RepoError::InvalidBranch`].
pub fn check_branch(branch: &str) -> Result<()> {
    let full = format!("refs/heads/{branch}");
    // The first three are valid refs whose branches no tool can name without ambiguity.
    if branch.starts_with('-')
        || branch.starts_with("refs/")
        || branch == "HEAD"
        || !git2::Reference::is_valid_name(&full)
    {
        return Err(RepoError::InvalidBranch { branch: branch.to_owned() });
    }
    Ok(())
}

fn no_branch(remote: &crate::Remote, branch: &str, heads: &Heads) -> RepoError {
    let remote = remote.display();
    if heads.branches.is_empty() {
        return RepoError::EmptyRepository { remote };
    }
    let mut by_distance: Vec<(f32, &str)> = heads
        .branches
        .iter()
        .map(|(name, _)| {
            let likeness = similar::TextDiff::from_chars(branch, name.as_str()).ratio();
            let likely = if heads.default.as_deref() == Some(name) { 0.5 } else { 0.0 };
            (likeness.max(likely), name.as_str())
        })
        .collect();
    by_distance.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let nearest = by_distance.into_iter().take(NEAREST).map(|(_, name)| name.to_owned()).collect();
    RepoError::UnknownBranch { remote, branch: branch.to_owned(), nearest }
}
