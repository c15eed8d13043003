//! Finds the lines that come closest to a text that is not there, to help a missed edit.

use super::search::shown;

/// How many lines are looked at, so that a miss in a huge file stays quick.
const MAX_LINES: usize = 50_000;
/// Longer lines are not compared letter by letter.
const MAX_COMPARED_BYTES: usize = 300;
/// How many lines are compared word by word in all; a text of many equal lines would be quadratic.
const MAX_COMPARED_LINES: u32 = 500_000;
const SHOWN: usize = 3;
/// Out of 100; below it two lines have little in common.
const LEAST_LIKENESS: usize = 60;

/// A line that comes close.
pub struct Near {
    pub line: u64,
    pub text: String,
    /// Whether the whole text is here but for white space.
    pub only_white_space: bool,
    likeness: usize,
}

/// The lines of `content` that come closest to where `wanted` might begin, best first.
pub fn nearest(content: &[u8], wanted: &[u8]) -> Vec<Near> {
    let wanted: Vec<&[u8]> = lines(wanted).skip_while(|line| line.is_empty()).collect();
    let Some(first) = wanted.first() else {
        return Vec::new();
    };
    let content: Vec<&[u8]> = content.split(|byte| *byte == b'\n').take(MAX_LINES).collect();
    let pairs = letter_pairs(first);
    let mut budget = MAX_COMPARED_LINES;
    let mut near: Vec<Near> = content
        .iter()
        .enumerate()
        .filter_map(|(index, line)| {
            let here = content.get(index..).unwrap_or_default();
            let only_white_space = begins_alike(here, &wanted, &mut budget);
            let likeness = if only_white_space { 101 } else { likeness(line.trim_ascii(), first, &pairs) };
            (likeness >= LEAST_LIKENESS).then(|| Near {
                line: index as u64 + 1,
                text: shown(line),
                only_white_space,
                likeness,
            })
        })
        .collect();
    near.sort_by_key(|near| std::cmp::Reverse(near.likeness));
    near.truncate(SHOWN);
    near
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii)
}

/// Whether the lines here are the wanted ones but for white space; no, once the budget is spent.
fn begins_alike(here: &[&[u8]], wanted: &[&[u8]], budget: &mut u32) -> bool {
    let without_last_empty = match wanted.split_last() {
        Some(([], rest)) => rest,
        _ => wanted,
    };
    here.len() >= without_last_empty.len()
        && here.iter().zip(without_last_empty).all(|(line, wanted)| {
            *budget = budget.saturating_sub(1);
            *budget > 0 && words(line).eq(words(wanted))
        })
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// Of 100, how many pairs of letters two lines share (Dice's coefficient).
fn likeness(line: &[u8], wanted: &[u8], wanted_pairs: &[[u8; 2]]) -> usize {
    if line == wanted {
        return 100;
    }
    // Lengths too far apart cannot reach the threshold, and most lines are told so.
    if line.len() > MAX_COMPARED_BYTES || line.len() > wanted.len() * 3 || line.len() * 3 < wanted.len() {
        return 0;
    }
    let pairs = letter_pairs(line);
    let (mut one, mut other) = (pairs.iter().peekable(), wanted_pairs.iter().peekable());
    let mut shared = 0;
    while let (Some(left), Some(right)) = (one.peek(), other.peek()) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => drop(one.next()),
            std::cmp::Ordering::Greater => drop(other.next()),
            std::cmp::Ordering::Equal => {
                shared += 1;
                one.next();
                other.next();
            }
        }
    }
    200 * shared / (pairs.len() + wanted_pairs.len()).max(1)
}

fn letter_pairs(line: &[u8]) -> Vec<[u8; 2]> {
    let mut pairs: Vec<[u8; 2]> =
        line.iter().zip(line.iter().skip(1)).map(|(one, next)| [*one, *next]).collect();
    pairs.sort_unstable();
    pairs
}
