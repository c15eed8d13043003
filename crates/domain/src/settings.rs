//! What holds for all agents of a data folder.

use crate::{Limits, Timestamp, Usage};
use serde::{Deserialize, Serialize};

/// What holds for all agents of a data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// How many agents run at once; others wait for their turn. At least 1.
    pub slots: u32,
    /// What all agents together may use in a day, from midnight to midnight of this machine's time zone.
    pub day_limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self { slots: 4, day_limits: Limits::default() }
    }
}

/// What all agents together have used today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct DayUsage {
    /// When the day began.
    pub since: Timestamp,
    /// Tokens.
    pub usage: Usage,
    /// Money of the requests with a known price, in millionths of a US dollar.
    pub cost: u32,
    /// Requests whose price is not known.
    pub unpriced: u32,
    /// Requests.
    pub requests: u32,
    /// Seconds that agents ran, each counted.
    pub seconds: u32,
}

/// A file of the repository whose text went to a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Disclosure {
    /// The file's path.
    pub path: String,
    /// The provider that was sent its text, or a part of it.
    pub provider: String,
    /// The server's address where it is not the provider's own.
    pub base_url: Option<String>,
    /// By what: a tool's name, `guidance`, or `mention`.
    pub by: Vec<String>,
    /// The first event that says so.
    pub first_seq: u32,
    /// How often.
    pub times: u32,
}
