//! Searches the text of files.

use super::{Report, Tool, ToolFailure};
use crate::workspace::{Workspace, path, shown, unexpected};
use anchorhold_bridge::{Match, PathBytes, Request, Response, SearchStop};
use anchorhold_repo::make_visible;
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct Search;

/// The most matches that one call returns, and the number where none is asked for.
const MOST: u32 = 500;
const USUAL: u32 = 100;
const MOST_CONTEXT: u32 = 10;
/// How many of the files that were not searched to their end are named.
const NAMED: usize = 5;
/// The longest answer, in bytes.
const MOST_BYTES: usize = 48 * 1024;

/// Searches the text of files, as grep does, for lines that match a regular expression. Each match is
/// `path:line: text`, a line around one `path-line- text`; a long line is cut around its match, with
/// the byte at which the match begins. One call returns at most 500 matches and 48 KiB, and searches
/// for at most 10 seconds; a note at the end says if there is more. Files that are not text are left
/// out, and a file is left where a line of it is over 16 MiB, or 2 MiB for a pattern that is slow to match;
/// it is named then. Files that git ignores are searched too.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// The regular expression, in Rust's syntax, without look-around and back references; it is matched
    /// line by line. Escape `(`, `[`, `{`, `.`, `*` and the like to mean themselves.
    pattern: String,
    /// The folder or file to search; the whole repository without it.
    #[serde(default)]
    path: String,
    /// Globs of the files to search, such as `*.ts`; one that begins with `!` leaves files out.
    #[serde(default)]
    globs: Vec<String>,
    /// Whether upper and lower case count as the same.
    #[serde(default)]
    case_insensitive: bool,
    /// How many lines to show before and after each match, at most 10.
    #[serde(default)]
    context: Option<u32>,
    /// Whether to return only the names of the files that have a match.
    #[serde(default)]
    names_only: bool,
    /// The most matches, or names, to return: 100 without it, at most 500.
    #[serde(default)]
    max_results: Option<u32>,
}

#[async_trait]
impl Tool for Search {
    type Input = Input;
    const NAME: &'static str = "search";

    fn label(input: &Input) -> String {
        match input.path.as_str() {
            "" => format!("Search {}", input.pattern),
            path => format!("Search {} in {path}", input.pattern),
        }
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let most = input.max_results.unwrap_or(USUAL).clamp(1, MOST);
        let request = Request::Search {
            pattern: input.pattern,
            path: path(&input.path),
            globs: input.globs,
            case_insensitive: input.case_insensitive,
            max_matches: Some(most),
            context: if input.names_only { 0 } else { input.context.unwrap_or(0).min(MOST_CONTEXT) },
            first_only: input.names_only,
        };
        let (response, _) = workspace.call(request, Vec::new()).await?;
        let Response::Found { matches, files_searched, too_long, stopped } = response else {
            return Err(unexpected(Self::NAME));
        };
        let mut told = tell(&matches, input.names_only);
        if matches.is_empty() {
            told.text.push_str(&format!("No line matches in {files_searched} files.\n"));
        }
        if told.left_out > 0 {
            told.text.push_str(&format!(
                "{} more lines did not fit into {} KiB. Search more narrowly.\n",
                told.left_out,
                MOST_BYTES / 1024
            ));
        }
        told.text.push_str(&unsearched(&too_long));
        match stopped {
            Some(SearchStop::Matches) => told.text.push_str(&format!(
                "There are more matches than these {}; one answer holds at most {MOST}. Search more narrowly.\n",
                matches.iter().filter(|found| !found.is_context).count()
            )),
            Some(SearchStop::Time) => {
                let seconds = workspace.quotas().await?.search_ms / 1000;
                told.text.push_str(&format!(
                    "The search reached its time limit of {seconds} s after {files_searched} files; \
                     search more narrowly.\n"
                ));
            }
            None => {}
        }
        Ok(Report { content: told.text, shown: told.shown, ..Report::default() })
    }
}

/// What to say of files that were not searched to their end.
fn unsearched(files: &[PathBytes]) -> String {
    if files.is_empty() {
        return String::new();
    }
    let named: Vec<String> = files.iter().take(NAMED).map(shown).collect();
    let more = files.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "Not searched to the end, since a line is too long for that: {}{more}. Read it by from_byte, or search with \
         a simpler pattern.\n",
        named.join(", ")
    )
}

struct Told {
    text: String,
    shown: Vec<String>,
    left_out: usize,
}

fn tell(matches: &[Match], names_only: bool) -> Told {
    let mut told = Told { text: String::new(), shown: Vec::new(), left_out: 0 };
    let mut before: Option<&Match> = None;
    let has_context = matches.iter().any(|found| found.is_context);
    for found in matches {
        let path = shown(&found.path);
        let line = match (names_only, found.is_context) {
            (true, _) => format!("{path}\n"),
            (false, true) => format!("{path}-{}- {}\n", found.line, make_visible(&found.text)),
            (false, false) => {
                let byte = found.byte.map(|byte| format!(" (byte {byte})")).unwrap_or_default();
                format!("{path}:{}{byte}: {}\n", found.line, make_visible(&found.text))
            }
        };
        if told.left_out > 0 || told.text.len() + line.len() > MOST_BYTES {
            told.left_out += 1;
            continue;
        }
        let follows = before.is_none_or(|before| before.path == found.path && before.line + 1 >= found.line);
        if has_context && !follows {
            told.text.push_str("--\n");
        }
        told.text.push_str(&line);
        before = Some(found);
        if !names_only && told.shown.last() != Some(&path) {
            told.shown.push(path);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::unsearched;
    use anchorhold_bridge::PathBytes;

    #[test]
    fn files_that_were_not_searched_to_their_end_are_named_up_to_a_few() {
        let files: Vec<PathBytes> = (1..=7).map(|number| format!("{number}.json").into()).collect();
        assert_eq!(unsearched(&[]), "");
        assert_eq!(
            unsearched(&files),
            "Not searched to the end, since a line is too long for that: 1.json, 2.json, 3.json, 4.json, 5.json and 2 \
             more. Read it by from_byte, or search with a simpler pattern.\n"
        );
    }
}
