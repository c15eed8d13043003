//! Parsing with an end, whatever the text is.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tree_sitter::{ParseOptions, Parser, Tree};

use crate::Language;

/// Longer texts are not parsed; nobody edits a generated megabyte by hand.
pub const LARGEST: usize = 1024 * 1024;
/// A megabyte of ordinary code takes a tenth of it. Broken text takes longer, as many repairs are tried.
const BUDGET: Duration = Duration::from_secs(1);

/// Parses `text` in the language of `path`; `None` where there is none, or it is too long or too hard.
pub(crate) fn parse(path: &str, text: &str) -> Option<(Language, Tree)> {
    let language = Language::of(path)?;
    parse_as(language, text).map(|tree| (language, tree))
}

pub(crate) fn parse_as(language: Language, text: &str) -> Option<Tree> {
    if text.len() > LARGEST || !is_safe(language, text) {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(&language.grammar()).ok()?;
    let until = Instant::now() + BUDGET;
    let mut in_time = |_: &_| match Instant::now() < until {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    };
    let bytes = text.as_bytes();
    parser.parse_with_options(
        &mut |from, _| bytes.get(from..).unwrap_or_default(),
        None,
        Some(ParseOptions::new().progress_callback(&mut in_time)),
    )
}

/// Whether the grammar's own C code keeps within its buffer, where it does not see to that itself.
///
/// A grammar with a state of its own writes it into 1024 bytes. Python's and Ruby's can write more, and
/// the library then ends the program. No file that people write comes near the limits here.
fn is_safe(language: Language, text: &str) -> bool {
    match language {
        // Two bytes for each level of indentation, and each level is at least one column deeper.
        Language::Python => text.split(['\n', '\r', '\u{c}']).all(|line| indentation(line) <= MOST_INDENTED),
        // Four bytes and the word for each heredoc that is open.
        Language::Ruby => heredocs(text) <= MOST_HEREDOC_BYTES,
        Language::Bash
        | Language::C
        | Language::CSharp
        | Language::Cpp
        | Language::Css
        | Language::Go
        | Language::Html
        | Language::Java
        | Language::JavaScript
        | Language::Json
        | Language::Php
        | Language::Rust
        | Language::Toml
        | Language::Tsx
        | Language::TypeScript => true,
    }
}

/// In columns.
const MOST_INDENTED: usize = 300;
/// Of all heredocs of a file, open at the same time or not; a word's length is written into one byte.
const MOST_HEREDOC_BYTES: usize = 200;

fn indentation(line: &str) -> usize {
    let white = line.chars().take_while(|c| c.is_whitespace());
    white.map(|c| if c == '\t' { 8 } else { 1 }).sum()
}

fn heredocs(text: &str) -> usize {
    let words = text.split("<<").skip(1).map(|rest| {
        let word = rest.trim_start_matches(['~', '-', '"', '\'', '`']);
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ')' | '.');
        word.find(ends).unwrap_or(word.len())
    });
    words.filter(|length| *length > 0).map(|length| 4 + length).sum()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "tests")]

    use super::{LARGEST, parse_as};
    use crate::{Language, new_problems, outline, problems};

    /// Ends of files of which every grammar has at least one to go on with.
    const ENDINGS: [&str; 17] = [
        "sh", "c", "cs", "cpp", "css", "go", "html", "java", "js", "json", "php", "py", "rb", "rs", "toml",
        "tsx", "ts",
    ];

    /// Numbers that look random and are the same every time.
    struct Dice(u64);

    impl Dice {
        fn next(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }

        fn below(&mut self, most: usize) -> usize {
            (self.next() % most.max(1) as u64) as usize
        }
    }

    #[test]
    fn every_grammar_fits_the_library() {
        for language in Language::ALL {
            assert!(parse_as(language, "").is_some(), "{}", language.name());
        }
    }

    #[test]
    fn a_text_over_the_limit_is_not_parsed() {
        let text = "x".repeat(LARGEST + 1);
        assert!(parse_as(Language::Rust, &text).is_none());
        assert_eq!(problems("a.rs", &text), None);
    }

    #[test]
    fn what_would_overflow_a_grammars_own_buffer_is_not_parsed() {
        let word = "A".repeat(300);
        assert_eq!(problems("a.rb", &format!("x = <<{word}\n  a\n{word}\n")), None);
        let many: String = (0..300).map(|n| format!("f(<<A{n}, ")).collect();
        assert_eq!(problems("a.rb", &many), None);
        let deep: String = (0..600).map(|n| format!("{}if a:\n", " ".repeat(n))).collect();
        assert_eq!(problems("a.py", &format!("f'{{\n{deep}")), None);
        let tabs: String =
            (0..600).map(|n| format!("{}{}if a:\n", "\t".repeat(n / 8), " ".repeat(n % 8))).collect();
        assert_eq!(problems("a.py", &tabs), None);
        assert_eq!(problems("a.py", &deep.replace('\n', "\r")), None);
        let usual = "def f\n  a = <<~SQL\n    b\n  SQL\n  class << self; end\n  a <<1\nend\n";
        assert!(problems("a.rb", usual).is_some());
    }

    #[test]
    fn random_bytes_and_pieces_of_code_break_no_grammar() {
        const PIECES: [&str; 40] = [
            "{",
            "}",
            "(",
            ")",
            "[",
            "]",
            "<",
            ">",
            "\"",
            "'",
            "`",
            "\n",
            "\r\n",
            "\t",
            " ",
            "    ",
            "#",
            "//",
            "/*",
            "*/",
            "<<EOF\n",
            "EOF\n",
            "<?php",
            "?>",
            "${",
            "$(",
            "r#\"",
            "\"#",
            "|",
            "&",
            ":",
            "- ",
            "? ",
            "---\n",
            "<script>",
            "</p>",
            "%w(",
            "=begin\n",
            "\u{0}",
            "é\u{202e}",
        ];
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        for ending in ENDINGS {
            let path = format!("a.{ending}");
            for round in 0..60 {
                let text: String = match round % 2 {
                    0 => (0..dice.below(400)).map(|_| PIECES[dice.below(PIECES.len())]).collect(),
                    _ => {
                        let bytes: Vec<u8> = (0..dice.below(2000)).map(|_| dice.next() as u8).collect();
                        String::from_utf8_lossy(&bytes).into_owned()
                    }
                };
                let _ = problems(&path, &text);
                let _ = outline(&path, &text);
                let _ = new_problems(&path, "", &text);
            }
        }
    }

    #[test]
    fn what_opens_and_never_closes_ends() {
        for ending in ENDINGS {
            let path = format!("a.{ending}");
            for opening in ["(", "[{", "<a>", "if ", "/*", "\"${", "- - ", "<<A\n", "f(", "a:\n "] {
                let _ = outline(&path, &opening.repeat(3000));
                let _ = problems(&path, &opening.repeat(3000));
            }
        }
    }
}
