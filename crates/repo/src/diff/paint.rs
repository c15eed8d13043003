//! Aligned line numbers become rows of classified, safe text.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Mutex;

use anchorhold_domain::{DiffCell, DiffNotice, DiffRow, PairKind, ScopeClass, Span};
use similar::{DiffTag, TextDiff};

use super::LARGEST_HIGHLIGHTED;
use super::highlight::{Highlighter, Language, Token};
use super::rows::Aligned;
use super::text::Text;
use super::visible::{has_hidden, is_drawn, make_visible, name};
use crate::mirror::lock;

/// Rows kept of one file.
const MOST_ROWS: usize = 200_000;
/// Bytes of a line that are shown; longer lines are not highlighted either.
const LONGEST_LINE: usize = 10 * 1024;
/// Bytes of a line up to which its changed words are looked for.
const LONGEST_COMPARED: usize = 2 * 1024;
/// Below this likeness two lines have nothing in common that would be worth showing.
const LEAST_LIKENESS: f32 = 0.35;

/// A file's rows, painted when they are asked for.
pub(crate) struct Canvas {
    pub(crate) old: Text,
    pub(crate) new: Text,
    aligned: Vec<Aligned>,
    language: Language,
    highlighters: Mutex<Highlighters>,
}

struct Highlighters {
    old: Highlighter,
    new: Highlighter,
}

impl Canvas {
    /// Keeps the first rows, and notes what a reader must know about them before any is painted.
    pub(crate) fn new(
        path: &[u8],
        mut aligned: Vec<Aligned>,
        old: Text,
        new: Text,
        notices: &mut BTreeSet<DiffNotice>,
    ) -> Self {
        if aligned.len() > MOST_ROWS {
            aligned.truncate(MOST_ROWS);
            notices.insert(DiffNotice::TooManyRows);
        }
        if !old.is_utf8 || !new.is_utf8 {
            notices.insert(DiffNotice::NotUtf8);
        }
        let first_line = new.lines.first().or(old.lines.first()).map_or("", String::as_str);
        let mut language = Language::of(path, first_line);
        if old.bytes.max(new.bytes) > LARGEST_HIGHLIGHTED {
            language = Language::plain();
            notices.insert(DiffNotice::NotHighlighted);
        }
        let highlighters = Highlighters { old: Highlighter::new(language), new: Highlighter::new(language) };
        let canvas = Self { old, new, aligned, language, highlighters: Mutex::new(highlighters) };
        canvas.inspect(notices);
        canvas
    }

    /// A canvas without rows, for a file that is not shown.
    pub(crate) fn blank() -> Self {
        Self::new(b"", Vec::new(), Text::read(b""), Text::read(b""), &mut BTreeSet::new())
    }

    /// Returns how many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.aligned.len()
    }

    /// Returns the name of the language for people.
    pub(crate) fn language(&self) -> &'static str {
        self.language.name()
    }

    /// Paints the rows of `range` that there are.
    pub(crate) fn rows(&self, range: Range<usize>) -> Vec<DiffRow> {
        let end = range.end.min(self.aligned.len());
        let Some(wanted) = self.aligned.get(range.start.min(end)..end) else {
            return Vec::new();
        };
        let last = |line: fn(&Aligned) -> Option<u32>| {
            wanted.iter().filter_map(line).max().unwrap_or_default() as usize
        };
        let mut highlighters = lock(&self.highlighters);
        highlighters.old.advance(&self.old.lines, last(old_line), LONGEST_LINE);
        highlighters.new.advance(&self.new.lines, last(new_line), LONGEST_LINE);
        wanted.iter().map(|row| self.row(row, &highlighters)).collect()
    }

    /// Notes what painting will cut or make visible.
    fn inspect(&self, notices: &mut BTreeSet<DiffNotice>) {
        for row in &self.aligned {
            let sides = [(&self.old, old_line(row)), (&self.new, new_line(row))];
            for (text, line) in sides {
                let line = line.map_or("", |line| text.line(line));
                if line.len() > LONGEST_LINE {
                    notices.insert(DiffNotice::LongLine);
                }
                if has_hidden(line) {
                    notices.insert(DiffNotice::HiddenUnicode);
                }
            }
            if self.endings_differ(row) {
                notices.insert(DiffNotice::LineEndings);
            }
        }
    }

    fn endings_differ(&self, row: &Aligned) -> bool {
        match row {
            Aligned::Pair { old: Some(old), new: Some(new), kind: PairKind::Changed } => {
                self.old.has_carriage_return(*old) != self.new.has_carriage_return(*new)
            }
            _ => false,
        }
    }

    fn row(&self, row: &Aligned, highlighters: &Highlighters) -> DiffRow {
        match row {
            Aligned::Gap { hidden } => DiffRow::Gap { hidden: *hidden },
            Aligned::Hunk { header, old_start, old_lines, new_start, new_lines } => DiffRow::Hunk {
                header: make_visible(header),
                old_start: *old_start,
                old_lines: *old_lines,
                new_start: *new_start,
                new_lines: *new_lines,
            },
            Aligned::Pair { old, new, kind } => {
                let (left_changed, right_changed) = match (old, new, kind) {
                    (Some(old), Some(new), PairKind::Changed) => {
                        changed_words(self.old.line(*old), self.new.line(*new))
                    }
                    _ => (Vec::new(), Vec::new()),
                };
                let ending = self.endings_differ(row);
                DiffRow::Pair {
                    left: old.map(|line| {
                        cell(&self.old, line, highlighters.old.line(line), &left_changed, ending)
                    }),
                    right: new.map(|line| {
                        cell(&self.new, line, highlighters.new.line(line), &right_changed, ending)
                    }),
                    kind: *kind,
                }
            }
        }
    }
}

