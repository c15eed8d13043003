//! The one truth about tokens: what the provider counted last, and an estimate of what came since.
//!
//! The estimate's scale is the provider's own: how many bytes of this run's conversation it counted as a
//! token. A tokenizer in the program would be wrong for most models: each family has one of its own, some
//! are not public, and none counts what a provider adds around messages and tools.

use anchorhold_domain::Usage;

/// Bytes of a token before anything was counted, in tenths. Code has about 3.3; words have more, so that
/// this errs towards too many tokens.
const TENTHS_AT_FIRST: u64 = 33;
/// The most bytes that are believed to be one token. A server that counts only what it did not cache says
/// more.
const MOST_BYTES: u64 = 6;
/// Requests below this many bytes say more about what a provider adds than about the conversation.
const TELLING: u64 = 2_000;

/// Tells how many tokens a conversation holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Estimate {
    /// Bytes and the tokens they were counted as, the last answers weighing most.
    seen: (u64, u64),
    /// The last request that was counted.
    last: Option<Last>,
    /// The size of the conversation after the answer to it, and its tokens.
    anchor: Option<(u64, u64)>,
}

/// What a provider counted: bytes sent, tokens read and written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Last {
    sent: u64,
    read: u64,
    written: u64,
}

impl Estimate {
    /// Takes what a provider counted for a request of so many bytes.
    pub(crate) fn count(&mut self, sent: usize, usage: &Usage) {
        let sent = sent as u64;
        // A server that does not count says zero.
        self.last = (usage.input_tokens > 0).then(|| {
            let read = u64::from(usage.input_tokens).max(sent / MOST_BYTES);
            if sent >= TELLING {
                self.seen = (self.seen.0 / 2 + sent, self.seen.1 / 2 + read);
            }
            Last { sent, read, written: u64::from(usage.output_tokens) }
        });
        self.anchor = None;
    }

    /// Takes how large the conversation is with the answer, as far as that is put together.
    pub(crate) fn answered(&mut self, bytes: usize) {
        let Some(last) = &self.last else { return };
        let bytes = bytes as u64;
        // By its bytes where the count says more: thoughts are counted and not always sent again.
        let written = self.scale(bytes.saturating_sub(last.sent)).min(last.written.max(1));
        let tokens = last.read.saturating_add(written).max(bytes / MOST_BYTES);
        self.anchor = Some((bytes, tokens));
    }

    /// Forgets the last count, since the conversation was put together anew. The scale stays.
    pub(crate) fn recast(&mut self) {
        self.anchor = None;
    }

    /// Returns the tokens of a conversation of so many bytes.
    pub(crate) fn tokens(&self, bytes: usize) -> u32 {
        let bytes = bytes as u64;
        let tokens = match self.anchor {
            Some((at, tokens)) if bytes >= at => tokens.saturating_add(self.scale(bytes - at)),
            Some((at, tokens)) => tokens.saturating_sub(self.scale(at - bytes)).max(bytes / MOST_BYTES),
            None => self.scale(bytes),
        };
        u32::try_from(tokens).unwrap_or(u32::MAX)
    }

    /// Returns how many bytes make so many tokens.
    pub(crate) fn bytes(&self, tokens: u32) -> usize {
        let (bytes, counted) = self.ratio();
        usize::try_from(u64::from(tokens).saturating_mul(bytes) / counted).unwrap_or(usize::MAX)
    }

    fn scale(&self, bytes: u64) -> u64 {
        let (of, counted) = self.ratio();
        bytes.saturating_mul(counted).div_ceil(of)
    }

    fn ratio(&self) -> (u64, u64) {
        match self.seen {
            (0, _) | (_, 0) => (TENTHS_AT_FIRST, 10),
            seen => seen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Estimate;
    use anchorhold_domain::Usage;
    use proptest::prelude::*;

    fn usage(input: u32, output: u32) -> Usage {
        Usage { input_tokens: input, output_tokens: output, ..Usage::default() }
    }

    #[test]
    fn before_anything_was_counted_a_token_is_three_and_a_third_bytes() {
        assert_eq!(Estimate::default().tokens(33_000), 10_000);
    }

    #[test]
    fn what_the_provider_counted_is_believed_and_what_came_since_is_measured_by_it() {
        let mut estimate = Estimate::default();
        estimate.count(20_000, &usage(10_000, 0));
        estimate.answered(20_000);
        assert_eq!(estimate.tokens(20_000), 10_000);
        // Two bytes a token for this run: a tool's result of 8,000 bytes.
        assert_eq!(estimate.tokens(28_000), 14_000);
        // The last answers weigh most.
        for _ in 0..8 {
            estimate.count(40_000, &usage(10_000, 0));
            estimate.answered(40_000);
        }
        assert!((11_000..11_020).contains(&estimate.tokens(44_000)), "{}", estimate.tokens(44_000));
    }

    #[test]
    fn a_server_that_counts_nothing_or_next_to_nothing_is_not_believed() {
        let mut estimate = Estimate::default();
        estimate.count(60_000, &usage(0, 0));
        estimate.answered(60_000);
        assert_eq!(estimate.tokens(33_000), 10_000);
        estimate.count(60_000, &usage(7, 0));
        estimate.answered(60_000);
        assert_eq!(estimate.tokens(60_000), 10_000);
    }

    #[test]
    fn thoughts_that_are_not_kept_do_not_fill_the_conversation() {
        let mut estimate = Estimate::default();
        estimate.count(33_000, &usage(10_000, 50_000));
        estimate.answered(33_330);
        assert_eq!(estimate.tokens(33_330), 10_100);
    }

    proptest! {
        #[test]
        fn more_bytes_are_never_fewer_tokens_and_bytes_and_tokens_agree(
            counts in proptest::collection::vec((0usize..1_000_000, 0usize..10_000, 0u32..500_000, 0u32..9000), 0..6),
            bytes in 0usize..2_000_000, more in 0usize..100_000,
        ) {
            let mut estimate = Estimate::default();
            for (sent, added, input, output) in counts {
                estimate.count(sent, &usage(input, output));
                estimate.answered(sent + added);
            }
            prop_assert!(estimate.tokens(bytes) <= estimate.tokens(bytes + more));
            estimate.recast();
            let tokens = estimate.tokens(bytes);
            prop_assert!(estimate.tokens(estimate.bytes(tokens)) <= tokens);
        }
    }
}
