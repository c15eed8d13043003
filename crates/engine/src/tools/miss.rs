//! Says why text to replace was not found, or was found too often, with what is there instead.
//!
//! Models miss in a few ways: indentation, tabs, typographic quotes, line numbers copied along, escapes
//! written out. Each is tried; else the nearest lines are shown. Line ends play no part: the edit itself
//! takes either kind.

use super::text::LONGEST_LINE;
use anchorhold_repo::make_visible;

/// What an edit looked for.
pub(super) struct Wanted<'a> {
    /// The text to find.
    pub old: &'a str,
    /// What takes its place.
    pub new: &'a str,
    /// Whether every place was meant.
    pub all: bool,
}

/// How many places of an ambiguous text are shown.
const SHOWN_PLACES: usize = 5;
/// How many lines of the file are shown.
const SHOWN_LINES: usize = 12;
/// How many lines are compared, so that a miss in a huge file stays quick.
const MOST_LINES: usize = 50_000;
const MOST_COMPARED: usize = 2_000_000;
/// How many bytes are gone through to do again what came before the miss; beyond, the bridge's words are enough.
const MOST_REPLAYED: usize = 256 * 1024 * 1024;
/// Out of 100; below it lines have little in common.
const LEAST_LIKENESS: usize = 50;

/// Why `edits`, in order, do not all apply to `content`; `None` where they would, or where that takes too long.
pub(super) fn explain(path: &str, content: &str, edits: &[Wanted<'_>]) -> Option<String> {
    let mut content = content.replace("\r\n", "\n");
    let mut replayed = 0;
    for (index, edit) in edits.iter().enumerate() {
        let old = edit.old.replace("\r\n", "\n");
        if old.is_empty() || edit.old == edit.new {
            return None;
        }
        replayed += content.len();
        if replayed > MOST_REPLAYED {
            return None;
        }
        let which = match edits.len() {
            1 => path.to_owned(),
            count => format!("{path}, replacement {} of {count}", index + 1),
        };
        let nothing = if edits.len() > 1 { " Nothing was changed." } else { "" };
        match content.matches(&old).count() {
            0 => {
                return Some(format!(
                    "{which}: the text to find is not there; {}{nothing}",
                    missing(&content, &old)
                ));
            }
            1 => {}
            _ if edit.all => {}
            places => return Some(format!("{which}: {}{nothing}", ambiguous(&content, &old, places))),
        }
        content = content.replace(&old, &edit.new.replace("\r\n", "\n"));
    }
    None
}

fn ambiguous(content: &str, old: &str, places: usize) -> String {
    let lines: Vec<&str> = content.lines().collect();
    let found = content.match_indices(old).take(SHOWN_PLACES);
    let shown: String = found
        .map(|(place, _)| {
            let line = content.get(..place).unwrap_or_default().matches('\n').count();
            quoted(&lines, line, line + 1)
        })
        .collect();
    let more =
        if places > SHOWN_PLACES { format!(", of which the first {SHOWN_PLACES}") } else { String::new() };
    format!(
        "the text to find is there {places} times; give more of the text around it, or set replace_all. It \
         begins on these lines{more}:\n{shown}"
    )
}

/// How to read a text otherwise, and what to say where it fits then.
type Reading = (&'static str, fn(&str) -> String);

const READINGS: [Reading; 4] = [
    ("from it only in white space", |line| line.split_whitespace().collect::<Vec<_>>().join(" ")),
    ("from it only in quotes, dashes or the like", plain),
    ("from it only in upper and lower case", |line| line.trim().to_lowercase()),
    ("from it only in characters that cannot be seen", |line| {
        make_visible(line)
            .split('⟨')
            .map(|part| part.split_once('⟩').map_or(part, |(_, rest)| rest))
            .collect()
    }),
];

fn missing(content: &str, old: &str) -> String {
    let lines: Vec<&str> = content.lines().take(MOST_LINES).collect();
    // Slips in how the text was written down, rather than in what it says.
    let slips: [Reading; 3] = [
        ("it would be without the line numbers that read_file puts before each line", without_numbers),
        (r"it would be with real line breaks, tabs and quotes instead of \n, \t and backslashes", unescaped),
        ("it would be with the characters themselves instead of their ⟨U+…⟩ names", named),
    ];
    for (what, mend) in slips {
        let mended = mend(old);
        if mended != old && !mended.trim().is_empty() && content.contains(&mended) {
            return format!("{what}.");
        }
    }
    let wanted: Vec<&str> = old.trim_matches('\n').split('\n').collect();
    for (what, read) in READINGS {
        let Some(first) = alike(&lines, &wanted, read) else { continue };
        let last = first + wanted.len();
        return format!(
            "{} {} {what}{}:\n{}",
            range(first, last),
            if wanted.len() == 1 { "differs" } else { "differ" },
            difference(&lines, first, &wanted),
            quoted(&lines, first, last)
        );
    }
    match nearest(&lines, &wanted) {
        None => "no line comes close; read the file again.".to_owned(),
        Some(first) => {
            let last = (first + wanted.len()).min(lines.len());
            format!(
                "the nearest is {}{}:\n{}",
                range(first, last),
                difference(&lines, first, &wanted),
                quoted(&lines, first, last)
            )
        }
    }
}

fn range(first: usize, last: usize) -> String {
    match last - first {
        0 | 1 => format!("line {}", first + 1),
        _ => format!("lines {} to {last}", first + 1),
    }
}

/// The lines as they are in the file, each after its number and a tab.
fn quoted(lines: &[&str], first: usize, last: usize) -> String {
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate().take(last).skip(first).take(SHOWN_LINES) {
        let cut: String = line.chars().take(LONGEST_LINE / 4).collect();
        let more = if cut.len() < line.len() { "…" } else { "" };
        text.push_str(&format!("{}\t{}{more}\n", index + 1, make_visible(&cut)));
    }
    text
}

/// The first place at which the lines there read as the wanted ones.
///
/// The first wanted line may begin within a line, the last one may end within one.
fn alike(lines: &[&str], wanted: &[&str], read: fn(&str) -> String) -> Option<usize> {
    let wanted: Vec<String> = wanted.iter().map(|line| read(line)).collect();
    let (first, rest) = wanted.split_first()?;
    if wanted.iter().all(|line| line.trim().is_empty()) {
        return None;
    }
    let read_lines: Vec<String> = lines.iter().map(|line| read(line)).collect();
    let Some((last, middle)) = rest.split_last() else {
        return read_lines.iter().position(|line| line.contains(first.as_str()));
    };
    let mut budget = MOST_COMPARED;
    (0..read_lines.len()).find(|start| {
        let here = read_lines.get(*start..start + wanted.len()).unwrap_or_default();
        budget = budget.saturating_sub(1);
        here.first().is_some_and(|line| line.ends_with(first.as_str()))
            && here.last().is_some_and(|line| line.starts_with(last.as_str()))
            && here.iter().skip(1).zip(middle).all(|(line, wanted)| {
                budget = budget.saturating_sub(1);
                budget > 0 && line == wanted
            })
    })
}

/// Where the first of these lines differs, and how.
fn difference(lines: &[&str], first: usize, wanted_lines: &[&str]) -> String {
    let pairs = lines.iter().skip(first).zip(wanted_lines).enumerate();
    for (index, (there, wanted)) in pairs {
        // The ends of the text to find may lie within a line.
        let is_last = index + 1 == wanted_lines.len();
        let is_same = there == wanted
            || (index == 0 && there.ends_with(wanted))
            || (is_last && there.starts_with(wanted));
        if is_same {
            continue;
        }
        let line = first + index + 1;
        let (white, meant) = (white_space(there), white_space(wanted));
        if white != meant && there.trim_start() == wanted.trim_start() {
            return format!(
                " (line {line} begins with {}, the text to find with {})",
                told(white),
                told(meant)
            );
        }
        if there.trim_end() == wanted.trim_end() {
            return format!(" (line {line} and the text to find differ in white space at the end)");
        }
        let same =
            there.trim_start().chars().zip(wanted.trim_start().chars()).take_while(|(a, b)| a == b).count();
        let rest = |line: &str| {
            let rest: String = line.trim_start().chars().skip(same).take(20).collect();
            make_visible(&rest)
        };
        return match (rest(there).as_str(), rest(wanted).as_str()) {
            ("", wanted) => format!(" (line {line} ends where the text to find goes on with `{wanted}`)"),
            (there, "") => format!(" (line {line} goes on with `{there}` where the text to find ends)"),
            (there, wanted) => format!(" (line {line} has `{there}` where the text to find has `{wanted}`)"),
        };
    }
    String::new()
}

fn white_space(line: &str) -> &str {
    line.get(..line.len() - line.trim_start().len()).unwrap_or_default()
}

fn told(white: &str) -> String {
    let (tabs, spaces) = (white.matches('\t').count(), white.matches(' ').count());
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    match (tabs, spaces) {
        (0, 0) => "no white space".to_owned(),
        (0, _) => many(spaces, "space"),
        (_, 0) => many(tabs, "tab"),
        _ => format!("{} and {}", many(tabs, "tab"), many(spaces, "space")),
    }
}

/// The place whose lines have most in common with the wanted ones.
fn nearest(lines: &[&str], wanted: &[&str]) -> Option<usize> {
    let anchor = wanted.iter().position(|line| !line.trim().is_empty())?;
    let pairs: Vec<Vec<[u8; 2]>> = wanted.iter().map(|line| letter_pairs(line.trim())).collect();
    let mut near: Vec<(usize, usize)> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| (likeness(line.trim(), wanted.get(anchor)?.trim(), pairs.get(anchor)?), at).into())
        .map(|found: Option<(usize, usize)>| found.unwrap_or_default())
        .filter(|(likeness, at)| *likeness >= LEAST_LIKENESS && *at >= anchor)
        .collect();
    near.sort_by_key(|(likeness, at)| (std::cmp::Reverse(*likeness), *at));
    near.truncate(20);
    let whole = |at: usize| -> usize {
        let rest = wanted.iter().zip(&pairs).enumerate();
        rest.map(|(index, (wanted, pairs))| {
            lines.get(at + index).map_or(0, |line| likeness(line.trim(), wanted.trim(), pairs))
        })
        .sum()
    };
    let starts = near.into_iter().map(|(_, at)| at - anchor);
    starts.map(|at| (whole(at), std::cmp::Reverse(at))).max().map(|(_, std::cmp::Reverse(at))| at)
}

/// Of 100, how many pairs of letters two lines share (Dice's coefficient).
fn likeness(line: &str, wanted: &str, wanted_pairs: &[[u8; 2]]) -> usize {
    if line == wanted {
        return 100;
    }
    // Lengths too far apart cannot reach the threshold, and most lines are told so.
    if line.len() > 500 || line.len() > wanted.len() * 3 || line.len() * 3 < wanted.len() {
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

fn letter_pairs(line: &str) -> Vec<[u8; 2]> {
    let bytes = line.as_bytes();
    let mut pairs: Vec<[u8; 2]> =
        bytes.iter().zip(bytes.iter().skip(1)).map(|(one, next)| [*one, *next]).collect();
    pairs.sort_unstable();
    pairs
}

/// Typographic signs as the plain ones that stand for them.
fn plain(line: &str) -> String {
    let plain = |c| match c {
        '\u{2018}'
        | '\u{2019}'
        | '\u{201b}'
        | '\u{2032}'
        | '`'
        | '"'
        | '\u{201c}'..='\u{201f}'
        | '\u{2033}' => '\'',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => ' ',
        other => other,
    };
    line.trim().replace('…', "...").chars().map(plain).collect()
}

fn without_numbers(text: &str) -> String {
    let mend = |line: &str| match line.split_once('\t') {
        Some((number, rest)) if number.trim().parse::<u64>().is_ok() => rest.to_owned(),
        _ => line.to_owned(),
    };
    text.split('\n').map(mend).collect::<Vec<_>>().join("\n")
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace("\\\"", "\"")
        .replace("\\'", "'")
        .replace("\\\\", "\\")
}

/// Characters instead of their names.
fn named(text: &str) -> String {
    let mut parts = text.split("⟨U+");
    let mut mended = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let read = part.split_once('⟩').and_then(|(digits, rest)| {
            Some((u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)?, rest))
        });
        match read {
            Some((c, rest)) => {
                mended.push(c);
                mended.push_str(rest);
            }
            None => {
                mended.push_str("⟨U+");
                mended.push_str(part);
            }
        }
    }
    mended
}

#[cfg(test)]
mod tests {
    use super::{Wanted, explain};

    #[track_caller]
    fn check(content: &str, olds: &[&str], expected: &str) {
        let edits: Vec<Wanted<'_>> = olds.iter().map(|old| Wanted { old, new: "new", all: false }).collect();
        assert_eq!(explain("a.txt", content, &edits).as_deref(), Some(expected));
    }

    #[test]
    fn what_takes_long_to_do_again_is_left_to_the_words_of_the_bridge() {
        let content = format!("x\n{}\n", "-".repeat(super::MOST_REPLAYED / 16));
        let replayed = |times| {
            let all = |old, new| Wanted { old, new, all: true };
            let mut edits: Vec<_> =
                (0..times).map(|time| if time % 2 == 0 { all("x", "y") } else { all("y", "x") }).collect();
            edits.push(Wanted { old: "gone", new: "", all: false });
            explain("a.txt", &content, &edits).is_some()
        };
        assert!(replayed(1));
        assert!(!replayed(16));
    }

    const GONE: &str = "a.txt: the text to find is not there; ";

    #[test]
    fn white_space_is_told_by_what_is_there_and_what_was_looked_for() {
        check(
            "fn main() {\n\trun();\n}\n",
            &["fn main() {\n    run();\n}"],
            &format!(
                "{GONE}lines 1 to 3 differ from it only in white space (line 2 begins with 1 tab, the text to \
                 find with 4 spaces):\n1\tfn main() {{\n2\t\trun();\n3\t}}\n"
            ),
        );
        check(
            "a = 1;  \nb\n",
            &["a = 1;\nb"],
            &format!(
                "{GONE}lines 1 to 2 differ from it only in white space (line 1 and the text to find differ in \
                 white space at the end):\n1\ta = 1;  \n2\tb\n"
            ),
        );
    }

    #[test]
    fn quotes_case_numbers_and_escapes_are_told() {
        check(
            "say(\u{201c}hi\u{201d})\n",
            &["say(\"hi\")"],
            &format!(
                "{GONE}line 1 differs from it only in quotes, dashes or the like (line 1 has `\u{201c}hi\u{201d})` \
                 where the text to find has `\"hi\")`):\n1\tsay(\u{201c}hi\u{201d})\n"
            ),
        );
        check(
            "let Total = 1;\n",
            &["let total = 1;"],
            &format!(
                "{GONE}line 1 differs from it only in upper and lower case (line 1 has `Total = 1;` where the \
                 text to find has `total = 1;`):\n1\tlet Total = 1;\n"
            ),
        );
        let numbers = "it would be without the line numbers that read_file puts before each line.";
        check("one\ntwo\n", &["1\tone\n2\ttwo"], &format!("{GONE}{numbers}"));
        let escapes =
            r"it would be with real line breaks, tabs and quotes instead of \n, \t and backslashes.";
        check("one\ntwo\n", &["one\\ntwo"], &format!("{GONE}{escapes}"));
        check(
            "a\u{200b}b\n",
            &["a⟨U+200B⟩b"],
            &format!("{GONE}it would be with the characters themselves instead of their ⟨U+…⟩ names."),
        );
    }

    #[test]
    fn the_nearest_lines_are_shown_with_the_first_difference() {
        check(
            "let a = 1;\nlet total = price * count;\nprint(total);\n",
            &["let total = price * counts;\nprint(total);"],
            &format!(
                "{GONE}the nearest is lines 2 to 3 (line 2 has `;` where the text to find has `s;`):\n\
                 2\tlet total = price * count;\n3\tprint(total);\n"
            ),
        );
        check("abc\n", &["zzzzzz"], &format!("{GONE}no line comes close; read the file again."));
    }

    #[test]
    fn a_text_that_is_there_twice_is_told_with_its_lines() {
        check(
            "x = 1\ny\nx = 1\n",
            &["y", "x = 1"],
            "a.txt, replacement 2 of 2: the text to find is there 2 times; give more of the text around it, or \
             set replace_all. It begins on these lines:\n1\tx = 1\n3\tx = 1\n Nothing was changed.",
        );
    }

    #[test]
    fn edits_that_apply_are_not_explained() {
        let edits = [Wanted { old: "a\nb", new: "c", all: false }, Wanted { old: "c", new: "d", all: true }];
        assert_eq!(explain("a.txt", "a\r\nb\r\n", &edits), None);
    }

    #[test]
    fn a_miss_in_a_huge_file_of_equal_lines_ends() {
        let content = "same line\n".repeat(60_000);
        let old = format!("{}other", "same line\n".repeat(1000));
        assert!(explain("a.txt", &content, &[Wanted { old: &old, new: "", all: false }]).is_some());
    }
}
