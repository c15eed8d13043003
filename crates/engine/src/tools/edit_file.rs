//! Replaces exact pieces of a file.

use super::miss::{Wanted, explain};
use super::{Report, Tool, ToolFailure, syntax, text};
use crate::workspace::{Touch, Workspace, path, shown, unexpected};
use anchorhold_bridge::{Replacement, Request, Response};
use async_trait::async_trait;
use futures_util::future::join;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct EditFile;

/// Replaces exact pieces of text in a file: all of them, or none where one cannot be found. Every
/// `old` must occur exactly once, or have replace_all. Give the text as it is in the file, with its
/// indentation, and without the line numbers that read_file puts before lines. Several replacements in
/// one file belong into one call. Line ends are matched whichever they are, and kept. A refusal shows
/// the nearest text and says how it differs; nothing was changed then. If the edit leaves new syntax
/// errors, the answer says so.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// The file, relative to the repository's root.
    path: String,
    /// The replacements, in order, each on the outcome of the one before.
    edits: Vec<Edit>,
}

/// One replacement.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    /// The exact text to replace, with enough around it to occur only once.
    old: String,
    /// What takes its place; empty to delete the text.
    new: String,
    /// Whether to replace every occurrence.
    #[serde(default)]
    replace_all: bool,
}

#[async_trait]
impl Tool for EditFile {
    type Input = Input;
    const NAME: &'static str = "edit_file";
    const EDITS: bool = true;

    fn label(input: &Input) -> String {
        match input.edits.len() {
            0 | 1 => format!("Edit {}", input.path),
            several => format!("Edit {} in {several} places", input.path),
        }
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let place = path(&input.path);
        let edits = input
            .edits
            .iter()
            .map(|edit| Replacement {
                old: edit.old.clone(),
                new: edit.new.clone(),
                replace_all: edit.replace_all,
            })
            .collect();
        let asked = workspace.call(Request::Edit { path: place.clone(), edits }, Vec::new());
        let (answer, before) = join(asked, super::recorded(workspace, &place)).await;
        let (response, body) = match answer {
            Ok(answer) => answer,
            Err(ToolFailure::Refused(reason)) => return Err(refused(input, reason, before).await),
            Err(other) => return Err(other),
        };
        let Response::Edited { replacements, mode, content_in_body, .. } = response else {
            return Err(unexpected(Self::NAME));
        };
        let touch = if content_in_body {
            Touch::Put { path: place.clone(), mode, bytes: body }
        } else {
            workspace.read_whole(&place).await?
        };
        let after = match &touch {
            Touch::Put { bytes, .. } if bytes.len() <= anchorhold_syntax::LARGEST => bytes.clone(),
            _ => Vec::new(),
        };
        let label = Self::label(&Input { path: input.path.clone(), edits: vec![] });
        let name = shown(&place);
        let (change, errors) = join(
            workspace.record(vec![touch], &label),
            syntax::new_errors(workspace, &name, &before, &after),
        )
        .await;
        let change = change?;
        let places = if replacements == 1 { "1 place".to_owned() } else { format!("{replacements} places") };
        let mut content = format!("Edited {} in {places}.", input.path);
        if input.edits.iter().any(|edit| edit.new.replace("\r\n", "").contains('\n'))
            && let Some(ends) = line_ends(&before)
        {
            content.push_str(ends);
        }
        let mut report = Report { change, ..Report::default() };
        if let Some(errors) = errors {
            content.push('\n');
            content.push_str(&errors);
            report.shown.push(name);
        }
        report.content = content;
        Ok(report)
    }
}

/// What to say of the new lines' ends, where the model did not write those of the file.
fn line_ends(before: &[u8]) -> Option<&'static str> {
    let lf = before.iter().filter(|byte| **byte == b'\n').count();
    match before.windows(2).filter(|two| two == b"\r\n").count() {
        0 => None,
        crlf if crlf == lf => Some(r" Its lines end in \r\n, and the new ones do too."),
        _ => Some(r" Its lines end in \r\n here and in \n there; the new ones end as those they replace."),
    }
}

/// The refusal with what is there instead, where the text to find is the reason for it. A large file takes a
/// while to compare, and a stop is heard meanwhile.
async fn refused(input: Input, reason: String, before: Vec<u8>) -> ToolFailure {
    let explaining = tokio::task::spawn_blocking(move || explained(&input, reason, &before));
    explaining.await.unwrap_or_else(|_| unexpected(EditFile::NAME))
}

fn explained(input: &Input, reason: String, before: &[u8]) -> ToolFailure {
    let wanted: Vec<Wanted<'_>> = input
        .edits
        .iter()
        .map(|edit| Wanted { old: &edit.old, new: &edit.new, all: edit.replace_all })
        .collect();
    // Only a miss is explained: the bridge says best what else is wrong, as with a file that is no text.
    if !(reason.contains("the text to find is not there") || reason.contains("the text to find is there ")) {
        return ToolFailure::Refused(reason);
    }
    let decoded = text::decode(before);
    let mut reason = explain(&input.path, &decoded.text, &wanted).unwrap_or(reason);
    if let Some(note) = decoded.note {
        reason = text::with_notes(reason, &[note.to_owned()]);
    }
    ToolFailure::Quoted { reason, shown: vec![shown(&path(&input.path))] }
}

#[cfg(test)]
mod tests {
    use super::{Edit, Input, refused};
    use crate::tools::ToolFailure;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[tokio::test]
    async fn others_go_on_while_a_miss_in_a_large_file_is_explained() {
        let beside = Arc::new(AtomicBool::new(false));
        let went_on = Arc::clone(&beside);
        tokio::spawn(async move { went_on.store(true, Ordering::SeqCst) });
        let edit = Edit { old: "not there".to_owned(), new: String::new(), replace_all: false };
        let input = Input { path: "a.txt".to_owned(), edits: vec![edit] };
        let before = "a line of a large file\n".repeat(500_000).into_bytes();
        let refusal = refused(input, "a.txt: the text to find is not there".to_owned(), before).await;
        assert!(matches!(refusal, ToolFailure::Quoted { .. }), "{refusal:?}");
        assert!(beside.load(Ordering::SeqCst));
    }
}
