//! How the library's failures become ours.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::RepoError;

impl RepoError {
    /// Wraps a failure of the local object database.
    pub(crate) fn storage(attempt: impl Into<String>) -> impl FnOnce(git2::Error) -> Self {
        let attempt = attempt.into();
        move |source| {
            if says_disk_full(&source) {
                Self::DiskFull { attempt }
            } else {
                Self::Storage { attempt, source }
            }
        }
    }

    /// Wraps a failure to write about `size` bytes into `repository`.
    ///
    /// Of an object that does not fit the library says nothing, or repeats what went wrong last in this
    /// thread, and takes away what it had written of it. So it is tried whether there is room.
    pub(crate) fn writing(
        repository: &git2::Repository,
        size: usize,
        attempt: impl Into<String>,
    ) -> impl FnOnce(git2::Error) -> Self {
        move |source| {
            if !has_room(repository.path(), size) {
                Self::DiskFull { attempt: attempt.into() }
            } else {
                Self::storage(attempt)(source)
            }
        }
    }

    /// Wraps a failure to read or write `path` in a folder of ours.
    pub(crate) fn folder(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                Self::DiskFull { attempt: format!("write {}", path.display()) }
            }
            _ => Self::Folder { path: path.to_owned(), source },
        }
    }

    /// Wraps a failed look-up of an object.
    pub(crate) fn missing(kind: &'static str, id: &str) -> impl FnOnce(git2::Error) -> Self {
        let id = id.to_owned();
        move |source| Self::MissingObject { kind, id, source }
    }
}

/// Whether the library says that there is no space left.
fn says_disk_full(error: &git2::Error) -> bool {
    let message = error.message().to_ascii_lowercase();
    error.class() == git2::ErrorClass::Os
        && (message.contains("no space left") || message.contains("quota exceeded"))
}

/// Whether a file of about `size` bytes fits into `folder`.
fn has_room(folder: &Path, size: usize) -> bool {
    /// What a folder, a ref and the ends of blocks may take besides.
    const MARGIN: u64 = 16 * 1024;
    let size = u64::try_from(size).unwrap_or(u64::MAX).saturating_add(MARGIN);
    let path = folder.join("room");
    // Written, because a file system may promise space that it does not have.
    let written =
        File::create(&path).and_then(|mut file| std::io::copy(&mut std::io::repeat(0).take(size), &mut file));
    let _ = std::fs::remove_file(&path);
    !written.is_err_and(|error| matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded))
}
