//! What a model costs, reckoned exactly: prices that rise for long conversations, change on a day, or
//! hold at some hours only.

use anchorhold_domain::Usage;
use std::time::{SystemTime, UNIX_EPOCH};

/// Billionths of a US dollar for a million tokens, so that sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nanos(pub u64);

impl Nanos {
    /// Reads US dollars for a million tokens; `None` for what is no price.
    #[must_use]
    pub fn from_dollars(dollars: f64) -> Option<Self> {
        let nanos = (dollars * 1e9).round();
        // The bound keeps a sum over every token that can be counted far from the end of an u128.
        (0.0..=1e18).contains(&nanos).then_some(Self(nanos as u64))
    }

    /// Millionths of a US dollar for a million tokens.
    #[must_use]
    pub fn micros(self) -> u32 {
        u32::try_from(self.0.div_ceil(1000)).unwrap_or(u32::MAX)
    }
}

/// The price of one kind of token, which may depend on how long the conversation is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// The price, up to the first tier.
    pub base: Nanos,
    /// Prices of all tokens of a request that reads more than so many, ascending.
    pub tiers: Vec<(u32, Nanos)>,
}

impl Rate {
    /// A price that is the same for every request.
    #[must_use]
    pub fn flat(price: Nanos) -> Self {
        Self { base: price, tiers: Vec::new() }
    }

    /// The price of each token of a request that reads so many.
    #[must_use]
    pub fn of(&self, input_tokens: u32) -> Nanos {
        let reached = self.tiers.iter().rev().find(|(start, _)| input_tokens > *start);
        reached.map_or(self.base, |(_, price)| *price)
    }
}

/// The prices that hold together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Tokens it reads, those from its cache left out.
    pub input: Rate,
    /// Tokens it reads from the provider's cache; as other input where it is not told.
    pub cached: Option<Rate>,
    /// Tokens that the provider writes to its cache; as other input where it is not told.
    pub cache_write: Option<Rate>,
    /// Tokens it writes.
    pub output: Rate,
    /// Tokens of reasoning; as other output where it is not told.
    pub reasoning: Option<Rate>,
    /// Billionths of a US dollar for a thousand requests.
    pub requests: Nanos,
}

/// When prices hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// At all times.
    Always,
    /// From a day on; Unix seconds of its beginning, UTC.
    From(i64),
    /// Each day from one second of it to before another, UTC; through midnight where the end comes first.
    Daily(u32, u32),
}

impl Period {
    fn holds(self, at: i64) -> bool {
        match self {
            Self::Always => true,
            Self::From(start) => at >= start,
            Self::Daily(start, end) => {
                let second = u32::try_from(at.rem_euclid(DAY)).unwrap_or(0);
                match start <= end {
                    true => (start..end).contains(&second),
                    false => second >= start || second < end,
                }
            }
        }
    }
}

const DAY: i64 = 24 * 60 * 60;

/// What a model costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    first: Rates,
    /// Later ones come before earlier ones, and all of them before the first.
    others: Vec<(Period, Rates)>,
}

impl Price {
    /// Prices that hold at all times.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        Self { first: rates, others: Vec::new() }
    }

    /// The price of what costs nothing, which is not the same as a price that is not known.
    #[must_use]
    pub fn nothing() -> Self {
        Self::new(Rates::default())
    }

    /// Prices of which the last that holds counts, and the first where none does; `None` without any.
    pub(super) fn changing(prices: impl IntoIterator<Item = (Period, Rates)>) -> Option<Self> {
        let mut all: Vec<(Period, Rates)> = prices.into_iter().collect();
        let first = all.first()?.1.clone();
        if let [(Period::Always, _)] = all.as_slice() {
            all.clear();
        }
        Some(Self { first, others: all })
    }

    /// The prices that hold at a time, in Unix seconds.
    #[must_use]
    pub fn at(&self, at: i64) -> &Rates {
        let holds = self.others.iter().rev().find(|(period, _)| period.holds(at));
        holds.map_or(&self.first, |(_, rates)| rates)
    }

    /// Returns what a request costs now, in millionths of a US dollar, rounded up.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> u32 {
        self.cost_at(usage, now())
    }

    /// Returns what a request at a time costs, in millionths of a US dollar, rounded up. `usage` is that of
    /// one request, since its length decides the tier.
    #[must_use]
    pub fn cost_at(&self, usage: &Usage, at: i64) -> u32 {
        let rates = self.at(at);
        let cached = usage.cached_tokens.min(usage.input_tokens);
        let written = usage.cache_write_tokens.min(usage.input_tokens - cached);
        let reasoning = usage.reasoning_tokens.min(usage.output_tokens);
        let parts = [
            (usage.input_tokens - cached - written, &rates.input),
            (cached, rates.cached.as_ref().unwrap_or(&rates.input)),
            (written, rates.cache_write.as_ref().unwrap_or(&rates.input)),
            (usage.output_tokens - reasoning, &rates.output),
            (reasoning, rates.reasoning.as_ref().unwrap_or(&rates.output)),
        ];
        // One token at a billionth of a dollar for a million of them: 10^-15 dollars.
        let tokens: u128 = parts
            .iter()
            .map(|(count, rate)| u128::from(*count) * u128::from(rate.of(usage.input_tokens).0))
            .sum();
        let exact = tokens + u128::from(rates.requests.0) * 1000;
        u32::try_from(exact.div_ceil(1_000_000_000)).unwrap_or(u32::MAX)
    }

    /// The lowest prices of the day that holds this time, and whether there are others that day.
    #[must_use]
    pub fn lowest(&self, at: i64) -> (Rates, bool) {
        let midnight = at - at.rem_euclid(DAY);
        // Prices change at full and half hours.
        let mut today: Vec<&Rates> = (0..48).map(|half| self.at(midnight + half * 1800)).collect();
        today.dedup();
        let mut lowest = self.at(at).clone();
        let mut several = today.len() > 1;
        for rates in &today {
            if rates.input.base < lowest.input.base {
                lowest = (*rates).clone();
            }
            several |= !rates.input.tiers.is_empty() || !rates.output.tiers.is_empty();
        }
        (lowest, several)
    }
}

