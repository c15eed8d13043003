//! One line of the table, and the statistics behind it.

use std::time::Duration;

use serde::Serialize;

/// A figure beside its baseline, and what it must not exceed.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// The unit of both figures.
    pub unit: &'static str,
    /// Our figure.
    pub ours: f64,
    /// What it is compared with, in words and as a figure.
    pub baseline: Option<(String, f64)>,
    /// The most that ours may be as a multiple of the baseline.
    pub most_times: Option<f64>,
    /// The most that ours may be.
    pub most: Option<f64>,
}

impl Row {
    /// A figure for orientation.
    pub fn new(what: impl Into<String>, unit: &'static str, ours: f64) -> Self {
        Self { what: what.into(), unit, ours, ..Self::default() }
    }

    /// Beside a baseline.
    pub fn against(mut self, name: impl Into<String>, figure: f64) -> Self {
        self.baseline = Some((name.into(), figure));
        self
    }

    /// With a limit relative to the baseline.
    pub fn most_times(mut self, times: f64) -> Self {
        self.most_times = Some(times);
        self
    }

    /// With a limit of its own.
    pub fn most(mut self, most: f64) -> Self {
        self.most = Some(most);
        self
    }

    /// Hands it to whoever draws the table.
    pub fn tell(&self) {
        println!("{}", serde_json::json!(self));
    }
}

/// Durations of the same thing.
#[derive(Default)]
pub struct Times(Vec<f64>);

impl Times {
    /// Adds one.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took.as_secs_f64() * 1000.0);
    }

    /// The figure that this share of all stay below, in milliseconds.
    pub fn percentile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let index = (sorted.len() as f64 * share) as usize;
        sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    }

    /// The middle one, in milliseconds.
    pub fn median(&self) -> f64 {
        self.percentile(0.5)
    }
}
