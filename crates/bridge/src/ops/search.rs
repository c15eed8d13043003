//! Searches file contents by a regular expression, with ripgrep's own parts.
//!
//! Linear in the text whatever the expression; bounded in time, memory and matches. Files that are
//! not text are left at their first zero byte, and no `.gitignore` is obeyed (`glob` says why).

use std::io::{self, Read};
use std::time::{Duration, Instant};

use grep_matcher::{LineTerminator, Matcher};
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkContext, SinkMatch};

use super::glob::Globs;
use super::{Outcome, Room};
use crate::path::PathBytes;
use crate::protocol::{Match, Refusal, RefusalCode, Response, SearchStop};
use crate::workspace::Workspace;
use crate::workspace::clean::CleanPath;
use crate::workspace::put::errno_of;
use crate::workspace::walk::Next;
use crate::workspace::{is_folder, refuse};

const MAX_PATTERN_BYTES: usize = 8192;
/// How large an automaton may be, and the longest line that one of that size is matched against: the
/// larger, the slower, and in the middle of a line nobody looks at the time.
const SIZES: [(usize, usize); 2] = [(1024 * 1024, 16 * 1024 * 1024), (8 * 1024 * 1024, 2 * 1024 * 1024)];
/// The memory for states that were met already.
const MAX_DFA_BYTES: usize = 8 * 1024 * 1024;
const DEFAULT_MATCHES: u32 = 200;
const MAX_MATCHES: u32 = 5000;
const MAX_CONTEXT: u32 = 20;
const SHOWN_LINE_BYTES: usize = 400;
/// How much of a cut line is shown before the match.
const SHOWN_BEFORE_BYTES: usize = 100;

/// What is searched for, and where.
pub struct Wanted {
    pub pattern: String,
    pub path: PathBytes,
    pub globs: Vec<String>,
    pub case_insensitive: bool,
    pub max_matches: Option<u32>,
    pub context: u32,
    pub first_only: bool,
}

pub fn search(workspace: &Workspace, wanted: &Wanted) -> Outcome {
    let path = CleanPath::parse(&wanted.path, &workspace.quotas)?;
    let globs = Globs::new(&wanted.globs)?;
    let context = wanted.context.min(MAX_CONTEXT) as usize;
    let (matcher, longest_line) = matcher(wanted)?;
    let mut hunt = Hunt {
        matcher,
        first_only: wanted.first_only,
        searcher: SearcherBuilder::new()
            .line_number(true)
            .line_terminator(LineTerminator::crlf())
            .binary_detection(BinaryDetection::quit(0))
            .bom_sniffing(false)
            .heap_limit(Some(longest_line))
            .before_context(context)
            .after_context(context)
            .build(),
        deadline: Instant::now() + Duration::from_millis(workspace.quotas.search_ms),
        left: wanted.max_matches.unwrap_or(DEFAULT_MATCHES).clamp(1, MAX_MATCHES),
        room: Room::new(),
        matches: Vec::new(),
        files: 0,
        too_long: Vec::new(),
        stopped: None,
    };
    let whole_tree = path.is_root() || is_folder(&workspace.look_for(&path)?);
    if whole_tree {
        workspace.walk(&path, u32::MAX, &mut |found| {
            if !globs.let_in(found) {
                return Ok(Next::Skip);
            }
            if found.is_file {
                hunt.file(found.path, std::fs::File::from(found.open()?))?;
            } else if Instant::now() > hunt.deadline {
                hunt.stopped = Some(SearchStop::Time);
            }
            Ok(if hunt.stopped.is_some() { Next::Stop } else { Next::Descend })
        })?;
    } else {
        let (file, _) = workspace.open_file(&path)?;
        hunt.file(path.as_bytes(), file)?;
    }
    let Hunt { matches, files: files_searched, too_long, stopped, .. } = hunt;
    Ok(Response::Found { matches, files_searched, too_long, stopped }.into())
}

