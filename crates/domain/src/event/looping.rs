//! The ways to go round in circles.

use serde::{Deserialize, Serialize};

/// How an agent goes round in circles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LoopPattern {
    /// The same call with the same result again and again.
    Identical,
    /// Two calls or two states of a file in turn.
    PingPong,
    /// Many answers that neither edit nor read anything new.
    NoProgress,
}
