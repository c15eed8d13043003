//! Lists a folder.

use super::{Report, Tool, ToolFailure};
use crate::workspace::{Workspace, path, shown, unexpected};
use anchorhold_bridge::{MODE_FOLDER, MODE_SYMLINK, Request, Response};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct ListFiles;

/// The most entries that one call returns.
const MOST: usize = 500;
/// A file of so many bytes or more has its size beside it.
const LARGE: u64 = 256 * 1024;

/// Lists the files and folders of a folder, at most 500 of them, and says how many there are. Folders
/// end in a slash, symbolic links in @; a file of 256 KiB or more has its size beside it. To find files
/// by name anywhere, use glob.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// The folder, relative to the repository's root; empty or `.` for the root.
    #[serde(default)]
    path: String,
    /// How many levels to descend; 1, as without it, lists the folder itself.
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
        for entry in entries.iter().take(MOST) {
            let mark = match entry.mode {
                MODE_FOLDER => "/".to_owned(),
                MODE_SYMLINK => "@".to_owned(),
                _ if entry.bytes >= LARGE => format!(" ({} bytes)", entry.bytes),
                _ => String::new(),
            };
            text.push_str(&format!("{}{mark}\n", shown(&entry.path)));
        }
        if entries.is_empty() {
            text.push_str("The folder is empty.\n");
        }
        if truncated || entries.len() > MOST {
            let more = if truncated { "more than " } else { "" };
            text.push_str(&format!(
                "These are the first {} of {more}{}; list a folder further down, or with a smaller depth.\n",
                entries.len().min(MOST),
                entries.len()
            ));
        }
        Ok(Report::text(text))
    }
}
