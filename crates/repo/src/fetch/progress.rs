//! How far a fetch is, and how fast it comes.
//!
//! Only counted here; who hears of it, and how often, is decided elsewhere.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The seconds that a rate is taken over.
const WINDOW: Duration = Duration::from_secs(4);
/// How far apart two samples of a rate are at least, so that few of them are kept.
const SAMPLE_STEP: Duration = Duration::from_millis(200);

/// How far a fetch is.
///
/// Bytes only grow. Objects are those of the piece that is coming in: after a break, or where
/// a history comes in pieces, they begin again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchProgress {
    /// What is going on.
    pub phase: FetchPhase,
    /// Objects received.
    pub received_objects: usize,
    /// Objects to receive, zero while unknown.
    pub total_objects: usize,
    /// Bytes received, those of tries that broke included.
    pub received_bytes: usize,
    /// Bytes received in a second, over the last few of them.
    pub bytes_per_second: u32,
    /// Objects that are whole: all that they build on was found.
    pub resolved_objects: usize,
}

/// The parts of a fetch, each with what is waited for.
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
    /// The connection broke, and it is tried again after a while.
    Broken {
        /// How long until then, in whole seconds, rounded up.
        again_in_s: u32,
    },
}

impl FetchProgress {
    /// A phase in which nothing is counted.
    pub(crate) fn at(phase: FetchPhase) -> Self {
        Self {
            phase,
            received_objects: 0,
            total_objects: 0,
            received_bytes: 0,
            bytes_per_second: 0,
            resolved_objects: 0,
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
            bytes_per_second: 0,
            resolved_objects: stats.indexed_objects(),
        }
    }
}

/// Adds up the bytes of all tries of a fetch and says how fast they come.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Bytes of tries that ended.
    before: usize,
    /// Bytes of the try that is going on.
    now: usize,
    /// When how many bytes had come, oldest first, no two nearer than [`SAMPLE_STEP`].
    samples: VecDeque<(Instant, usize)>,
}

impl Meter {
    /// Completes what the library counted.
    pub(crate) fn read(&mut self, progress: FetchProgress, at: Instant) -> FetchProgress {
        self.now = self.now.max(progress.received_bytes);
        let received_bytes = self.before.saturating_add(self.now);
        FetchProgress { received_bytes, bytes_per_second: self.rate(received_bytes, at), ..progress }
    }

    /// Returns the bytes of this try, and counts the next try's apart.
    pub(crate) fn end_try(&mut self) -> usize {
        self.before = self.before.saturating_add(self.now);
        std::mem::take(&mut self.now)
    }

    fn rate(&mut self, bytes: usize, at: Instant) -> u32 {
        if self.samples.back().is_none_or(|(last, _)| at.duration_since(*last) >= SAMPLE_STEP) {
            self.samples.push_back((at, bytes));
        }
        // The newest sample that is older than the window is kept, so that the window is always full.
        while self.samples.get(1).is_some_and(|(next, _)| at.duration_since(*next) >= WINDOW) {
            self.samples.pop_front();
        }
        let Some((from, had)) = self.samples.front() else { return 0 };
        let took_ms = at.duration_since(*from).as_millis();
        let came = bytes.saturating_sub(*had) as u128;
        came.saturating_mul(1000)
            .checked_div(took_ms)
            .map_or(0, |rate| u32::try_from(rate).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{FetchPhase, FetchProgress, Meter};

    /// Reads a meter at these times and bytes, and returns bytes and rate of each reading.
    fn readings(of: &[(u64, usize)]) -> Vec<(usize, u32)> {
        let (mut meter, begin) = (Meter::default(), Instant::now());
        let mut read = |(ms, received_bytes): &(u64, usize)| {
            let progress =
                FetchProgress { received_bytes: *received_bytes, ..FetchProgress::at(FetchPhase::Receiving) };
            let shown = meter.read(progress, begin + Duration::from_millis(*ms));
            (shown.received_bytes, shown.bytes_per_second)
        };
        of.iter().map(&mut read).collect()
    }

    #[test]
    fn a_rate_is_taken_over_the_last_seconds_and_falls_when_nothing_comes() {
        let steady = readings(&[(0, 0), (1000, 500), (2000, 1000), (10_000, 5000)]);
        assert_eq!(steady, [(0, 0), (500, 500), (1000, 500), (5000, 500)]);
        let stalled = readings(&[(0, 0), (1000, 4000), (3000, 4000), (5000, 4000), (9000, 4000)]);
        assert_eq!(stalled.iter().map(|(_, rate)| *rate).collect::<Vec<_>>(), [0, 4000, 1333, 0, 0]);
    }

    #[test]
    fn bytes_of_a_try_that_broke_stay_counted() {
        let (mut meter, at) = (Meter::default(), Instant::now());
        let received =
            |received_bytes| FetchProgress { received_bytes, ..FetchProgress::at(FetchPhase::Receiving) };
        meter.read(received(700), at);
        assert_eq!(meter.end_try(), 700);
        assert_eq!(meter.read(FetchProgress::at(FetchPhase::Connecting), at).received_bytes, 700);
        assert_eq!(meter.read(received(50), at).received_bytes, 750);
    }

    #[test]
    fn few_samples_are_kept_however_often_a_meter_is_read() {
        let (mut meter, begin) = (Meter::default(), Instant::now());
        for ms in 0..20_000 {
            meter.read(FetchProgress::at(FetchPhase::Receiving), begin + Duration::from_millis(ms));
        }
        assert!(meter.samples.len() <= 22, "{}", meter.samples.len());
    }
}
