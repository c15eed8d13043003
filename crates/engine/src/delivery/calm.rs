//! Words of an agent that would do something on GitHub are made to do nothing: `@name` pings nobody, and
//! `fixes #3` closes nothing.
//!
//! In Markdown they become code, with more backticks in a row than the text has anywhere, so that no backtick
//! of the agent's can pair with one of these. In a commit's message, which is plain text, a word is put
//! between. Nothing else of the text is changed.

/// What closes an issue when it stands before a reference to it.
/// <https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue>
const KEYWORDS: [&str; 9] =
    ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];

/// Calms a text that is shown as Markdown.
pub(super) fn markdown(text: &str) -> String {
    let ticks = "`".repeat(longest_run(text) + 1);
    let text = text.replace("<!--", "<! --").replace("-->", "-- >");
    let mut calm = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((start, end)) = next_active(rest, &calm) {
        let (before, active, after) = split(rest, start, end);
        calm.push_str(before);
        // A backtick or a backslash right beside would change what these mean.
        if calm.ends_with(['`', '\\']) {
            calm.push(' ');
        }
        calm.push_str(&format!("{ticks}{active}{ticks}"));
        if after.starts_with('`') {
            calm.push(' ');
        }
        rest = after;
    }
    calm.push_str(rest);
    calm.lines().map(no_markup).collect::<Vec<_>>().join("\n")
}

/// Calms a commit's message.
pub(super) fn plain(text: &str) -> String {
    let mut calm = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((start, end)) = next_active(rest, &calm) {
        let (before, active, after) = split(rest, start, end);
        calm.push_str(before);
        match active.strip_prefix('@') {
            Some(name) => calm.push_str(&format!("@ {name}")),
            None => calm.push_str(&format!("issue {active}")),
        }
        rest = after;
    }
    calm.push_str(rest);
    calm
}

/// One line without anything that cannot be seen, cut to `most` characters.
pub(super) fn line(text: &str, most: usize) -> String {
    let shown = crate::visible::text(text.to_owned());
    let words: String =
        shown.split(|c: char| c.is_whitespace() || c.is_control()).fold(String::new(), |mut line, word| {
            if !line.is_empty() && !word.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            line
        });
    if words.chars().count() <= most {
        return words;
    }
    let cut: String = words.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

/// The first thing in a text that would do something; `before` is what stands before it.
fn next_active(text: &str, before: &str) -> Option<(usize, usize)> {
    let mut previous = before.chars().next_back();
    for (place, c) in text.char_indices() {
        let behind = text.get(place..).unwrap_or_default();
        let begins_word = previous.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        previous = Some(c);
        if !begins_word {
            continue;
        }
        if c == '@' {
            let name = behind.get(1..).unwrap_or_default();
            let length =
                name.find(|c: char| !c.is_ascii_alphanumeric() && !"-_/".contains(c)).unwrap_or(name.len());
            if length > 0 {
                return Some((place, place + 1 + length));
            }
        }
        if let Some((start, length)) = closing(behind) {
            return Some((place + start, place + start + length));
        }
    }
    None
}

/// Where the reference is in a text that begins with a keyword and a reference, and how long it is.
fn closing(text: &str) -> Option<(usize, usize)> {
    let length = text.find(|c: char| !c.is_ascii_alphabetic())?;
    let word = text.get(..length)?;
    if !KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword)) {
        return None;
    }
    let behind = text.get(length..)?;
    let gap = behind.find(|c: char| !c.is_whitespace() && c != ':')?;
    let reference = behind.get(gap..)?;
    let end = reference.find(char::is_whitespace).unwrap_or(reference.len());
    let word = reference.get(..end)?;
    (gap > 0 && is_reference(word)).then_some((length + gap, end))
}

/// Whether a word names an issue: `#3`, `GH-3`, `octo/hello#3` or an address.
fn is_reference(word: &str) -> bool {
    let numbered = |sign: &str| {
        word.match_indices(sign).any(|(place, _)| {
            word.get(place + sign.len()..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        })
    };
    let lower = word.to_ascii_lowercase();
    numbered("#") || lower.contains("gh-") || numbered("/issues/") || numbered("/pull/")
}

fn split(text: &str, start: usize, end: usize) -> (&str, &str, &str) {
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    (part(0..start), part(start..end), part(end..text.len()))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Keeps a line from beginning a block of HTML, in which backticks mean nothing.
fn no_markup(line: &str) -> String {
    let inner = line.trim_start_matches([
        ' ', '\t', '>', '*', '+', '-', '.', ')', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
    ]);
    match inner.strip_prefix('<') {
        Some(rest) => {
            let before = line.get(..line.len() - inner.len()).unwrap_or_default();
            format!("{before}\\<{rest}")
        }
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{line, markdown, plain};

    #[test]
    fn names_and_closing_words_become_code_in_markdown() {
        for (text, expected) in [
            ("Thanks @octocat.", "Thanks `@octocat`."),
            ("(@org/team) grace@example.com", "(`@org/team`) grace@example.com"),
            ("Fixes #3 and closes: octo/hello#4", "Fixes `#3` and closes: `octo/hello#4`"),
            ("resolved\nGH-5, see #6", "resolved\n`GH-5,` see #6"),
            ("fix https://github.com/o/r/issues/7", "fix `https://github.com/o/r/issues/7`"),
            ("prefixes #3, fix 3 things, a @ b", "prefixes #3, fix 3 things, a @ b"),
        ] {
            assert_eq!(markdown(text), expected);
        }
    }

    #[test]
    fn a_texts_own_backticks_and_markup_cannot_set_them_free() {
        for (text, expected) in [
            ("a ` b @x", "a ` b ``@x``"),
            ("`foo @x bar`", "`foo ``@x`` bar`"),
            ("`@x", "` ``@x``"),
            ("\\@x` y", "\\ ``@x`` ` y"),
            ("<div>@x", "\\<div>`@x`"),
            ("- > <p>\n@x", "- > \\<p>\n`@x`"),
            ("<!-- anchorhold -->", "\\<! -- anchorhold -- >"),
        ] {
            assert_eq!(markdown(text), expected);
        }
    }

    #[test]
    fn a_commits_message_pings_nobody_and_closes_nothing() {
        assert_eq!(plain("Thanks @octocat, fixes #3."), "Thanks @ octocat, fixes issue #3.");
        assert_eq!(plain("nothing here: a@b, #3"), "nothing here: a@b, #3");
    }

    #[test]
    fn a_line_is_one_line_and_shows_what_is_hidden() {
        assert_eq!(line(" a\r\n\tb\u{202e}c ", 20), "a b⟨U+202E⟩c");
        assert_eq!(line("0123456789", 5), "0123…");
    }
}
