//! What comes back for a pull request: what people say of it, and what machines found wrong.
//!
//! All of it was written by anybody who can comment, or by the code under test: it is bounded and made
//! visible, and stays untrusted. Which threads were resolved GitHub tells only to its other API, so it is not
//! known here.

mod failed;
mod said;

use crate::error::Result;
use crate::forge::{Forge, full_name};
use anchorhold_domain::{ChecksState, Feedback, PullRequest, Withheld};

/// The most that is given back, the newest of it.
const MOST_ITEMS: usize = 200;
/// The most of one text, in bytes.
const MOST_BODY: usize = 16 << 10;
const MOST_TITLE: usize = 160;
const MOST_PATH: usize = 4_096;
const MOST_AUTHOR: usize = 100;

/// What came back for a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedbacks {
    /// What was said, the oldest first.
    pub items: Vec<Feedback>,
    /// How the checks of its commit stand.
    pub checks: ChecksState,
    /// What of the checks could not be read, mostly because the token may not.
    pub withheld: Vec<Withheld>,
    /// Which runs and which statuses of its commit fail, by the ids of their pieces, where all are known.
    failing: [Option<Vec<String>>; 2],
}

impl Feedbacks {
    /// Whether a check that failed before fails no more: it passed since, or ran again. `id` is that of its
    /// piece.
    #[must_use]
    pub fn fails_no_more(&self, id: &str) -> bool {
        let [runs, statuses] = &self.failing;
        let known = if id.starts_with("check/") { runs } else { statuses };
        Feedback::is_check(id)
            && known.as_ref().is_some_and(|failing| !failing.iter().any(|known| known == id))
    }
}

/// The pull request that is asked about.
struct About<'a> {
    repository: String,
    request: &'a PullRequest,
    attempt: String,
}

impl Forge {
    /// Reads what came back for a pull request. With a cache, a look at which nothing changed costs nothing of
    /// the rate limit.
    ///
    /// # Errors
    /// As all that is asked of a repository; what the token may not read of the checks is no error.
    pub async fn feedback(&self, owner: &str, name: &str, request: &PullRequest) -> Result<Feedbacks> {
        let repository = full_name(owner, name)?;
        let attempt = format!("read what came back for pull request {} of {repository}", request.number);
        let about = About { repository, request, attempt };
        let checks = self.checks(&about.repository, &request.head).await?;
        let mut items = self.line_comments(&about).await?;
        items.append(&mut self.reviews(&about).await?);
        items.append(&mut self.comments(&about).await?);
        let mut withheld = checks.withheld.clone();
        items.append(&mut self.failures(&about, &checks, &mut withheld).await?);
        items.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        // While pages are read, what is on them can move from one to the next.
        items.dedup_by(|one, other| one.id == other.id);
        items.drain(..items.len().saturating_sub(MOST_ITEMS));
        Ok(Feedbacks { items, checks: checks.state(), withheld, failing: failed::ids(&checks) })
    }
}
