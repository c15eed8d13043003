//! Shows a commit, or a file as it was.

use super::{Report, Tool, ToolFailure, past, text};
use crate::workspace::{Workspace, path, shown};
use anchorhold_repo::ShownCommit;
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct GitShow;

/// The longest patch, in bytes.
const MOST_BYTES: usize = 48 * 1024;
/// The largest file that is read from the past, in bytes.
const LARGEST_FILE: usize = 4 * 1024 * 1024;

/// Shows a commit: its message and what it changed against its first parent, as a patch of at most
/// 48 KiB. `head` is all that you changed so far. With path and whole_file it shows the file as it was
/// in that commit instead, with line numbers as read_file does. Read-only, and only what leads to the
/// commit that you began with, and your own changes. Characters that cannot be seen are shown as ⟨U+…⟩.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// The commit: `base` is the one that you began with, `base~1` its first parent, `head` your last
    /// change; or at least 4 digits of an id, as git_log and git_blame show it.
    revision: String,
    /// Only what changed in this file or folder.
    #[serde(default)]
    path: Option<String>,
    /// Whether to show the whole file at path as it was in the commit.
    #[serde(default)]
    whole_file: bool,
    /// With whole_file: the first line to show, from 1.
    #[serde(default)]
    from_line: Option<u64>,
    /// With whole_file: how many lines to show, at most 2000.
    #[serde(default)]
    line_count: Option<u64>,
}

#[async_trait]
impl Tool for GitShow {
    type Input = Input;
    const NAME: &'static str = "git_show";

    fn label(input: &Input) -> String {
        match &input.path {
            Some(path) => format!("Show {path} of {}", input.revision),
            None => format!("Show {}", input.revision),
        }
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let place = input.path.as_deref().map(path).filter(|path| !path.as_bytes().is_empty());
        if input.whole_file {
            let Some(place) = place else {
                return Err(ToolFailure::Refused("whole_file needs the path of a file".to_owned()));
            };
            return whole_file(input, place, workspace).await;
        }
        let revision = input.revision;
        let commit = past::ask(workspace, move |past| {
            past.show(&revision, place.as_ref().map(|place| place.as_bytes()), MOST_BYTES)
        });
        let commit = commit.await?;
        Ok(Report { content: told(&commit), shown: commit.paths, ..Report::default() })
    }
}

fn told(commit: &ShownCommit) -> String {
    let mut text =
        format!("{}\nid {}, against {}\n", past::line(&commit.commit), commit.commit.id, commit.against);
    if !commit.body.is_empty() {
        text.push_str(&format!("\n{}\n", commit.body));
    }
    match commit.patch.is_empty() && commit.left_out_count + commit.hidden == 0 {
        true => text.push_str("\nNothing differs.\n"),
        false => text.push_str(&format!("\n{}", commit.patch)),
    }
    let mut notes = Vec::new();
    if commit.left_out_count > 0 {
        let why = match commit.gave_up {
            true => "the time was up".to_owned(),
            false => format!("a patch is at most {} KiB", MOST_BYTES / 1024),
        };
        let more = match commit.left_out_count - commit.left_out.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        notes.push(format!(
            "{} more files changed that are not shown, as {why}; ask for one by path: {}{more}",
            commit.left_out_count,
            commit.left_out.join(", ")
        ));
    }
    if commit.hidden > 0 {
        notes.push(format!("{} files are kept back by the user's file rules", commit.hidden));
    }
    text::with_notes(text, &notes)
}

async fn whole_file(
    input: Input,
    place: anchorhold_bridge::PathBytes,
    workspace: &Workspace,
) -> Result<Report, ToolFailure> {
    let name = shown(&place);
    let revision = input.revision;
    let bytes =
        past::ask(workspace, move |past| past.file(&revision, place.as_bytes(), LARGEST_FILE)).await?;
    let decoded = match text::kind(&bytes) {
        text::Kind::Text => text::decode(&bytes),
        text::Kind::Utf16 { big } => text::decode_utf16(&bytes, big),
        text::Kind::Binary(what) => {
            let told = format!("{name} is not text but {what}, by its first bytes, of {} bytes", bytes.len());
            return Err(ToolFailure::Refused(told));
        }
    };
    let lines: Vec<&str> = decoded.text.split_inclusive('\n').collect();
    let (first, total) = (input.from_line.unwrap_or(1).max(1), lines.len() as u64);
    if first > total {
        return Err(ToolFailure::Refused(format!(
            "{name} has {total} lines there; line {first} is past its end"
        )));
    }
    let count = input.line_count.unwrap_or(text::MOST_LINES).clamp(1, text::MOST_LINES);
    let wanted: String = lines.into_iter().skip(first as usize - 1).take(count as usize).collect();
    let mut page = text::page(&wanted, first);
    page.notes.extend(decoded.note.map(str::to_owned));
    let content = text::finished(page, first, total);
    Ok(Report { content, shown: vec![name], ..Report::default() })
}
