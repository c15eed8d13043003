//! Moves a file or folder.

use super::{Report, Tool, ToolFailure};
use crate::workspace::{Touch, Workspace, path, unexpected};
use anchorhold_bridge::{Request, Response};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct MoveFile;

/// Moves or renames a file or folder, and makes the folders of the new path. Refused where something is at
/// the new path already.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// What to move, relative to the repository's root.
    from: String,
    /// Its new path.
    to: String,
}

#[async_trait]
impl Tool for MoveFile {
    type Input = Input;
    const NAME: &'static str = "move_file";
    const EDITS: bool = true;

    fn label(input: &Input) -> String {
        format!("Move {} to {}", input.from, input.to)
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let (from, to) = (path(&input.from), path(&input.to));
        let (response, _) =
            workspace.call(Request::Move { from: from.clone(), to: to.clone() }, Vec::new()).await?;
        let Response::Moved { .. } = response else { return Err(unexpected(Self::NAME)) };
        let change = workspace.record(vec![Touch::Move { from, to }], &Self::label(&input)).await?;
        Ok(Report::changed(format!("Moved {} to {}.", input.from, input.to), change))
    }
}