/// The time now, in Unix seconds.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(amount: f64) -> Nanos {
        Nanos::from_dollars(amount).unwrap_or_default()
    }

    fn usage(input: u32, cached: u32, written: u32, output: u32, reasoning: u32) -> Usage {
        Usage {
            input_tokens: input,
            cached_tokens: cached,
            cache_write_tokens: written,
            output_tokens: output,
            reasoning_tokens: reasoning,
        }
    }

    fn long() -> Rates {
        Rates {
            input: Rate { base: dollars(3.0), tiers: vec![(200_000, dollars(6.0))] },
            cached: Some(Rate { base: dollars(0.3), tiers: vec![(200_000, dollars(0.6))] }),
            cache_write: Some(Rate { base: dollars(3.75), tiers: vec![(200_000, dollars(7.5))] }),
            output: Rate { base: dollars(15.0), tiers: vec![(200_000, dollars(22.5))] },
            ..Rates::default()
        }
    }

    #[test]
    fn a_cost_is_the_sum_that_one_gets_by_hand() {
        let price = Price::new(long());
        // 1000 × $3 + 8000 × $0.30 + 1000 × $3.75 + 500 × $15, each for a million.
        assert_eq!(price.cost_at(&usage(10_000, 8000, 1000, 500, 100), 0), 3000 + 2400 + 3750 + 7500);
        assert_eq!(price.cost_at(&usage(1, 0, 0, 0, 0), 0), 3);
        assert_eq!(price.cost_at(&usage(0, 0, 0, 0, 0), 0), 0);
    }

    #[test]
    fn a_part_of_a_millionth_is_rounded_up_and_sums_have_no_error_of_a_float() {
        let cheap = Price::new(Rates { input: Rate::flat(dollars(0.1)), ..Rates::default() });
        assert_eq!([1, 10, 11, 30].map(|tokens| cheap.cost_at(&usage(tokens, 0, 0, 0, 0), 0)), [1, 1, 2, 3]);
    }

    #[test]
    fn one_token_more_than_a_tier_begins_with_makes_every_token_dearer() {
        let price = Price::new(long());
        assert_eq!(price.cost_at(&usage(200_000, 0, 0, 1000, 0), 0), 600_000 + 15_000);
        assert_eq!(price.cost_at(&usage(200_001, 0, 0, 1000, 0), 0), 1_200_006 + 22_500);
    }

    #[test]
    fn what_has_no_price_of_its_own_costs_as_what_it_is_a_part_of() {
        let flat = Rates {
            input: Rate::flat(dollars(2.0)),
            output: Rate::flat(dollars(8.0)),
            requests: dollars(5.0),
            ..Rates::default()
        };
        // Five dollars for a thousand requests are half a cent for one.
        assert_eq!(Price::new(flat.clone()).cost_at(&usage(100, 50, 50, 10, 10), 0), 200 + 80 + 5000);
        let thinking = Rates { reasoning: Some(Rate::flat(dollars(3.0))), ..flat };
        assert_eq!(Price::new(thinking).cost_at(&usage(0, 0, 0, 10, 4), 0), 48 + 12 + 5000);
    }

    #[test]
    fn a_count_that_contradicts_itself_costs_no_more_than_its_whole() {
        let price = Price::new(long());
        assert_eq!(price.cost_at(&usage(10, 50, 50, 0, 9), 0), 3);
        assert_eq!(price.cost_at(&usage(u32::MAX, 0, 0, u32::MAX, 0), 0), u32::MAX);
    }

    #[test]
    fn the_last_price_that_holds_counts() {
        let flat = |amount| Rates { input: Rate::flat(dollars(amount)), ..Rates::default() };
        let night = Period::Daily(16 * 3600 + 1800, 1800);
        let price = Price::changing([
            (Period::Always, flat(1.0)),
            (Period::From(10 * DAY), flat(2.0)),
            (night, flat(0.5)),
        ])
        .unwrap_or_else(Price::nothing);
        let at = |day: i64, second: i64| price.cost_at(&usage(2, 0, 0, 0, 0), day * DAY + second);
        assert_eq!([at(9, 1800), at(9, 1799), at(10, 59_399), at(10, 59_400), at(11, 0)], [2, 1, 4, 1, 1]);
        assert_eq!(price.lowest(9 * DAY + 4000), (flat(0.5), true));
        assert_eq!(Price::new(flat(1.0)).lowest(0), (flat(1.0), false));
    }
}
