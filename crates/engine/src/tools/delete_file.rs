//! Deletes a file or folder.

use super::{Report, Tool, ToolFailure};
use crate::workspace::{Touch, Workspace, path, unexpected};
use anchorhold_bridge::{Request, Response};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct DeleteFile;

/// Deletes a file or a symbolic link, or a folder with everything in it. Refused where nothing is there.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// What to delete, relative to the repository's root.
    path: String,
}

#[async_trait]
impl Tool for DeleteFile {
    type Input = Input;
    const NAME: &'static str = "delete_file";
    const EDITS: bool = true;

    fn label(input: &Input) -> String {
        format!("Delete {}", input.path)
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let place = path(&input.path);
        let (response, _) = workspace.call(Request::Delete { path: place.clone() }, Vec::new()).await?;
        let Response::Deleted { entries } = response else { return Err(unexpected(Self::NAME)) };
        let change = workspace.record(vec![Touch::Remove { path: place }], &Self::label(&input)).await?;
        let what =
            if entries == 1 { String::new() } else { format!(" with everything in it ({entries} entries)") };
        Ok(Report::changed(format!("Deleted {}{what}.", input.path), change))
    }
}
