//! What the bridge can do: one file each, all of it on files in the workspace.

pub mod changes;
mod edit;
pub mod export;
mod folder;
mod glob;
pub mod import;
mod list;
mod nearest;
mod read;
mod remove;
mod rename;
mod search;
mod stat;
mod write;

use crate::protocol::{Refusal, Request, Response};
use crate::workspace::Workspace;

/// An answer and the bytes that go with it.
#[derive(Debug)]
pub struct Answer {
    /// The answer.
    pub response: Response,
    /// The frame's body.
    pub body: Vec<u8>,
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Self { response, body: Vec::new() }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Response::Refused(refusal).into()
    }
}

/// What an operation ends in.
pub type Outcome = Result<Answer, Refusal>;

/// Carries out one request; `Hello` is answered by the caller, who knows the locks.
pub fn carry_out(workspace: &mut Workspace, request: Request, body: &[u8]) -> Outcome {
    if !matches!(request, Request::Export { .. }) {
        workspace.export = None;
    }
    if workspace.import.is_some() && edits(&request) {
        // It could take what the open file was promised, or take that file away while it is counted.
        let reason = "an import is under way; edit when it has ended";
        return Err(Refusal::new(crate::protocol::RefusalCode::BadRequest, reason));
    }
    match request {
        Request::Hello => {
            Err(Refusal::new(crate::protocol::RefusalCode::BadRequest, "hello is answered elsewhere"))
        }
        Request::List { path, depth } => list::list(workspace, &path, depth),
        Request::Read { path, from_line, line_count } => read::read(workspace, &path, from_line, line_count),
        Request::ReadRaw { path, offset, len } => read::read_raw(workspace, &path, offset, len),
        Request::Search { pattern, path, globs, case_insensitive, max_matches, context, first_only } => {
            let wanted =
                search::Wanted { pattern, path, globs, case_insensitive, max_matches, context, first_only };
            search::search(workspace, &wanted)
        }
        Request::Glob { pattern } => glob::glob(workspace, &pattern),
        Request::Write { path, executable } => write::write(workspace, &path, executable, body),
        Request::Edit { path, edits } => edit::edit(workspace, &path, &edits),
        Request::Delete { path } => remove::remove(workspace, &path),
        Request::Move { from, to } => rename::rename(workspace, &from, &to),
        Request::MakeDirectory { path } => folder::make(workspace, &path),
        Request::Stat { path } => stat::stat(workspace, &path),
        Request::ImportBegin => import::begin(workspace),
        Request::ImportFiles { pieces } => import::files(workspace, &pieces, body),
        Request::ImportEnd => import::end(workspace),
        Request::Changes { after } => changes::changes(workspace, after.as_ref()),
        Request::Export { after } => export::export(workspace, after),
        Request::Empty => remove::all(workspace),
    }
}

fn edits(request: &Request) -> bool {
    matches!(
        request,
        Request::Write { .. }
            | Request::Edit { .. }
            | Request::Delete { .. }
            | Request::Move { .. }
            | Request::MakeDirectory { .. }
    )
}

/// How much of an answer's header is left, so that a list is cut before it is over the limit.
struct Room(usize);

impl Room {
    fn new() -> Self {
        Self(crate::frame::MAX_HEADER_BYTES - 1024)
    }

    /// Takes the room of an entry with this text; false when there is none left.
    fn take(&mut self, text: &[u8]) -> bool {
        let cost = FIELD_BYTES + json_cost(text);
        match self.0.checked_sub(cost) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => false,
        }
    }

    /// Whether there is room for any path of this length.
    fn holds_path_of(&self, bytes: u32) -> bool {
        self.0 > FIELD_BYTES + 2 + 6 * bytes as usize
    }
}

/// What an entry takes in JSON beside its text.
const FIELD_BYTES: usize = 96;

/// An upper bound of what the text takes in JSON.
fn json_cost(text: &[u8]) -> usize {
    if std::str::from_utf8(text).is_err() {
        return text.len() * 4 + 2;
    }
    let byte_cost = |byte: &u8| match byte {
        0..0x20 => 6,
        b'"' | b'\\' => 2,
        _ => 1,
    };
    2 + text.iter().map(byte_cost).sum::<usize>()
}

/// Whether the content is not text: a zero byte near the beginning, as git decides.
fn is_binary(beginning: &[u8]) -> bool {
    beginning.iter().take(8000).any(|byte| *byte == 0)
}
