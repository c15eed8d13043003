//! Finds files by name.

use super::{Report, Tool, ToolFailure};
use crate::workspace::{Workspace, shown, unexpected};
use anchorhold_bridge::{Request, Response};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct Glob;

/// The most paths that one call returns.
const MOST: usize = 500;

/// Finds files by a glob such as `src/**/*.rs`, and says how many there are; at most 500 are named. A
/// glob without a slash, such as `*.rs`, means a name in any folder.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// The glob; `**` crosses folders, `*` does not, `{a,b}` is either.
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
        let mut text: String = paths.iter().take(MOST).map(|path| format!("{}\n", shown(path))).collect();
        if paths.is_empty() {
            text.push_str("No file matches.\n");
        }
        if truncated || paths.len() > MOST {
            let (more, why) = match truncated {
                true => {
                    let seconds = workspace.quotas().await?.search_ms / 1000;
                    ("more than ", format!("; one answer holds no more, and {seconds} s were allowed"))
                }
                false => ("", String::new()),
            };
            text.push_str(&format!(
                "These are the first {} of {more}{}{why}. Use a narrower pattern.\n",
                paths.len().min(MOST),
                paths.len()
            ));
        }
        Ok(Report::text(text))
    }
}
