//! Makes a folder.

use super::{Report, Tool, ToolFailure};
use crate::workspace::{Workspace, path, unexpected};
use anchorhold_bridge::{Request, Response};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct MakeDirectory;

/// Makes a folder and those above it. Seldom needed: git does not keep empty folders, and writing a file
/// makes its own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// The folder, relative to the repository's root.
    path: String,
}

#[async_trait]
impl Tool for MakeDirectory {
    type Input = Input;
    const NAME: &'static str = "make_directory";
    const EDITS: bool = true;

    fn label(input: &Input) -> String {
        format!("Make folder {}", input.path)
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let (response, _) =
            workspace.call(Request::MakeDirectory { path: path(&input.path) }, Vec::new()).await?;
        let Response::DirectoryMade { created } = response else { return Err(unexpected(Self::NAME)) };
        Ok(Report::text(if created {
            format!("Made {}.", input.path)
        } else {
            format!("{} is already there.", input.path)
        }))
    }
}
