//! What a power cut must not take: that what is referred to is on the disk before the reference.
//!
//! Of packs we see to it ourselves; of refs, and of objects in files of their own, the library does. What is
//! in no file yet is [pending](crate::pending).

use std::fs::{self, File};
use std::path::Path;

use crate::error::{RepoError, Result};

/// Waits until a file, or the names in a folder, are on the disk.
pub(crate) fn sync(path: &Path) -> Result<()> {
    // Other systems neither open a folder nor sync what was opened for reading.
    if cfg!(unix) {
        File::open(path).and_then(|file| file.sync_all()).map_err(RepoError::folder(path))?;
    }
    Ok(())
}

/// Removes the empty files that a power cut left of objects whose bytes were not on the disk yet: earlier
/// versions did not wait for it. The library takes such a file for the object, and would not write it again.
pub(crate) fn clear_empty_objects(repository: &Path) -> Result<()> {
    let objects = repository.join("objects");
    for folder in fs::read_dir(&objects).map_err(RepoError::folder(&objects))? {
        let folder = folder.map_err(RepoError::folder(&objects))?;
        // The folders of objects are named by the first two digits of their ids.
        if folder.file_name().len() != 2 {
            continue;
        }
        let path = folder.path();
        for object in fs::read_dir(&path).map_err(RepoError::folder(&path))? {
            let object = object.map_err(RepoError::folder(&path))?;
            if object.metadata().is_ok_and(|object| object.is_file() && object.len() == 0) {
                tracing::warn!(object = %object.path().display(), "an object that was cut off is removed");
                fs::remove_file(object.path()).map_err(RepoError::folder(&path))?;
            }
        }
    }
    Ok(())
}
