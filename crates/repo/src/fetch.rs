//! Getting a branch into the mirror, and asking a server what it has.
//!
//! Here is what is tried, how often and what is kept of it. One try is in `download`, how much of a history
//! it asks for in `course`, and what it receives lies apart until it is whole ([`crate::incoming`]).

mod course;
mod download;
mod progress;
mod wish;

use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use git2::Repository;

use crate::credentials::Credentials;
use crate::error::{RepoError, Result};
use crate::mirror::Mirror;
use crate::network::{Heads, Network};
use course::Course;
pub(crate) use course::Depth;
use download::{Arrived, Download};
use progress::Meter;
pub use progress::{FetchPhase, FetchProgress};
pub use wish::{FetchWish, Patience};

/// The refs under which the mirror keeps the server's branches.
const HEADS: &str = "refs/anchorhold/heads/";
/// How many near branch names an error offers.
const NEAREST: usize = 5;
/// How often a fetch that waits, for another one or for the server, tells its caller, who may stop it.
const WAIT_STEP: Duration = Duration::from_millis(50);

/// Where an agent's work begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The commit at the branch's tip.
    pub commit: String,
    /// The commit's tree.
    pub tree: String,
    /// The first line of the commit's message.
    pub summary: String,
    /// The repository's address now, where the server sent us on from the one that was asked for.
    pub moved_to: Option<String>,
}

/// The branches of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branches {
    /// Their names, sorted.
    pub names: Vec<String>,
    /// The one that the server names as its default.
    pub default: Option<String>,
}

impl Mirror {
    /// Brings the whole history of `branch` up to date and returns its tip: [`Mirror::fetch_wish`].
    ///
    /// # Errors
    /// Those of [`Mirror::fetch_wish`].
    pub fn fetch(
        &self,
        branch: &str,
        credentials: &Credentials,
        progress: &mut dyn FnMut(FetchProgress) -> ControlFlow<()>,
    ) -> Result<Base> {
        self.fetch_wish(&FetchWish::whole(branch), credentials, progress)
    }

    /// Brings a branch up to date and returns its tip.
    ///
    /// Only what is missing is downloaded. `progress` is called often and stops the fetch by
    /// returning `Break`; what had been fetched before stays whole. Fetches of one repository
    /// take turns, since the second one then has nothing left to download.
    ///
    /// A connection that breaks once the server has answered is tried again as [`crate::Patience`] says.
    /// Whatever else fails, certificates and sign-in above all, is not.
    ///
    /// # Errors
    /// Among others [`RepoError::UnknownBranch`], [`RepoError::EmptyRepository`],
    /// [`RepoError::Auth`] and [`RepoError::Cancelled`].
    pub fn fetch_wish(
        &self,
        wish: &FetchWish,
        credentials: &Credentials,
        progress: &mut dyn FnMut(FetchProgress) -> ControlFlow<()>,
    ) -> Result<Base> {
        let FetchWish { branch, depth, patience } = wish;
        check_branch(branch)?;
        let attempt = format!("fetch {branch} from {}", self.remote());
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
        let kept = format!("{HEADS}{branch}");
        let download = Download {
            mirror: self,
            branch,
            kept: &kept,
            credentials,
            attempt: &attempt,
            stall: patience.stall,
        };
        let mut course = self.course(branch, *depth)?;
        let mut meter = Meter::default();
        let (mut answered, mut breaks, mut tries) = (false, 0, 0);
        loop {
            tries += 1;
            let failed = match download.try_once(&course, &mut meter, progress) {
                Ok(arrived) => {
                    meter.end_try();
                    (answered, breaks) = (true, 0);
                    self.take(&download, &arrived, &mut course)?;
                    if course.is_there() {
                        self.pack_many();
                        return self.base(arrived);
                    }
                    continue;
                }
                Err(failed) => failed,
            };
            answered |= failed.answered;
            let received = meter.end_try();
            let error = match failed.error {
                RepoError::Network { reason, .. } if says_no_pieces(&reason) && course.no_pieces() => {
                    continue;
                }
                RepoError::Network { reason, .. } if answered => {
                    RepoError::Network { attempt: tried(&attempt, tries), reason }
                }
                error => return Err(error),
            };
            let Some(wait) = patience.waits.get(breaks) else { return Err(error) };
            breaks += 1;
            course.broke(received >= patience.pieces_from_bytes);
            tracing::info!(%error, received, wait_s = wait.as_secs(), "a fetch broke and is tried again");
            if wait_out(*wait, &mut meter, progress).is_break() {
                return Err(cancelled());
            }
        }
    }

