//! Indexing a pack while it comes, on a thread of its own and then on all cores.

use std::error::Error;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use git2::{ObjectType, Oid, Repository};
use gix_pack::{Bundle, bundle, index};
use gix_utils::progress::{
    Count, Id, MessageLevel, NestedProgress, Progress, Step as Number, StepShared, UNKNOWN, Unit,
};

use super::Figures;

/// How many pieces, of at most 64 KiB, may wait to be indexed before the server is kept waiting.
const WAITING: usize = 32;
/// How often whoever waits for the end hears how far it is.
const TELL_EVERY: Duration = Duration::from_millis(50);
/// What a pack may claim that one object takes, in bytes; a larger one is refused before it is made.
const LARGEST: usize = 2 * 1024 * 1024 * 1024;
/// How long the beginning of a pack is that says what is in it.
const HEADER: usize = 12;

/// A pack that is being indexed. Dropping it stops that, and leaves nothing but what the folder holds.
pub(super) struct Indexing {
    pieces: Option<SyncSender<Vec<u8>>>,
    done: Receiver<Result<(), String>>,
    thread: Option<JoinHandle<()>>,
    counted: Arc<Counted>,
    stop: Arc<AtomicBool>,
    /// The beginning of the pack, as far as it is here.
    header: Vec<u8>,
}

/// How far it is.
pub(super) enum Step {
    Going,
    Done,
    Failed(String),
}

#[derive(Debug, Default)]
struct Counted {
    received: StepShared,
    resolved: StepShared,
}

impl Indexing {
    /// Begins; the pack and its index are put into `folder`.
    pub(super) fn start(folder: PathBuf, borrowed: Option<PathBuf>) -> io::Result<Self> {
        let (pieces, coming) = mpsc::sync_channel(WAITING);
        let (ends, done) = mpsc::sync_channel(1);
        let (counted, stop) = (Arc::<Counted>::default(), Arc::<AtomicBool>::default());
        let (counting, stopping) = (Arc::clone(&counted), Arc::clone(&stop));
        let work = move || {
            let mut stream = Stream { coming, piece: Vec::new(), at: 0 };
            let indexed = index(&mut stream, &folder, borrowed.as_deref(), counting, &stopping);
            // Whoever waited may have gone.
            drop(ends.send(indexed));
        };
        let thread = thread::Builder::new().name("index".to_owned()).spawn(work)?;
        Ok(Self { pieces: Some(pieces), done, thread: Some(thread), counted, stop, header: Vec::new() })
    }

    /// Takes the next bytes, waiting where many wait already.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        let missing = HEADER.saturating_sub(self.header.len()).min(bytes.len());
        self.header.extend_from_slice(bytes.get(..missing).unwrap_or_default());
        let sent = self.pieces.as_ref().is_some_and(|pieces| pieces.send(bytes.to_vec()).is_ok());
        match sent {
            true => Ok(()),
            // It does not take more only where it has failed.
            false => Err(match self.done.recv() {
                Ok(Err(reason)) => reason,
                Ok(Ok(())) => "the pack goes on after its end".to_owned(),
                Err(_) => "the indexing ended".to_owned(),
            }),
        }
    }

    /// Says that no more comes, and waits a little for the end.
    pub(super) fn wait(&mut self) -> Step {
        self.pieces = None;
        match self.done.recv_timeout(TELL_EVERY) {
            Err(RecvTimeoutError::Timeout) => Step::Going,
            Ok(Ok(())) => Step::Done,
            Ok(Err(reason)) => Step::Failed(reason),
            Err(RecvTimeoutError::Disconnected) => Step::Failed("the indexing ended".to_owned()),
        }
    }

    pub(super) fn figures(&self) -> Figures {
        let number = |step: &AtomicUsize| u32::try_from(step.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        let total = self.header.get(8..HEADER).and_then(|bytes| bytes.try_into().ok());
        Figures {
            total: total.map(u32::from_be_bytes).unwrap_or_default(),
            received: number(&self.counted.received),
            resolved: number(&self.counted.resolved),
        }
    }
}

