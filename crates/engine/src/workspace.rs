//! An agent's workspace: the cell it edits in and the checkpoints on the host, kept in step.

use crate::EngineError;
use crate::rules::Rules;
use crate::tools::ToolFailure;
use anchorhold_bridge::{
    MAX_BODY_BYTES, MAX_HEADER_BYTES, PathBytes, Quotas, Replacement, Request, Response,
};
use anchorhold_domain::{AgentId, EditedFile, Timestamp};
use anchorhold_repo::{Mirror, Standing, TreeEdit, hidden_text, path_from_text, path_to_text};
use anchorhold_sandbox::{Cell, RefusalCode, SandboxError};
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
    /// How many files differ from the base now.
    pub files_changed: u32,
}

/// The workspace of a running agent.
pub(crate) struct Workspace {
    agent: AgentId,
    mirror: Mirror,
    base: Option<String>,
    base_tree: String,
    /// The last checkpoint, and the tree as it is.
    at: Arc<Mutex<Place>>,
    rules: Arc<Rules>,
    cell: Mutex<watch::Receiver<CellState>>,
    clock: fn() -> Timestamp,
}

#[derive(Clone, Debug)]
struct Place {
    checkpoint: Option<String>,
    tree: String,
}

impl Workspace {
    #[expect(clippy::too_many_arguments, reason = "all that a run is made of, given by name once")]
    pub(crate) fn new(
        agent: AgentId,
        mirror: Mirror,
        base_tree: String,
        checkpoint: Option<String>,
        tree: String,
        rules: Arc<Rules>,
        cell: watch::Receiver<CellState>,
        clock: fn() -> Timestamp,
    ) -> Self {
        let at = Arc::new(Mutex::new(Place { checkpoint, tree }));
        Self { agent, mirror, base: None, base_tree, at, rules, cell: Mutex::new(cell), clock }
    }

    /// Knows the commit that the agent began with, and so the repository's past.
    pub(crate) fn based_on(self, base: Option<String>) -> Self {
        Self { base, ..self }
    }

    /// The mirror, the commit that the agent began with, and the last checkpoint.
    pub(crate) fn past(&self) -> (Mirror, Option<String>, Option<String>) {
        let place = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        (self.mirror.clone(), self.base.clone(), place.checkpoint.clone())
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
        let base_tree = self.base_tree.clone();
        let place = Arc::clone(&self.at);
        let agent = self.agent.to_string();
        let label = label.to_owned();
        let at = (self.clock)();
        let recorded = tokio::task::spawn_blocking(move || {
            // Once more behind the cell: whatever it did, this is what gets into a tree.
            for touch in &touches {
                let before = place.lock().unwrap_or_else(PoisonError::into_inner).tree.clone();
                allowed(&rules, &mirror, &before, &Reach::of(touch))?;
            }
            Ok::<_, ToolFailure>(checkpoint(&mirror, &base_tree, &place, &agent, touches, &label, at)?)
        });
        recorded.await.map_err(|_| EngineError::Panicked { verb: "record a checkpoint" })?
    }

