//! Characters that a reader cannot see, or that change what a reader sees.
//!
//! Text that looks like other text is how a change gets past a review, so that such characters are
//! shown by their number instead of being drawn.

/// Whether `c` is invisible, or moves or reorders what stands around it.
pub(crate) fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    ) || (c.is_control() && c != '\t')
}

/// Whether the character at `c`, between these neighbours, is drawn as it is.
///
/// The joiner in a family emoji is part of one visible sign.
pub(crate) fn is_drawn(before: Option<char>, c: char, after: Option<char>) -> bool {
    let is_pictogram =
        |c: char| matches!(c, '\u{2190}'..='\u{2bff}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}');
    if is_stray_selector(before, c) {
        return false;
    }
    !is_hidden(c) || (c == '\u{200d}' && before.is_some_and(is_pictogram) && after.is_some_and(is_pictogram))
}

/// Whether `c` is a variation selector behind something that has no variants of its look.
///
/// Selectors are drawn as nothing wherever they stand, so that a row of them carries text that nobody sees.
pub(crate) fn is_stray_selector(before: Option<char>, c: char) -> bool {
    let has_two_looks = |c: char| {
        matches!(
            c,
            '#' | '*' | '0'..='9' | '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
                | '\u{2190}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
                | '\u{1f000}'..='\u{1faff}'
        )
    };
    match c {
        '\u{fe0e}' | '\u{fe0f}' => !before.is_some_and(has_two_looks),
        '\u{fe00}'..='\u{fe0d}' => true,
        _ => false,
    }
}

/// Writes a hidden character so that it can be seen.
pub(crate) fn name(c: char) -> String {
    format!("⟨U+{:04X}⟩", u32::from(c))
}

/// Whether a line has a character that must be named.
pub(crate) fn has_hidden(line: &str) -> bool {
    if line.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) {
        return false;
    }
    let mut before = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if !is_drawn(before, c, chars.peek().copied()) {
            return true;
        }
        before = Some(c);
    }
    false
}

/// Returns the characters of one line that must be named, each once.
pub(crate) fn hidden_in(line: &str) -> Vec<char> {
    let mut hidden = Vec::new();
    let mut before = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if !is_drawn(before, c, chars.peek().copied()) && !hidden.contains(&c) {
            hidden.push(c);
        }
        before = Some(c);
    }
    hidden
}

/// Replaces every invisible, direction-changing or control character of one line by its name, as ⟨U+202E⟩.
#[must_use]
pub fn make_visible(line: &str) -> String {
    let mut visible = String::with_capacity(line.len());
    let mut before = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if is_drawn(before, c, chars.peek().copied()) {
            visible.push(c);
        } else {
            visible.push_str(&name(c));
        }
        before = Some(c);
    }
    visible
}

/// Replaces every hidden character of a text of several lines by its name; `None` where there is none.
///
/// Line endings of either kind stay as they are.
#[must_use]
pub fn visible_text(text: &str) -> Option<String> {
    if !text.lines().any(has_hidden) {
        return None;
    }
    let mut visible = String::with_capacity(text.len());
    for whole in text.split_inclusive('\n') {
        let line = whole.strip_suffix("\r\n").or_else(|| whole.strip_suffix('\n')).unwrap_or(whole);
        visible.push_str(&make_visible(line));
        visible.push_str(whole.get(line.len()..).unwrap_or_default());
    }
    Some(visible)
}

/// Turns the names that [`visible_text`] writes back into the characters; `None` where there is none.
#[must_use]
pub fn hidden_text(text: &str) -> Option<String> {
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while let Some((before, after)) = rest.split_once("⟨U+") {
        let named = after.split_once('⟩').and_then(|(digits, behind)| {
            let is_number =
                (4..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let c = u32::from_str_radix(digits, 16).ok().filter(|_| is_number).and_then(char::from_u32)?;
            Some((c, behind))
        });
        hidden.push_str(before);
        match named {
            Some((c, behind)) => {
                hidden.push(c);
                found = true;
                rest = behind;
            }
            None => {
                hidden.push_str("⟨U+");
                rest = after;
            }
        }
    }
    hidden.push_str(rest);
    found.then_some(hidden)
}

#[cfg(test)]
mod tests {
    use super::{hidden_text, make_visible, visible_text};

    #[test]
    fn reordering_invisible_and_control_characters_are_named() {
        let check = |line: &str, expected: &str| assert_eq!(make_visible(line), expected);
        check("if admin\u{202e} {", "if admin⟨U+202E⟩ {");
        check("pass\u{200b}word", "pass⟨U+200B⟩word");
        check("\u{1b}[31mred", "⟨U+001B⟩[31mred");
        check("a\u{e0041}b", "a⟨U+E0041⟩b");
    }

    #[test]
    fn selectors_that_change_no_look_are_named() {
        let check = |line: &str, expected: &str| assert_eq!(make_visible(line), expected);
        check("a\u{fe0f}", "a⟨U+FE0F⟩");
        check("☺\u{fe0f}\u{fe0f}", "☺\u{fe0f}⟨U+FE0F⟩");
        check("☺\u{fe01}\u{e0101}", "☺⟨U+FE01⟩⟨U+E0101⟩");
    }

    #[test]
    fn a_text_keeps_its_line_endings_and_gets_its_characters_back() {
        let text = "one\r\ntwo\u{202e}\n\tthree\rfour";
        let visible = "one\r\ntwo⟨U+202E⟩\n\tthree⟨U+000D⟩four";
        assert_eq!(visible_text(text).as_deref(), Some(visible));
        assert_eq!(hidden_text(visible).as_deref(), Some(text));
        assert_eq!(visible_text("one\r\ntwo\n"), None);
        assert_eq!(hidden_text("⟨U+ ⟨U+12345678⟩ ⟨U+D800⟩ ⟨U+202E"), None);
    }

    #[test]
    fn ordinary_text_of_any_script_is_left_alone() {
        for line in [
            "let x = 1;\t// tab",
            "été",
            "日本語",
            "مرحبا",
            "👩\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
        ] {
            assert_eq!(make_visible(line), line);
        }
    }
}
