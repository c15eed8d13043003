//! Replaces exact pieces of a file.

use super::{Report, Tool, ToolFailure};
use crate::workspace::{Touch, Workspace, path, unexpected};
use anchorhold_bridge::{Replacement, Request, Response};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct EditFile;

/// Replaces exact pieces of text in a file: all of them, or none where one cannot be found.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Input {
    /// The file, relative to the repository's root.
    path: String,
    /// The replacements, in order.
    edits: Vec<Edit>,
}

/// One replacement.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Edit {
    /// The exact text to replace, with enough around it to occur only once.
    old: String,
    /// What takes its place.
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
        let edits = input
            .edits
            .into_iter()
            .map(|edit| Replacement { old: edit.old, new: edit.new, replace_all: edit.replace_all })
            .collect();
        let request = Request::Edit { path: path(&input.path), edits };
        let (response, body) = workspace.call(request, Vec::new()).await?;
        let Response::Edited { replacements, mode, content_in_body, .. } = response else {
            return Err(unexpected(Self::NAME));
        };
        let place = path(&input.path);
        let touch = if content_in_body {
            Touch::Put { path: place, mode, bytes: body }
        } else {
            workspace.read_whole(&place).await?
        };
        let change = workspace
            .record(vec![touch], &Self::label(&Input { path: input.path.clone(), edits: vec![] }))
            .await?;
        let places = if replacements == 1 { "1 place".to_owned() } else { format!("{replacements} places") };
        Ok(Report::changed(format!("Edited {} in {places}.", input.path), change))
    }
}
