//! What is wanted of a fetch: which branch, how much of its history, and how patient to be.

use std::num::NonZeroU32;
use std::time::Duration;

/// How long nothing may come in the middle of a transfer. A line that is slower than the library's
/// reports, one every 100 KB, would be taken for a dead one under 1.7 KB/s.
const STALL: Duration = Duration::from_secs(60);
/// The waits before each further try.
const WAITS_S: [u64; 5] = [2, 4, 8, 16, 30];
/// From so many received bytes on it pays to get the history in pieces after a break.
const PIECES_FROM_BYTES: usize = 4 * 1024 * 1024;

/// What to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchWish {
    /// The branch.
    pub branch: String,
    /// How many commits of its history, counted from the tip; all of them where there is no number.
    ///
    /// Nothing that is here is given up for it: where the whole history of some branch was fetched
    /// already, it is not heeded.
    pub depth: Option<NonZeroU32>,
    /// What is done when the connection breaks.
    pub patience: Patience,
}

/// What is done when a connection breaks, or goes silent in the middle of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// How long nothing may come in the middle of a transfer.
    pub stall: Duration,
    /// How long to wait before each further try; a piece of history that arrives starts them anew.
    pub waits: Vec<Duration>,
    /// How many bytes a try that broke must have received for the history to come in pieces from then
    /// on, each of which is kept.
    pub pieces_from_bytes: usize,
}

impl FetchWish {
    /// The whole history of a branch.
    #[must_use]
    pub fn whole(branch: impl Into<String>) -> Self {
        Self { branch: branch.into(), depth: None, patience: Patience::default() }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            stall: STALL,
            waits: WAITS_S.map(Duration::from_secs).to_vec(),
            pieces_from_bytes: PIECES_FROM_BYTES,
        }
    }
}
