//! Reads a file by lines, or a window of its bytes.

use super::text::{self, Kind};
use super::{Report, Tool, ToolFailure};
use crate::workspace::{Touch, Workspace, path, shown, unexpected};
use anchorhold_bridge::{MODE_SYMLINK, PathBytes, Request, Response};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

/// What is looked at to tell text from other bytes.
const BEGINNING: u64 = 8192;
/// The largest window of bytes, and the one where none is asked for.
const MOST_WINDOW: u64 = 32 * 1024;
const USUAL_WINDOW: u64 = 8 * 1024;
/// Larger files of UTF-16 are not decoded: they are read whole for it.
const LARGEST_UTF16: u64 = 4 * 1024 * 1024;

pub(super) struct ReadFile;

/// Reads a text file. Each line comes after its number and a tab, which are not part of the file. One
/// call returns at most 2000 lines and 64 KiB, and at most 2000 characters of a line; a note in
/// brackets at the end says what was left out and how to go on. For a file with very long lines, such
/// as a minified one, read a window of its bytes by from_byte and byte_count instead. Folders, symbolic
/// links and files that are not text are refused or described.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// The file, relative to the repository's root.
    path: String,
    /// The first line to read, from 1.
    #[serde(default)]
    from_line: Option<u64>,
    /// How many lines to read, at most 2000.
    #[serde(default)]
    line_count: Option<u64>,
    /// The first byte of a window, from 0. Not together with lines.
    #[serde(default)]
    from_byte: Option<u64>,
    /// How many bytes the window has, at most 32768; 8192 without it.
    #[serde(default)]
    byte_count: Option<u64>,
}

#[async_trait]
impl Tool for ReadFile {
    type Input = Input;
    const NAME: &'static str = "read_file";

    fn label(input: &Input) -> String {
        match (input.from_line, input.line_count, input.from_byte) {
            (_, _, Some(from)) => format!("Read {} from byte {from}", input.path),
            (Some(from), Some(count), None) => {
                format!("Read {} from line {from}, {count} lines", input.path)
            }
            (Some(from), None, None) => format!("Read {} from line {from}", input.path),
            (None, _, None) => format!("Read {}", input.path),
        }
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let place = path(&input.path);
        let by_bytes = input.from_byte.is_some() || input.byte_count.is_some();
        if by_bytes && (input.from_line.is_some() || input.line_count.is_some()) {
            return Err(ToolFailure::Refused("give either lines or bytes, not both".to_owned()));
        }
        let (total, beginning) = match look(workspace, &place).await? {
            Looked::File(total, beginning) => (total, beginning),
            Looked::Link(target) => {
                let told = format!(
                    "{} is a symbolic link to {}. Links are not followed: name what it points to.",
                    shown(&place),
                    shown(&PathBytes::from(target))
                );
                return Ok(Report::text(told));
            }
        };
        if total == 0 {
            return Ok(Report::text(format!("{} is empty: it has 0 bytes.", shown(&place))));
        }
        let content = match (text::kind(&beginning), by_bytes) {
            (Kind::Binary(what), _) => {
                return Err(ToolFailure::Refused(format!(
                    "{} is not text but {what}, by its first bytes, of {total} bytes; it can be moved and \
                     deleted, not read or edited",
                    shown(&place)
                )));
            }
            (Kind::Utf16 { big }, false) => utf16(workspace, &place, total, big, &input).await?,
            (Kind::Text | Kind::Utf16 { .. }, true) => window(workspace, &place, total, &input).await?,
            (Kind::Text, false) => lines(workspace, &place, &input).await?,
        };
        Ok(Report { content, shown: vec![shown(&place)], ..Report::default() })
    }
}

enum Looked {
    /// A file's length and first bytes.
    File(u64, Vec<u8>),
    /// A link's target.
    Link(Vec<u8>),
}

async fn look(workspace: &Workspace, place: &PathBytes) -> Result<Looked, ToolFailure> {
    let request = Request::ReadRaw { path: place.clone(), offset: 0, len: BEGINNING };
    match workspace.call(request, Vec::new()).await? {
        (Response::Raw { mode: MODE_SYMLINK, .. }, target) => Ok(Looked::Link(target)),
        (Response::Raw { total_bytes, .. }, beginning) => Ok(Looked::File(total_bytes, beginning)),
        _ => Err(unexpected(ReadFile::NAME)),
    }
}

