//! Writes a whole file.

use super::{Report, Tool, ToolFailure, syntax};
use crate::workspace::{Touch, Workspace, path, shown, unexpected};
use anchorhold_bridge::{Request, Response};
use async_trait::async_trait;
use futures_util::future::join;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct WriteFile;

/// Writes a whole file, new or over what was there, and makes the folders it needs; at most 1 MiB. The
/// content is written exactly as given. To change a part of a file, use edit_file, which is shorter and
/// keeps the rest as it is. If the file has new syntax errors then, the answer says so.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// The file, relative to the repository's root.
    path: String,
    /// The whole content.
    content: String,
}

#[async_trait]
impl Tool for WriteFile {
    type Input = Input;
    const NAME: &'static str = "write_file";
    const EDITS: bool = true;

    fn label(input: &Input) -> String {
        format!("Write {}", input.path)
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let place = path(&input.path);
        let label = Self::label(&input);
        let bytes = input.content.into_bytes();
        let request = Request::Write { path: place.clone(), executable: None };
        let (response, _) = workspace.call(request, bytes.clone()).await?;
        let Response::Written { created, mode, .. } = response else { return Err(unexpected(Self::NAME)) };
        let before = if created { Vec::new() } else { super::recorded(workspace, &place).await };
        let touch = Touch::Put { path: place.clone(), mode, bytes: bytes.clone() };
        let name = shown(&place);
        let (change, errors) = join(
            workspace.record(vec![touch], &label),
            syntax::new_errors(workspace, &name, &before, &bytes),
        )
        .await;
        let change = change?;
        let mut content = match (created, change.is_some()) {
            (true, _) => format!("Created {}.", input.path),
            (false, true) => format!("Wrote {}.", input.path),
            (false, false) => format!("{} has that content already; nothing changed.", input.path),
        };
        if has_crlf(&before) && !has_crlf(&bytes) && bytes.contains(&b'\n') {
            content.push_str(
                r" Its lines ended in \r\n before and end in \n now; if that is not meant, write \r\n.",
            );
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

fn has_crlf(content: &[u8]) -> bool {
    content.windows(2).any(|two| two == b"\r\n")
}
