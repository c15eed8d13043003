//! A repository of its own for each try to fetch, until all of it is here.
//!
//! What comes in lies in a folder beside the mirror, whose objects it borrows. Only when the library has
//! found it whole are its packs moved over. So a try that broke, was left behind or died with its process
//! can leave nothing in the mirror, whatever it still does, and is removed with its folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use git2::Repository;
use tempfile::TempDir;

use crate::durable;
use crate::error::{RepoError, Result};
use crate::mirror::{Mirror, borrow_objects, prepare};
use crate::shallow;

const PREFIX: &str = "incoming-";
/// How the library names a pack that is not whole.
const UNFINISHED: &str = "pack_git2_";

/// What one try receives; dropping it removes what was not taken over.
pub(crate) struct Incoming {
    path: PathBuf,
}

/// Where histories begin before and after something came in.
pub(crate) struct Beginnings {
    before: BTreeSet<String>,
    after: BTreeSet<String>,
}

impl Incoming {
    /// Makes an empty one that tells the server what the mirror has.
    pub(crate) fn new(mirror: &Mirror) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = mirror.dir().join(format!("{PREFIX}{}-{number}.git", std::process::id()));
        if path.exists() {
            // Left by a process that had the same number.
            fs::remove_dir_all(&path).map_err(RepoError::folder(&path))?;
        }
        let incoming = Self { path };
        prepare(&incoming.path, mirror.remote())?;
        borrow_objects(&incoming.path)?;
        shallow::write(&incoming.path, &mirror.beginnings()?)?;
        let refs = incoming.path.join("packed-refs");
        fs::write(&refs, packed_refs(mirror)?).map_err(RepoError::folder(&refs))?;
        Ok(incoming)
    }

    /// Opens it.
    pub(crate) fn open(&self) -> Result<Repository> {
        Repository::open_bare(&self.path).map_err(RepoError::storage(format!("open {}", self.path.display())))
    }

    /// Reads where histories begin now.
    pub(crate) fn beginnings(&self, mirror: &Mirror) -> Result<Beginnings> {
        Ok(Beginnings { before: mirror.beginnings()?, after: shallow::read(&self.path)? })
    }

    /// Moves what came in to the mirror; nothing there refers to it yet.
    ///
    /// At every moment in between, each commit that is here has its parents or is known as a beginning. When
    /// this returns, a power cut takes none of it any more.
    pub(crate) fn keep(&self, mirror: &Mirror, beginnings: &Beginnings) -> Result<()> {
        let Beginnings { before, after } = beginnings;
        if before != after {
            mirror.set_beginnings(&before.union(after).cloned().collect())?;
        }
        move_packs(&self.path.join("objects/pack"), &mirror.dir().join("mirror.git/objects/pack"))?;
        if before != after {
            mirror.set_beginnings(after)?;
        }
        Ok(())
    }
}

impl Beginnings {
    /// Whether some beginning is missing afterwards.
    pub(crate) fn any_after(&self) -> bool {
        !self.after.is_empty()
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "what a fetch left stays until the next start");
        }
    }
}

/// Moves packs from one folder to another; when this returns, they are on the disk.
pub(crate) fn move_packs(from: &Path, to: &Path) -> Result<()> {
    // A pack is found by its index, which therefore comes last.
    for extension in ["pack", "idx"] {
        for name in names(from)? {
            if Path::new(&name).extension().is_some_and(|found| found == extension) {
                let path = to.join(&name);
                durable::sync(&from.join(&name))?;
                fs::rename(from.join(&name), &path).map_err(RepoError::folder(&path))?;
            }
        }
    }
    durable::sync(to)
}

/// Makes a folder beside the mirror for what is not whole yet; where it is not removed, the next start does.
pub(crate) fn own_folder(mirror: &Mirror) -> Result<TempDir> {
    let prefix = format!("{PREFIX}{}-", std::process::id());
    tempfile::Builder::new().prefix(&prefix).tempdir_in(mirror.dir()).map_err(RepoError::folder(mirror.dir()))
}

/// Removes what tries of a process that is gone left in the folder of a mirror.
pub(crate) fn clear_leftovers(dir: &Path) {
    let own = format!("{PREFIX}{}-", std::process::id());
    for name in names(dir).unwrap_or_default() {
        if name.starts_with(PREFIX) && !name.starts_with(&own) {
            // What cannot be removed now is met again at the next start, and harms nobody.
            let _ = fs::remove_dir_all(dir.join(name));
        }
    }
    for packs in ["mirror.git/objects/pack", "agents.git/objects/pack"].map(|packs| dir.join(packs)) {
        for name in names(&packs).unwrap_or_default() {
            let path = packs.join(&name);
            // A pack whose index did not come, or was removed first, is never looked at.
            let half =
                path.extension().is_some_and(|end| end == "pack") && !path.with_extension("idx").exists();
            // An earlier version received into the mirror itself.
            if half || name.starts_with(UNFINISHED) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// The names in a folder that are text, as all of ours and of the library's are.
fn names(dir: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(RepoError::folder(dir))? {
        names.extend(entry.map_err(RepoError::folder(dir))?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

/// What the mirror has, as the one file in which git keeps many refs.
fn packed_refs(mirror: &Mirror) -> Result<Vec<u8>> {
    let attempt = || RepoError::storage(format!("read the refs of {}", mirror.remote()));
    let repository = mirror.source()?;
    let mut refs = Vec::new();
    for reference in repository.references_glob("refs/anchorhold/*").map_err(attempt())? {
        let reference = reference.map_err(attempt())?;
        if let Some(tip) = reference.target() {
            refs.push((reference.name_bytes().to_vec(), tip));
        }
    }
    refs.sort_unstable();
    let mut text = b"# pack-refs with: sorted \n".to_vec();
    for (name, tip) in refs {
        text.extend_from_slice(format!("{tip} ").as_bytes());
        text.extend_from_slice(&name);
        text.push(b'\n');
    }
    Ok(text)
}
