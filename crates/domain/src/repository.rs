//! What a clone found.

use serde::{Deserialize, Serialize};

/// A branch list of a remote repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Branches {
    /// Every branch, by name.
    pub names: Vec<String>,
    /// The branch that `HEAD` points at.
    pub default: Option<String>,
}