fn old_line(row: &Aligned) -> Option<u32> {
    match row {
        Aligned::Pair { old, .. } => *old,
        Aligned::Hunk { .. } | Aligned::Gap { .. } => None,
    }
}

fn new_line(row: &Aligned) -> Option<u32> {
    match row {
        Aligned::Pair { new, .. } => *new,
        Aligned::Hunk { .. } | Aligned::Gap { .. } => None,
    }
}

/// Paints one line: tokens and changed words cut it into spans, and nothing hidden stays so.
fn cell(text: &Text, line: u32, tokens: &[Token], changed: &[Range<usize>], show_ending: bool) -> DiffCell {
    let whole = text.line(line);
    let shown = whole.get(..whole.floor_char_boundary(LONGEST_LINE)).unwrap_or(whole);
    let mut spans = Spans::default();
    let mut before = None;
    let mut token = tokens.iter().peekable();
    let mut range = changed.iter().peekable();
    let mut chars = shown.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        while token.peek().is_some_and(|token| token.end <= at) {
            token.next();
        }
        while range.peek().is_some_and(|range| range.end <= at) {
            range.next();
        }
        let class = token.peek().map_or(ScopeClass::Plain, |token| token.class);
        let is_changed = range.peek().is_some_and(|range| range.start <= at);
        if is_drawn(before, c, chars.peek().map(|(_, c)| *c)) {
            spans.push(c, class, is_changed);
        } else {
            spans.mark(name(c), is_changed);
        }
        before = Some(c);
    }
    if shown.len() < whole.len() {
        spans.mark(format!("… {} more bytes", whole.len() - shown.len()), false);
    }
    if show_ending && text.has_carriage_return(line) {
        spans.mark("␍".to_owned(), true);
    }
    DiffCell { line, spans: spans.0 }
}

/// Grows the last span while it stays alike.
#[derive(Default)]
struct Spans(Vec<Span>);

impl Spans {
    fn push(&mut self, c: char, scope: ScopeClass, changed: bool) {
        match self.0.last_mut() {
            Some(last) if last.scope == scope && last.changed == changed => last.text.push(c),
            _ => self.0.push(Span { text: c.to_string(), scope, changed }),
        }
    }

    fn mark(&mut self, text: String, changed: bool) {
        self.0.push(Span { text, scope: ScopeClass::Hidden, changed });
    }
}

/// Finds the byte ranges of the words that differ; none if the lines have too little in common.
fn changed_words(old: &str, new: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    if old.len().max(new.len()) > LONGEST_COMPARED {
        return (Vec::new(), Vec::new());
    }
    let diff = TextDiff::from_unicode_words(old, new);
    if diff.ratio() < LEAST_LIKENESS {
        return (Vec::new(), Vec::new());
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let (mut old_at, mut new_at) = (0, 0);
    for op in diff.ops() {
        let (tag, old_words, new_words) = op.as_tag_tuple();
        let old_end = old_at + old_words.filter_map(|word| diff.old_slice(word)).map(str::len).sum::<usize>();
        let new_end = new_at + new_words.filter_map(|word| diff.new_slice(word)).map(str::len).sum::<usize>();
        if tag != DiffTag::Equal {
            push_range(&mut left, old_at..old_end);
            push_range(&mut right, new_at..new_end);
        }
        (old_at, new_at) = (old_end, new_end);
    }
    (left, right)
}

fn push_range(ranges: &mut Vec<Range<usize>>, range: Range<usize>) {
    if !range.is_empty() {
        ranges.push(range);
    }
}
