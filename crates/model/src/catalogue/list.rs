//! The price list as it is kept: `data/genai-prices.json`, which `data/make.py` writes.

use super::clause::{Clause, Pattern};
use super::price::{Nanos, Period, Price, Rate, Rates};
use serde::Deserialize;

/// The whole list.
#[derive(Debug, Deserialize)]
pub(super) struct List {
    pub(super) source: String,
    pub(super) version: String,
    pub(super) date: String,
    pub(super) licence: String,
    pub(super) providers: Vec<Provider>,
}

/// One who answers with models.
#[derive(Debug, Deserialize)]
pub(super) struct Provider {
    pub(super) id: String,
    /// An expression for the beginning of its addresses.
    pub(super) address: Pattern,
    /// Others whose models it may offer at their prices.
    #[serde(default)]
    pub(super) fallback: Vec<String>,
    pub(super) models: Vec<Listed>,
}

/// One model.
#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) window: Option<u32>,
    #[serde(default)]
    pub(super) deprecated: bool,
    #[serde(rename = "match")]
    pub(super) names: Clause,
    #[serde(default, deserialize_with = "price")]
    pub(super) prices: Option<Price>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    from: Option<String>,
    between: Option<(u32, u32)>,
    input: Amount,
    cached: Option<Amount>,
    cache_write: Option<Amount>,
    output: Amount,
    reasoning: Option<Amount>,
    requests: Option<Amount>,
}

/// US dollars for a million tokens, or for a thousand requests.
#[derive(Deserialize)]
#[serde(untagged)]
enum Amount {
    Flat(f64),
    Tiered { base: f64, tiers: Vec<(u32, f64)> },
}

fn price<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Price>, D::Error> {
    let entries = Vec::<Entry>::deserialize(deserializer)?;
    let prices = entries.into_iter().map(dated).collect::<Option<Vec<_>>>();
    Ok(Price::changing(prices.ok_or_else(|| serde::de::Error::custom("a price or a date is none"))?))
}

fn dated(entry: Entry) -> Option<(Period, Rates)> {
    let period = match (&entry.from, entry.between) {
        (Some(day), None) => Period::From(midnight(day)?),
        (None, Some((start, end))) => Period::Daily(start, end),
        (None, None) => Period::Always,
        (Some(_), Some(_)) => return None,
    };
    let optional = |amount: Option<Amount>| amount.map_or(Some(None), |amount| rate(amount).map(Some));
    let rates = Rates {
        input: rate(entry.input)?,
        cached: optional(entry.cached)?,
        cache_write: optional(entry.cache_write)?,
        output: rate(entry.output)?,
        reasoning: optional(entry.reasoning)?,
        requests: optional(entry.requests)?.map(|rate| rate.base).unwrap_or_default(),
    };
    Some((period, rates))
}

fn rate(amount: Amount) -> Option<Rate> {
    match amount {
        Amount::Flat(dollars) => Some(Rate::flat(Nanos::from_dollars(dollars)?)),
        Amount::Tiered { base, tiers } => {
            let tiers = tiers.into_iter().map(|(start, price)| Some((start, Nanos::from_dollars(price)?)));
            Some(Rate { base: Nanos::from_dollars(base)?, tiers: tiers.collect::<Option<_>>()? })
        }
    }
}

/// Unix seconds of the beginning of a day such as `2026-11-01`, UTC.
fn midnight(day: &str) -> Option<i64> {
    let mut parts = day.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    // Counted in years that begin in March, so that the day of a leap year is the last of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // From 1 March of the year 0 to 1 January 1970 there are 719,468 days.
    Some((days + (month * 153 + 2) / 5 + day - 1 - 719_468) * 86_400)
}

#[cfg(test)]
mod tests {
    use super::midnight;

    #[test]
    fn a_day_begins_at_its_midnight() {
        let days = ["1970-01-01", "2000-02-29", "2024-03-01", "2026-11-23", "2027-01-01", "soon"];
        let begins = [0, 951_782_400, 1_709_251_200, 1_795_392_000, 1_798_761_600].map(Some);
        assert_eq!(days.map(midnight)[..5], begins);
        assert_eq!(midnight("soon"), None);
    }
}
