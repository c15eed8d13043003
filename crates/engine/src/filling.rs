//! Fills a workspace from the mirror: files are read from git while the bridge takes the ones before.

use crate::EngineError;
use anchorhold_bridge::{Quotas, Refusal};
use anchorhold_repo::{Batch, Mirror, TreeEntry};
use anchorhold_sandbox::{Cell, ImportFile, RefusalCode, SandboxError};
use futures_util::StreamExt;
use std::ops::ControlFlow;
use std::sync::Arc;

/// How many batches may be read ahead of the bridge.
const READ_AHEAD: usize = 4;

/// Makes `entries` the whole of the workspace; `progress` hears how many files were sent.
///
/// # Errors
/// When the mirror lacks a file, or the cell takes it not. What is too much for it is not even read.
#[doc(hidden)]
pub async fn fill_cell(
    cell: &Cell,
    mirror: Mirror,
    entries: Arc<Vec<TreeEntry>>,
    mut progress: impl FnMut(u64),
) -> Result<(), EngineError> {
    fits(&entries, &cell.report().quotas)?;
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

/// Refuses a tree that is larger than the workspace may be.
fn fits(entries: &[TreeEntry], quotas: &Quotas) -> Result<(), SandboxError> {
    let bytes = entries.iter().fold(0_u64, |bytes, entry| bytes.saturating_add(entry.size));
    let files = entries.len() as u64 + folders(entries);
    let refused = |code, message| Err(SandboxError::ImportRefused(Refusal::new(code, message)));
    if bytes > quotas.bytes {
        let most = quotas.bytes;
        return refused(
            RefusalCode::QuotaBytes,
            format!("the workspace may hold {most} bytes, and the repository has {bytes}"),
        );
    }
    if files > quotas.files {
        let most = quotas.files;
        return refused(
            RefusalCode::QuotaFiles,
            format!("the workspace may hold {most} files and folders, and the repository has {files}"),
        );
    }
    Ok(())
}

/// How many folders the entries stand in. Those of one folder follow each other in a tree.
fn folders(entries: &[TreeEntry]) -> u64 {
    let mut count = 0;
    let mut before: &[u8] = &[];
    for entry in entries {
        let end = entry.path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
        let folder = entry.path.get(..end).unwrap_or_default();
        let same = folder.iter().zip(before).take_while(|(here, there)| here == there).count();
        // Each `/` behind what both have in common ends the name of a folder that is new.
        count += folder.get(same..).unwrap_or_default().iter().filter(|byte| **byte == b'/').count() as u64;
        before = folder;
    }
    count
}

/// The batch's contents with the paths and modes that they have in the tree.
fn named(batch: Batch, entries: &[TreeEntry]) -> impl Iterator<Item = ImportFile> {
    batch.contents.into_iter().zip(entries.iter().skip(batch.first)).map(|(bytes, entry)| ImportFile {
        path: entry.path.clone(),
        mode: entry.mode,
        bytes,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{fill_cell, fits, folders};
    use crate::workspace::tests::{listening, workspace};
    use anchorhold_bridge::{MODE_FILE, Quotas};
    use anchorhold_repo::TreeEntry;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn entry(path: &str, size: u64) -> TreeEntry {
        TreeEntry { path: path.into(), mode: MODE_FILE, id: "1".repeat(40), size, lfs: false }
    }

    #[track_caller]
    fn check(quotas: Quotas, expected: &str) {
        let entries = [entry("a", 600), entry("b/c/d", 500), entry("b/e", 0)];
        let refused = fits(&entries, &quotas).err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(refused, expected);
    }

    #[test]
    fn what_is_larger_than_a_workspace_is_refused_with_both_numbers() {
        check(Quotas { bytes: 1100, files: 5, ..Quotas::default() }, "");
        check(
            Quotas { bytes: 1099, ..Quotas::default() },
            "fill the workspace: the workspace may hold 1099 bytes, and the repository has 1100",
        );
        check(
            Quotas { files: 4, ..Quotas::default() },
            "fill the workspace: the workspace may hold 4 files and folders, and the repository has 5",
        );
    }

    #[test]
    fn each_folder_on_the_way_is_counted_once() {
        let paths = ["a", "ab/x", "abc/x", "abc/d/x", "abc/d/y", "abc/e/f/x", "abd/x", "z/d/x"];
        let entries: Vec<TreeEntry> = paths.iter().map(|path| entry(path, 1)).collect();
        // ab, abc, abc/d, abc/e, abc/e/f, abd, z, z/d
        assert_eq!(folders(&entries), 8);
    }

    #[tokio::test]
    async fn a_tree_that_is_too_large_is_refused_before_the_cell_or_git_is_asked_for_anything() {
        let place = tempfile::tempdir().unwrap();
        let (mirror, _) = workspace(place.path(), Arc::default()).await.source();
        let asked_for = Arc::new(AtomicU32::new(0));
        let cell = listening(0, 0, Arc::clone(&asked_for)).await;
        let half = Quotas::default().bytes / 2 + 1;
        let entries = Arc::new(vec![entry("one", half), entry("two", half)]);
        let error = fill_cell(&cell, mirror, entries, |_| {}).await.unwrap_err();
        assert_eq!(error.code(), "import_refused");
        assert_eq!(asked_for.load(Ordering::SeqCst), 0);
    }
}
