//! Checkpoints of long ago as packs: each edit leaves a file for each of its objects, of a block at least.
//!
//! Nothing is forgotten here. Whatever is loose goes into the pack, also what no ref leads to, since the log
//! may name it; and a loose file goes only where the pack is on the disk and has its object.

use std::fs;
use std::path::{Path, PathBuf};

use git2::{Odb, Oid};

use crate::error::{RepoError, Result};
use crate::incoming::{move_packs, own_folder};
use crate::mirror::Mirror;

/// With so many loose objects git packs by itself, and so is done here.
const MANY: usize = 6_700;
/// So many are packed at once, that nobody waits long; the rest follows the next time.
const MOST_AT_ONCE: usize = 20_000;

impl Mirror {
    /// Packs the loose objects of `agents.git` where there are many; what fails leaves all as it was.
    pub(crate) fn pack_many(&self) {
        let objects = self.dir().join("agents.git/objects");
        if !has_many(&objects) {
            return;
        }
        match self.pack_loose(&objects) {
            Ok(packed) => tracing::info!(packed, objects = %objects.display(), "loose objects were packed"),
            Err(error) => tracing::warn!(%error, "loose objects stay as they are"),
        }
    }

    fn pack_loose(&self, objects: &Path) -> Result<usize> {
        let attempt = || RepoError::storage(format!("pack the objects in {}", objects.display()));
        let repository = self.objects()?;
        let mut pack = repository.packbuilder().map_err(attempt())?;
        let mut loose = loose(objects)?;
        // One that a power cut spoiled stays for who asks for it.
        loose.retain(|(id, _)| pack.insert_object(*id, None).is_ok());
        let folder = own_folder(self)?;
        let made = folder.path().join("pack");
        fs::create_dir(&made).map_err(RepoError::folder(&made))?;
        pack.write(&made, 0).map_err(RepoError::writing(&repository, 0, "pack loose objects"))?;
        // Read back as a repository would, and not from what the builder knows.
        let odb = Odb::new().map_err(attempt())?;
        let path = folder.path().to_string_lossy();
        odb.add_disk_alternate(&path).map_err(attempt())?;
        loose.retain(|(id, _)| odb.exists(*id));
        drop(odb);
        move_packs(&made, &objects.join("pack"))?;
        for (_, file) in &loose {
            fs::remove_file(file).map_err(RepoError::folder(file))?;
        }
        Ok(loose.len())
    }
}

/// Whether there are many, as git guesses it: by one of the 256 folders.
fn has_many(objects: &Path) -> bool {
    fs::read_dir(objects.join("17")).is_ok_and(|names| names.count() > MANY / 256)
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
