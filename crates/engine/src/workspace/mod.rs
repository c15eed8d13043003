//! An agent's workspace: the cell it edits in and the checkpoints on the host, kept in step.

mod allowed;
mod recording;
#[cfg(test)]
pub(crate) mod tests;

use allowed::{Reach, allowed, fits, unfit};
use recording::checkpoint;

use crate::EngineError;
use crate::rules::Rules;
use crate::tools::ToolFailure;
use anchorhold_bridge::{
    MAX_BODY_BYTES, MAX_HEADER_BYTES, PathBytes, Quotas, Replacement, Request, Response,
};
use anchorhold_domain::{EditedFile, Timestamp};
use anchorhold_repo::{Checkpoint, Mirror, hidden_text, path_from_text, path_to_text};
use anchorhold_sandbox::{Cell, RefusalCode, SandboxError};
use anchorhold_syntax::Parser;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// How far the cell is.
#[derive(Clone)]
pub(crate) enum CellState {
    /// It is being made or filled.
    Opening,
    /// It answers.
    Ready(Cell),
    /// It could not be made.
    Failed(Arc<EngineError>),
}

/// A file that a tool touched in the cell, to be taken into a checkpoint.
#[derive(Debug)]
pub(crate) enum Touch {
    /// The file has this content now.
    Put { path: PathBytes, mode: u32, bytes: Vec<u8> },
    /// The file or folder is gone.
    Remove { path: PathBytes },
    /// The file or folder is elsewhere.
    Move { from: PathBytes, to: PathBytes },
}

/// What a tool call changed.
#[derive(Debug)]
pub(crate) struct Change {
    /// The checkpoint after it, a commit id.
    pub checkpoint: String,
    /// The files it changed.
    pub edited: Vec<EditedFile>,
    /// How many files the agent's work changes now.
    pub files_changed: u32,
    /// What git has in no file yet of the checkpoint.
    pub objects: Vec<u8>,
}

/// The workspace of a running agent.
pub(crate) struct Workspace {
    mirror: Mirror,
    base: Option<String>,
    /// What files are counted against that the agent changed.
    compared: String,
    /// The last checkpoint, and the tree as it is.
    at: Arc<Mutex<Place>>,
    rules: Arc<Rules>,
    cell: Mutex<watch::Receiver<CellState>>,
    parser: Option<Parser>,
    clock: fn() -> Timestamp,
}

#[derive(Clone, Debug)]
struct Place {
    checkpoint: Option<String>,
    tree: String,
    /// The last checkpoints made here, commits with their trees.
    lately: VecDeque<(String, String)>,
}

/// How many checkpoints are known with their trees: more than one answer asks for.
const LATELY: usize = 32;

impl Place {
    fn move_to(&mut self, made: &Checkpoint) {
        self.checkpoint = Some(made.commit.clone());
        self.tree.clone_from(&made.tree);
        self.lately.truncate(LATELY - 1);
        self.lately.push_front((made.commit.clone(), made.tree.clone()));
    }
}

impl Workspace {
    pub(crate) fn new(
        mirror: Mirror,
        compared: String,
        checkpoint: Option<String>,
        tree: String,
        rules: Arc<Rules>,
        cell: watch::Receiver<CellState>,
        clock: fn() -> Timestamp,
    ) -> Self {
        let at = Arc::new(Mutex::new(Place { checkpoint, tree, lately: VecDeque::new() }));
        let cell = Mutex::new(cell);
        Self { mirror, base: None, compared, at, rules, cell, parser: None, clock }
    }

    /// Knows the commit that the agent began with, and so the repository's past.
    pub(crate) fn based_on(self, base: Option<String>) -> Self {
        Self { base, ..self }
    }

    /// Has what is written parsed.
    pub(crate) fn parsed_by(self, parser: Option<Parser>) -> Self {
        Self { parser, ..self }
    }

    /// What parses for the agent; `None` where nothing does.
    pub(crate) fn parser(&self) -> Option<&Parser> {
        self.parser.as_ref()
    }

    /// The mirror, the commit that the agent began with, and the last checkpoint.
    pub(crate) fn past(&self) -> (Mirror, Option<String>, Option<String>) {
        let place = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        (self.mirror.clone(), self.base.clone(), place.checkpoint.clone())
    }

    pub(crate) fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// Goes on in another cell.
    pub(crate) fn move_to(&self, cell: watch::Receiver<CellState>) {
        *self.cell.lock().unwrap_or_else(PoisonError::into_inner) = cell;
    }

    /// What another cell is to be filled with: the tree as it is.
    pub(crate) fn source(&self) -> (Mirror, String) {
        let place = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        (self.mirror.clone(), place.tree.clone())
    }