impl Drop for Indexing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.pieces = None;
        // The folder is removed after this, so nobody may write there any more.
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn index(
    stream: &mut Stream,
    folder: &Path,
    borrowed: Option<&Path>,
    counted: Arc<Counted>,
    stop: &AtomicBool,
) -> Result<(), String> {
    let options = bundle::write::Options { alloc_limit_bytes: Some(LARGEST), ..Default::default() };
    let hash = gix_hash::Kind::Sha1;
    let mut progress = Counter { counted, id: UNKNOWN, step: StepShared::default() };
    let written = match borrowed {
        Some(path) => {
            let lookup = Borrowed(Repository::open_bare(path).map_err(|error| error.to_string())?);
            Bundle::write_to_directory(stream, Some(folder), &mut progress, stop, Some(lookup), hash, options)
        }
        None => {
            let nothing = None::<gix_object::find::Never>;
            Bundle::write_to_directory(stream, Some(folder), &mut progress, stop, nothing, hash, options)
        }
    };
    written.map(drop).map_err(|error| {
        let causes = std::iter::successors(Some(&error as &(dyn Error + 'static)), |error| (*error).source());
        format!("index the pack: {}", causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
    })
}

/// The bytes of a pack in the order in which they came.
struct Stream {
    coming: Receiver<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
}

impl BufRead for Stream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.at >= self.piece.len() {
            match self.coming.recv() {
                Ok(piece) => (self.piece, self.at) = (piece, 0),
                Err(_) => return Ok(&[]),
            }
        }
        Ok(self.piece.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

/// The objects that the server was told of, which a pack may build on.
struct Borrowed(Repository);

impl gix_object::Find for Borrowed {
    fn try_find<'a>(
        &self,
        id: &gix_hash::oid,
        buffer: &'a mut Vec<u8>,
    ) -> gix_error::Result<Option<gix_object::Data<'a>>> {
        let found = Oid::from_bytes(id.as_bytes())
            .and_then(|id| self.0.odb()?.read(id).map(|o| (o.kind(), o.data().to_vec())));
        let Ok((kind, data)) = found else { return Ok(None) };
        let kind = match kind {
            ObjectType::Commit => gix_object::Kind::Commit,
            ObjectType::Tree => gix_object::Kind::Tree,
            ObjectType::Blob => gix_object::Kind::Blob,
            ObjectType::Tag => gix_object::Kind::Tag,
            ObjectType::Any => return Ok(None),
        };
        *buffer = data;
        Ok(Some(gix_object::Data { kind, object_hash: gix_hash::Kind::Sha1, data: buffer }))
    }
}

/// Keeps the two counts that are told of, and lets the others go.
struct Counter {
    counted: Arc<Counted>,
    id: Id,
    step: StepShared,
}

impl Count for Counter {
    fn set(&self, step: Number) {
        self.step.store(step, Ordering::Relaxed);
    }

    fn step(&self) -> Number {
        self.step.load(Ordering::Relaxed)
    }

    fn inc_by(&self, step: Number) {
        self.step.fetch_add(step, Ordering::Relaxed);
    }

    fn counter(&self) -> StepShared {
        Arc::clone(&self.step)
    }
}

impl Progress for Counter {
    fn init(&mut self, _: Option<Number>, _: Option<Unit>) {}

    fn set_name(&mut self, _: String) {}

    fn name(&self) -> Option<String> {
        None
    }

    fn id(&self) -> Id {
        self.id
    }

    fn message(&self, _: MessageLevel, message: String) {
        tracing::trace!(message, "indexing");
    }
}

impl NestedProgress for Counter {
    type SubProgress = Self;

    fn add_child(&mut self, name: impl Into<String>) -> Self {
        self.add_child_with_id(name, UNKNOWN)
    }

    fn add_child_with_id(&mut self, _: impl Into<String>, id: Id) -> Self {
        let counted = Arc::clone(&self.counted);
        let step = if id == Id::from(index::write::ProgressId::IndexObjects) {
            Arc::clone(&counted.received)
        } else if id == Id::from(index::write::ProgressId::ResolveObjects) {
            Arc::clone(&counted.resolved)
        } else {
            StepShared::default()
        };
        Self { counted, id, step }
    }
}
