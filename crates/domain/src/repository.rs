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

/// The state of the repository that an agent starts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Base {
    /// The source branch's tip, a commit id.
    pub commit: String,
    /// That commit's tree id.
    pub tree: String,
}
