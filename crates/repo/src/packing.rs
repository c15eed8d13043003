//! Checkpoints as packs: what waits is written out as one, and what lies about in many files is put together.
//!
//! Nothing is forgotten here. Whatever is there goes into the pack, also what no ref leads to, since the log
//! may name it; and it goes elsewhere only where the pack is on the disk and has it.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use git2::{Odb, Oid};
use gix_pack::index;

use crate::error::{RepoError, Result};
use crate::incoming::{move_packs, own_folder};
use crate::mirror::Mirror;

/// So many bytes of objects wait at most while an agent works.
const MOST_WAITING: usize = 8 * 1024 * 1024;
/// With so many loose objects git packs by itself, and so is done here.
const MANY_LOOSE: usize = 6_700;
/// With so many packs git puts them together. Each look-up asks each of them.
const MANY_PACKS: usize = 50;
/// A pack of so many bytes stays as it is.
const LARGE: u64 = 8 * 1024 * 1024;
/// So many objects are packed at once, that nobody waits long; the rest follows the next time.
const MOST_AT_ONCE: usize = 20_000;

/// What came into a pack that is on the disk now.
struct Packed {
    ids: HashSet<Oid>,
    /// The name of its file; none where nothing could be packed.
    name: Option<OsString>,
}

impl Mirror {
    /// Whether so much waits that [`Mirror::keep`] is due before the run rests.
    #[must_use]
    pub fn has_much_to_keep(&self) -> bool {
        self.pending().bytes() > MOST_WAITING
    }

    /// Writes what waits to the disk, as one pack; where that fails it goes on waiting.
    pub(crate) fn write_out(&self) -> Result<()> {
        let _alone = self.writing_out();
        let ids = self.pending().ids();
        if ids.is_empty() {
            return Ok(());
        }
        let packed = self.pack(&ids)?;
        self.pending().forget(&packed.ids);
        Ok(())
    }

