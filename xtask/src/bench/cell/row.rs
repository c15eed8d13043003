//! A line of the table, as the measuring programs tell it.

use anyhow::{Context, Result};
use serde_json::Value;

/// A figure, its baseline, and what it must not exceed.
pub struct Row {
    what: String,
    unit: String,
    ours: f64,
    baseline: Option<(String, Option<f64>)>,
    most_times: Option<f64>,
    most: Option<f64>,
}

/// Prints the columns' names.
pub fn heading() {
    println!("| Measured | Ours | Baseline | Ratio | Wanted | |\n|---|---|---|---|---|---|");
}

impl Row {
    /// Reads a line of a measuring program.
    ///
    /// # Errors
    /// When it is no row.
    pub fn parse(line: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(line).with_context(|| format!("read the row {line}"))?;
        let word = |value: &Value| value.as_str().map(str::to_owned);
        let row = || {
            Some(Self {
                what: word(value.get("what")?)?,
                unit: word(value.get("unit")?)?,
                ours: value.get("ours")?.as_f64()?,
                baseline: value
                    .get("baseline")
                    .and_then(|pair| Some((word(pair.get(0)?)?, pair.get(1)?.as_f64()))),
                most_times: value.get("mostTimes").and_then(Value::as_f64),
                most: value.get("most").and_then(Value::as_f64),
            })
        };
        row().with_context(|| format!("{line} is no row"))
    }

    /// Prints it as a line of a table in Markdown.
    pub fn print(&self) {
        let figure = |figure: f64| format!("{} {}", rounded(figure), self.unit);
        let (baseline, ratio) = match &self.baseline {
            Some((name, Some(figure_))) => {
                (format!("{} ({name})", figure(*figure_)), format!("{:.2}", self.ours / figure_))
            }
            Some((name, None)) => (name.clone(), String::new()),
            None => (String::new(), String::new()),
        };
        let wanted: Vec<String> = [self.most_times.map(|times| format!("{times} x")), self.most.map(&figure)]
            .into_iter()
            .flatten()
            .collect();
        let met = match self.met() {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "",
        };
        println!(
            "| {} | {} | {baseline} | {ratio} | {} | {met} |",
            self.what,
            figure(self.ours),
            wanted.join(", ")
        );
    }

    /// Whether no limit is exceeded; `None` where there is none, or nothing to compare with.
    fn met(&self) -> Option<bool> {
        let base = self.baseline.as_ref().and_then(|(_, figure)| *figure);
        let times = self.most_times.zip(base).map(|(times, base)| self.ours <= times * base);
        let most = self.most.map(|most| self.ours <= most);
        match (times, most) {
            (None, None) => None,
            (one, other) => Some(one.unwrap_or(true) && other.unwrap_or(true)),
        }
    }
}

/// Three digits that say something.
fn rounded(figure: f64) -> String {
    let decimals = match figure.abs() {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    format!("{figure:.decimals$}")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::Row;

    #[track_caller]
    fn check(limits: &str, expected: Option<bool>) {
        let line = format!(r#"{{"what":"w","unit":"ms","ours":12.0,"baseline":["b",10.0]{limits}}}"#);
        assert_eq!(Row::parse(&line).unwrap().met(), expected, "{limits}");
    }

    #[test]
    fn a_row_is_met_when_it_keeps_all_its_limits() {
        check("", None);
        check(r#","mostTimes":1.5"#, Some(true));
        check(r#","mostTimes":1.1"#, Some(false));
        check(r#","most":12.0"#, Some(true));
        check(r#","mostTimes":1.5,"most":11"#, Some(false));
    }

    #[test]
    fn without_a_baseline_nothing_is_met_or_missed() {
        let line =
            r#"{"what":"w","unit":"ms","ours":12.0,"baseline":["rg is missing",null],"mostTimes":1.5}"#;
        assert_eq!(Row::parse(line).unwrap().met(), None);
        assert!(Row::parse("{}").is_err());
    }
}
