//! The next step where a conversation grows too large: cut old results, sum up what is older, and at last
//! shorten what was meant to stay.
//!
//! Each step makes the conversation smaller or is not taken, and summing up is bounded on its own, so that
//! whoever takes steps until there is none comes to an end.

use super::{Budget, Estimate};

/// Answers whose results are left alone while that is possible: what the model works with.
const RECENT: usize = 4;
/// How often in a row, with no answer in between, a conversation is summed up.
const IN_A_ROW: u32 = 2;
/// Answers before it is tried again where the last time freed too little.
const FUTILE: u32 = 8;
/// What stays of a text that is cut in the middle, in bytes, at least.
pub(crate) const LEAST_WORDS: usize = 400;

/// What a conversation consists of, in bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline {
    /// The system prompt and the tools.
    pub(crate) fixed: usize,
    /// The messages, oldest first; an answer and its results are one part.
    pub(crate) parts: Vec<Part>,
    /// The user's words, which stay when everything around them is summed up.
    pub(crate) words: Vec<Words>,
    /// The last event in it.
    pub(crate) through: u32,
    /// Whether calls wait for their results.
    pub(crate) open: bool,
}

/// A message of the user, or an answer with its results.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    /// Its first event.
    pub(crate) seq: u32,
    /// Its size.
    pub(crate) bytes: usize,
    /// Whether it is an answer.
    pub(crate) answer: bool,
    /// The calls whose result or arguments can be cut, and what that frees.
    pub(crate) cuts: Vec<(String, usize)>,
}

/// Words of the user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    /// Which instruction; none where they cannot be cut.
    pub(crate) id: Option<String>,
    /// The size of the words.
    pub(crate) bytes: usize,
    /// The size of the files' text that goes with them.
    pub(crate) attached: usize,
}

/// How it went before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// How often the conversation was summed up since the last answer.
    pub(crate) in_a_row: u32,
    /// What the last time freed, in tokens, and how many answers came since.
    pub(crate) last: Option<(u32, u32)>,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Cut what belongs to these calls and instructions. An instruction that is named more than once is
    /// shortened so often.
    Shrink(Vec<String>),
    /// Sum up everything through this event.
    Compact(u32),
    /// Nothing more can be cut and it is still too much.
    TooSmall,
}

/// Returns the next step; `None` where the conversation can be sent as it is.
pub(crate) fn next_step(outline: &Outline, estimate: &Estimate, budget: Budget, past: Past) -> Option<Step> {
    let now = estimate.tokens(outline.bytes());
    if now < budget.shrink_at() {
        return None;
    }
    let old = outline.cuts(RECENT);
    let frees: usize = old.iter().map(|(_, bytes)| bytes).sum();
    if now - estimate.tokens(outline.bytes().saturating_sub(frees)).min(now) >= budget.worthwhile().max(1) {
        return Some(Step::Shrink(outline.until(&old, estimate, budget.shrink_to())));
    }
    if now < budget.compact_at() {
        return None;
    }
    let (through, after) = outline.compacted(outline.keep(estimate, budget), estimate, budget);
    let gain = now.saturating_sub(after);
    let futile = past.last.is_some_and(|(freed, answers)| freed < budget.worthwhile() && answers < FUTILE);
    let allowed = past.in_a_row < IN_A_ROW && (!futile || now > budget.most);
    let answers = outline.parts.iter().filter(|part| part.answer).count();
    if let Some(through) = through
        && allowed
        && answers > RECENT
        && gain >= budget.worthwhile().max(1)
        && after <= budget.most
    {
        return Some(Step::Compact(through));
    }
    if now <= budget.most {
        return None;
    }
    Some(outline.last_resort(estimate, budget, past))
}

impl Outline {
    pub(crate) fn bytes(&self) -> usize {
        self.parts.iter().map(|part| part.bytes).sum::<usize>() + self.fixed
    }

    /// What can be cut outside the last `recent` answers, oldest first.
    fn cuts(&self, recent: usize) -> Vec<(String, usize)> {
        let answers = self.parts.iter().filter(|part| part.answer).count();
        let old = self.parts.iter().filter(|part| part.answer).take(answers.saturating_sub(recent));
        old.flat_map(|part| part.cuts.iter().cloned()).collect()
    }

