//! The work that is measured: 50 times read and edit, then finish, so 101 answers of the model.

use anyhow::{Context, Result};
use std::{fmt::Write as _, fs, path::Path};

/// How many answers the model gives.
pub const ANSWERS: usize = 101;
const FILES: usize = 10;

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

/// The model's answer with this number, from zero.
pub fn answer(number: usize) -> Ask {
    if number + 1 >= ANSWERS {
        return Ask::Finish;
    }
    let round = number / 2;
    let path = file(round % FILES);
    if number.is_multiple_of(2) {
        Ask::Read { path }
    } else {
        let line = round / FILES * 30 + 7;
        Ask::Edit { path, old: unchanged(line), new: format!("    let step_{line} = {round} * 3;\n") }
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
        for line in 0..200 {
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
    use super::{ANSWERS, Ask, answer};

    #[test]
    fn no_line_is_edited_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..ANSWERS {
            if let Ask::Edit { path, old, .. } = answer(number) {
                assert!(seen.insert((path, old)), "answer {number}");
            }
        }
        assert_eq!(seen.len(), 50);
        assert_eq!(answer(100), Ask::Finish);
    }
}
