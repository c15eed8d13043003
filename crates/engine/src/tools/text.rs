//! Turns a file's bytes into what the model reads: numbered lines, within bounds, nothing hidden.

use anchorhold_repo::make_visible;

/// The most lines of one page.
pub(super) const MOST_LINES: u64 = 2000;
/// The longest page, in bytes.
pub(super) const MOST_BYTES: usize = 64 * 1024;
/// The longest line on a page, in characters.
pub(super) const LONGEST_LINE: usize = 2000;

/// What a file's bytes are, judged by its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text of one byte or more for a character.
    Text,
    /// UTF-16; `big` if the higher byte comes first.
    Utf16 {
        /// Whether the higher byte comes first.
        big: bool,
    },
    /// No text; what it seems to be.
    Binary(&'static str),
}

/// Judges a file by its first bytes.
pub(super) fn kind(beginning: &[u8]) -> Kind {
    const MAGIC: [(&[u8], &str); 14] = [
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"RIFF", "sound, video or a WebP image"),
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive, or what is built on one"),
        (b"\x1f\x8b", "gzip"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\x7fELF", "a program"),
        (b"MZ", "a Windows program"),
        (b"SQLite format 3", "an SQLite database"),
        (b"\0asm", "WebAssembly"),
    ];
    if beginning.starts_with(b"\xff\xfe") {
        return Kind::Utf16 { big: false };
    }
    if beginning.starts_with(b"\xfe\xff") {
        return Kind::Utf16 { big: true };
    }
    let looked_at = beginning.get(..8000).unwrap_or(beginning);
    if !looked_at.contains(&0) {
        return Kind::Text;
    }
    // Without a mark: every second byte of Latin text is a zero.
    let zeros = |odd: usize| looked_at.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let half = looked_at.len() / 2;
    match (zeros(0), zeros(1)) {
        (0, high) if half > 1 && high * 10 > half * 8 => Kind::Utf16 { big: false },
        (high, 0) if half > 1 && high * 10 > half * 8 => Kind::Utf16 { big: true },
        _ => {
            let known = MAGIC.iter().find(|(magic, _)| beginning.starts_with(magic));
            Kind::Binary(known.map_or("data", |(_, name)| name))
        }
    }
}

/// Text and what has to be said of how it was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The text.
    pub text: String,
    /// What the model has to know of it.
    pub note: Option<&'static str>,
}

const LATIN: &str = "not UTF-8; shown as Latin-1, which is a guess. An edit keeps the bytes it does not touch: \
     give only plain ASCII in `old`; what is in `new` becomes UTF-8";
const BROKEN: &str = "UTF-8 with bytes in it that are not, shown as \u{fffd}. An edit keeps the bytes it does not \
     touch: leave them out of `old`";
const UTF_16: &str = "UTF-16, shown decoded. edit_file cannot edit it; write_file would make it UTF-8";

/// Decodes bytes that are not UTF-16. A character that is cut at the end is left out.
pub(super) fn decode(bytes: &[u8]) -> Decoded {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Decoded { text: text.to_owned(), note: None },
        Err(error) => error,
    };
    if error.error_len().is_none() {
        let whole = bytes.get(..error.valid_up_to()).unwrap_or_default();
        return Decoded { text: String::from_utf8_lossy(whole).into_owned(), note: None };
    }
    let (mut good, mut bad) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += chunk.invalid().len();
    }
    match good > bad {
        true => Decoded { text: String::from_utf8_lossy(bytes).into_owned(), note: Some(BROKEN) },
        false => Decoded { text: bytes.iter().map(|byte| char::from(*byte)).collect(), note: Some(LATIN) },
    }
}

/// Decodes UTF-16.
pub(super) fn decode_utf16(bytes: &[u8], big: bool) -> Decoded {
    let units = bytes.chunks_exact(2).filter_map(|two| {
        let two: [u8; 2] = two.try_into().ok()?;
        Some(if big { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) })
    });
    let text = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Decoded { text, note: Some(UTF_16) }
}

/// Lines as the model reads them.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The lines, each after its number and a tab.
    pub text: String,
    /// The last line that is there.
    pub last: u64,
    /// The first line that was cut, and where it begins in the text that was given, in bytes.
    pub cut: Option<(u64, usize)>,
    /// Whether lines were left out for want of room.
    pub full: bool,
    /// What has to be said of the text.
    pub notes: Vec<String>,
}

