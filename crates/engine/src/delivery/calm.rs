//! Words of an agent that would do something on GitHub are made to do nothing: `@name` pings nobody, and
//! `fixes #3` closes nothing.
//!
//! In Markdown a character that nobody sees stands between the sign and what it would be a sign of. It does its
//! work in text, code and attributes alike, so that it need not be known which of them GitHub will take a place
//! for; with it tags and entities are only text, and can neither hide a name nor put one together. In a commit's
//! message, which is plain text, a word is put between. Nothing else of the text is changed, but that all its
//! lines end alike.

/// Takes no room, and is no part of a name or number: what Dependabot puts there too.
/// <https://github.com/dependabot/dependabot-core/blob/main/common/lib/dependabot/pull_request_creator/message_builder/link_and_mention_sanitizer.rb>
const GAP: char = '\u{200b}';

/// What closes an issue when it stands before a reference to it.
/// <https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue>
const KEYWORDS: [&str; 9] =
    ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];

/// Calms a text that is shown as Markdown. It is at most four times as long as before.
pub(super) fn markdown(text: &str) -> String {
    // A carriage return alone ends a line too.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut calm = String::with_capacity(text.len());
    let (mut previous, mut reference) = (None, 0..0);
    for (place, c) in text.char_indices() {
        let begins = begins_word(previous);
        if begins && let Some((start, length)) = closed(text.get(place..).unwrap_or_default()) {
            reference = place + start..place + start + length;
        }
        // The number of a reference follows its sign, so that `fix 3 things` stays as it is.
        if c.is_ascii_digit() && begins && place > reference.start && place < reference.end {
            calm.push(GAP);
        }
        calm.push(c);
        if opens(c, text.get(place + c.len_utf8()..).unwrap_or_default(), begins) {
            calm.push(GAP);
        }
        previous = Some(c);
    }
    calm
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

/// Whether a character would be more than itself before `behind`: the sign of a name, or the beginning of a tag,
/// a comment or an entity.
fn opens(c: char, behind: &str, begins_word: bool) -> bool {
    match c {
        '@' => begins_word && behind.starts_with(|c: char| !c.is_whitespace()),
        '<' => behind.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)),
        '&' => {
            let name = behind.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '#');
            name.len() < behind.len() && name.starts_with(';')
        }
        _ => false,
    }
}

/// Whether a word can begin behind a character. Other letters than these are none to GitHub, and an underscore
/// can be markup.
fn begins_word(previous: Option<char>) -> bool {
    previous.is_none_or(|c| !c.is_ascii_alphanumeric())
}

/// The first thing in a commit's message that would do something; `before` is what stands before it.
fn next_active(text: &str, before: &str) -> Option<(usize, usize)> {
    let mut previous = before.chars().next_back();
    for (place, c) in text.char_indices() {
        let behind = text.get(place..).unwrap_or_default();
        let begins_word = begins_word(previous);
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
        if let Some((start, length)) = closed(behind) {
            let (before, word, _) = split(behind, start, start + length);
            if before.ends_with(|c: char| c.is_whitespace() || c == ':') && is_reference(word) {
                return Some((place + start, place + start + length));
            }
        }
    }
    None
}

/// Where the word is that stands next to a keyword at the beginning of a text, and how long it is. Markup may be
/// between them.
fn closed(text: &str) -> Option<(usize, usize)> {
    let length = text.find(|c: char| !c.is_ascii_alphabetic())?;
    let keyword = text.get(..length)?;
    if !KEYWORDS.iter().any(|known| keyword.eq_ignore_ascii_case(known)) {
        return None;
    }
    let behind = text.get(length..)?;
    let between = behind.get(..behind.find(char::is_alphanumeric)?)?;
    let mut between = between.char_indices().rev();
    let last = between.find(|(_, c)| c.is_whitespace() || *c == ':');
    let gap = last.map_or(0, |(place, c)| place + c.len_utf8());
    let word = behind.get(gap..)?;
    Some((length + gap, word.find(char::is_whitespace).unwrap_or(word.len())))
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

#[cfg(test)]
mod tests {
    use super::{line, markdown, plain};

    #[test]
    fn names_and_closing_words_do_nothing_in_markdown_and_read_as_before() {
        for (text, expected) in [
            ("Thanks @octocat.", "Thanks @~octocat."),
            ("(@org/team) grace@example.com", "(@~org/team) grace@example.com"),
            ("Fixes #3 and closes: octo/hello#4", "Fixes #~3 and closes: octo/hello#~4"),
            ("resolved\nGH-5, see #6", "resolved\nGH-~5, see #6"),
            ("fix https://github.com/o/r/issues/7", "fix https://github.com/o/r/issues/~7"),
            ("prefixes #3, fix 3 things, a @ b", "prefixes #3, fix 3 things, a @ b"),
            ("`a & b`, R&D; 1 < 2", "`a & b`, R&~D; 1 < 2"),
        ] {
            assert_eq!(markdown(text), expected.replace('~', "\u{200b}"));
        }
    }

    #[test]
    fn a_texts_own_backticks_and_markup_cannot_set_them_free() {
        for (text, expected) in [
            ("a ` b @x", "a ` b @~x"),
            ("\\@x` y", "\\@~x` y"),
            ("_@x_, _fixes #3_", "_@~x_, _fixes #~3_"),
            ("\u{e9}@x", "\u{e9}@~x"),
            ("<div>@x", "<~div>@~x"),
            ("@<x></x>octocat, fi<x></x>xes #3", "@~<~x><~/x>octocat, fi<~x><~/x>xes #3"),
            ("ping &#64;octocat", "ping &~#64;octocat"),
            ("ping &#x40;octocat &commat;octocat", "ping &~#x40;octocat &~commat;octocat"),
            ("fixes&#32;#3, fi&#120;es #3", "fixes&~#~32;#~3, fi&~#120;es #3"),
            ("**fixes** #3, closes **#4**, fix GH\\-5", "**fixes** #~3, closes **#~4**, fix GH\\-~5"),
            ("> fixes\n> #3", "> fixes\n> #~3"),
            ("Hi <b title=\"fixes #3\"> @octocat", "Hi <~b title=\"fixes #~3\"> @~octocat"),
            ("x\r<div>\r@octocat\r\n", "x\n<~div>\n@~octocat\n"),
            ("see [^a]\n\n[^a]: <div> @octocat", "see [^a]\n\n[^a]: <~div> @~octocat"),
            ("<!-- anchorhold -->", "<~!-- anchorhold -->"),
        ] {
            assert_eq!(markdown(text), expected.replace('~', "\u{200b}"));
        }
    }

    #[test]
    fn a_text_grows_by_no_more_than_four_times() {
        let text = format!("{}{}", "`".repeat(8_000), "@".repeat(8_000));
        assert!(markdown(&text).len() <= 4 * text.len());
    }

    #[test]
    fn a_commits_message_pings_nobody_and_closes_nothing() {
        assert_eq!(plain("Thanks @octocat, fixes #3."), "Thanks @ octocat, fixes issue #3.");
        assert_eq!(plain("nothing here: a@b, #3"), "nothing here: a@b, #3");
        assert_eq!(plain("\u{e9}@x, _fixes #3_"), "\u{e9}@ x, _fixes issue #3_");
    }

    #[test]
    fn a_line_is_one_line_and_shows_what_is_hidden() {
        assert_eq!(line(" a\r\n\tb\u{202e}c ", 20), "a b⟨U+202E⟩c");
        assert_eq!(line("0123456789", 5), "0123…");
    }
}
