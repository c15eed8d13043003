//! Lists commits.

use super::{Report, Tool, ToolFailure, past};
use crate::workspace::{Workspace, path};
use anchorhold_repo::LogWish;
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct GitLog;

const MOST: u32 = 100;
const USUAL: u32 = 20;

/// Lists commits, newest first, as id, day, author and subject. Read-only, and only what leads to the
/// commit that you began with, and your own changes. One call lists at most 100 and looks for at most
/// 8 seconds; a note in brackets says if there is more.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// Only commits that changed this file or folder.
    #[serde(default)]
    path: Option<String>,
    /// The newest commit to list: `base`, as without it, is the one that you began with; `base~3` is its
    /// third parent; `head` is your last change; or at least 4 digits of a commit's id.
    #[serde(default)]
    revision: Option<String>,
    /// Only commits since this day, such as `2026-01-31`.
    #[serde(default)]
    since: Option<String>,
    /// The most commits to list: 20 without it, at most 100.
    #[serde(default)]
    max_count: Option<u32>,
}

#[async_trait]
impl Tool for GitLog {
    type Input = Input;
    const NAME: &'static str = "git_log";

    fn label(input: &Input) -> String {
        match &input.path {
            Some(path) => format!("Log of {path}"),
            None => "Log".to_owned(),
        }
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let since_s =
            match input.since.as_deref() {
                None => None,
                Some(text) => Some(past::seconds(text).ok_or_else(|| {
                    ToolFailure::Refused("since is a day, written as 2026-01-31".to_owned())
                })?),
            };
        let wanted = input.path.as_deref().map(path).filter(|path| !path.as_bytes().is_empty());
        let wish = LogWish {
            revision: input.revision.unwrap_or_else(|| "base".to_owned()),
            path: wanted.map(|path| path.into_bytes()),
            since_s,
            most: input.max_count.unwrap_or(USUAL).clamp(1, MOST) as usize,
        };
        let log = past::ask(workspace, move |past| past.log(&wish)).await?;
        let mut text: String = log.commits.iter().map(|commit| format!("{}\n", past::line(commit))).collect();
        if log.commits.is_empty() {
            text.push_str("No commit is like that.\n");
        }
        if let (true, Some(last)) = (log.more, log.commits.last()) {
            text.push_str(&format!(
                "[there are more; go on with revision {}, which is listed again]\n",
                past::short(&last.id)
            ));
        }
        if log.cut_off {
            text.push_str("[the history ends here: what is before was not fetched]\n");
        }
        if log.gave_up {
            text.push_str("[the time was up; there may be more, further back]\n");
        }
        Ok(Report::text(text))
    }
}
