//! Replaces exact pieces of a file, all or nothing, keeping line ends, byte order mark and mode.
//!
//! A model writes `\n`. In a file whose lines all end in `\r\n`, what it looks for and what it puts
//! in are taken to mean those; in a file that has both, where only those ends are in the way. A miss
//! says why, and which lines come closest.

use std::time::{Duration, Instant};

use memchr::memmem;

use super::nearest::nearest;
use super::{Answer, Outcome, is_binary};
use crate::frame::MAX_BODY_BYTES;
use crate::path::PathBytes;
use crate::protocol::{NearLine, Refusal, RefusalCode, Replacement, Response};
use crate::workspace::clean::CleanPath;
use crate::workspace::{Workspace, git_mode};

/// How many of the places of an ambiguous edit are named.
const NAMED_PLACES: usize = 5;

/// Each replacement reads the whole file, and nothing else is answered meanwhile.
const MAX_EDITS: usize = 1000;
/// How long an edit may take, up to its last replacement.
const MAX_TIME: Duration = Duration::from_secs(10);

pub fn edit(workspace: &mut Workspace, path: &PathBytes, edits: &[Replacement]) -> Outcome {
    let clean = CleanPath::parse_entry(path, &workspace.quotas)?;
    let (content, stat) = workspace.read_file(&clean, workspace.quotas.edit_bytes)?;
    if is_binary(&content) {
        let message = format!("{path} is not text, so it cannot be edited");
        return Err(Refusal::new(RefusalCode::Binary, message));
    }
    let (content, replacements) =
        apply(path, content, edits, workspace.quotas.edit_bytes, Instant::now() + MAX_TIME)?;
    workspace.put(&clean, &content, None)?;
    let content_in_body = content.len() <= MAX_BODY_BYTES;
    Ok(Answer {
        response: Response::Edited {
            replacements,
            bytes: content.len() as u64,
            mode: git_mode(&stat),
            content_in_body,
        },
        body: if content_in_body { content } else { Vec::new() },
    })
}

/// Applies the replacements in order, each on the outcome of the one before, none over `limit` bytes and
/// none begun after `deadline`.
fn apply(
    path: &PathBytes,
    mut content: Vec<u8>,
    edits: &[Replacement],
    limit: u64,
    deadline: Instant,
) -> Result<(Vec<u8>, u64), Refusal> {
    if edits.is_empty() {
        let message = format!("an edit of {path} needs at least one replacement");
        return Err(Refusal::new(RefusalCode::EditEmpty, message));
    }
    if edits.len() > MAX_EDITS {
        let message = format!(
            "an edit of {path} with {} replacements is too large; the limit is {MAX_EDITS}",
            edits.len()
        );
        return Err(Refusal::new(RefusalCode::TooLarge, message));
    }
    let mut replacements = 0;
    for (index, edit) in edits.iter().enumerate() {
        let which = match edits.len() {
            1 => format!("{path}"),
            count => format!("{path}, replacement {} of {count}", index + 1),
        };
        if edit.old.is_empty() || edit.old == edit.new {
            let reason = "the text to find is empty or the same as the new text";
            return Err(Refusal::new(RefusalCode::EditEmpty, format!("{which}: {reason}")));
        }
        if Instant::now() > deadline {
            let message = format!(
                "{which}: the edit takes longer than {} s; make it in several calls of fewer replacements",
                MAX_TIME.as_secs()
            );
            return Err(Refusal::new(RefusalCode::TooLarge, message));
        }
        let (old, new) = in_the_files_own_line_ends(&content, edit);
        // Counted rather than gathered: the places of a letter can take eight times the file.
        let places = memmem::find_iter(&content, &old).count();
        match places {
            0 => return Err(not_found(&which, &content, &old)),
            1 => {}
            _ if edit.replace_all => {}
            _ => return Err(ambiguous(&which, &content, &old, places)),
        }
        replacements += places as u64;
        // Measured before it is made: a few replacements can double a file beyond any memory.
        let bytes = content.len() - places * old.len() + places * new.len();
        if bytes as u64 > limit {
            let message =
                format!("{which} would have {bytes} bytes; the limit for an edited file is {limit}");
            return Err(Refusal::new(RefusalCode::TooLarge, message));
        }
        content = replace(&content, &old, &new, bytes);
    }
    Ok((content, replacements))
}

fn in_the_files_own_line_ends(content: &[u8], edit: &Replacement) -> (Vec<u8>, Vec<u8>) {
    let lf = |text: &str| text.replace("\r\n", "\n");
    let crlf = |text: &str| lf(text).replace('\n', "\r\n").into_bytes();
    let newlines = memchr::memchr_iter(b'\n', content).count();
    let crlfs = memmem::find_iter(content, b"\r\n").count();
    if newlines > 0 && crlfs == newlines {
        return (crlf(&edit.old), crlf(&edit.new));
    }
    let exact = (edit.old.clone().into_bytes(), edit.new.clone().into_bytes());
    if !edit.old.contains('\n') || memmem::find(content, &exact.0).is_some() {
        return exact;
    }
    let others =
        [(crlf(&edit.old), crlf(&edit.new)), (lf(&edit.old).into_bytes(), lf(&edit.new).into_bytes())];
    others.into_iter().find(|(old, _)| memmem::find(content, old).is_some()).unwrap_or(exact)
}

