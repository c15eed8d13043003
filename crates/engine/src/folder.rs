//! The data folder and the lock that keeps it to one process.

use crate::EngineError;
use crate::folder_id::FolderId;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A data folder that this process owns until it lets go of it or ends.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    id: FolderId,
    // Held for its lock alone; the system releases it however the process ends.
    lock: Mutex<Option<File>>,
}

impl DataFolder {
    /// Makes the folder if needed and takes its lock.
    ///
    /// # Errors
    /// [`EngineError::FolderInUse`], naming the process that has it.
    pub(crate) fn open(path: &Path, program: &str) -> Result<Self, EngineError> {
        let failed = |source| EngineError::Folder { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(failed)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(failed)?;
        // A locked file cannot be read on Windows, so the owner's name lies beside it.
        let owner = path.join("owner");
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let owner = fs::read_to_string(&owner).unwrap_or_else(|_| "another process".to_owned());
                return Err(EngineError::FolderInUse { path: path.to_owned(), owner });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        fs::write(&owner, format!("{program} (process {})", std::process::id())).map_err(failed)?;
        let id = FolderId::of(path).map_err(failed)?;
        Ok(Self { path: path.to_owned(), id, lock: Mutex::new(Some(lock)) })
    }

    /// Lets another process have the folder.
    pub(crate) fn release(&self) {
        if let Some(lock) = self.lock.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Closing alone is not enough: a child process that is just being started holds the file too.
            let _ = lock.unlock();
        }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("anchorhold.db")
    }

    /// The user's own file of models and prices.
    pub(crate) fn models(&self) -> PathBuf {
        self.path.join("models.json")
    }

    pub(crate) fn mirrors(&self) -> PathBuf {
        self.path.join("mirrors")
    }

    /// The id by which this folder's containers and volumes are found.
    pub(crate) fn id(&self) -> String {
        self.id.id.to_string()
    }

    /// Where the folder is, as people read it on its containers and volumes.
    pub(crate) fn place(&self) -> &str {
        &self.id.place.path
    }
}
