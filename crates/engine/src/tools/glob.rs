//! Finds files by name.

use super::{Report, Tool, ToolFailure};
use crate::workspace::{Workspace, shown, unexpected};
use anchorhold_bridge::{Request, Response};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct Glob;

/// Finds files whose path matches a glob such as `src/**/*.rs`.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Input {
    /// The glob; `**` crosses folders.
    pattern: String,
}

#[async_trait]
impl Tool for Glob {
    type Input = Input;
    const NAME: &'static str = "glob";

    fn label(input: &Input) -> String {
        format!("Find {}", input.pattern)
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let request = Request::Glob { pattern: input.pattern };
        let (response, _) = workspace.call(request, Vec::new()).await?;
        let Response::Globbed { paths, truncated } = response else { return Err(unexpected(Self::NAME)) };
        let mut text: String = paths.iter().map(|path| format!("{}\n", shown(path))).collect();
        if paths.is_empty() {
            text.push_str("No file matches.\n");
        }
        if truncated {
            let seconds = workspace.quotas().await?.search_ms / 1000;
            text.push_str(&format!(
                "These are the first {}: as many as one answer holds, or as were found within {seconds} s. \
                 Use a narrower pattern.\n",
                paths.len()
            ));
        }
        Ok(Report::text(text))
    }
}
