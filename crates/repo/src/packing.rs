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
/// A pack whose file, or whose objects, have so many bytes stays as it is.
const LARGE_FILE: u64 = 8 * 1024 * 1024;
const LARGE: usize = 32 * 1024 * 1024;
/// So many objects, of so many bytes, are packed at once, that nobody waits long; the rest follows the next time.
const MOST_AT_ONCE: usize = 20_000;
const MOST_BYTES_AT_ONCE: usize = 64 * 1024 * 1024;

/// What came into a pack that is on the disk now.
struct Packed {
    ids: HashSet<Oid>,
    /// The name of its file; none where nothing could be packed.
    name: Option<OsString>,
}

/// A pack and the objects in it.
struct Small {
    pack: PathBuf,
    ids: HashSet<Oid>,
}

impl Mirror {
    /// Whether so much waits that [`Mirror::keep`] is due before the run rests.
    #[must_use]
    pub fn has_much_to_keep(&self) -> bool {
        self.pending().bytes() > MOST_WAITING
    }

    /// Writes what waits to the disk, as one pack; what cannot be written goes on waiting.
    pub(crate) fn write_out(&self) -> Result<()> {
        let mut left = self.packing();
        let ids = self.pending().ids();
        if ids.is_empty() {
            return Ok(());
        }
        let packed = self.pack(&ids)?;
        self.pending().forget(&packed.ids);
        if packed.ids.len() < ids.len() {
            let source = git2::Error::from_str("not all of them could be packed");
            return Err(RepoError::Storage { attempt: "pack the last checkpoints".to_owned(), source });
        }
        self.join(&mut left);
        Ok(())
    }

