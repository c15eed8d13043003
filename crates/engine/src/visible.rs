//! What a reader cannot see is named before a model reads it: `⟨U+202E⟩` instead of the character.
//!
//! The names and what they stand for are those of the diffs.

use crate::tools::Report;
use anchorhold_repo::visible_text;

/// What a model is told of the names, in the prompt and behind each result that has some.
const NOTE: &str = "[Hidden characters are shown by their number, such as ⟨U+202E⟩. edit_file takes them in \
                    that form; write_file would write the form itself.]\n";

/// Names the hidden characters of a result.
pub(crate) fn report(mut report: Report) -> Report {
    if let Some(mut content) = visible_text(&report.content) {
        if !content.ends_with('\n') {
            content.push('\n');
        }
        content.push_str(NOTE);
        report.content = content;
    }
    report
}

/// Names the hidden characters of a text of the repository.
pub(crate) fn text(text: String) -> String {
    visible_text(&text).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{NOTE, report};
    use crate::tools::Report;

    #[test]
    fn a_result_says_that_characters_are_named_only_where_some_are() {
        let said =
            |content: &str| report(Report { content: content.to_owned(), ..Report::default() }).content;
        assert_eq!(said("plain\r\n"), "plain\r\n");
        assert_eq!(said("a\u{202e}b"), format!("a⟨U+202E⟩b\n{NOTE}"));
    }
}
