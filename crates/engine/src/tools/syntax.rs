//! What an edit did to a file's syntax, for the model to know at once.

use anchorhold_syntax::Problem;
use std::fmt::Write;

/// How many errors are told.
const MOST: usize = 5;

/// The syntax errors that an edit added, in words; `None` where it added none or cannot be judged.
///
/// Parsing takes a processor for as long as two seconds, so it is done on a thread for such work.
pub(super) async fn new_errors(path: &str, before: Vec<u8>, after: Vec<u8>) -> Option<String> {
    if before.len().max(after.len()) > anchorhold_syntax::LARGEST {
        return None;
    }
    anchorhold_syntax::Language::of(path)?;
    let path = path.to_owned();
    let parsed = tokio::task::spawn_blocking(move || {
        let after = String::from_utf8(after).ok()?;
        anchorhold_syntax::new_problems(&path, &String::from_utf8_lossy(&before), &after)
    });
    let found = parsed.await.ok().flatten()?;
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