    /// Looks what is here and plans what to ask for.
    fn course(&self, branch: &str, depth: Option<NonZeroU32>) -> Result<Course> {
        let attempt = || RepoError::storage("look what was fetched");
        let shallow = self.is_shallow()?;
        let repository = self.source()?;
        let reached =
            repository.config().and_then(|config| config.get_i64(&reached_key(branch))).unwrap_or(0);
        let reached = shallow.then(|| u32::try_from(reached).unwrap_or(0));
        let mut heads = repository.references_glob(&format!("{HEADS}*")).map_err(attempt())?;
        let whole = !shallow && heads.next().is_some();
        Ok(Course::new(depth, reached, whole, self.remote().local_path().is_none()))
    }

    /// Takes over what arrived and writes down how far the branch is here.
    fn take(&self, download: &Download<'_>, arrived: &Arrived, course: &mut Course) -> Result<()> {
        let Some(incoming) = &arrived.incoming else { return Ok(()) };
        let failed = || RepoError::storage(download.attempt);
        let beginnings = incoming.beginnings(self)?;
        course.arrived(course.next(), beginnings.any_after());
        // How deep a history is matters only while it is not whole: written before it could be.
        let repository = self.source()?;
        let mut config = repository.config().map_err(failed())?;
        if let Some(reached) = course.reached() {
            config.set_i64(&reached_key(download.branch), i64::from(reached)).map_err(failed())?;
        }
        incoming.keep(self, &beginnings)?;
        // Opened anew, since where histories begin may have changed.
        let repository = self.source()?;
        make_way(&repository, download.kept)
            .and_then(|()| repository.reference(download.kept, arrived.tip, true, "fetch").map(drop))
            .map_err(failed())
    }

    fn base(&self, arrived: Arrived) -> Result<Base> {
        let repository = self.source()?;
        let id = arrived.tip.to_string();
        let commit = repository.find_commit(arrived.tip).map_err(RepoError::missing("commit", &id))?;
        Ok(Base {
            tree: commit.tree_id().to_string(),
            summary: String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default()).into_owned(),
            moved_to: arrived.moved_to,
            commit: id,
        })
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

/// Removes the refs that cannot be beside `kept`: no server has a branch `a` and a branch `a/b`, so that
/// what is here of the other one is what was there before.
fn make_way(repository: &Repository, kept: &str) -> std::result::Result<(), git2::Error> {
    let above = kept.match_indices('/').filter_map(|(slash, _)| kept.get(..slash));
    for name in above.filter(|name| name.len() > HEADS.len()) {
        if let Ok(mut gone) = repository.find_reference(name) {
            gone.delete()?;
        }
    }
    for beneath in repository.references_glob(&format!("{kept}/*"))? {
        beneath?.delete()?;
    }
    Ok(())
}

/// Where the mirror notes how many commits of a branch are here while its beginning is missing.
fn reached_key(branch: &str) -> String {
    format!("anchorhold.{branch}.depth")
}

/// Waits for the next try, and says for how long still.
fn wait_out(
    wait: Duration,
    meter: &mut Meter,
    progress: &mut dyn FnMut(FetchProgress) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let until = Instant::now() + wait;
    loop {
        let now = Instant::now();
        let left = until.saturating_duration_since(now);
        let again_in_s = u32::try_from(left.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
        progress(meter.read(FetchProgress::at(FetchPhase::Broken { again_in_s }), now))?;
        if left.is_zero() {
            return ControlFlow::Continue(());
        }
        thread::sleep(left.min(WAIT_STEP));
    }
}

/// Whether the library says that the server sends whole histories only.
fn says_no_pieces(reason: &str) -> bool {
    reason.contains("doesn't support shallow")
}

fn tried(attempt: &str, tries: u32) -> String {
    if tries == 1 { attempt.to_owned() } else { format!("{attempt}, tried {tries} times") }
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
