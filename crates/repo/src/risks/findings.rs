//! What was found so far, bounded and in order.

use std::collections::BTreeMap;

use anchorhold_domain::{Risk, RiskKind, RisksLeftOut};

use crate::diff::{hidden_in, is_hidden};

/// The most risks of one kind that are told; who reads so many reads no more.
const MOST: usize = 500;
/// Different characters that are named of one file.
const MOST_NAMED: usize = 5;
/// So many blanks in a row put what stands behind them out of sight; tables are seldom as wide.
const WIDE_GAP: usize = 40;
/// What a tab is as wide as where a review shows it.
const TAB: usize = 4;
/// A line may begin with so many columns of blanks: deep indentation is nothing to look at.
const DEEP_INDENT: usize = 120;

/// What deserves a look.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Risks {
    /// The risks, the gravest first, then by path and line.
    pub found: Vec<Risk>,
    /// The kinds of which there are more.
    pub left_out: Vec<RisksLeftOut>,
}

/// Risks, at most so many of each kind that none crowds out another.
#[derive(Default)]
pub(super) struct Findings {
    by_kind: BTreeMap<RiskKind, Vec<Risk>>,
    left_out: BTreeMap<RiskKind, u32>,
}

impl Findings {
    pub(super) fn add(&mut self, kind: RiskKind, path: &str, line: Option<u32>, detail: impl Into<String>) {
        let found = self.by_kind.entry(kind).or_default();
        if found.len() < MOST {
            found.push(Risk { kind, path: path.to_owned(), line, detail: detail.into() });
        } else {
            let count = self.left_out.entry(kind).or_default();
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn sorted(self) -> Risks {
        let mut found: Vec<Risk> = self.by_kind.into_values().flatten().collect();
        found.sort_by(|a, b| (a.kind, &a.path, a.line).cmp(&(b.kind, &b.path, b.line)));
        found.dedup();
        let left_out = self.left_out.into_iter().map(|(kind, count)| RisksLeftOut { kind, count }).collect();
        Risks { found, left_out }
    }
}

/// The hidden characters of one file's added lines.
#[derive(Default)]
pub(super) struct Hidden {
    first: Option<u32>,
    lines: u32,
    named: Vec<char>,
    more: bool,
}

impl Hidden {
    /// Looks at an added line.
    pub(super) fn line(&mut self, number: u32, content: &[u8]) {
        if content.iter().all(|byte| *byte == b'\t' || (b' '..=b'~').contains(byte)) {
            return;
        }
        let text = String::from_utf8_lossy(content);
        // At the very beginning of a file it is a mark of the encoding.
        let text = if number == 1 { text.trim_start_matches('\u{feff}') } else { &*text };
        let found = hidden_in(text);
        if found.is_empty() {
            return;
        }
        self.first.get_or_insert(number);
        self.lines = self.lines.saturating_add(1);
        for c in found {
            if self.named.contains(&c) {
                continue;
            }
            if self.named.len() < MOST_NAMED {
                self.named.push(c);
            } else {
                self.more = true;
            }
        }
    }

    /// Returns the first line, and what is on how many.
    pub(super) fn found(self) -> Option<(u32, String)> {
        let first = self.first?;
        let names: Vec<String> = self.named.iter().map(|c| format!("U+{:04X}", u32::from(*c))).collect();
        let more = if self.more { " and others" } else { "" };
        Some((first, format!("{}{more} on {}", names.join(", "), added_lines(self.lines))))
    }
}

/// The rows of blanks in one file's added lines that have something behind them.
#[derive(Default)]
pub(super) struct Gaps {
    first: Option<(u32, usize)>,
    lines: u32,
}

impl Gaps {
    /// Looks at an added line.
    pub(super) fn line(&mut self, number: u32, content: &[u8]) {
        if content.len() < WIDE_GAP.min(DEEP_INDENT / TAB) {
            return;
        }
        if let Some(blanks) = wide_gap(&String::from_utf8_lossy(content)) {
            self.first.get_or_insert((number, blanks));
            self.lines = self.lines.saturating_add(1);
        }
    }

    /// Returns the first line, and what is on how many.
    pub(super) fn found(self) -> Option<(u32, String)> {
        let (first, blanks) = self.first?;
        let lines = added_lines(self.lines);
        Some((first, format!("{blanks} blanks in a row, and text behind them, on {lines}")))
    }
}

fn added_lines(count: u32) -> String {
    if count == 1 { "1 added line".to_owned() } else { format!("{count} added lines") }
}

/// Returns how many blanks stand in the first row of them that takes what is behind it out of sight.
fn wide_gap(line: &str) -> Option<usize> {
    let (mut blanks, mut columns, mut indents) = (0, 0, true);
    for c in line.chars() {
        // The blank pattern of braille is drawn as nothing, and is no space by its class.
        if (c.is_whitespace() && !is_hidden(c)) || c == '\u{2800}' {
            blanks += 1;
            columns += if c == '\t' { TAB } else { 1 };
            continue;
        }
        if (indents && columns >= DEEP_INDENT) || (!indents && blanks >= WIDE_GAP) {
            return Some(blanks);
        }
        (blanks, columns, indents) = (0, 0, false);
    }
    None
}
