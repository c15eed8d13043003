//! Writes a whole file.

use super::{Report, Tool, ToolFailure};
use crate::workspace::{Touch, Workspace, path, unexpected};
use anchorhold_bridge::{Request, Response};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct WriteFile;

/// Writes a file, new or over what was there, and makes the folders it needs.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Input {
    /// The file, relative to the repository's root.
    path: String,
    /// The whole content.
    content: String,
}

#[async_trait]
impl Tool for WriteFile {
    type Input = Input;
    const NAME: &'static str = "write_file";
    const EDITS: bool = true;

    fn label(input: &Input) -> String {
        format!("Write {}", input.path)
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let place = path(&input.path);
        let bytes = input.content.clone().into_bytes();
        let request = Request::Write { path: place.clone(), executable: None };
        let (response, _) = workspace.call(request, bytes.clone()).await?;
        let Response::Written { created, mode, .. } = response else { return Err(unexpected(Self::NAME)) };
        let change =
            workspace.record(vec![Touch::Put { path: place, mode, bytes }], &Self::label(&input)).await?;
        let verb = if created { "Created" } else { "Wrote" };
        Ok(Report::changed(format!("{verb} {}.", input.path), change))
    }
}
