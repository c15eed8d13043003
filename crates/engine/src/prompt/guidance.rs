//! What the repository itself tells those who work on it, such as `AGENTS.md`: data, read within bounds.
//!
//! The guidance of single folders is only named; the agent reads it when it works there.

use crate::{EngineError, visible};
use anchorhold_repo::{Mirror, TreeEntry, path_to_text};
use std::collections::HashSet;

/// The files whose text goes into the prompt, in this order.
const ROOT: [&str; 3] = ["AGENTS.md", "CLAUDE.md", ".github/copilot-instructions.md"];
/// The name of a folder's own guidance.
const NESTED: &[u8] = b"/AGENTS.md";
/// How much of one file, and of all together, goes into the prompt, in bytes.
const MOST_OF_ONE: usize = 32 * 1024;
const MOST_OF_ALL: usize = 64 * 1024;
/// What is larger is no guidance, and is not read.
const LARGEST_READ: u64 = 4 * 1024 * 1024;
/// How many folders' guidance is named.
const MOST_NESTED: usize = 40;
/// A longer path is not named: it would take the place of many.
const LONGEST_PATH: usize = 200;
/// The mode of a symbolic link, whose text is only where it leads.
const LINK: u32 = 0o120_000;

/// The guidance of a repository.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Guidance {
    /// The texts, each under its path.
    pub(super) texts: Vec<(String, String)>,
    /// Paths of folders' own guidance.
    pub(super) nested: Vec<String>,
    /// How many more of those there are.
    pub(super) nested_more: usize,
}

impl Guidance {
    /// Reads the guidance among the files that the agent may be given.
    pub(super) fn read(mirror: &Mirror, entries: &[TreeEntry]) -> Result<Self, EngineError> {
        Self::read_with(entries, |id| Ok(mirror.blob(id)?))
    }

    fn read_with(
        entries: &[TreeEntry],
        read: impl Fn(&str) -> Result<Vec<u8>, EngineError>,
    ) -> Result<Self, EngineError> {
        let mut guidance = Self::default();
        let mut root: [Option<&TreeEntry>; ROOT.len()] = [None; ROOT.len()];
        for entry in entries.iter().filter(|entry| entry.mode != LINK && !entry.lfs) {
            if let Some(place) = ROOT.iter().position(|path| entry.path == path.as_bytes())
                && let Some(slot) = root.get_mut(place)
            {
                *slot = Some(entry);
            } else if entry.path.ends_with(NESTED) {
                if guidance.nested.len() < MOST_NESTED && entry.path.len() <= LONGEST_PATH {
                    guidance.nested.push(path_to_text(&entry.path));
                } else {
                    guidance.nested_more += 1;
                }
            }
        }
        let mut left = MOST_OF_ALL;
        let mut told = HashSet::new();
        for entry in root.into_iter().flatten() {
            // One text under two names is told once.
            if entry.size == 0 || !told.insert(&entry.id) {
                continue;
            }
            let text = match entry.size > LARGEST_READ {
                true => None,
                false => text(&read(&entry.id)?, MOST_OF_ONE.min(left)),
            };
            let Some(text) = text else { continue };
            left = left.saturating_sub(text.len());
            guidance.texts.push((path_to_text(&entry.path), text));
        }
        Ok(guidance)
    }
}

/// The text of a file with its hidden characters named, cut at the end of a line; `None` for a binary one.
fn text(bytes: &[u8], most: usize) -> Option<String> {
    if bytes.contains(&0) {
        return None;
    }
    let whole = visible::text(String::from_utf8_lossy(bytes).into_owned());
    if whole.len() <= most {
        return Some(whole);
    }
    let head = whole.get(..whole.floor_char_boundary(most)).unwrap_or_default();
    // A single line that is too long is cut within.
    let head = head.rsplit_once('\n').map_or(head, |(lines, _)| lines);
    let cut =
        format!("{head}\n[cut here: {} of {} bytes; read_file shows the rest]\n", head.len(), whole.len());
    Some(cut)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{Guidance, MOST_NESTED, MOST_OF_ALL, MOST_OF_ONE};
    use anchorhold_repo::TreeEntry;

    /// Reads a tree whose blobs have their content as their id.
    fn read(files: &[(&str, u32, &str)]) -> Guidance {
        let entries: Vec<TreeEntry> = files
            .iter()
            .map(|(path, mode, text)| TreeEntry {
                path: path.as_bytes().to_vec(),
                mode: *mode,
                id: (*text).to_owned(),
                size: text.len() as u64,
                lfs: false,
            })
            .collect();
        Guidance::read_with(&entries, |id| Ok(id.as_bytes().to_vec())).unwrap()
    }

    fn texts(guidance: &Guidance) -> Vec<(&str, &str)> {
        guidance.texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect()
    }

    const FILE: u32 = 0o100_644;

    #[test]
    fn guidance_of_the_root_is_read_and_that_of_folders_named() {
        let guidance = read(&[
            (".github/copilot-instructions.md", FILE, "Third."),
            ("AGENTS.md", FILE, "First.\u{202e}"),
            ("CLAUDE.md", FILE, "Second."),
            ("crates/a/AGENTS.md", FILE, "Nested."),
            ("crates/a/NOTAGENTS.md", FILE, "No."),
        ]);
        assert_eq!(
            texts(&guidance),
            [
                ("AGENTS.md", "First.⟨U+202E⟩"),
                ("CLAUDE.md", "Second."),
                (".github/copilot-instructions.md", "Third."),
            ]
        );
        assert_eq!((guidance.nested, guidance.nested_more), (vec!["crates/a/AGENTS.md".to_owned()], 0));
    }

    #[test]
    fn a_link_a_copy_a_binary_and_an_empty_file_are_no_guidance() {
        let guidance = read(&[
            (".github/copilot-instructions.md", FILE, "a\0b"),
            ("AGENTS.md", FILE, "Once."),
            ("CLAUDE.md", FILE, "Once."),
        ]);
        assert_eq!(texts(&guidance), [("AGENTS.md", "Once.")]);
        assert_eq!(texts(&read(&[("AGENTS.md", FILE, ""), ("CLAUDE.md", 0o120_000, "AGENTS.md")])), []);
    }

    #[test]
    fn guidance_is_bounded_and_a_cut_is_said() {
        let long = "A line of guidance.\n".repeat(4000);
        let (second, third) = (format!("2{long}"), format!("3{long}"));
        let guidance = read(&[
            (".github/copilot-instructions.md", FILE, &third),
            ("AGENTS.md", FILE, &long),
            ("CLAUDE.md", FILE, &second),
        ]);
        let lengths: Vec<usize> = guidance.texts.iter().map(|(_, text)| text.len()).collect();
        assert!(lengths.iter().all(|length| *length < MOST_OF_ONE + 100), "{lengths:?}");
        assert!(lengths.iter().sum::<usize>() < MOST_OF_ALL + 200, "{lengths:?}");
        let end = "A line of guidance.\n[cut here: 32759 of 80000 bytes; read_file shows the rest]\n";
        assert!(guidance.texts.first().unwrap().1.ends_with(end), "{}", guidance.texts.first().unwrap().1);
        let nested: Vec<String> = (0..50).map(|number| format!("{number:02}/AGENTS.md")).collect();
        let files: Vec<_> = nested.iter().map(|path| (path.as_str(), FILE, "x")).collect();
        let guidance = read(&files);
        assert_eq!((guidance.nested.len(), guidance.nested_more), (MOST_NESTED, 10));
    }
}
