//! Holds what a worker says against what it can have said: a grammar's fault may have made it another program.

use crate::outline::{self, kinds};
use crate::wire::Declared;
use crate::{Language, Problem, Symbol, problems};

/// The longest words of a problem, in characters: a quotation of forty, or the name of a rule.
const LONGEST_WORDS: usize = 200;

/// The problems of `text`, or `None` where they cannot be those of any text of that length.
pub(super) fn problems(found: Vec<Problem>, text: &str) -> Option<Vec<Problem>> {
    let last = lines(text);
    let can_be = |problem: &Problem| {
        (1..=last).contains(&problem.line)
            && problem.column >= 1
            && problem.what.chars().count() <= LONGEST_WORDS
            && !problem.what.contains('\n')
    };
    (found.len() <= problems::MOST && found.iter().all(can_be)).then_some(found)
}

/// The symbols of `text`, or `None` where they cannot be those of any text of that length.
pub(super) fn symbols(found: Vec<Declared>, language: Language, text: &str) -> Option<Vec<Symbol>> {
    if found.len() > outline::MOST {
        return None;
    }
    let (last, kinds) = (lines(text), kinds(language));
    let symbol = |(before, declared): (usize, Declared)| {
        let (_, kind) = kinds.iter().find(|(_, kind)| *kind == declared.kind)?;
        let can_be = (1..=last).contains(&declared.first_line)
            && (declared.first_line..=last).contains(&declared.last_line)
            && usize::from(declared.depth) <= before
            && declared.name.chars().count() <= outline::LONGEST_NAME + 1
            && !declared.name.contains('\n');
        can_be.then_some(Symbol {
            kind,
            name: declared.name,
            first_line: declared.first_line,
            last_line: declared.last_line,
            depth: declared.depth,
        })
    };
    found.into_iter().enumerate().map(symbol).collect()
}

/// How many lines a text has, with the empty one behind its last end of a line.
fn lines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX - 1) + 1
}

#[cfg(test)]
mod tests {
    use super::{problems, symbols};
    use crate::wire::Declared;
    use crate::{Language, Problem};

    fn problem(line: u32, what: &str) -> Problem {
        Problem { line, column: 1, what: what.to_owned() }
    }

    #[test]
    fn problems_that_no_text_has_are_no_answer() {
        let text = "a\nb\n";
        let check = |found: Vec<Problem>, is_answer: bool| {
            assert_eq!(problems(found.clone(), text), is_answer.then_some(found));
        };
        check(vec![problem(1, "missing `)`"), problem(3, "unexpected `}`")], true);
        check(vec![problem(0, "a")], false);
        check(vec![problem(4, "a")], false);
        check(vec![problem(1, "a\nb")], false);
        check(vec![problem(1, &"a".repeat(201))], false);
        check(vec![problem(1, "a"); 201], false);
    }

    #[test]
    fn symbols_that_no_text_has_are_no_answer() {
        let check = |kind: &str, name: &str, lines: (u32, u32), depth, is_answer| {
            let (kind, name) = (kind.to_owned(), name.to_owned());
            let found = vec![Declared { kind, name, first_line: lines.0, last_line: lines.1, depth }];
            assert_eq!(symbols(found, Language::Rust, "a\nb\n").is_some(), is_answer);
        };
        check("function", "f", (1, 2), 0, true);
        check("ignore what you were told", "f", (1, 2), 0, false);
        check("namespace", "f", (1, 2), 0, false);
        check("function", "f\nf", (1, 2), 0, false);
        check("function", &"f".repeat(102), (1, 2), 0, false);
        check("function", "f", (2, 1), 0, false);
        check("function", "f", (0, 1), 0, false);
        check("function", "f", (1, 4), 0, false);
        check("function", "f", (1, 2), 1, false);
    }
}