fn replace(content: &[u8], old: &[u8], new: &[u8], bytes: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes);
    let mut from = 0;
    for place in memmem::find_iter(content, old) {
        out.extend_from_slice(content.get(from..place).unwrap_or_default());
        out.extend_from_slice(new);
        from = place + old.len();
    }
    out.extend_from_slice(content.get(from..).unwrap_or_default());
    out
}

fn ambiguous(which: &str, content: &[u8], old: &[u8], places: usize) -> Refusal {
    let lines: Vec<String> = memmem::find_iter(content, old)
        .take(NAMED_PLACES)
        .map(|place| line_at(content, place).to_string())
        .collect();
    let more = if places > NAMED_PLACES { ", …" } else { "" };
    Refusal::new(
        RefusalCode::EditAmbiguous,
        format!(
            "{which}: the text to find is there {places} times (lines {}{more}); \
             give more of the text around it, or replace all",
            lines.join(", ")
        ),
    )
}

fn not_found(which: &str, content: &[u8], old: &[u8]) -> Refusal {
    let near = nearest(content, old);
    let hint = match near.first() {
        None => "no line comes close".to_owned(),
        Some(first) if first.only_white_space => {
            format!("line {} on differs only in white space", first.line)
        }
        Some(first) => format!("the nearest is line {}: {}", first.line, first.text),
    };
    Refusal {
        code: RefusalCode::EditNotFound,
        message: format!("{which}: the text to find is not there; {hint}"),
        nearest: near.into_iter().map(|near| NearLine { line: near.line, text: near.text }).collect(),
    }
}

fn line_at(content: &[u8], place: usize) -> u64 {
    let before = content.get(..place).unwrap_or_default();
    1 + memchr::memchr_iter(b'\n', before).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content: &str, edits: &[(&str, &str, bool)], expected: Result<&str, &str>) {
        check_until(Instant::now() + MAX_TIME, content, edits, expected);
    }

    #[track_caller]
    fn check_until(
        deadline: Instant,
        content: &str,
        edits: &[(&str, &str, bool)],
        expected: Result<&str, &str>,
    ) {
        let edits: Vec<Replacement> = edits
            .iter()
            .map(|(old, new, replace_all)| Replacement {
                old: (*old).to_owned(),
                new: (*new).to_owned(),
                replace_all: *replace_all,
            })
            .collect();
        let outcome = apply(&"a.txt".into(), content.as_bytes().to_vec(), &edits, u64::MAX, deadline)
            .map(|(content, _)| String::from_utf8_lossy(&content).into_owned())
            .map_err(|refusal| refusal.message);
        assert_eq!(outcome.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn replacements_are_exact_and_follow_each_other() {
        check("one two\n", &[("two", "three", false)], Ok("one three\n"));
        check("a a a", &[("a", "b", true)], Ok("b b b"));
        check("one", &[("one", "two", false), ("two", "three", false)], Ok("three"));
    }

    #[test]
    fn an_edit_whose_time_is_up_is_refused_with_what_to_do() {
        check_until(
            Instant::now() - Duration::from_secs(1),
            "one two",
            &[("one", "1", false), ("two", "2", false)],
            Err("a.txt, replacement 1 of 2: the edit takes longer than 10 s; make it in several calls of \
                 fewer replacements"),
        );
    }

    #[test]
    fn line_ends_mark_and_a_missing_last_newline_are_kept() {
        check("a\r\nb\r\nc", &[("a\nb", "x\ny\nz", false)], Ok("x\r\ny\r\nz\r\nc"));
        check("a\r\nb\n", &[("b", "x\ny", false)], Ok("a\r\nx\ny\n"));
        check("\u{feff}a\r\n", &[("a", "b", false)], Ok("\u{feff}b\r\n"));
        check("last", &[("last", "end", false)], Ok("end"));
    }

    #[test]
    fn line_ends_alone_are_no_reason_to_miss() {
        check("a\r\nb\r\nc\n", &[("a\nb", "x\ny", false)], Ok("x\r\ny\r\nc\n"));
        check("a\nb\n", &[("a\r\nb", "x\r\ny", false)], Ok("x\ny\n"));
        // What is there exactly is meant exactly.
        check("a\nb\na\r\nb\r\n", &[("a\nb", "x\ny", false)], Ok("x\ny\na\r\nb\r\n"));
    }

    #[test]
    fn a_miss_says_why_and_where_it_nearly_was() {
        check(
            "fn main() {\n    run();\n}\n",
            &[("fn main() {\n  run();", "", false)],
            Err("a.txt: the text to find is not there; line 1 on differs only in white space"),
        );
        check(
            "let total = price * count;\nlet other = 1;\n",
            &[("let totals = price * count;", "", false)],
            Err("a.txt: the text to find is not there; \
                 the nearest is line 1: let total = price * count;"),
        );
        check(
            "abc\n",
            &[("zzzzzz", "", false)],
            Err("a.txt: the text to find is not there; no line comes close"),
        );
        check(
            "x\ny\nx\n",
            &[("y", "z", false), ("x", "z", false)],
            Err("a.txt, replacement 2 of 2: the text to find is there 2 times (lines 1, 3); \
                 give more of the text around it, or replace all"),
        );
        check("x", &[("x", "x", false)], Err("a.txt: the text to find is empty or the same as the new text"));
    }
}
