//! Ends the turn.

use super::{Report, Tool, ToolFailure};
use crate::workspace::Workspace;
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct Finish;

/// Ends the turn: everything that the user asked for is done, or cannot be done and the summary says why.
/// Call it alone, after the last edit. You cannot run code, so say what you could not verify.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// What was done and why, for the user and for the commit message: a line that sums it up, then the rest.
    summary: String,
    /// What could not be verified without executing code, and how the user can: builds, tests, behaviour.
    #[serde(default)]
    #[expect(dead_code, reason = "read from the recorded arguments, so that the log alone tells it")]
    unverified: Option<String>,
}

#[async_trait]
impl Tool for Finish {
    type Input = Input;
    const NAME: &'static str = "finish";
    // It must come after every edit of the same answer.
    const EDITS: bool = true;

    fn label(_: &Input) -> String {
        "Finish".to_owned()
    }

    async fn run(input: Input, _: &Workspace) -> Result<Report, ToolFailure> {
        if input.summary.trim().is_empty() {
            return Err(ToolFailure::Refused("the summary is empty".to_owned()));
        }
        Ok(Report::text("Done."))
    }
}
