//! What was measured of a cell, beside what is promised of every one.

use serde::{Deserialize, Serialize};

/// A property of a cell: what was promised, and what was measured in it by looking and trying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct CellFact {
    /// What was looked at.
    pub name: String,
    /// What every cell is promised to be; none for what is only told.
    pub promised: Option<String>,
    /// What was found in the cell.
    pub measured: String,
    /// What the engine says of the container, where it has a word on it.
    pub engine: Option<String>,
    /// How promise and measure compare.
    pub verdict: FactVerdict,
}

/// How what was promised of a cell and what was measured in it compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FactVerdict {
    /// The cell is what was promised.
    Holds,
    /// A layer is missing that others stand in for.
    Reduced,
    /// The cell can do more than was promised; nothing is put into it.
    Broken,
    /// Nothing was promised.
    Told,
}