    /// Puts the small packs of `agents.git` together where there are many; what fails leaves all as it was.
    pub(crate) fn join_packs(&self) {
        self.join(&mut self.packing());
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

    /// A repository that knows a pack which is gone fails to read from it, so packs are removed only while
    /// none is open.
    fn join(&self, left: &mut usize) {
        let folder = self.objects_folder().join("pack");
        let small = match small_packs(&folder) {
            Ok(small) if small.len() > MANY_PACKS + *left => small,
            Ok(_) => return,
            Err(error) => return tracing::warn!(%error, "packs cannot be listed"),
        };
        if self.with_objects_closed(|| ()).is_none() {
            return;
        }
        *left = small.len();
        let joining = || {
            let mut joined = self.worth_joining(&small)?;
            if joined.len() < 2 {
                return Ok(0);
            }
            let ids: HashSet<Oid> = joined.iter().flat_map(|small| &small.ids).copied().collect();
            let packed = self.pack(&ids.into_iter().collect::<Vec<_>>())?;
            // The same objects can make a pack of the same name.
            joined.retain(|Small { pack, ids }| {
                pack.file_name() != packed.name.as_deref() && ids.is_subset(&packed.ids)
            });
            let removing = || joined.iter().try_for_each(|small| remove(&small.pack));
            self.with_objects_closed(removing).unwrap_or(Ok(()))?;
            Ok::<_, RepoError>(joined.len())
        };
        match joining() {
            Ok(gone) => tracing::info!(packs = gone, folder = %folder.display(), "packs were put together"),
            Err(error) => tracing::warn!(%error, "packs stay as they are"),
        }
        *left = small_packs(&folder).map_or(*left, |small| small.len());
    }

    /// As many of the packs as are put together at once.
    fn worth_joining(&self, packs: &[PathBuf]) -> Result<Vec<Small>> {
        let repository = self.objects()?;
        let odb = repository.odb().map_err(RepoError::storage("open the object database"))?;
        let (mut joined, mut objects, mut bytes) = (Vec::new(), 0, 0);
        for pack in packs {
            let ids = ids_in(&pack.with_extension("idx"))?;
            // The library panics where it is asked for a damaged object's kind, so they are read.
            let mut lengths = ids.iter().map(|id| odb.read(*id).map_or(0, |object| object.len()));
            let length =
                lengths.try_fold(0_usize, |sum, length| Some(sum + length).filter(|sum| *sum <= LARGE));
            let Some(length) = length.filter(|_| ids.len() <= MOST_AT_ONCE / 2) else { continue };
            (objects, bytes) = (objects + ids.len(), bytes + length);
            if bytes > MOST_BYTES_AT_ONCE || objects > MOST_AT_ONCE {
                break;
            }
            joined.push(Small { pack: pack.clone(), ids });
        }
        Ok(joined)
    }

    /// Packs objects into `agents.git`.
    fn pack(&self, ids: &[Oid]) -> Result<Packed> {
        let objects = self.objects_folder();
        let attempt = || RepoError::storage(format!("pack the objects in {}", objects.display()));
        let repository = self.objects()?;
        let odb = repository.odb().map_err(attempt())?;
        let mut pack = repository.packbuilder().map_err(attempt())?;
        for id in ids {
            // One that a power cut spoiled stays for who asks for it. It is read whole, since the builder sees only
            // its beginning now, and would fail with all of them later.
            if let Err(error) = odb.read(*id).and_then(|_| pack.insert_object(*id, None)) {
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
        if length < LARGE_FILE && path.with_extension("idx").exists() {
            small.push((length, path));
        }
    }
    small.sort_unstable();
    Ok(small.into_iter().map(|(_, path)| path).collect())
}

/// Removes a pack. Without its index it is not looked at, whatever is left of it.
fn remove(pack: &Path) -> Result<()> {
    for file in [pack.with_extension("idx"), pack.to_owned()] {
        fs::remove_file(&file).map_err(RepoError::folder(&file))?;
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::{LARGE_FILE, MANY_PACKS, packs};
    use crate::{Mirror, Mirrors, Remote};
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    /// A mirror that nothing was fetched into, in a folder of its own.
    fn mirror() -> (tempfile::TempDir, Mirror) {
        let place = tempfile::tempdir().unwrap();
        let mirror = Mirrors::new(place.path()).open(&Remote::parse("/nowhere").unwrap()).unwrap();
        (place, mirror)
    }

    /// Has a text written out in a pack of its own, and returns the packs that there are.
    fn add(mirror: &Mirror, text: &str) -> BTreeSet<PathBuf> {
        mirror.pending().take(format!("blob {}\0{text}", text.len()).as_bytes()).unwrap();
        mirror.write_out().unwrap();
        packs(&mirror.objects_folder().join("pack")).unwrap().into_iter().collect()
    }

    #[test]
    fn packs_stay_while_somebody_has_the_repository_open() {
        let (_place, mirror) = mirror();
        let open = mirror.objects().unwrap();
        for n in 1..=MANY_PACKS + 9 {
            assert_eq!(add(&mirror, &n.to_string()).len(), n);
        }
        drop(open);
        assert_eq!(add(&mirror, "last").len(), 1);
    }

    #[test]
    fn what_is_put_together_is_bounded_by_what_it_unpacks_to() {
        let (place, mirror) = mirror();
        let open = mirror.objects().unwrap();
        let large = "x".repeat(1_500_000);
        let mut before = BTreeSet::new();
        for n in 0..MANY_PACKS + 9 {
            before = add(&mirror, &format!("{n}{large}"));
        }
        assert!(before.iter().all(|pack| pack.metadata().unwrap().len() < LARGE_FILE));
        drop(open);
        let after = add(&mirror, "last");
        // 64 MiB are 44 of them.
        assert_eq!(before.difference(&after).count(), 44);
        let joined: Vec<_> = after.difference(&before).collect();
        assert_eq!(joined.len(), 1, "the last one is among them");
        // It is not put together again, however small its file is.
        drop(mirror);
        let anew = Mirrors::new(place.path()).open(&Remote::parse("/nowhere").unwrap()).unwrap();
        let open = anew.objects().unwrap();
        (0..MANY_PACKS).for_each(|n| drop(add(&anew, &n.to_string())));
        drop(open);
        let later = add(&anew, "later");
        assert!(later.contains(joined[0]), "{later:?}");
        assert!(later.len() < 5, "{later:?}");
    }
}
