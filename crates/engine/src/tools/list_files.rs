//! Lists a folder.

use super::{Report, Tool, ToolFailure};
use crate::workspace::{Workspace, path, shown, unexpected};
use anchorhold_bridge::{MODE_FOLDER, MODE_SYMLINK, Request, Response};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct ListFiles;

/// Lists the files and folders of a folder. Folders end in a slash.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Input {
    /// The folder, relative to the repository's root; empty or `.` for the root.
    #[serde(default)]
    path: String,
    /// How many levels to descend; 1 lists the folder itself.
    #[serde(default)]
    depth: Option<u32>,
}

#[async_trait]
impl Tool for ListFiles {
    type Input = Input;
    const NAME: &'static str = "list_files";

    fn label(input: &Input) -> String {
        format!("List {}", if input.path.is_empty() { "/" } else { &input.path })
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let request = Request::List { path: path(&input.path), depth: input.depth };
        let (response, _) = workspace.call(request, Vec::new()).await?;
        let Response::Listed { entries, truncated } = response else { return Err(unexpected(Self::NAME)) };
        let mut text = String::new();
        for entry in &entries {
            let mark = match entry.mode {
                MODE_FOLDER => "/",
                MODE_SYMLINK => "@",
                _ => "",
            };
            text.push_str(&format!("{}{mark}\n", shown(&entry.path)));
        }
        if entries.is_empty() {
            text.push_str("The folder is empty.\n");
        }
        if truncated {
            text.push_str(&format!(
                "These are the first {}, as many as one answer holds; list a folder further down.\n",
                entries.len()
            ));
        }
        Ok(Report::text(text))
    }
}