async fn lines(workspace: &Workspace, place: &PathBytes, input: &Input) -> Result<String, ToolFailure> {
    let wanted = input.line_count.unwrap_or(text::MOST_LINES).clamp(1, text::MOST_LINES);
    let request = Request::Read { path: place.clone(), from_line: input.from_line, line_count: Some(wanted) };
    let (response, body) = workspace.call(request, Vec::new()).await?;
    let Response::Read { from_line, total_lines, total_bytes, .. } = response else {
        return Err(unexpected(ReadFile::NAME));
    };
    if from_line > total_lines {
        return Err(past_the_end(place, from_line, total_lines));
    }
    let decoded = text::decode(&body);
    let mut page = text::page(&decoded.text, from_line);
    if let Some((line, at)) = page.cut {
        let begins = match from_line {
            1 => format!("; it begins at byte {at} of {total_bytes}"),
            _ => String::new(),
        };
        page.notes.insert(
            0,
            format!(
                "line {line} is longer than {} characters and was cut{begins}; read the rest by from_byte and \
                 byte_count, or search in it",
                text::LONGEST_LINE
            ),
        );
    }
    page.notes.extend(decoded.note.map(str::to_owned));
    Ok(text::finished(page, from_line, total_lines))
}

async fn utf16(
    workspace: &Workspace,
    place: &PathBytes,
    total: u64,
    big: bool,
    input: &Input,
) -> Result<String, ToolFailure> {
    if total > LARGEST_UTF16 {
        return Err(ToolFailure::Refused(format!(
            "{} is UTF-16 text of {total} bytes; at most {LARGEST_UTF16} can be decoded",
            shown(place)
        )));
    }
    let Touch::Put { bytes, .. } = workspace.read_whole(place).await? else {
        return Err(unexpected(ReadFile::NAME));
    };
    let decoded = text::decode_utf16(&bytes, big);
    let numbered: Vec<&str> = decoded.text.split_inclusive('\n').collect();
    let (first, total) = (input.from_line.unwrap_or(1).max(1), numbered.len() as u64);
    if first > total {
        return Err(past_the_end(place, first, total));
    }
    let count = input.line_count.unwrap_or(text::MOST_LINES).clamp(1, text::MOST_LINES);
    let wanted: String = numbered.into_iter().skip(first as usize - 1).take(count as usize).collect();
    let mut page = text::page(&wanted, first);
    page.notes.extend(decoded.note.map(str::to_owned));
    Ok(text::finished(page, first, total))
}

async fn window(
    workspace: &Workspace,
    place: &PathBytes,
    total: u64,
    input: &Input,
) -> Result<String, ToolFailure> {
    let offset = input.from_byte.unwrap_or(0);
    if offset >= total {
        return Err(ToolFailure::Refused(format!(
            "{} has {total} bytes; byte {offset} is past its end",
            shown(place)
        )));
    }
    let len = input.byte_count.unwrap_or(USUAL_WINDOW).clamp(1, MOST_WINDOW);
    let request = Request::ReadRaw { path: place.clone(), offset, len };
    let (Response::Raw { .. }, body) = workspace.call(request, Vec::new()).await? else {
        return Err(unexpected(ReadFile::NAME));
    };
    let end = offset + body.len() as u64;
    // A character that began before the window is left out.
    let inside = body.iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80).count();
    let decoded = text::decode(body.get(if offset > 0 { inside } else { 0 }..).unwrap_or_default());
    let go_on = if end < total { format!("; go on with from_byte {end}") } else { String::new() };
    let mut notes = vec![format!("bytes {offset} to {end} of {total}{go_on}")];
    notes.extend(decoded.note.map(str::to_owned));
    Ok(text::with_notes(text::visible_lines(&decoded.text), &notes))
}

fn past_the_end(place: &PathBytes, line: u64, total: u64) -> ToolFailure {
    ToolFailure::Refused(format!("{} has {total} lines; line {line} is past its end", shown(place)))
}
