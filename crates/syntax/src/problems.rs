//! Where a text does not parse, and what an edit added to that.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use tree_sitter::{Node, TreeCursor};

use crate::Language;
use crate::parse::parse;

/// More of them say nothing that the first do not.
pub(crate) const MOST: usize = 200;
/// How much of a text a message quotes, in characters.
const QUOTED: usize = 40;

/// A place where a text does not parse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// What is wrong, such as ``missing `}` ``.
    pub what: String,
}

/// Where `text` does not parse, in order; `None` where it cannot be judged: it is over
/// [`crate::LARGEST`], or takes too long.
pub(crate) fn problems(language: Language, text: &str) -> Option<Vec<Problem>> {
    let tree = parse(language, text)?;
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.is_missing() || node.is_error() {
            found.push(problem(node, text));
            if found.len() == MOST {
                break;
            }
        }
        // What is inside an error is a part of it. Only what has an error somewhere is looked into.
        let inside = node.has_error() && !node.is_error();
        let went_in = inside && cursor.goto_first_child();
        if !went_in && !on(&mut cursor) {
            break;
        }
    }
    found.sort_by_key(|problem| (problem.line, problem.column));
    Some(found)
}

/// The problems of `after` that `before` does not have; `None` where one of them cannot be judged.
///
/// A problem is the same where its kind and its line's text are: one that only moved is not new.
pub fn new_problems(language: Language, before: &str, after: &str) -> Option<Vec<Problem>> {
    let now = problems(language, after)?;
    if now.is_empty() {
        return Some(now);
    }
    let mut known: HashMap<(String, &str), usize> = HashMap::new();
    for problem in problems(language, before)? {
        *known.entry(key(&problem, before)).or_default() += 1;
    }
    let is_new = |problem: &Problem| match known.get_mut(&key(problem, after)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    };
    Some(now.into_iter().filter(is_new).collect())
}

fn key<'t>(problem: &Problem, text: &'t str) -> (String, &'t str) {
    (problem.what.clone(), line(text, problem.line).trim())
}

fn line(text: &str, number: u32) -> &str {
    text.lines().nth(number.saturating_sub(1) as usize).unwrap_or_default()
}

fn problem(node: Node<'_>, text: &str) -> Problem {
    let place = node.start_position();
    let before = line(text, place.row as u32 + 1).get(..place.column).unwrap_or_default();
    let what = if node.is_missing() {
        format!("missing {}", name(node.kind()))
    } else {
        let quoted = text.get(node.byte_range()).unwrap_or_default();
        let first = quoted.trim_start().lines().next().unwrap_or_default().trim_end();
        let mut short: String = first.chars().take(QUOTED).collect();
        if short.len() < quoted.trim().len() {
            short.push('…');
        }
        match short.as_str() {
            "" => "something is missing".to_owned(),
            short => format!("unexpected `{short}`"),
        }
    };
    Problem { line: place.row as u32 + 1, column: before.chars().count() as u32 + 1, what }
}

/// A token as it is written, or a rule by its name.
fn name(kind: &str) -> String {
    match kind.chars().all(|c| c.is_ascii_lowercase() || c == '_') && kind.len() > 1 {
        true => kind.replace('_', " "),
        false => format!("`{}`", kind.escape_debug()),
    }
}

/// Goes to the next node that is not a child of this one; false at the end.
pub(crate) fn on(cursor: &mut TreeCursor<'_>) -> bool {
    loop {
        if cursor.goto_next_sibling() {
            return true;
        }
        if !cursor.goto_parent() {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::Problem;
    use crate::Language;

    fn problems(path: &str, text: &str) -> Option<Vec<Problem>> {
        super::problems(Language::of(path)?, text)
    }

    fn new_problems(path: &str, before: &str, after: &str) -> Option<Vec<Problem>> {
        super::new_problems(Language::of(path)?, before, after)
    }

    /// A file of each language, and the same with something broken in it.
    const FILES: [(&str, &str, &str); 18] = [
        ("a.sh", "if true; then\n  echo \"a\"\nfi\n", "if true; then\n  echo \"a\"\n"),
        ("a.c", "int f(void) {\n  return 1;\n}\n", "int f(void) {\n  return 1 +;\n}\n"),
        ("a.cs", "class A {\n  int F() { return 1; }\n}\n", "class A {\n  int F() { return 1; \n}\n"),
        ("a.cpp", "class A {\n  int f();\n};\n", "class A {\n  int f(;\n};\n"),
        ("a.css", "a {\n  color: red;\n}\n", "a {\n  color: red;\n"),
        ("a.go", "package a\n\nfunc f() int { return 1 }\n", "package a\n\nfunc f( int { return 1 }\n"),
        ("a.html", "<p><b>a</b></p>\n", "<p><b>a</p></i>\n"),
        ("A.java", "class A {\n  int f() { return 1; }\n}\n", "class A {\n  int f() { return 1 }\n}\n"),
        ("a.js", "const f = (a) => a + 1;\n", "const f = (a => a + 1;\n"),
        ("a.json", "{\"a\": [1, 2]}\n", "{\"a\": [1, 2}\n"),
        ("a.php", "<?php\nfunction f() { return 1; }\n", "<?php\nfunction f() { return 1 }\n"),
        ("a.py", "def f(a):\n    return a\n", "def f(a:\n    return a\n"),
        ("a.rb", "def f(a)\n  a\nend\n", "def f(a)\n  a\n"),
        ("a.rs", "fn f() -> u32 {\n    1\n}\n", "fn f() -> u32 {\n    1\n"),
        ("a.toml", "[a]\nb = 1\n", "[a\nb = 1\n"),
        ("a.tsx", "const a = <p>{1}</p>;\n", "const a = <p>{1}</p;\n"),
        (
            "a.ts",
            "function f(a: number): number { return a; }\n",
            "function f(a: number: number { return a; }\n",
        ),
        ("a.yml", "a:\n  - b: [1, 2]\n", "a:\n  - b: [1, 2\n"),
    ];

    #[test]
    fn every_language_parses_what_is_right_and_finds_what_is_broken() {
        for (path, right, broken) in FILES {
            assert_eq!(problems(path, right), Some(vec![]), "{path}");
            let found = new_problems(path, right, broken).unwrap();
            assert!(!found.is_empty(), "{path}: nothing found in {broken:?}");
        }
    }

    #[test]
    fn a_problem_says_where_and_what() {
        let check = |path, text, expected: &[(u32, u32, &str)]| {
            let found = problems(path, text).unwrap();
            let found: Vec<_> = found.iter().map(|p| (p.line, p.column, p.what.as_str())).collect();
            assert_eq!(found, expected, "{text:?}");
        };
        check("a.rs", "fn f() {\n    let é = (1;\n}\n", &[(2, 15, "missing `)`")]);
        check("a.json", "{\n  \"a\": 1,,\n  \"b\": 2\n}\n", &[(2, 9, "unexpected `,`")]);
    }

    #[test]
    fn an_error_that_was_there_and_only_moved_is_not_new() {
        let broken = "fn f() {\n    let a = (1;\n}\n";
        let moved = format!("// one more line\n\n{broken}");
        assert_eq!(new_problems("a.rs", broken, &moved), Some(vec![]));
        let twice = format!("{broken}{}", broken.replace("fn f", "fn g"));
        let found = new_problems("a.rs", broken, &twice).unwrap();
        assert_eq!(found.iter().map(|problem| problem.line).collect::<Vec<_>>(), [5]);
    }
}