/// Numbers the lines of `text`, the first of which is `first`, within the bounds of a page.
pub(super) fn page(text: &str, first: u64) -> Page {
    let mut page = Page { last: first.saturating_sub(1), ..Page::default() };
    let (mut at, mut crlf, mut lf, mut hidden) = (0, 0, 0, false);
    for line in text.split_inclusive('\n') {
        let begins = at;
        at += line.len();
        let (body, ends) = match (line.strip_suffix("\r\n"), line.strip_suffix('\n')) {
            (Some(body), _) => (body, &mut crlf),
            (None, Some(body)) => (body, &mut lf),
            (None, None) => (line, &mut 0),
        };
        *ends += 1;
        let body = match (begins, first, body.strip_prefix('\u{feff}')) {
            (0, 1, Some(rest)) => {
                page.notes.push("it begins with a byte order mark, which is not shown".to_owned());
                rest
            }
            _ => body,
        };
        let number = page.last + 1;
        let cut = body.char_indices().nth(LONGEST_LINE).map(|(end, _)| end);
        let shown = make_visible(cut.and_then(|end| body.get(..end)).unwrap_or(body));
        if !page.text.is_empty() && page.text.len() + shown.len() > MOST_BYTES {
            page.full = true;
            break;
        }
        hidden |= shown.contains("⟨U+");
        page.text.push_str(&format!("{number}\t{shown}{}\n", if cut.is_some() { "…" } else { "" }));
        page.last = number;
        if cut.is_some() && page.cut.is_none() {
            page.cut = Some((number, begins));
        }
    }
    match (crlf, lf) {
        (0, _) => {}
        (_, 0) => page.notes.push(r"lines end in \r\n; edit_file keeps that".to_owned()),
        _ => page.notes.push(r"some lines end in \r\n and some in \n; edit_file keeps both".to_owned()),
    }
    if hidden {
        page.notes.push(
            "⟨U+…⟩ stands for a character that cannot be seen; edit_file takes it in that form, and write_file would write the form itself"
                .to_owned(),
        );
    }
    page
}

/// The page with a note of the lines it has, where those are not all.
pub(super) fn finished(mut page: Page, first: u64, total: u64) -> String {
    if first > 1 || page.last < total {
        let go_on = match page.last < total {
            true => format!("; go on with from_line {}", page.last + 1),
            false => String::new(),
        };
        page.notes.insert(0, format!("lines {first} to {} of {total}{go_on}", page.last));
    }
    with_notes(page.text, &page.notes)
}

/// Makes every line of a text visible, keeping the lines.
pub(super) fn visible_lines(text: &str) -> String {
    let lines: Vec<String> =
        text.split('\n').map(|line| make_visible(line.strip_suffix('\r').unwrap_or(line))).collect();
    lines.join("\n")
}

/// Adds notes to a text, each on a line of its own in brackets.
pub(super) fn with_notes(mut text: String, notes: &[String]) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for note in notes {
        text.push_str(&format!("[{note}]\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_from_text_by_their_beginning() {
        let check = |bytes: &[u8], expected| assert_eq!(kind(bytes), expected, "{bytes:?}");
        check(b"plain", Kind::Text);
        check(b"", Kind::Text);
        check(b"caf\xe9", Kind::Text);
        check(b"\xff\xfeh\0i\0", Kind::Utf16 { big: false });
        check(b"\xfe\xff\0h\0i", Kind::Utf16 { big: true });
        check(b"h\0i\0 \0t\0h\0e\0r\0e\0", Kind::Utf16 { big: false });
        check(b"\0h\0i\0 \0t\0h\0e\0r\0e", Kind::Utf16 { big: true });
        check(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Kind::Binary("a PNG image"));
        check(b"\x01\x02\0\x03", Kind::Binary("data"));
    }

    #[test]
    fn what_is_not_utf_8_is_read_by_a_guess_that_is_said() {
        let check = |bytes: &[u8], text: &str, note| {
            assert_eq!(decode(bytes), Decoded { text: text.to_owned(), note }, "{bytes:?}");
        };
        check("é".as_bytes(), "é", None);
        check(b"caf\xe9 au lait", "café au lait", Some(LATIN));
        check(b"\xc3\xa9t\xc3\xa9 \xff", "été \u{fffd}", Some(BROKEN));
        check(b"ab\xc3", "ab", None);
        assert_eq!(decode_utf16(b"h\0\xe9\0", false).text, "hé");
        assert_eq!(decode_utf16(b"\0h\xd8\0", true).text, "h\u{fffd}");
    }

    #[test]
    fn a_page_numbers_lines_and_says_what_it_does_not_show() {
        let shown = page("a\r\n\u{202e}b\r\n", 1);
        assert_eq!(shown.text, "1\ta\n2\t⟨U+202E⟩b\n");
        assert_eq!(shown.notes.len(), 2);
        let long = page(&format!("x\n{}\nlast", "y".repeat(LONGEST_LINE + 1)), 7);
        assert_eq!((long.cut, long.last), (Some((8, 2)), 9));
        assert!(long.text.ends_with("y…\n9\tlast\n"));
        let full = page(&format!("{}\n", "z".repeat(1000)).repeat(100), 1);
        assert!(full.full && full.text.len() <= MOST_BYTES + 1000 && full.last < 100, "{}", full.last);
        let marked = page("\u{feff}a\n", 1);
        assert_eq!((marked.text.as_str(), marked.notes.len()), ("1\ta\n", 1));
    }
}
