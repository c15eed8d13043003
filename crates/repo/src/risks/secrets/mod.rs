//! Keys and tokens in added lines, by their shapes.
//!
//! The shapes are those that the providers document and that gitleaks keeps
//! (<https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml>). A shape alone says little of
//! passwords, so those count only where a name says what they are and the text looks like chance. Examples
//! and placeholders are left out. What is found is named, and its text goes nowhere.

mod judge;
mod rules;

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::places::is_lockfile;
use judge::Judge;
use rules::{ASSIGNED, BARE, CONFIGURATION, Judged, KEY_BLOCK, KEYWORDS, RULES, Rule};

/// Matches of one rule in one line that are judged; the first that is no example is enough.
const MOST_MATCHES: usize = 100;
/// Compiled patterns with long repetitions are larger than the library lets them be by itself.
const LARGEST_PATTERN: usize = 64 * 1024 * 1024;

/// A secret in a line.
pub(super) struct Found {
    /// The line, from 1.
    pub(super) line: u32,
    /// What it looks like.
    pub(super) what: &'static str,
}

/// A secret in a file without lines, comparable with one in the file's earlier version.
#[derive(PartialEq, Eq)]
pub(super) struct Hit {
    /// What it looks like.
    pub(super) name: &'static str,
    text: Vec<u8>,
}

/// The patterns, compiled once.
struct Patterns {
    /// Says quickly of most lines that there is nothing in them.
    keywords: Regex,
    /// Says which of the rules may hold.
    all: RegexSet,
    each: Vec<(&'static Rule, Regex)>,
    assigned: Regex,
    bare: Regex,
    key_block: Regex,
    base64: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(Patterns::compile);

impl Patterns {
    fn compile() -> Self {
        let one = |pattern: &str| {
            RegexBuilder::new(pattern)
                .unicode(false)
                .size_limit(LARGEST_PATTERN)
                .build()
                .unwrap_or_else(|error| unreachable!("a pattern of ours: {error}"))
        };
        let keywords: Vec<String> = KEYWORDS.iter().map(|keyword| regex::escape(keyword)).collect();
        Self {
            keywords: one(&format!("(?i)(?:{})", keywords.join("|"))),
            all: RegexSetBuilder::new(RULES.iter().map(|rule| rule.pattern))
                .unicode(false)
                .size_limit(LARGEST_PATTERN)
                .build()
                .unwrap_or_else(|error| unreachable!("a pattern of ours: {error}")),
            each: RULES.iter().map(|rule| (rule, one(rule.pattern))).collect(),
            assigned: one(ASSIGNED),
            bare: one(BARE),
            key_block: one(KEY_BLOCK),
            base64: one(r"^[\s>|+'\x22`#*/-]*[A-Za-z0-9+/]{40,}={0,2}"),
        }
    }
}

/// A search through the added lines of one file, in their order.
pub(super) struct Search {
    /// Whether names with values count, which are hashes in lockfiles.
    assignments: bool,
    /// Whether values stand without quotes, as in configuration files.
    bare_values: bool,
    /// The line of a private key's beginning whose body has not come yet.
    key_at: Option<u32>,
}

impl Search {
    /// Prepares for the file at `path`, given in lower case.
    pub(super) fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        Self {
            assignments: !is_lockfile(path),
            bare_values: name.starts_with(".env") || CONFIGURATION.iter().any(|end| name.ends_with(end)),
            key_at: None,
        }
    }

    /// Looks at the line `number`.
    pub(super) fn line(&mut self, number: u32, content: &[u8]) -> Vec<Found> {
        let mut found = Vec::new();
        if let Some(line) = self.key_at.take() {
            if PATTERNS.base64.is_match(content) {
                found.push(Found { line, what: "looks like a private key" });
            } else if is_key_header(content) {
                self.key_at = Some(line);
            }
        }
        if !PATTERNS.keywords.is_match(content) {
            return found;
        }
        let mut add = |what| found.push(Found { line: number, what });
        for hit in hits(content) {
            add(hit.name);
        }
        if let Some(begin) = PATTERNS.key_block.find(content) {
            match content.get(begin.end()..) {
                Some(rest) if holds_a_key(rest) => add("looks like a private key"),
                _ => self.key_at = Some(number),
            }
        }
        if !found.iter().any(|found| found.line == number) && self.holds_a_password(content) {
            found.push(Found { line: number, what: "looks like a password or key" });
        }
        found
    }

    fn holds_a_password(&self, content: &[u8]) -> bool {
        let holds = |pattern: &Regex| {
            pattern.captures_iter(content).take(MOST_MATCHES).any(|captures| {
                captures.get(1).is_some_and(|value| Judge::of(value.as_bytes()).is_a_password())
            })
        };
        self.assignments && (holds(&PATTERNS.assigned) || self.bare_values && holds(&PATTERNS.bare))
    }
}

/// Finds the secrets of known shapes in bytes that are no text.
pub(super) fn in_binary(content: &[u8]) -> Vec<Hit> {
    let mut found: Vec<Hit> = content.split(|byte| matches!(byte, b'\n' | 0)).flat_map(hits).collect();
    for begin in PATTERNS.key_block.find_iter(content).take(MOST_MATCHES) {
        let rest = content.get(begin.end()..).unwrap_or_default();
        let rest = rest.get(..4096).unwrap_or(rest);
        let rest: Vec<u8> = rest.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        if holds_a_key(&rest) {
            found.push(Hit { name: "looks like a private key", text: rest });
        }
    }
    found
}

/// Finds what has a provider's shape.
fn hits(content: &[u8]) -> Vec<Hit> {
    let mut hits = Vec::new();
    for index in PATTERNS.all.matches(content) {
        let Some((rule, pattern)) = PATTERNS.each.get(index) else { continue };
        let real = pattern.captures_iter(content).take(MOST_MATCHES).find_map(|captures| {
            let whole = captures.get(1).or_else(|| captures.get(0))?.as_bytes();
            let judge = Judge::of(whole);
            let is_real = match rule.judged {
                Judged::AsToken(least_entropy) => judge.is_real(least_entropy),
                Judged::AsPassword => judge.is_a_password(),
            };
            is_real.then(|| whole.to_vec())
        });
        hits.extend(real.map(|text| Hit { name: rule.what, text }));
    }
    hits
}

/// Whether the rest of a line has a key's body; a text that only names the header has none.
fn holds_a_key(rest: &[u8]) -> bool {
    let mut run = 0;
    for byte in rest {
        run = if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=') { run + 1 } else { 0 };
        if run >= 40 {
            return true;
        }
    }
    false
}

/// Whether a line can stand between the beginning of a key and its body.
fn is_key_header(content: &[u8]) -> bool {
    let content = content.trim_ascii();
    content.is_empty()
        || [&b"Proc-Type:"[..], b"DEK-Info:", b"Version:", b"Comment:"]
            .iter()
            .any(|header| content.starts_with(header))
}

#[cfg(test)]
mod tests;
