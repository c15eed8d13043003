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
    !is_hidden(c) || (c == '\u{200d}' && before.is_some_and(is_pictogram) && after.is_some_and(is_pictogram))
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

#[cfg(test)]
mod tests {
    use super::make_visible;

    #[test]
    fn reordering_invisible_and_control_characters_are_named() {
        let check = |line: &str, expected: &str| assert_eq!(make_visible(line), expected);
        check("if admin\u{202e} {", "if admin⟨U+202E⟩ {");
        check("pass\u{200b}word", "pass⟨U+200B⟩word");
        check("\u{1b}[31mred", "⟨U+001B⟩[31mred");
        check("a\u{e0041}b", "a⟨U+E0041⟩b");
    }

    #[test]
    fn ordinary_text_of_any_script_is_left_alone() {
        for line in ["let x = 1;\t// tab", "été", "日本語", "مرحبا", "👩\u{200d}👩\u{200d}👧", "❤\u{fe0f}"]
        {
            assert_eq!(make_visible(line), line);
        }
    }
}
