//! Reading all files of a tree, on several threads, for whoever copies them elsewhere.
//!
//! What is read comes in batches of neighbours: whoever writes them opens a folder once for many
//! files. Batches come in no order.

use std::num::NonZero;
use std::ops::{ControlFlow, Range};
use std::sync::Mutex;
use std::thread;

use crate::error::{RepoError, Result};
use crate::mirror::{Mirror, lock, oid};
use crate::tree::TreeEntry;

/// A batch is full with this many files or bytes.
const BATCH_FILES: usize = 128;
const BATCH_BYTES: u64 = 512 * 1024;
/// More threads than that do not make one import faster: the other end writes on one.
const READERS: usize = 4;

/// Neighbouring files of a tree.
#[derive(Debug)]
pub struct Batch {
    /// The place of the first among the entries.
    pub first: usize,
    /// The contents, one for each entry from there on.
    pub contents: Vec<Vec<u8>>,
}

impl Mirror {
    /// Reads the contents of all `entries`; `take` is called from several threads, and ends the
    /// reading by `Break`.
    ///
    /// # Errors
    /// [`RepoError::MissingObject`].
    pub fn read_files(
        &self,
        entries: &[TreeEntry],
        take: &(dyn Fn(Batch) -> ControlFlow<()> + Sync),
    ) -> Result<()> {
        let next = Mutex::new(0);
        let readers = thread::available_parallelism().map_or(1, NonZero::get).min(READERS);
        thread::scope(|scope| {
            let others: Vec<_> =
                (1..readers).map(|_| scope.spawn(|| self.read_batches(entries, &next, take))).collect();
            let mut outcome = self.read_batches(entries, &next, take);
            for other in others {
                // A panic of a reader goes on in its owner, as if it had read here.
                let read = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                outcome = outcome.and(read);
            }
            outcome
        })
    }

    fn read_batches(
        &self,
        entries: &[TreeEntry],
        next: &Mutex<usize>,
        take: &(dyn Fn(Batch) -> ControlFlow<()> + Sync),
    ) -> Result<()> {
        let repository = self.objects()?;
        loop {
            let range = claim(entries, &mut lock(next));
            let Some(wanted) = entries.get(range.clone()).filter(|wanted| !wanted.is_empty()) else {
                return Ok(());
            };
            let read = |entry: &TreeEntry| {
                let blob = repository
                    .find_blob(oid("blob", &entry.id)?)
                    .map_err(RepoError::missing("blob", &entry.id))?;
                Ok(blob.content().to_vec())
            };
            let contents: Result<Vec<_>> = wanted.iter().map(read).collect();
            let flow = contents.map(|contents| take(Batch { first: range.start, contents }));
            if !matches!(flow, Ok(ControlFlow::Continue(()))) {
                // The others have nothing left to do either.
                *lock(next) = entries.len();
                return flow.map(drop);
            }
        }
    }
}

/// Takes the next batch's worth of entries.
fn claim(entries: &[TreeEntry], next: &mut usize) -> Range<usize> {
    let start = *next;
    let mut bytes = 0;
    let count = entries
        .iter()
        .skip(start)
        .take(BATCH_FILES)
        .take_while(|entry| {
            let is_full = bytes >= BATCH_BYTES;
            bytes += entry.size;
            !is_full
        })
        .count();
    *next = start + count;
    start..*next
}