    /// Refuses what the user's rules about files do not let through, before the cell hears of it.
    async fn allow(&self, request: &Request) -> Result<(), ToolFailure> {
        let reach = match request {
            Request::Read { path, .. } | Request::ReadRaw { path, .. } | Request::Stat { path } => {
                return match self.rules.refuses_reading(path.as_bytes()) {
                    Some(reason) => Err(ToolFailure::Refused(reason)),
                    None => Ok(()),
                };
            }
            Request::Write { path, .. } | Request::Edit { path, .. } | Request::MakeDirectory { path } => {
                Reach::Put { path: path.clone() }
            }
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
        let judging = tokio::task::spawn_blocking(move || allowed(&rules, &mirror, &tree, &reach));
        judging.await.map_err(|_| EngineError::Panicked { verb: "apply the file rules" })?
    }
}

/// The paths that a change reaches.
#[derive(Debug)]
enum Reach {
    Put { path: PathBytes },
    Remove { path: PathBytes },
    Move { from: PathBytes, to: PathBytes },
}

impl Reach {
    fn of(touch: &Touch) -> Self {
        match touch {
            Touch::Put { path, .. } => Self::Put { path: path.clone() },
            Touch::Remove { path } => Self::Remove { path: path.clone() },
            Touch::Move { from, to } => Self::Move { from: from.clone(), to: to.clone() },
        }
    }
}

/// Refuses a change that reaches what the agent may not change: itself, in a folder that goes with it, or
/// in one that it would take the place of.
fn allowed(rules: &Rules, mirror: &Mirror, tree: &str, reach: &Reach) -> Result<(), ToolFailure> {
    let refused = |reason: Option<String>| reason.map_or(Ok(()), |reason| Err(ToolFailure::Refused(reason)));
    match reach {
        Reach::Put { path } | Reach::Remove { path } => {
            refused(rules.refuses_change(path.as_bytes()))?;
            for inner in below(mirror, tree, path)? {
                refused(refusal_below(rules, path, &inner))?;
            }
        }
        Reach::Move { from, to } => {
            refused(rules.refuses_change(from.as_bytes()))?;
            refused(rules.refuses_change(to.as_bytes()))?;
            for inner in below(mirror, tree, from)? {
                refused(refusal_below(rules, from, &inner))?;
                refused(rules.refuses_change(&joined(to, &inner)))?;
            }
            for inner in below(mirror, tree, to)? {
                refused(refusal_below(rules, to, &inner))?;
            }
        }
    }
    Ok(())
}

/// The files below a folder of a tree, by their paths in it; none where it is no folder.
fn below(mirror: &Mirror, tree: &str, path: &PathBytes) -> Result<Vec<Vec<u8>>, EngineError> {
    // What is no path in a tree is refused by the cell or by the checkpoint.
    match mirror.standing(tree, path.as_bytes())? {
        Some(Standing::Folder { tree }) => Ok(mirror.paths(&tree)?),
        Some(Standing::File(_) | Standing::Submodule) | None => Ok(Vec::new()),
    }
}

/// Why a folder cannot be changed as a whole. What is kept from the agent is not named.
fn refusal_below(rules: &Rules, folder: &PathBytes, inner: &[u8]) -> Option<String> {
    let whole = joined(folder, inner);
    if !rules.sees(&whole) {
        let folder = shown(folder);
        return Some(format!(
            "{folder} holds files that the user's file rules keep from you, so that it stays where it is; \
             change what you see in it one by one"
        ));
    }
    rules.refuses_change(&whole)
}

fn joined(folder: &PathBytes, inner: &[u8]) -> Vec<u8> {
    [folder.as_bytes(), b"/", inner].concat()
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

fn checkpoint(
    mirror: &Mirror,
    base_tree: &str,
    place: &Mutex<Place>,
    agent: &str,
    touches: Vec<Touch>,
    label: &str,
    at: Timestamp,
) -> Result<Option<Change>, EngineError> {
    let before = place.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut edits = Vec::new();
    for touch in touches {
        match touch {
            Touch::Put { path, mode, bytes } => {
                edits.push(TreeEdit::Put { path: path.into_bytes(), mode, bytes })
            }
            Touch::Remove { path } => edits.push(TreeEdit::Remove { path: path.into_bytes() }),
            Touch::Move { from, to } => {
                moved(mirror, &before.tree, from.as_bytes(), to.as_bytes(), &mut edits)?
            }
        }
    }
    let made = mirror.checkpoint(agent, before.checkpoint.as_deref(), &before.tree, &edits, label, at.0)?;
    if made.tree == before.tree {
        return Ok(None);
    }
    let edited = mirror
        .changes(&before.tree, &made.tree)?
        .into_iter()
        .map(|change| EditedFile { path: change.path, added: change.added, removed: change.removed })
        .collect();
    let files_changed = mirror.changed_files(base_tree, &made.tree)?;
    *place.lock().unwrap_or_else(PoisonError::into_inner) =
        Place { checkpoint: Some(made.commit.clone()), tree: made.tree };
    Ok(Some(Change { checkpoint: made.commit, edited, files_changed }))
}

/// Turns a move into edits of the tree: each file goes with its mode and bytes.
fn moved(
    mirror: &Mirror,
    tree: &str,
    from: &[u8],
    to: &[u8],
    edits: &mut Vec<TreeEdit>,
) -> Result<(), EngineError> {
    let folder = [from, b"/"].concat();
    let found = mirror.entries(tree)?;
    edits.push(TreeEdit::Remove { path: from.to_vec() });
    for entry in found {
        let rest = if entry.path == from {
            &[][..]
        } else if let Some(rest) = entry.path.strip_prefix(folder.as_slice()) {
            rest
        } else {
            continue;
        };
        let path = if rest.is_empty() { to.to_vec() } else { [to, b"/", rest].concat() };
        edits.push(TreeEdit::Put { path, mode: entry.mode, bytes: mirror.blob(&entry.id)? });
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use anchorhold_bridge::frame::{self, Incoming};
    use anchorhold_bridge::{Envelope, Hello, LockReport, MODE_FILE, Measured, Quotas, Usage};
    use anchorhold_domain::FileRules;
    use anchorhold_repo::{Credentials, Mirrors, Remote};
    use anchorhold_testkit::git;
    use std::ops::ControlFlow;
    use std::os::unix::net::UnixStream;
    use std::path::Path;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A cell whose bridge was taken over: every piece that it is asked for has `piece` bytes, of a file
    /// that is said to have `total_bytes`.
    async fn taken_over(total_bytes: u64, piece: usize) -> Cell {
        listening(total_bytes, piece, Arc::default()).await
    }

    /// The same, counting what it is asked behind the first word.
    async fn listening(total_bytes: u64, piece: usize, asked_for: Arc<AtomicU32>) -> Cell {
        let (ours, theirs) = UnixStream::pair().unwrap();
        std::thread::spawn(move || {
            let mut pipe = theirs;
            while let Ok(Incoming::Frame { header, .. }) = frame::read(&mut pipe) {
                let asked: Envelope<Request> = serde_json::from_slice(&header).unwrap();
                let (message, body) = match asked.message {
                    Request::Hello => (hello(), Vec::new()),
                    _ => {
                        asked_for.fetch_add(1, Ordering::SeqCst);
                        (Response::Raw { mode: MODE_FILE, total_bytes }, vec![b'x'; piece])
                    }
                };
                let header = serde_json::to_vec(&Envelope { id: asked.id, message }).unwrap();
                if frame::write(&mut pipe, &header, &body).is_err() {
                    break;
                }
            }
        });
        ours.set_nonblocking(true).unwrap();
        let (reader, writer) = tokio::net::UnixStream::from_std(ours).unwrap().into_split();
        Cell::over(reader, writer).await.unwrap()
    }

    fn hello() -> Response {
        Response::Hello(Box::new(Hello {
            version: "0".into(),
            arch: "x86_64".into(),
            pid: 1,
            uid: 65532,
            locks: LockReport { seccomp: true, landlock: None, refused: vec![] },
            measured: Measured::default(),
            quotas: Quotas::default(),
            usage: Usage::default(),
            imported: true,
        }))
    }

    #[tokio::test]
    async fn a_file_has_an_end_whatever_the_cell_says() {
        let read = async |total, piece| {
            read_back(&taken_over(total, piece).await, &"a".into(), 1_000_000)
                .await
                .map(|(_, bytes)| bytes.len())
        };
        assert_eq!(read(700_000, 256 * 1024).await.ok(), Some(3 * 256 * 1024));
        assert_eq!(read(700_000, 0).await.ok(), Some(0));
        assert!(read(1_000_001, 256 * 1024).await.is_err(), "more than an edited file may have");
        assert!(read(700_000, 256 * 1024 + 1).await.is_err(), "more than was asked for");
    }

    const FILES: [(&str, &str); 6] = [
        (".env", "TOKEN\n"),
        ("Cargo.lock", "locked\n"),
        ("app/.env.local", "TOKEN\n"),
        ("app/main.rs", "main\n"),
        ("gen/out.rs", "out\n"),
        ("secret/plan.yml", "plan\n"),
    ];

    /// A workspace over these files in the hands of a cell that was taken over.
    async fn workspace(place: &Path, asked_for: Arc<AtomicU32>) -> Workspace {
        for (path, content) in FILES {
            let path = place.join("work").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let work = place.join("work");
        for arguments in [
            &["init", "--quiet", "--initial-branch=main"][..],
            &["add", "--all", "--force"],
            &["commit", "--quiet", "-m", "x"],
        ] {
            git(&work, arguments).unwrap();
        }
        let remote = Remote::parse(&work.display().to_string()).unwrap();
        let mirror = Mirrors::new(place.join("mirrors")).open(&remote).unwrap();
        let base = mirror.fetch("main", &Credentials::none(), &mut |_| ControlFlow::Continue(())).unwrap();
        let owned = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        let rules = FileRules {
            excluded: owned(&[".env*", "secret/*.yml"]),
            only: owned(&[]),
            protected: owned(&["*.lock", "gen/"]),
        };
        let (_, cell) = watch::channel(CellState::Ready(listening(3, 3, asked_for).await));
        Workspace::new(
            AgentId(uuid::Uuid::nil()),
            mirror,
            base.tree.clone(),
            None,
            base.tree,
            Arc::new(Rules::read(&rules).unwrap()),
            cell,
            || Timestamp(0),
        )
    }

    #[tokio::test]
    async fn what_is_excluded_or_protected_is_refused_before_the_cell_hears_of_it() {
        let place = tempfile::tempdir().unwrap();
        let asked_for = Arc::new(AtomicU32::new(0));
        let workspace = workspace(place.path(), Arc::clone(&asked_for)).await;
        let read = |path: &str| Request::Read { path: path.into(), from_line: None, line_count: None };
        let write = |path: &str| Request::Write { path: path.into(), executable: None };
        let delete = |path: &str| Request::Delete { path: path.into() };
        let rename = |from: &str, to: &str| Request::Move { from: from.into(), to: to.into() };
        let folder = |path: &str| Request::MakeDirectory { path: path.into() };
        let edit = |path: &str| Request::Edit { path: path.into(), edits: vec![] };
        let requests = [
            read(".env"),
            write(".env.new"),
            write("secret"),
            edit("app/.env.local"),
            edit("Cargo.lock"),
            edit("gen/out.rs"),
            delete("app"),
            delete("secret"),
            delete("gen"),
            rename("app", "lib"),
            rename("app/main.rs", "app/.env"),
            rename("app/main.rs", "gen/main.rs"),
            rename("app/main.rs", "secret"),
            folder("gen/deeper"),
        ];
        for request in requests {
            let refused = workspace.call(request.clone(), Vec::new()).await;
            assert!(matches!(refused, Err(ToolFailure::Refused(_))), "{request:?}: {refused:?}");
        }
        assert_eq!(asked_for.load(Ordering::SeqCst), 0);
        workspace.call(read("app/main.rs"), Vec::new()).await.unwrap();
        assert_eq!(asked_for.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_cell_that_was_taken_over_gets_nothing_excluded_or_protected_into_a_tree() {
        let place = tempfile::tempdir().unwrap();
        let workspace = workspace(place.path(), Arc::default()).await;
        let (mirror, base) = workspace.source();
        let put = |path: &str| Touch::Put { path: path.into(), mode: MODE_FILE, bytes: b"theirs\n".to_vec() };
        let gone = |path: &str| Touch::Remove { path: path.into() };
        let moved = |from: &str, to: &str| Touch::Move { from: from.into(), to: to.into() };
        let touches = [
            put(".env"),
            put("app/.ENV.local"),
            put("Cargo.lock"),
            put("gen/new.rs"),
            put("secret"),
            gone(".env"),
            gone("app"),
            gone("gen/out.rs"),
            gone("secret"),
            moved("app", "lib"),
            moved("app/main.rs", ".env.main"),
            moved("Cargo.lock", "lock"),
        ];
        for touch in touches {
            let what = format!("{touch:?}");
            // Nor together with what it may change.
            let refused = workspace.record(vec![put("app/main.rs"), touch], "theirs").await;
            assert!(matches!(refused, Err(ToolFailure::Refused(_))), "{what}: {refused:?}");
            assert_eq!(workspace.source().1, base, "{what}");
        }
        workspace.record(vec![put("app/main.rs")], "ours").await.unwrap().unwrap();
        let (_, tree) = workspace.source();
        for (path, content) in FILES.iter().filter(|(path, _)| *path != "app/main.rs") {
            assert_eq!(mirror.read_file(&tree, path.as_bytes()).unwrap(), content.as_bytes(), "{path}");
        }
    }
}
