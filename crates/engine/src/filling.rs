//! Fills a workspace from the mirror: files are read from git while the bridge takes the ones before.

use crate::EngineError;
use anchorhold_repo::{Batch, Mirror, TreeEntry};
use anchorhold_sandbox::{Cell, ImportFile};
use futures_util::StreamExt;
use std::ops::ControlFlow;
use std::sync::Arc;

/// How many batches may be read ahead of the bridge.
const READ_AHEAD: usize = 4;

/// Makes `entries` the whole of the workspace; `progress` hears how many files were sent.
///
/// # Errors
/// When the mirror lacks a file, or the cell takes it not.
#[doc(hidden)]
pub async fn fill_cell(
    cell: &Cell,
    mirror: Mirror,
    entries: Arc<Vec<TreeEntry>>,
    mut progress: impl FnMut(u64),
) -> Result<(), EngineError> {
    let (sender, receiver) = tokio::sync::mpsc::channel(READ_AHEAD);
    let wanted = Arc::clone(&entries);
    let reading = tokio::task::spawn_blocking(move || {
        let hand_over = |batch| match sender.blocking_send(Ok(batch)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        if let Err(error) = mirror.read_files(&wanted, &hand_over) {
            // An import that is over already has a reason of its own.
            let _ = sender.blocking_send(Err(error));
        }
    });
    let batches = futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|batch| (batch, receiver))
    });
    let files = batches.flat_map(|batch| {
        let files: Vec<_> = match batch {
            Ok(batch) => named(batch, &entries).map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        futures_util::stream::iter(files)
    });
    let imported = cell.import(files, |done, _| progress(done)).await;
    reading.await.map_err(|_| EngineError::Panicked { verb: "read the tree" })?;
    Ok(imported?)
}

/// The batch's contents with the paths and modes that they have in the tree.
fn named(batch: Batch, entries: &[TreeEntry]) -> impl Iterator<Item = ImportFile> {
    batch.contents.into_iter().zip(entries.iter().skip(batch.first)).map(|(bytes, entry)| ImportFile {
        path: entry.path.clone(),
        mode: entry.mode,
        bytes,
    })
}
