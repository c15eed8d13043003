//! The id by which container engines know a data folder, and the file in it that says so.
//!
//! Whatever carries a folder's id is taken for its own, and may be ended and removed. So an id holds for
//! one folder at one place: a copy of the file that came to another place, with the folder or without,
//! gives nobody the id. What that costs is little, since volumes are made anew from checkpoints.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;
use uuid::Uuid;

const FILE: &str = "home.json";
/// How many places are remembered, the newest of them. On some file systems a folder looks like another
/// one each time that they are mounted.
const MOST: usize = 32;

/// A folder's id at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FolderId {
    pub(crate) id: Uuid,
    pub(crate) place: Place,
}

/// What tells a folder from every copy of it, and from what else ever has its path. The number of its device
/// is not in it: many file systems get another one each time that they are mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Where it is, in full.
    pub(crate) path: String,
    /// A word for the machine, where it has one.
    machine: Option<String>,
    /// The folder's number in its file system, where it has one that is kept.
    inode: Option<u64>,
    /// When the folder was made, in nanoseconds since 1970, where its file system knows.
    made_at: Option<u64>,
}

impl FolderId {
    /// Reads the id of the folder at its place, or makes one. The caller holds the folder's lock.
    ///
    /// The file remembers other places too: a folder that two machines use in turn, or that was moved away and
    /// back, has its id again.
    pub(crate) fn of(folder: &Path) -> io::Result<Self> {
        let place = Place::of(folder)?;
        let file = folder.join(FILE);
        let mut known = read(&file)?;
        if let Some(found) = known.iter().find(|known| known.place == place) {
            return Ok(found.clone());
        }
        let made = Self { id: Uuid::now_v7(), place };
        known.push(made.clone());
        known.drain(..known.len().saturating_sub(MOST));
        write(&file, &known)?;
        Ok(made)
    }
}

impl Place {
    fn of(folder: &Path) -> io::Result<Self> {
        let path = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let metadata = fs::metadata(&path)?;
        let made_at = metadata.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        Ok(Self {
            path: path.display().to_string(),
            machine: machine(),
            inode: inode(&metadata),
            made_at: made_at.and_then(|at| u64::try_from(at.as_nanos()).ok()),
        })
    }
}

/// A file that is cut off or makes no sense tells of no place: a new id is nobody else's, and an error would
/// keep the user from the agents for what can be made anew.
fn read(file: &Path) -> io::Result<Vec<FolderId>> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    Ok(serde_json::from_slice(&bytes).unwrap_or_else(|error| {
        let file = file.display();
        tracing::warn!(%error, %file, "the data folder's id cannot be read; it gets a new one");
        Vec::new()
    }))
}

/// Replaces the file whole: half of it would lose the id, and with it what is in the container engine.
fn write(file: &Path, known: &[FolderId]) -> io::Result<()> {
    let unfinished = file.with_extension("json.new");
    let mut new = File::create(&unfinished)?;
    new.write_all(&serde_json::to_vec_pretty(known)?)?;
    new.sync_all()?;
    fs::rename(unfinished, file)
}

/// The machine's own id is not to be shown around, so a word that is made of it stands for it.
fn machine() -> Option<String> {
    let own = if cfg!(windows) {
        std::env::var("COMPUTERNAME").ok()?
    } else {
        fs::read_to_string("/etc/machine-id").ok()?
    };
    let hash = Sha256::new().chain_update("anchorhold ").chain_update(own.trim()).finalize();
    Some(hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    Some(metadata.ino())
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> Option<u64> {
    None
}

#[cfg(test)]
#[path = "folder_id_tests.rs"]
mod tests;