    /// The first of the cuts, until no more than `target` tokens are left.
    fn until(&self, cuts: &[(String, usize)], estimate: &Estimate, target: u32) -> Vec<String> {
        let mut left = self.bytes();
        let needed = cuts.iter().take_while(|(_, bytes)| {
            let more = estimate.tokens(left) > target;
            left = left.saturating_sub(*bytes);
            more
        });
        needed.map(|(call, _)| call.clone()).collect()
    }

    /// How many of the last answers stay whole: as many as fit into their share, and one at least.
    fn keep(&self, estimate: &Estimate, budget: Budget) -> usize {
        let most = estimate.bytes(budget.kept());
        let mut bytes = 0;
        let fitting = self.parts.iter().rev().filter(|part| part.answer).take(RECENT).take_while(|part| {
            bytes += part.bytes;
            bytes <= most
        });
        fitting.count().max(1)
    }

    /// The event through which is summed up where so many answers are kept, if there is anything to sum
    /// up, and the tokens after it.
    fn compacted(&self, keep: usize, estimate: &Estimate, budget: Budget) -> (Option<u32>, u32) {
        let answers: Vec<usize> =
            self.parts.iter().enumerate().filter(|(_, part)| part.answer).map(|(at, _)| at).collect();
        if answers.len() <= keep && keep > 0 || answers.is_empty() {
            return (None, u32::MAX);
        }
        let first = answers.get(answers.len() - keep).copied();
        let kept: usize = first.map_or(0, |first| self.parts.iter().skip(first).map(|part| part.bytes).sum());
        let words: usize = self.words.iter().map(|words| words.bytes).sum();
        let mut plain = estimate.clone();
        plain.recast();
        let after = plain.tokens(self.fixed + words + kept).saturating_add(budget.summary());
        let through = match first.and_then(|first| self.parts.get(first)) {
            Some(part) => part.seq.saturating_sub(1),
            None => self.through,
        };
        (Some(through), after)
    }

    /// What is done where a conversation cannot be sent: what the model works with is cut as well, then
    /// the user's own words in their middle, then everything is summed up.
    fn last_resort(&self, estimate: &Estimate, budget: Budget, past: Past) -> Step {
        let target = budget.compact_at();
        // Words that take more than half would leave every new result without room.
        let half = estimate.bytes(budget.most / 2);
        let answered = self.parts.iter().any(|part| part.answer);
        let words = self.shortened(|_, words| !answered || words <= half);
        if !words.is_empty() {
            return Step::Shrink(words);
        }
        let mut all = Vec::new();
        for recent in (0..RECENT).rev() {
            all = self.cuts(recent);
            let frees: usize = all.iter().map(|(_, bytes)| bytes).sum();
            if estimate.tokens(self.bytes().saturating_sub(frees)) <= target {
                break;
            }
        }
        if !all.is_empty() {
            return Step::Shrink(self.until(&all, estimate, target));
        }
        let words = self.shortened(|left, _| estimate.tokens(left) <= budget.shrink_at());
        if !words.is_empty() {
            return Step::Shrink(words);
        }
        match self.compacted(0, estimate, budget) {
            (Some(through), _) if past.in_a_row < IN_A_ROW && !self.open => Step::Compact(through),
            _ => Step::TooSmall,
        }
    }

    /// The instructions to shorten, the longest first, until that is enough for what is left in all and
    /// for the words that are left.
    fn shortened(&self, enough: impl Fn(usize, usize) -> bool) -> Vec<String> {
        let (mut words, mut left, mut named) = (self.words.clone(), self.bytes(), Vec::new());
        while !enough(left, words.iter().map(|words| words.bytes + words.attached).sum()) {
            let longest = words
                .iter_mut()
                .filter(|words| words.id.is_some() && words.frees() > 0)
                .max_by_key(|words| words.frees());
            let Some(longest) = longest else { break };
            left = left.saturating_sub(longest.frees());
            named.extend(longest.id.clone());
            match longest.attached {
                0 => longest.bytes = shorter(longest.bytes),
                _ => longest.attached = 0,
            }
        }
        named
    }
}

impl Words {
    /// What naming the instruction once more frees.
    fn frees(&self) -> usize {
        match self.attached {
            0 => self.bytes - shorter(self.bytes),
            attached => attached,
        }
    }
}

