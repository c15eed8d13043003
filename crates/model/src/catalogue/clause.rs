//! Which names mean a model, as the price list says it.

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use std::sync::OnceLock;

/// The largest compiled expression, in bytes. They come with the program, and stay small.
const LARGEST: usize = 1 << 20;

/// A condition on a name in lower case.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Clause {
    /// It is this.
    Equals(String),
    /// It begins with this.
    StartsWith(String),
    /// It ends with this.
    EndsWith(String),
    /// This is in it.
    Contains(String),
    /// This is found in it.
    Regex(Pattern),
    /// One holds.
    Or(Vec<Clause>),
    /// All hold.
    And(Vec<Clause>),
    /// It does not hold.
    Not(Box<Clause>),
}

impl Clause {
    pub(super) fn holds(&self, name: &str) -> bool {
        match self {
            Self::Equals(text) => name == text,
            Self::StartsWith(text) => name.starts_with(text),
            Self::EndsWith(text) => name.ends_with(text),
            Self::Contains(text) => name.contains(text),
            Self::Regex(pattern) => pattern.compiled().is_some_and(|regex| regex.is_match(name)),
            Self::Or(clauses) => clauses.iter().any(|clause| clause.holds(name)),
            Self::And(clauses) => clauses.iter().all(|clause| clause.holds(name)),
            Self::Not(clause) => !clause.holds(name),
        }
    }

    /// The expressions in it, for a test that all of them compile.
    #[cfg(test)]
    pub(super) fn patterns(&self) -> Vec<&Pattern> {
        match self {
            Self::Equals(_) | Self::StartsWith(_) | Self::EndsWith(_) | Self::Contains(_) => Vec::new(),
            Self::Regex(pattern) => vec![pattern],
            Self::Or(clauses) | Self::And(clauses) => clauses.iter().flat_map(Self::patterns).collect(),
            Self::Not(clause) => clause.patterns(),
        }
    }
}

/// A regular expression that is compiled when it is first asked; a look-up reaches few of them.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub(super) struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self { text, compiled: OnceLock::new() }
    }
}

impl Pattern {
    /// The expression; `None` where it is none, which a test rules out.
    pub(super) fn compiled(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| RegexBuilder::new(&self.text).size_limit(LARGEST).build().ok()).as_ref()
    }

    /// Where a match at the very beginning of a text ends.
    pub(super) fn end_in(&self, text: &str) -> Option<usize> {
        self.compiled()?.find(text).filter(|found| found.start() == 0).map(|found| found.end())
    }

    /// Whether the expression asks for a dot at its end, and so leaves open what comes behind.
    pub(super) fn ends_open(&self) -> bool {
        self.text.ends_with(r"\.")
    }
}