    /// The tree of a checkpoint that was made here lately.
    pub(crate) fn tree_of(&self, commit: &str) -> Option<String> {
        let place = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        place.lately.iter().find(|(made, _)| made == commit).map(|(_, tree)| tree.clone())
    }

    /// The user's rules about files.
    pub(crate) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules)
    }

    /// Waits until the cell answers.
    pub(crate) async fn cell(&self) -> Result<Cell, EngineError> {
        let mut state = self.cell.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let found = state.wait_for(|state| !matches!(state, CellState::Opening)).await;
        match found.as_deref() {
            Ok(CellState::Ready(cell)) => Ok(cell.clone()),
            Ok(CellState::Failed(error)) => Err(EngineError::Cell(Arc::clone(error))),
            Ok(CellState::Opening) | Err(_) => Err(EngineError::Panicked { verb: "open the cell" }),
        }
    }

    /// The limits of the cell, to be named where one was hit.
    pub(crate) async fn quotas(&self) -> Result<Quotas, EngineError> {
        Ok(self.cell().await?.report().quotas)
    }

    /// Asks the bridge; its refusals are for the model.
    pub(crate) async fn call(
        &self,
        request: Request,
        body: Vec<u8>,
    ) -> Result<(Response, Vec<u8>), ToolFailure> {
        if body.len() > MAX_BODY_BYTES {
            return Err(ToolFailure::Refused(format!(
                "that is more than {} KiB, the most that one call can write; make the file in smaller steps",
                MAX_BODY_BYTES / 1024
            )));
        }
        if header_bytes(&request) > LARGEST_HEADER {
            return Err(ToolFailure::Refused(format!(
                "that is more than {} KiB with its escapes, the most that one call can carry; take smaller steps",
                LARGEST_HEADER / 1024
            )));
        }
        self.allow(&request).await?;
        let as_seen = with_hidden(&request);
        let (mut response, mut body) = self.cell().await?.call(request, body).await?;
        // Text is looked for as it was written first: a file may hold such a form itself.
        if let (Response::Refused(refusal), Some(as_seen)) = (&response, as_seen)
            && refusal.code == RefusalCode::EditNotFound
        {
            (response, body) = self.cell().await?.call(as_seen, Vec::new()).await?;
        }
        match response {
            // The model can do nothing about it, and would only try again.
            Response::Refused(refusal) if refusal.code == RefusalCode::DiskFull => {
                Err(SandboxError::DiskFull { attempt: "change the workspace".to_owned() }.into())
            }
            Response::Refused(refusal) => Err(ToolFailure::Refused(refusal_text(&refusal))),
            other => Ok((other, body)),
        }
    }

    /// Reads a file's bytes from the cell, piece by piece, and no more than an edited file may have.
    pub(crate) async fn read_whole(&self, path: &PathBytes) -> Result<Touch, ToolFailure> {
        let limit = self.quotas().await?.edit_bytes;
        let (mode, bytes) = read_back(&self.cell().await?, path, limit).await?;
        Ok(Touch::Put { path: path.clone(), mode, bytes })
    }

    /// Makes a checkpoint of what a tool did in the cell; `None` where the tree is as it was.
    pub(crate) async fn record(
        &self,
        touches: Vec<Touch>,
        label: &str,
    ) -> Result<Option<Change>, ToolFailure> {
        let mirror = self.mirror.clone();
        let rules = self.rules();
        let compared = self.compared.clone();
        let place = Arc::clone(&self.at);
        let label = label.to_owned();
        let at = (self.clock)();
        let recorded = tokio::task::spawn_blocking(move || {
            // Once more behind the cell: whatever it did, this is what gets into a tree.
            for touch in &touches {
                let before = place.lock().unwrap_or_else(PoisonError::into_inner).tree.clone();
                allowed(&rules, &mirror, &before, &Reach::of(touch))?;
            }
            // What no checkpoint takes was refused before, so that this is the cell's own doing.
            checkpoint(&mirror, &compared, &place, touches, &label, at).map_err(unfit)
        });
        recorded.await.map_err(|_| EngineError::Panicked { verb: "record a checkpoint" })?
    }

    /// Refuses what the user's rules about files or the tree do not let through, before the cell hears of it.
    async fn allow(&self, request: &Request) -> Result<(), ToolFailure> {
        let reach = match request {
            Request::Read { path, .. } | Request::ReadRaw { path, .. } | Request::Stat { path } => {
                return match self.rules.refuses_reading(path.as_bytes()) {
                    Some(reason) => Err(ToolFailure::Refused(reason)),
                    None => Ok(()),
                };
            }
            Request::Write { path, .. } | Request::Edit { path, .. } => Reach::Put { path: path.clone() },
            Request::MakeDirectory { path } => Reach::Folder { path: path.clone() },
            Request::Delete { path } => Reach::Remove { path: path.clone() },
            Request::Move { from, to } => Reach::Move { from: from.clone(), to: to.clone() },
            // They tell of what is in the cell, where nothing is that must not be told.
            Request::Hello
            | Request::List { .. }
            | Request::Search { .. }
            | Request::Glob { .. }
            | Request::ImportBegin
            | Request::ImportFiles { .. }
            | Request::ImportEnd
            | Request::Changes { .. }
            | Request::Export { .. }
            | Request::Empty => return Ok(()),
        };
        let (rules, (mirror, tree)) = (self.rules(), self.source());
        let judging = tokio::task::spawn_blocking(move || {
            allowed(&rules, &mirror, &tree, &reach)?;
            fits(&mirror, &tree, &reach)
        });
        judging.await.map_err(|_| EngineError::Panicked { verb: "apply the file rules" })?
    }
}

