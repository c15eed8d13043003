//! How many tokens a request may hold, and from when on room is made.

use anchorhold_model::ModelInfo;

/// The window of a model of which nothing is known: what most models of these years can read.
const ASSUMED_WINDOW: u32 = 128_000;
/// The room for an answer of a model of which nothing is known.
const ASSUMED_ANSWER: u32 = 8_192;
/// The most room that is kept for an answer; longer ones than a file of this size are rare.
const MOST_ANSWER: u32 = 32_000;
/// The most that a conversation holds whatever the model could read. Each request sends it whole: beyond
/// this, cost and time of a turn grow, and models attend worse to what they were told.
const CEILING: u32 = 200_000;
/// A window below this has no room for the tools alone, let alone for work.
const LEAST_WINDOW: u32 = 2_000;

/// How many tokens a request may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// The most that a request may hold.
    pub(crate) most: u32,
}

impl Budget {
    /// The budget of a model.
    pub(crate) fn of(info: &ModelInfo) -> Self {
        let window = info.window.unwrap_or(ASSUMED_WINDOW);
        let answer = info.output_limit.unwrap_or(ASSUMED_ANSWER).min(MOST_ANSWER).min(window / 4);
        Self { most: (window - answer).min(CEILING) }
    }

    /// From here on old results are cut.
    pub(crate) fn shrink_at(self) -> u32 {
        self.percent(70)
    }

    /// So far they are cut: in one large step, since each step makes the provider read everything anew that
    /// it had in its cache.
    pub(crate) fn shrink_to(self) -> u32 {
        self.percent(45)
    }

    /// From here on the older part is summed up, where cutting results was not enough.
    pub(crate) fn compact_at(self) -> u32 {
        self.percent(85)
    }

    /// What a step must free to be worth it.
    pub(crate) fn worthwhile(self) -> u32 {
        self.percent(10)
    }

    /// What is kept whole of the last turns, at most.
    pub(crate) fn kept(self) -> u32 {
        self.percent(30)
    }

    /// The most that a summary may hold.
    pub(crate) fn summary(self) -> u32 {
        self.percent(15)
    }

    fn percent(self, percent: u64) -> u32 {
        u32::try_from(u64::from(self.most) * percent / 100).unwrap_or(u32::MAX)
    }
}

/// Returns the window to believe in after a model refused a conversation of `failed` tokens as too long;
/// `None` where there is no window left to work in.
///
/// Half where the window was only assumed; a known one is nearly right, and what was wrong is the
/// estimate.
pub(crate) fn learn(info: &ModelInfo, failed: u32) -> Option<u32> {
    let learned = match info.window {
        Some(window) => window.min(failed) / 4 * 3,
        None => failed.min(ASSUMED_WINDOW) / 2,
    };
    (learned >= LEAST_WINDOW).then_some(learned)
}

#[cfg(test)]
mod tests {
    use super::{Budget, learn};
    use anchorhold_model::ModelInfo;

    fn info(window: Option<u32>, output_limit: Option<u32>) -> ModelInfo {
        ModelInfo { window, output_limit, price: None }
    }

    #[test]
    fn the_budget_is_the_window_without_room_for_the_answer_and_has_a_ceiling() {
        let most = |window, output| Budget::of(&info(window, output)).most;
        assert_eq!(most(None, None), 128_000 - 8_192);
        assert_eq!(most(Some(200_000), Some(64_000)), 168_000);
        assert_eq!(most(Some(8_000), None), 6_000);
        assert_eq!(most(Some(8_000), Some(1_000)), 7_000);
        assert_eq!(most(Some(1_000_000), Some(64_000)), 200_000);
        assert_eq!(most(Some(0), Some(0)), 0);
    }

    #[test]
    fn a_window_that_was_assumed_is_halved_and_a_known_one_gives_way_by_a_quarter() {
        assert_eq!(learn(&info(None, None), 100_000), Some(50_000));
        assert_eq!(learn(&info(None, None), 900_000), Some(64_000));
        assert_eq!(learn(&info(Some(50_000), None), 45_000), Some(33_750));
    }

    #[test]
    fn learning_ends_however_often_a_model_refuses() {
        let (mut known, mut times) = (info(None, None), 0);
        while let Some(window) = learn(&known, Budget::of(&known).most) {
            known.window = Some(window);
            times += 1;
        }
        assert!(times <= 10, "{times}");
    }
}
