//! Parsing with an end, whatever the text is.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tree_sitter::{ParseOptions, Parser, Tree};

use crate::Language;

/// Longer texts are not parsed; nobody edits a generated megabyte by hand.
pub const LARGEST: usize = 1024 * 1024;
/// A megabyte of ordinary code takes a tenth of it. Broken text takes longer, as many repairs are tried.
const BUDGET: Duration = Duration::from_secs(1);

/// Parses `text`; `None` where it is too long or too hard.
///
/// A text can end the process: a grammar with a state of its own writes it into 1024 bytes, and those of
/// Python, Ruby and YAML can write more, at which the library gives up. So only the worker calls this.
pub(crate) fn parse(language: Language, text: &str) -> Option<Tree> {
    if text.len() > LARGEST {
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

#[cfg(test)]
mod tests {
    use super::{LARGEST, parse};
    use crate::Language;

    #[test]
    fn every_grammar_fits_the_library() {
        for language in Language::ALL {
            assert!(parse(language, "").is_some(), "{}", language.name());
        }
    }

    #[test]
    fn a_text_over_the_limit_is_not_parsed() {
        assert!(parse(Language::Rust, &"x".repeat(LARGEST + 1)).is_none());
    }
}