    /// Packs the loose objects of `agents.git` where there are many; what fails leaves all as it was.
    pub(crate) fn pack_many(&self) {
        let objects = self.objects_folder();
        if !has_many(&objects) {
            return;
        }
        let packing = || {
            let loose = loose(&objects)?;
            let packed = self.pack(&loose.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
            for (_, file) in loose.iter().filter(|(id, _)| packed.ids.contains(id)) {
                fs::remove_file(file).map_err(RepoError::folder(file))?;
            }
            Ok::<_, RepoError>(packed.ids.len())
        };
        match packing() {
            Ok(packed) => tracing::info!(packed, objects = %objects.display(), "loose objects were packed"),
            Err(error) => tracing::warn!(%error, "loose objects stay as they are"),
        }
    }

    /// Puts the small packs of `agents.git` together where there are many; what fails leaves all as it was.
    ///
    /// A repository that knows a pack which is gone fails to read from it, so this is for when none is open.
    pub(crate) fn join_packs(&self) {
        let folder = self.objects_folder().join("pack");
        let joining = || {
            let small = small_packs(&folder)?;
            if small.len() <= MANY_PACKS {
                return Ok(());
            }
            let (mut ids, mut joined) = (HashSet::new(), Vec::new());
            for pack in small {
                let inside = ids_in(&pack.with_extension("idx"))?;
                if ids.len() + inside.len() > MOST_AT_ONCE && !joined.is_empty() {
                    break;
                }
                ids.extend(&inside);
                joined.push((pack, inside));
            }
            let packed = self.pack(&ids.into_iter().collect::<Vec<_>>())?;
            for (pack, inside) in &joined {
                // The same objects make a pack of the same name.
                if pack.file_name() == packed.name.as_deref() || !inside.is_subset(&packed.ids) {
                    continue;
                }
                // Without its index a pack is not looked at, whatever is left of it.
                for file in [pack.with_extension("idx"), pack.clone()] {
                    fs::remove_file(&file).map_err(RepoError::folder(&file))?;
                }
            }
            self.reopen();
            tracing::info!(packs = joined.len(), folder = %folder.display(), "packs were put together");
            Ok::<_, RepoError>(())
        };
        if let Err(error) = joining() {
            tracing::warn!(%error, "packs stay as they are");
        }
    }

    /// Packs objects into `agents.git`.
    fn pack(&self, ids: &[Oid]) -> Result<Packed> {
        let objects = self.objects_folder();
        let attempt = || RepoError::storage(format!("pack the objects in {}", objects.display()));
        let repository = self.objects()?;
        let mut pack = repository.packbuilder().map_err(attempt())?;
        for id in ids {
            // One that a power cut spoiled stays for who asks for it.
            if let Err(error) = pack.insert_object(*id, None) {
                tracing::warn!(%error, %id, "an object cannot be packed");
            }
        }
        let folder = own_folder(self)?;
        let made = folder.path().join("pack");
        fs::create_dir(&made).map_err(RepoError::folder(&made))?;
        pack.write(&made, 0).map_err(RepoError::writing(&repository, 0, "pack checkpoints"))?;
        // Read back as a repository would, and not from what the builder knows.
        let odb = Odb::new().map_err(attempt())?;
        let path = folder.path().to_string_lossy();
        odb.add_disk_alternate(&path).map_err(attempt())?;
        let ids = ids.iter().copied().filter(|id| odb.exists(*id)).collect();
        drop(odb);
        let name = packs(&made)?.first().and_then(|pack| pack.file_name()).map(OsStr::to_owned);
        move_packs(&made, &objects.join("pack"))?;
        Ok(Packed { ids, name })
    }

    fn objects_folder(&self) -> PathBuf {
        self.dir().join("agents.git/objects")
    }
}

/// The packs in a folder.
fn packs(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut packs = Vec::new();
    for file in fs::read_dir(folder).map_err(RepoError::folder(folder))? {
        let path = file.map_err(RepoError::folder(folder))?.path();
        if path.extension().is_some_and(|end| end == "pack") {
            packs.push(path);
        }
    }
    Ok(packs)
}

/// The packs that are worth putting together, the smallest first.
fn small_packs(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut small = Vec::new();
    for path in packs(folder)? {
        let length = fs::metadata(&path).map_err(RepoError::folder(&path))?.len();
        if length < LARGE && path.with_extension("idx").exists() {
            small.push((length, path));
        }
    }
    small.sort_unstable();
    Ok(small.into_iter().map(|(_, path)| path).collect())
}

/// The objects in a pack, as its index says.
fn ids_in(path: &Path) -> Result<HashSet<Oid>> {
    let attempt = || format!("read {}", path.display());
    let broken = |error: gix_error::Error| RepoError::Storage {
        attempt: attempt(),
        source: git2::Error::from_str(&error.to_string()),
    };
    let index = index::File::at(path, gix_hash::Kind::Sha1).map_err(broken)?;
    let ids = index.iter().map(|entry| Oid::from_bytes(entry.oid.as_bytes()));
    ids.collect::<std::result::Result<_, _>>().map_err(RepoError::storage(attempt()))
}

/// Whether there are many, as git guesses it: by one of the 256 folders.
fn has_many(objects: &Path) -> bool {
    fs::read_dir(objects.join("17")).is_ok_and(|names| names.count() > MANY_LOOSE / 256)
}

/// The loose objects, as many as are packed at once, with their files.
fn loose(objects: &Path) -> Result<Vec<(Oid, PathBuf)>> {
    let mut loose = Vec::new();
    for folder in fs::read_dir(objects).map_err(RepoError::folder(objects))? {
        let folder = folder.map_err(RepoError::folder(objects))?;
        let Some(begin) = folder.file_name().to_str().filter(|name| name.len() == 2).map(str::to_owned)
        else {
            continue;
        };
        let path = folder.path();
        for file in fs::read_dir(&path).map_err(RepoError::folder(&path))? {
            let file = file.map_err(RepoError::folder(&path))?;
            // What is only being written has another name.
            let name = file.file_name().to_str().filter(|name| name.len() == 38).map(str::to_owned);
            if let Some(id) = name.and_then(|name| Oid::from_str(&format!("{begin}{name}")).ok()) {
                loose.push((id, file.path()));
                if loose.len() == MOST_AT_ONCE {
                    return Ok(loose);
                }
            }
        }
    }
    Ok(loose)
}
