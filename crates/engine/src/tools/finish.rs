//! Ends the turn.

use super::{Report, Tool, ToolFailure};
use crate::workspace::Workspace;
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct Finish;

/// Says that everything the user asked for is done.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Input {
    /// What was done, for the user and for the commit message.
    summary: String,
    /// What could not be verified without executing code.
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
