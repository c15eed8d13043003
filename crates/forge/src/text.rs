//! Text that anybody may have written, made fit to be kept and shown: bounded, and with nothing in it that
//! cannot be seen.
//!
//! What it says is not judged: it stays untrusted.

/// Cuts a text at `most` bytes and drops what cannot be seen. What was cut off is marked by an ellipsis.
pub(crate) fn clean(text: &str, most: usize) -> String {
    let mut clean = String::new();
    let mut before_ellipsis = 0;
    for character in text.chars().filter(|&character| is_seen(character)) {
        if character.len_utf8() > most.saturating_sub(clean.len()) {
            clean.truncate(before_ellipsis);
            clean.push('…');
            break;
        }
        clean.push(character);
        if '…'.len_utf8() <= most.saturating_sub(clean.len()) {
            before_ellipsis = clean.len();
        }
    }
    clean
}

/// The first line with something in it, of at most `most` bytes.
pub(crate) fn first_line(text: &str, most: usize) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    clean(&line.replace('\t', " "), most)
}

/// The end of a text that is already clean, of at most `most` bytes, beginning with a whole line where it can.
pub(crate) fn end(text: &str, most: usize) -> &str {
    let mut start = text.len().saturating_sub(most);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let end = text.get(start..).unwrap_or_default();
    match end.split_once('\n') {
        Some((_, rest)) if start > 0 && !rest.is_empty() => rest,
        _ => end,
    }
}

/// Drops the sequences by which a program moves a terminal's cursor, colours its text and makes links.
pub(crate) fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            // A control sequence ends with a letter or one of a few signs.
            Some('[') => {
                let _ = characters.by_ref().take(64).find(|end| ('@'..='~').contains(end));
            }
            // A string ends with a bell, or with an escape and a backslash.
            Some(']' | 'P' | 'X' | '^' | '_') => {
                while let Some(character) = characters.next() {
                    match character {
                        '\u{7}' => break,
                        '\u{1b}' => {
                            characters.next();
                            break;
                        }
                        // One that never ends is not waited for.
                        '\n' => {
                            plain.push('\n');
                            break;
                        }
                        _ => {}
                    }
                }
            }
            Some(_) | None => {}
        }
    }
    plain
}

/// Line breaks and tabs apart, neither control characters, nor those that turn the direction of text or take
/// up no room, by which a text can say something else to a model than to a reader.
fn is_seen(character: char) -> bool {
    match character {
        '\n' | '\t' => true,
        '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' => false,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' => false,
        '\u{E0000}'..='\u{E0FFF}' => false,
        other => !other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, end, first_line, without_escapes};

    #[test]
    fn a_text_is_cut_at_a_character_and_says_so() {
        assert_eq!(clean("harbour", 7), "harbour");
        assert_eq!(clean("harbours", 7), "harb…");
        assert_eq!(clean("ééé", 5), "é…");
        assert_eq!(clean("", 5), "");
    }

    #[test]
    fn what_cannot_be_seen_is_dropped() {
        assert_eq!(clean("a\r\n\tb\u{0}\u{1b}[1m\u{202e}c\u{200b}d\u{e0041}", 100), "a\n\tb[1mcd");
        assert_eq!(clean("👩‍🚀 ünï", 100), "👩‍🚀 ünï");
    }

    #[test]
    fn a_title_is_the_first_line_with_something_in_it() {
        assert_eq!(first_line("\n  \n  Please\tmend it \nthe rest", 80), "Please mend it");
        assert_eq!(first_line("", 80), "");
    }

    #[test]
    fn the_end_begins_with_a_whole_line() {
        assert_eq!(end("one\ntwo\nthree\n", 8), "three\n");
        assert_eq!(end("one\ntwo\n", 100), "one\ntwo\n");
        assert_eq!(end("éééé", 3), "é");
    }

    #[test]
    fn escape_sequences_are_dropped_whole() {
        assert_eq!(without_escapes("\u{1b}[31;1merror\u{1b}[0m: no"), "error: no");
        assert_eq!(without_escapes("\u{1b}]8;;https://evil.example\u{7}link\u{1b}]8;;\u{1b}\\!"), "link!");
        assert_eq!(without_escapes("\u{1b}]0;never ends\nnext\u{1b}"), "\nnext");
    }
}