/// An edit whose text names hidden characters as the model was shown them, with the characters themselves.
fn with_hidden(request: &Request) -> Option<Request> {
    let Request::Edit { path, edits } = request else { return None };
    edits.iter().find_map(|edit| hidden_text(&edit.old))?;
    let hidden = |text: &String| hidden_text(text).unwrap_or_else(|| text.clone());
    let edits = edits
        .iter()
        .map(|edit| match hidden_text(&edit.old) {
            // What stays of the old text stays as it was.
            Some(old) => Replacement { old, new: hidden(&edit.new), replace_all: edit.replace_all },
            None => edit.clone(),
        })
        .collect();
    Some(Request::Edit { path: path.clone(), edits })
}

/// How long a request may be as JSON: a frame's header, less the envelope that goes around it.
const LARGEST_HEADER: usize = MAX_HEADER_BYTES - 1024;

/// How long a request is as JSON. Escapes make some text six times as long as it is, so it is counted
/// rather than estimated: a frame that is too long would end the run.
fn header_bytes(request: &Request) -> usize {
    serde_json::to_vec(request).map_or(usize::MAX, |header| header.len())
}

/// A path as the model wrote it.
pub(crate) fn path(text: &str) -> PathBytes {
    let mut trimmed = text.trim();
    while let Some(rest) = trimmed.strip_prefix("./") {
        trimmed = rest.trim_start_matches('/');
    }
    let trimmed = trimmed.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(trimmed);
    let trimmed = if trimmed == "." { "" } else { trimmed };
    let bytes = path_from_text(trimmed).unwrap_or_else(|_| trimmed.as_bytes().to_vec());
    if bytes.starts_with(b"/") {
        return PathBytes::from(bytes);
    }
    // The cell reads `a//b` and `a/./b` as `a/b`; a tree, and the rules about files, must too.
    let parts = bytes.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b"."));
    PathBytes::from(parts.collect::<Vec<_>>().join(&b'/'))
}

/// A path as the model and people read it.
pub(crate) fn shown(path: &PathBytes) -> String {
    path_to_text(path.as_bytes())
}

/// The bridge answered another question than the one asked.
pub(crate) fn unexpected(verb: &'static str) -> ToolFailure {
    ToolFailure::Broken(EngineError::Panicked { verb })
}

fn refusal_text(refusal: &anchorhold_bridge::Refusal) -> String {
    let mut text = refusal.message.clone();
    if let Some(advice) = crate::tools::advice(refusal.code) {
        text.push_str(&format!("; {advice}"));
    }
    for near in &refusal.nearest {
        text.push_str(&format!("\nline {}: {}", near.line, near.text));
    }
    text
}

/// Reads a file's mode and bytes, piece by piece, with an end whatever the cell says of it.
async fn read_back(cell: &Cell, path: &PathBytes, limit: u64) -> Result<(u32, Vec<u8>), ToolFailure> {
    const PIECE: u64 = 256 * 1024;
    let mut bytes = Vec::new();
    loop {
        let offset = bytes.len() as u64;
        let request = Request::ReadRaw { path: path.clone(), offset, len: PIECE };
        let (response, piece) = cell.call(request, Vec::new()).await.map_err(EngineError::from)?;
        let (mode, total_bytes) = match response {
            Response::Raw { mode, total_bytes } if total_bytes <= limit && piece.len() as u64 <= PIECE => {
                (mode, total_bytes)
            }
            Response::Refused(refusal) => return Err(ToolFailure::Refused(refusal_text(&refusal))),
            _ => return Err(unexpected("read the file back")),
        };
        bytes.extend_from_slice(&piece);
        if piece.is_empty() || bytes.len() as u64 >= total_bytes {
            return Ok((mode, bytes));
        }
    }
}
