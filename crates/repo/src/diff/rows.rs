//! Which line stands beside which.

use anchorhold_domain::PairKind;
use git2::{DiffLineType, Patch};

use super::text::Text;

/// A row before it is painted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Aligned {
    Hunk { header: String, old_start: u32, old_lines: u32, new_start: u32, new_lines: u32 },
    Pair { old: Option<u32>, new: Option<u32>, kind: PairKind },
    Gap { hidden: u32 },
}

/// Aligns the lines of a patch; all of them, since cutting is the painter's.
pub(crate) fn align(patch: &Patch<'_>, old: &Text, new: &Text) -> Result<Vec<Aligned>, git2::Error> {
    let mut rows = Vec::new();
    // The next new line that no row has shown.
    let mut next_new = 1u32;
    for index in 0..patch.num_hunks() {
        let (hunk, lines) = patch.hunk(index)?;
        let first_new = if hunk.new_lines() == 0 { hunk.new_start() + 1 } else { hunk.new_start() };
        push_gap(&mut rows, first_new.saturating_sub(next_new));
        rows.push(Aligned::Hunk {
            header: String::from_utf8_lossy(hunk.header()).trim_end().to_owned(),
            old_start: hunk.old_start(),
            old_lines: hunk.old_lines(),
            new_start: hunk.new_start(),
            new_lines: hunk.new_lines(),
        });
        let mut block = Block::default();
        for line in 0..lines {
            let line = patch.line_in_hunk(index, line)?;
            match (line.origin_value(), line.old_lineno(), line.new_lineno()) {
                (DiffLineType::Context, Some(old), Some(new)) => {
                    block.flush(&mut rows);
                    rows.push(Aligned::Pair { old: Some(old), new: Some(new), kind: PairKind::Context });
                }
                (DiffLineType::Deletion, Some(old), _) => block.removed.push(old),
                (DiffLineType::Addition, _, Some(new)) => block.added.push(new),
                // The notes on a missing newline at the end of the file.
                _ => {}
            }
        }
        block.flush(&mut rows);
        next_new =
            if hunk.new_lines() == 0 { hunk.new_start() + 1 } else { hunk.new_start() + hunk.new_lines() };
    }
    if patch.num_hunks() > 0 && !old.lines.is_empty() && !new.lines.is_empty() {
        let hidden = super::count(new.lines.len()).saturating_add(1).saturating_sub(next_new);
        push_gap(&mut rows, hidden);
    }
    Ok(rows)
}

fn push_gap(rows: &mut Vec<Aligned>, hidden: u32) {
    if hidden > 0 {
        rows.push(Aligned::Gap { hidden });
    }
}

/// Lines removed and added with no unchanged line between them.
#[derive(Default)]
struct Block {
    removed: Vec<u32>,
    added: Vec<u32>,
}

impl Block {
    /// Sets the lines side by side in their order; what is left over stands alone.
    fn flush(&mut self, rows: &mut Vec<Aligned>) {
        let paired = self.removed.len().min(self.added.len());
        for (old, new) in self.removed.iter().zip(&self.added) {
            rows.push(Aligned::Pair { old: Some(*old), new: Some(*new), kind: PairKind::Changed });
        }
        for old in self.removed.iter().skip(paired) {
            rows.push(Aligned::Pair { old: Some(*old), new: None, kind: PairKind::Removed });
        }
        for new in self.added.iter().skip(paired) {
            rows.push(Aligned::Pair { old: None, new: Some(*new), kind: PairKind::Added });
        }
        self.removed.clear();
        self.added.clear();
    }
}