/// The matcher, and the longest line that it is fast enough for.
fn matcher(wanted: &Wanted) -> Result<(RegexMatcher, usize), Refusal> {
    let refuse = |message: String| Refusal::new(RefusalCode::BadPattern, message);
    if wanted.pattern.len() > MAX_PATTERN_BYTES {
        return Err(refuse(format!("a pattern may be {MAX_PATTERN_BYTES} bytes long")));
    }
    let within = |bytes| {
        RegexMatcherBuilder::new()
            .case_insensitive(wanted.case_insensitive)
            .multi_line(true)
            .size_limit(bytes)
            .dfa_size_limit(MAX_DFA_BYTES)
            .crlf(true)
            .build(&wanted.pattern)
    };
    let [(small, longer), (large, shorter)] = SIZES;
    match within(small) {
        Ok(matcher) => Ok((matcher, longer)),
        Err(_) => within(large)
            .map(|matcher| (matcher, shorter))
            .map_err(|error| refuse(format!("the pattern cannot be read: {error}"))),
    }
}

struct Hunt {
    matcher: RegexMatcher,
    first_only: bool,
    searcher: Searcher,
    deadline: Instant,
    left: u32,
    room: Room,
    matches: Vec<Match>,
    files: u64,
    too_long: Vec<PathBytes>,
    stopped: Option<SearchStop>,
}

impl Hunt {
    fn file(&mut self, path: &[u8], file: std::fs::File) -> Result<(), Refusal> {
        let source = Timed { file, deadline: self.deadline };
        let mut sink = Lines {
            path,
            matcher: &self.matcher,
            first_only: self.first_only,
            left: &mut self.left,
            room: &mut self.room,
            matches: &mut self.matches,
            stopped: &mut self.stopped,
        };
        match self.searcher.search_reader(&self.matcher, source, &mut sink) {
            Ok(()) => self.files += 1,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                self.stopped = Some(SearchStop::Time);
            }
            Err(error) if error.raw_os_error().is_some() => {
                return Err(refuse(errno_of(&error), "search", path));
            }
            // A line too long to hold.
            Err(_) if self.room.take(path) => self.too_long.push(path.into()),
            Err(_) => self.stopped = Some(SearchStop::Matches),
        }
        Ok(())
    }
}

struct Lines<'h> {
    path: &'h [u8],
    matcher: &'h RegexMatcher,
    first_only: bool,
    left: &'h mut u32,
    room: &'h mut Room,
    matches: &'h mut Vec<Match>,
    stopped: &'h mut Option<SearchStop>,
}

impl Sink for Lines<'_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> Result<bool, io::Error> {
        if *self.left == 0 {
            *self.stopped = Some(SearchStop::Matches);
            return Ok(false);
        }
        *self.left -= 1;
        let place = self.matcher.find(found.bytes()).ok().flatten().map_or(0, |found| found.start());
        let (text, cut) = shown_around(found.bytes(), place);
        let byte = cut.then(|| found.absolute_byte_offset() + place as u64);
        Ok(self.take(found.line_number(), text, byte, false) && !self.first_only)
    }

    fn context(&mut self, _: &Searcher, found: &SinkContext<'_>) -> Result<bool, io::Error> {
        Ok(self.take(found.line_number(), shown(found.bytes()), None, true))
    }
}

impl Lines<'_> {
    /// Takes a line into the answer; false where there is no room for it.
    fn take(&mut self, line: Option<u64>, text: String, byte: Option<u64>, is_context: bool) -> bool {
        if !(self.room.take(self.path) && self.room.take(text.as_bytes())) {
            *self.stopped = Some(SearchStop::Matches);
            return false;
        }
        self.matches.push(Match {
            path: self.path.into(),
            line: line.unwrap_or_default(),
            text,
            byte,
            is_context,
        });
        true
    }
}

/// A line as it is shown where something in it matters: cut around that place if long.
fn shown_around(line: &[u8], place: usize) -> (String, bool) {
    if line.len() <= SHOWN_LINE_BYTES + 2 {
        return (shown(line), false);
    }
    let start = place.saturating_sub(SHOWN_BEFORE_BYTES);
    let before = if start > 0 { "…" } else { "" };
    (format!("{before}{}", shown(line.get(start..).unwrap_or_default())), true)
}

/// A line as it is shown: without its end, cut if long.
pub(super) fn shown(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line.get(..SHOWN_LINE_BYTES) {
        Some(beginning) => format!("{}…", String::from_utf8_lossy(beginning)),
        None => String::from_utf8_lossy(line).into_owned(),
    }
}

/// A file that ends in an error once the time is up.
struct Timed {
    file: std::fs::File,
    deadline: Instant,
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if Instant::now() > self.deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.file.read(buffer)
    }
}
