//! What servers, their hooks and other programs said, made safe to show.
//!
//! Such words come from outside. They are kept short, and nothing in them can move a cursor, colour a
//! terminal, reorder text or hide in it.

use crate::diff::make_visible;

/// The longest text that is shown.
const LONGEST: usize = 4000;
/// The most bytes that are kept of what is being said.
const MOST_KEPT: usize = 64 * 1024;

/// Adds `more` to what was said so far; what is too much is dropped.
pub(crate) fn keep(said: &mut Vec<u8>, more: &[u8]) {
    let room = MOST_KEPT.saturating_sub(said.len());
    said.extend_from_slice(more.get(..room).unwrap_or(more));
}

/// Renders what was said as lines of plain text.
///
/// A line that was written over itself, as progress is, keeps what it said last. Commands to a terminal
/// are dropped, and hidden characters are named.
pub(crate) fn plain_words(said: &[u8]) -> String {
    let text = without_commands(&String::from_utf8_lossy(said));
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| line.rsplit('\r').find(|part| !part.trim().is_empty()).unwrap_or_default())
        .map(|line| make_visible(line.trim_end()))
        .collect();
    let plain: String = lines.join("\n").trim().chars().take(LONGEST).collect();
    plain.trim_end().to_owned()
}

/// Drops escape sequences, and control characters other than the ends of lines.
fn without_commands(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => match chars.next() {
                // `ESC [ … letter`: colours and cursor moves.
                Some('[') => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
                // `ESC ] … BEL` or `ESC ] … ESC \`: titles and links.
                Some(']') => {
                    while let Some(c) = chars.next() {
                        if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                            break;
                        }
                    }
                }
                _ => {}
            },
            '\n' | '\r' => plain.push(c),
            '\t' => plain.push(' '),
            c if c.is_control() => {}
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, MOST_KEPT, keep, plain_words};

    #[test]
    fn commands_to_a_terminal_are_dropped_and_hidden_characters_named() {
        let check = |said: &str, expected: &str| assert_eq!(plain_words(said.as_bytes()), expected);
        check("\u{1b}[31;1merror:\u{1b}[0m GH006: Protected branch\n", "error: GH006: Protected branch");
        check("\u{1b}]0;title\u{7}no\u{8}pe\u{1b}]8;;http://evil\u{1b}\\ link", "nope link");
        check("safe\u{202e}txt.exe", "safe⟨U+202E⟩txt.exe");
        check("10%\r50%\rdone\r\n\n  see below  \n", "done\n\n  see below");
        check("\u{1b}", "");
        check("\u{1b}[31", "");
    }

    #[test]
    fn what_is_not_text_and_what_is_endless_is_bounded() {
        assert_eq!(plain_words(b"caf\xe9"), "caf\u{fffd}");
        assert_eq!(plain_words(&[b'x'; 10_000]).len(), LONGEST);
        let mut said = Vec::new();
        for _ in 0..100 {
            keep(&mut said, &[b'x'; 1000]);
        }
        assert_eq!(said.len(), MOST_KEPT);
    }
}
