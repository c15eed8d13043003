//! What went wrong, as it is written down and shown.

use serde::{Deserialize, Serialize};

/// Something that went wrong, in words for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// The stable name that programs branch on, such as `engine_stopped`.
    pub code: String,
    /// What was attempted and why it failed.
    pub message: String,
    /// What the user can do now.
    pub hint: Option<String>,
}
