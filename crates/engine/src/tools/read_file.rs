//! Reads a file, whole or by lines.

use super::{Report, Tool, ToolFailure};
use crate::workspace::{Workspace, path, unexpected};
use anchorhold_bridge::{Request, Response};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct ReadFile;

/// Reads a text file. Long files are cut; read the rest by line range.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Input {
    /// The file, relative to the repository's root.
    path: String,
    /// The first line to read, from 1.
    #[serde(default)]
    from_line: Option<u64>,
    /// How many lines to read.
    #[serde(default)]
    line_count: Option<u64>,
}

#[async_trait]
impl Tool for ReadFile {
    type Input = Input;
    const NAME: &'static str = "read_file";

    fn label(input: &Input) -> String {
        match (input.from_line, input.line_count) {
            (Some(from), Some(count)) => format!("Read {} from line {from}, {count} lines", input.path),
            (Some(from), None) => format!("Read {} from line {from}", input.path),
            (None, _) => format!("Read {}", input.path),
        }
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let request = Request::Read {
            path: path(&input.path),
            from_line: input.from_line,
            line_count: input.line_count,
        };
        let (response, body) = workspace.call(request, Vec::new()).await?;
        let Response::Read { from_line, lines, total_lines, truncated, .. } = response else {
            return Err(unexpected(Self::NAME));
        };
        let mut text = String::from_utf8_lossy(&body).into_owned();
        if truncated || lines < total_lines {
            if !text.ends_with('\n') {
                text.push('\n');
            }
            let last = (from_line + lines).saturating_sub(1);
            let limit = match truncated {
                true => {
                    format!("; one read returns at most {} KiB", workspace.quotas().await?.read_bytes / 1024)
                }
                false => String::new(),
            };
            text.push_str(&format!("[lines {from_line} to {last} of {total_lines}{limit}]\n"));
        }
        Ok(Report::text(text))
    }
}
