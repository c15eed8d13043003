//! One call of a tool by the model, from request to result.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// How a tool call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ToolOutcome {
    /// It did what was asked.
    Ok,
    /// It was understood and declined: a missing file, an edit that does not match, a quota.
    Refused,
    /// It was cut short by the user.
    Cancelled,
}

/// A file that a tool call changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct EditedFile {
    /// The file's path in the workspace.
    pub path: String,
    /// Lines that this call added.
    pub added: u32,
    /// Lines that this call removed.
    pub removed: u32,
}

/// A tool call as a reader of the log sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ToolCall {
    /// The id the model gave the call.
    pub id: String,
    /// The tool's name.
    pub tool: String,
    /// One line that says what is done, for people.
    pub label: String,
    /// The arguments, in JSON, exactly as the model sent them.
    pub arguments: String,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// How it ended; `None` while it runs.
    pub outcome: Option<ToolOutcome>,
    /// The result's beginning, at most 4 KiB.
    pub result: Option<String>,
    /// The hash under which the whole result is stored, where it is longer than `result`.
    pub result_blob: Option<String>,
    /// How long it ran.
    pub duration_ms: Option<u32>,
    /// The files it changed.
    pub edited: Vec<EditedFile>,
    /// The checkpoint it made, a commit id.
    pub checkpoint: Option<String>,
}
