//! The work that is measured: read and edit in turn, then finish.

use anyhow::{Context, Result};
use std::{fmt::Write as _, fs, path::Path};

/// How many answers the model gives unless somebody asks for more: 50 times read and edit.
pub const ANSWERS: usize = 101;
/// The most answers that there are lines for.
pub const MOST_ANSWERS: usize = 1 + 2 * FILES * (LINES / STEP);
const FILES: usize = 10;
/// Lines of a file that can be edited.
const LINES: usize = 200;
/// From one edited line of a file to the next, so that no two edits touch each other.
const STEP: usize = 7;

/// What the model asks for in one answer, in words that every agent's own tools can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Read a file.
    Read { path: String },
    /// Replace a line that occurs once.
    Edit { path: String, old: String, new: String },
    /// End the work.
    Finish,
}

/// The model's answer with this number, from zero, of so many in this run.
///
/// No two runs write the same text: what one stored would cost the next nothing.
pub fn answer(number: usize, answers: usize, run: usize) -> Ask {
    if number + 1 >= answers {
        return Ask::Finish;
    }
    let round = number / 2;
    let path = file(round % FILES);
    if number.is_multiple_of(2) {
        Ask::Read { path }
    } else {
        let line = round / FILES * STEP + 3;
        Ask::Edit { path, old: unchanged(line), new: format!("    let step_{line} = {round} * {run};\n") }
    }
}

/// Writes the files that the work is done on: ten of about 6 KB.
///
/// # Errors
/// When they cannot be written.
pub fn write_sources(folder: &Path) -> Result<()> {
    for number in 0..FILES {
        let path = folder.join(file(number));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("make {}", parent.display()))?;
        }
        let mut text = format!("//! Part {number} of the measured work.\n\npub fn work() {{\n");
        for line in 0..LINES {
            let _ = write!(text, "{}", unchanged(line));
        }
        text.push_str("}\n");
        fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

fn file(number: usize) -> String {
    format!("src/part_{number:02}.rs")
}

fn unchanged(line: usize) -> String {
    format!("    let step_{line} = {line} + 1;\n")
}

#[cfg(test)]
mod tests {
    use super::{ANSWERS, Ask, LINES, MOST_ANSWERS, answer, unchanged};

    #[test]
    fn no_line_is_edited_twice_and_each_is_there() {
        for answers in [ANSWERS, MOST_ANSWERS] {
            let there: Vec<String> = (0..LINES).map(unchanged).collect();
            let mut seen = std::collections::BTreeSet::new();
            for number in 0..answers {
                if let Ask::Edit { path, old, .. } = answer(number, answers, 1) {
                    assert!(there.contains(&old), "answer {number}");
                    assert!(seen.insert((path, old)), "answer {number}");
                }
            }
            assert_eq!(seen.len(), answers / 2);
            assert_eq!(answer(answers - 1, answers, 1), Ask::Finish);
        }
    }
}
