//! What an edit did to a file's syntax, for the model to know at once.

use crate::workspace::Workspace;
use anchorhold_syntax::Problem;
use std::fmt::Write;

/// How many errors are told.
const MOST: usize = 5;

/// The syntax errors that an edit added, in words; `None` where it added none or cannot be judged.
pub(super) async fn new_errors(
    workspace: &Workspace,
    path: &str,
    before: &[u8],
    after: &[u8],
) -> Option<String> {
    if before.len().max(after.len()) > anchorhold_syntax::LARGEST {
        return None;
    }
    let (before, after) = (String::from_utf8_lossy(before), str::from_utf8(after).ok()?);
    let found = workspace.parser()?.new_problems(path, &before, after).await?;
    (!found.is_empty()).then(|| told(&found))
}

fn told(found: &[Problem]) -> String {
    let mut text = String::from("This leaves new syntax errors:");
    for problem in found.iter().take(MOST) {
        let what = anchorhold_repo::make_visible(&problem.what);
        let _ = write!(text, "\nline {}, column {}: {what}", problem.line, problem.column);
    }
    if found.len() > MOST {
        let _ = write!(text, "\nand {} more", found.len() - MOST);
    }
    text.push_str("\nThe parser knows the language's usual grammar; mend what is wrong before you go on.");
    text
}
