//! Says who wrote which line.

use super::{Report, Tool, ToolFailure, past};
use crate::workspace::{Workspace, path, shown};
use anchorhold_repo::Blame;
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct GitBlame;

const MOST: u64 = 400;
const USUAL: u64 = 100;

/// Says for lines of a file with which commit each came: why a line is there is told by git_show of that
/// commit. Lines that you changed yourself are marked as yours. Read-only; at most 400 lines and 8
/// seconds for one call, and files of at most 1 MiB.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// The file, relative to the repository's root.
    path: String,
    /// The first line, from 1.
    #[serde(default)]
    from_line: Option<u64>,
    /// How many lines: 100 without it, at most 400.
    #[serde(default)]
    line_count: Option<u64>,
    /// The version of the file: `head`, as without it, is the file as it is now; `base` is what you began
    /// with; or `base~3`, or at least 4 digits of a commit's id.
    #[serde(default)]
    revision: Option<String>,
}

#[async_trait]
impl Tool for GitBlame {
    type Input = Input;
    const NAME: &'static str = "git_blame";

    fn label(input: &Input) -> String {
        format!("Blame {}", input.path)
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let place = path(&input.path);
        let name = shown(&place);
        let from = usize::try_from(input.from_line.unwrap_or(1)).unwrap_or(usize::MAX);
        let count = input.line_count.unwrap_or(USUAL).clamp(1, MOST) as usize;
        let revision = input.revision.unwrap_or_else(|| "head".to_owned());
        let blame = past::ask(workspace, move |past| past.blame(&revision, place.as_bytes(), from, count));
        Ok(Report { content: told(&blame.await?), shown: vec![name], ..Report::default() })
    }
}

/// The lines under the commit that they came with, one heading for neighbours of one commit.
fn told(blame: &Blame) -> String {
    let mut text = String::new();
    let mut above: Option<&Option<String>> = None;
    for line in &blame.lines {
        if above != Some(&line.commit) {
            let commit = line.commit.as_ref().and_then(|id| blame.commits.get(id));
            text.push_str(&match commit {
                Some(commit) if line.own => format!("# {} yours\n", past::short(&commit.id)),
                Some(commit) => format!("# {}\n", past::line(commit)),
                None => "# older: the time was up before its commit was found\n".to_owned(),
            });
            above = Some(&line.commit);
        }
        text.push_str(&format!("{}\t{}\n", line.line, line.text));
    }
    if let (Some(first), Some(last)) = (blame.lines.first(), blame.lines.last())
        && (first.line > 1 || last.line < blame.total_lines)
    {
        text.push_str(&format!("[lines {} to {} of {}]\n", first.line, last.line, blame.total_lines));
    }
    text
}
