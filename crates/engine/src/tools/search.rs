//! Searches the text of files.

use super::{Report, Tool, ToolFailure};
use crate::workspace::{Workspace, path, shown, unexpected};
use anchorhold_bridge::{Request, Response, SearchStop};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct Search;

/// The most matches that one call returns.
const MATCHES: u32 = 200;

/// Searches files for lines that match a regular expression.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Input {
    /// The regular expression, in Rust's syntax.
    pattern: String,
    /// The folder or file to search; the whole repository without it.
    #[serde(default)]
    path: String,
    /// Globs of the files to search, such as `*.ts`; one that begins with `!` leaves files out.
    #[serde(default)]
    globs: Vec<String>,
    /// Whether upper and lower case count as the same.
    #[serde(default)]
    case_insensitive: bool,
}

#[async_trait]
impl Tool for Search {
    type Input = Input;
    const NAME: &'static str = "search";

    fn label(input: &Input) -> String {
        match input.path.as_str() {
            "" => format!("Search {}", input.pattern),
            path => format!("Search {} in {path}", input.pattern),
        }
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let request = Request::Search {
            pattern: input.pattern,
            path: path(&input.path),
            globs: input.globs,
            case_insensitive: input.case_insensitive,
            max_matches: Some(MATCHES),
        };
        let (response, _) = workspace.call(request, Vec::new()).await?;
        let Response::Found { matches, files_searched, stopped } = response else {
            return Err(unexpected(Self::NAME));
        };
        let mut text: String = matches
            .iter()
            .map(|found| format!("{}:{}: {}\n", shown(&found.path), found.line, found.text))
            .collect();
        if matches.is_empty() {
            text.push_str(&format!("No line matches in {files_searched} files.\n"));
        }
        match stopped {
            Some(SearchStop::Matches) => text.push_str(&format!(
                "There are more matches than these {}; one answer holds at most {MATCHES}. Search more narrowly.\n",
                matches.len()
            )),
            Some(SearchStop::Time) => {
                let seconds = workspace.quotas().await?.search_ms / 1000;
                text.push_str(&format!(
                    "The search reached its time limit of {seconds} s after {files_searched} files; \
                     search more narrowly.\n"
                ));
            }
            None => {}
        }
        Ok(Report::text(text))
    }
}