/// The size to which words of this size are cut.
pub(crate) fn shorter(bytes: usize) -> usize {
    (bytes / 2).max(LEAST_WORDS).min(bytes)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "tests")]

    use super::{LEAST_WORDS, Outline, Part, Past, Step, Words, next_step};
    use crate::context::{Budget, Estimate};
    use anchorhold_model::ModelInfo;
    use proptest::prelude::*;

    /// 3,000 tokens, which are 9,900 bytes before anything was counted.
    fn budget() -> Budget {
        Budget::of(&ModelInfo { window: Some(4_000), ..ModelInfo::default() })
    }

    fn answer(seq: u32, kept: usize, cuts: &[(&str, usize)]) -> Part {
        let cuts: Vec<_> = cuts.iter().map(|(call, bytes)| ((*call).to_owned(), *bytes)).collect();
        let bytes = kept + cuts.iter().map(|(_, bytes)| bytes).sum::<usize>();
        Part { seq, bytes, answer: true, cuts }
    }

    fn outline(parts: Vec<Part>) -> Outline {
        let task = Part { seq: 1, bytes: 500, ..Part::default() };
        let words = vec![Words { id: Some("task".to_owned()), bytes: 500, attached: 0 }];
        let through = parts.last().map_or(1, |part| part.seq + 5);
        Outline { fixed: 1_000, parts: [vec![task], parts].concat(), words, through, open: false }
    }

    fn step(outline: &Outline) -> Option<Step> {
        next_step(outline, &Estimate::default(), budget(), Past::default())
    }

    fn ids(calls: &[&str]) -> Option<Step> {
        Some(Step::Shrink(calls.iter().map(|call| (*call).to_owned()).collect()))
    }

    #[test]
    fn nothing_is_cut_before_seven_tenths_are_full() {
        let small = outline((0..6).map(|n| answer(10 * n + 10, 100, &[("c", 700)])).collect());
        assert_eq!(step(&small), None);
    }

    #[test]
    fn the_oldest_results_go_first_and_enough_of_them_in_one_step() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let parts = names.iter().zip(1..).map(|(name, n)| answer(10 * n, 50, &[(name, 900)]));
        // 9,100 bytes; 45 % are 4,455.
        assert_eq!(step(&outline(parts.collect())), ids(&["a", "b", "c", "d"]));
        let parts = names
            .iter()
            .zip(1..)
            .map(|(name, n)| answer(10 * n, 50, &[(name, if n < 4 { 1_500 } else { 100 })]));
        assert_eq!(step(&outline(parts.collect())), None);
    }

    #[test]
    fn what_frees_little_is_left_until_there_is_more_of_it() {
        let mut parts = vec![answer(10, 100, &[("small", 200)])];
        parts.extend((2..6).map(|n| answer(10 * n, 1_400, &[])));
        assert_eq!(step(&outline(parts)), None);
    }

    #[test]
    fn where_results_are_not_enough_the_older_part_is_summed_up_and_the_last_answers_stay() {
        let parts = (1..12).map(|n| answer(10 * n, 700, &[])).collect();
        // 30 % are 2,970 bytes: four answers.
        assert_eq!(step(&outline(parts)), Some(Step::Compact(79)));
    }

    #[test]
    fn a_conversation_is_not_summed_up_a_third_time_in_a_row_nor_soon_where_it_freed_little() {
        let parts = (1..12).map(|n| answer(10 * n, 640, &[])).collect();
        let full = outline(parts);
        let with = |past| next_step(&full, &Estimate::default(), budget(), past);
        assert_eq!(with(Past { in_a_row: 1, last: Some((2_000, 0)) }), Some(Step::Compact(79)));
        assert_eq!(with(Past { in_a_row: 2, last: Some((2_000, 0)) }), None);
        assert_eq!(with(Past { in_a_row: 0, last: Some((100, 3)) }), None);
        assert_eq!(with(Past { in_a_row: 0, last: Some((100, 8)) }), Some(Step::Compact(79)));
    }

    #[test]
    fn new_results_that_are_too_large_are_cut_and_not_the_rest() {
        let parts = vec![answer(10, 50, &[("a", 30_000)]), answer(20, 50, &[("b", 300), ("c", 40_000)])];
        assert_eq!(step(&outline(parts)), ids(&["a", "b", "c"]));
        let parts = vec![answer(10, 50, &[("a", 30_000)]), answer(20, 50, &[("b", 300)])];
        assert_eq!(step(&outline(parts)), ids(&["a"]));
    }

    #[test]
    fn a_task_that_is_larger_than_the_window_is_cut_in_its_middle_after_the_files_with_it() {
        let mut large = outline(vec![]);
        large.parts = vec![Part { seq: 1, bytes: 40_000, ..Part::default() }];
        large.words = vec![Words { id: Some("task".to_owned()), bytes: 30_000, attached: 10_000 }];
        assert_eq!(step(&large), ids(&["task", "task", "task", "task"]));
    }

    #[test]
    fn words_that_take_more_than_half_give_way_to_a_new_result() {
        let mut long = outline(vec![answer(10, 100, &[("new", 5_000)])]);
        long.words = vec![Words { id: Some("task".to_owned()), bytes: 6_000, attached: 0 }];
        long.parts[0].bytes = 6_000;
        assert_eq!(step(&long), ids(&["task"]));
    }

    #[test]
    fn where_nothing_can_be_cut_it_is_said() {
        let mut large = outline(vec![]);
        large.fixed = 12_000;
        large.words = vec![Words { id: Some("task".to_owned()), bytes: LEAST_WORDS, attached: 0 }];
        assert_eq!(step(&large), Some(Step::TooSmall));
        large.open = true;
        large.parts.push(answer(10, 5_000, &[]));
        assert_eq!(step(&large), Some(Step::TooSmall));
    }

    fn parts() -> impl Strategy<Value = Vec<(bool, usize, Vec<usize>)>> {
        let part = (any::<bool>(), 0usize..5_000, proptest::collection::vec(200usize..20_000, 0..4));
        proptest::collection::vec(part, 0..20)
    }

    /// Does to an outline what a step does to a conversation.
    fn take(outline: &mut Outline, step: &Step, past: &mut Past) {
        match step {
            Step::Shrink(ids) => {
                for id in ids {
                    for part in &mut outline.parts {
                        if let Some(at) = part.cuts.iter().position(|(cut, _)| cut == id) {
                            part.bytes -= part.cuts.remove(at).1;
                        }
                    }
                    if let Some(words) = outline.words.iter_mut().find(|words| words.id.as_ref() == Some(id))
                    {
                        let frees = words.frees();
                        outline.parts[0].bytes -= frees;
                        match words.attached {
                            0 => words.bytes -= frees,
                            _ => words.attached = 0,
                        }
                    }
                }
            }
            Step::Compact(through) => {
                past.in_a_row += 1;
                past.last = Some((0, 0));
                let words: usize = outline.words.iter().map(|words| words.bytes).sum();
                let head = Part { seq: 1, bytes: words + 1_000, ..Part::default() };
                outline.words.iter_mut().for_each(|words| words.attached = 0);
                outline.parts.retain(|part| part.seq > *through);
                outline.parts.insert(0, head);
            }
            Step::TooSmall => {}
        }
    }

    proptest! {
        #[test]
        fn steps_end_and_leave_what_can_be_sent_or_say_that_nothing_can(
            parts in parts(), task in 1usize..100_000, attached in 0usize..50_000, fixed in 0usize..12_000,
        ) {
            let mut seq = 1;
            let mut all = vec![Part { seq, bytes: task + attached, ..Part::default() }];
            for (is_answer, bytes, cuts) in parts {
                seq += 10;
                let cuts: Vec<_> = cuts.into_iter().enumerate().map(|(n, b)| (format!("{seq}_{n}"), b)).collect();
                let cuts = if is_answer { cuts } else { vec![] };
                let bytes = bytes + cuts.iter().map(|(_, bytes)| bytes).sum::<usize>();
                all.push(Part { seq, bytes, answer: is_answer, cuts });
            }
            let words = vec![Words { id: Some("task".to_owned()), bytes: task, attached }];
            let mut outline = Outline { fixed, parts: all, words, through: seq + 9, open: false };
            let (mut past, mut steps) = (Past::default(), 0);
            while let Some(step) = next_step(&outline, &Estimate::default(), budget(), past) {
                if step == Step::TooSmall {
                    // Only what must stay is there.
                    let cuts: usize = outline.parts.iter().map(|part| part.cuts.len()).sum();
                    prop_assert!(cuts == 0 && outline.words[0].bytes <= task.clamp(1, LEAST_WORDS));
                    return Ok(());
                }
                let before = outline.bytes();
                take(&mut outline, &step, &mut past);
                if let Step::Shrink(_) = step {
                    prop_assert!(outline.bytes() < before);
                }
                steps += 1;
                prop_assert!(steps <= 12, "{outline:?}");
            }
            prop_assert!(Estimate::default().tokens(outline.bytes()) <= budget().most);
        }
    }
}
