//! Reading trees and blobs, never through a file on the host.

use git2::{Odb, Oid, Repository, Tree, TreeEntry as RawEntry};

use crate::error::{RepoError, Result};
use crate::mirror::{Mirror, oid};
use crate::path::{DEEPEST, LONGEST_PATH, path_to_text};

/// The git file mode of a submodule.
pub(crate) const SUBMODULE: u32 = 0o160_000;
/// The git file mode of a symbolic link.
pub(crate) const SYMLINK: u32 = 0o120_000;
/// The git file modes of a file and of a program.
const FILE: u32 = 0o100_644;
pub(crate) const EXECUTABLE: u32 = 0o100_755;
/// The git file mode of a folder.
pub(crate) const FOLDER: u32 = 0o040_000;
/// A Git LFS pointer is under 1 kB by its specification, and cannot be shorter than its own fields.
const POINTER_BYTES: std::ops::Range<u64> = 100..1024;
/// Files and folders that a tree may have: five times what a workspace holds. A few kilobytes of folders
/// that name the same folder ten times each are as many files as anybody likes.
const MOST_ENTRIES: usize = 1_000_000;
/// What the paths of a tree may take together; a million of them take some 60 MiB in large repositories.
const MOST_PATH_BYTES: usize = 128 * 1024 * 1024;

/// A file or symbolic link in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// The path's bytes, with `/` between names; not necessarily UTF-8.
    pub path: Vec<u8>,
    /// The git file mode: `100644`, `100755` or `120000` in octal.
    pub mode: u32,
    /// The blob's id.
    pub id: String,
    /// The blob's size in bytes.
    pub size: u64,
    /// Whether the blob is a Git LFS pointer instead of the file itself.
    pub lfs: bool,
}

/// A submodule in a tree; its files are not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submodule {
    /// The path's bytes.
    pub path: Vec<u8>,
    /// The commit of the other repository.
    pub commit: String,
}

/// What stands at a path of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A file or symbolic link.
    File(TreeEntry),
    /// A folder, which is a tree of its own.
    Folder {
        /// That tree's id.
        tree: String,
    },
    /// A submodule.
    Submodule,
}

/// A file's mode and id in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) mode: u32,
    pub(crate) id: Oid,
}

impl Mirror {
    /// Lists every file and symbolic link of `tree`, sorted as git sorts them.
    ///
    /// Submodules are not among them: [`Mirror::submodules`] lists those. `give_up` is asked often and ends
    /// the reading.
    ///
    /// # Errors
    /// [`RepoError::MissingObject`], [`RepoError::TreeTooLarge`], and [`RepoError::Cancelled`] where it was
    /// given up.
    pub fn entries(&self, tree: &str, give_up: &dyn Fn() -> bool) -> Result<Vec<TreeEntry>> {
        let repository = self.objects()?;
        let odb = repository.odb().map_err(RepoError::storage("open the object database"))?;
        let mut entries = Vec::new();
        walk(&repository, oid("tree", tree)?, give_up, &mut |path, found| {
            if found.mode == SUBMODULE {
                return Ok(());
            }
            entries.push(entry(&odb, path, found)?);
            Ok(())
        })?;
        Ok(entries)
    }

    /// Lists the paths of every file and symbolic link of `tree`, sorted as git sorts them. It takes a
    /// fraction of the time of [`Mirror::entries`], which looks each file up.
    ///
    /// # Errors
    /// [`RepoError::MissingObject`] and [`RepoError::TreeTooLarge`].
    pub fn paths(&self, tree: &str) -> Result<Vec<Vec<u8>>> {
        let repository = self.objects()?;
        let mut paths = Vec::new();
        walk(&repository, oid("tree", tree)?, &|| false, &mut |path, found| {
            if found.mode != SUBMODULE {
                paths.push(path.to_vec());
            }
            Ok(())
        })?;
        Ok(paths)
    }

    /// Returns what stands at `path` in `tree`, without reading it; `None` where nothing does.
    ///
    /// # Errors
    /// [`RepoError::MissingObject`].
    pub fn standing(&self, tree: &str, path: &[u8]) -> Result<Option<Standing>> {
        let repository = self.objects()?;
        let root = repository.find_tree(oid("tree", tree)?).map_err(RepoError::missing("tree", tree))?;
        let Some(found) = find(&repository, &root, path)? else { return Ok(None) };
        Ok(Some(match found.mode {
            FOLDER => Standing::Folder { tree: found.id.to_string() },
            SUBMODULE => Standing::Submodule,
            _ => {
                let odb = repository.odb().map_err(RepoError::storage("open the object database"))?;
                Standing::File(entry(&odb, path, found)?)
            }
        }))
    }

    /// Lists the submodules of `tree`.
    ///
    /// # Errors
    /// [`RepoError::MissingObject`] and [`RepoError::TreeTooLarge`].
    pub fn submodules(&self, tree: &str) -> Result<Vec<Submodule>> {
        let repository = self.objects()?;
        let mut submodules = Vec::new();
        walk(&repository, oid("tree", tree)?, &|| false, &mut |path, found| {
            if found.mode == SUBMODULE {
                submodules.push(Submodule { path: path.to_vec(), commit: found.id.to_string() });
            }
            Ok(())
        })?;
        Ok(submodules)
    }

    /// Reads a blob.
    ///
    /// # Errors
    /// [`RepoError::MissingObject`].
    pub fn blob(&self, id: &str) -> Result<Vec<u8>> {
        let repository = self.objects()?;
        let blob = repository.find_blob(oid("blob", id)?).map_err(RepoError::missing("blob", id))?;
        Ok(blob.content().to_vec())
    }

    /// Reads the file, or the target of the symbolic link, at `path`.
    ///
    /// # Errors
    /// [`RepoError::PathNotFound`] if there is neither.
    pub fn read_file(&self, tree: &str, path: &[u8]) -> Result<Vec<u8>> {
        let repository = self.objects()?;
        let root = repository.find_tree(oid("tree", tree)?).map_err(RepoError::missing("tree", tree))?;
        match find(&repository, &root, path)? {
            Some(found) if found.mode != FOLDER && found.mode != SUBMODULE => {
                let id = found.id.to_string();
                let blob = repository.find_blob(found.id).map_err(RepoError::missing("blob", &id))?;
                Ok(blob.content().to_vec())
            }
            _ => Err(RepoError::PathNotFound { path: path_to_text(path) }),
        }
    }

    /// Returns the tree of a commit.
    ///
    /// # Errors
    /// [`RepoError::MissingObject`].
    pub fn tree_of(&self, commit: &str) -> Result<String> {
        let repository = self.objects()?;
        let found =
            repository.find_commit(oid("commit", commit)?).map_err(RepoError::missing("commit", commit))?;
        Ok(found.tree_id().to_string())
    }
}

fn entry(odb: &Odb<'_>, path: &[u8], found: Found) -> Result<TreeEntry> {
    let id = found.id.to_string();
    let (size, _) = odb.read_header(found.id).map_err(RepoError::missing("blob", &id))?;
    let size = size as u64;
    let lfs = found.mode != SYMLINK
        && POINTER_BYTES.contains(&size)
        && odb.read(found.id).is_ok_and(|blob| is_lfs_pointer(blob.data()));
    Ok(TreeEntry { path: path.to_vec(), mode: found.mode, id, size, lfs })
}

/// Looks up a path by its bytes; the library's own look-up wants a path of the host.
pub(crate) fn find(repository: &Repository, root: &Tree<'_>, path: &[u8]) -> Result<Option<Found>> {
    let mut folder = root.clone();
    let mut names = path.split(|byte| *byte == b'/').peekable();
    while let Some(name) = names.next() {
        // The library cannot look for a name with a zero byte in it, which no tree has.
        let Some(found) = Some(name).filter(|name| !name.contains(&0)).and_then(|name| {
            let entry = folder.get_name_bytes(name)?;
            Some(Found { mode: mode(&entry), id: entry.id() })
        }) else {
            break;
        };
        if names.peek().is_none() {
            return Ok(Some(found));
        }
        if found.mode != FOLDER {
            break;
        }
        let id = found.id.to_string();
        folder = repository.find_tree(found.id).map_err(RepoError::missing("tree", &id))?;
    }
    Ok(None)
}

/// Whether `content` begins as the specification of Git LFS pointers says.
pub(crate) fn is_lfs_pointer(content: &[u8]) -> bool {
    content.len() < 1024 && content.starts_with(b"version https://git-lfs.github.com/spec/")
}

/// An entry's mode as git reads it. Trees that old or odd programs made have others as well, such as
/// `100664`, of which git takes no more than what it is and whether its owner may run it.
pub(crate) fn mode(entry: &RawEntry<'_>) -> u32 {
    // Modes are small octal numbers; the library's signed type is an accident of C.
    let raw = entry.filemode_raw().cast_unsigned();
    match raw & 0o170_000 {
        kind @ (FOLDER | SYMLINK | SUBMODULE) => kind,
        _ if raw & 0o100 != 0 => EXECUTABLE,
        _ => FILE,
    }
}

/// Refuses a tree that a [`walk`] would refuse, before the library compares or merges all of it: the
/// library has no limit.
pub(crate) fn check_size(repository: &Repository, tree: &Tree<'_>, give_up: &dyn Fn() -> bool) -> Result<()> {
    walk(repository, tree.id(), give_up, &mut |_, _| Ok(()))
}

/// A folder that is being read.
struct Reading<'r> {
    tree: Tree<'r>,
    /// The entry that comes next.
    next: usize,
    /// How much of the path is the folder's own.
    length: usize,
}

/// Visits every file, link and submodule of a tree that anybody may have made: neither a tree that is too
/// wide nor one that is too deep may cost more than the refusal.
fn walk(
    repository: &Repository,
    tree: Oid,
    give_up: &dyn Fn() -> bool,
    visit: &mut dyn FnMut(&[u8], Found) -> Result<()>,
) -> Result<()> {
    let open = |id: Oid, length| {
        let tree = repository.find_tree(id).map_err(RepoError::missing("tree", &id.to_string()))?;
        Ok(Reading { tree, next: 0, length })
    };
    let (mut path, mut entries, mut path_bytes) = (Vec::new(), 0_usize, 0_usize);
    // Not by recursion: a stack that is full ends the process.
    let mut folders = vec![open(tree, 0)?];
    while let Some(folder) = folders.last_mut() {
        path.truncate(folder.length);
        let Some(found) = folder.tree.get(folder.next).map(|entry| {
            path.extend_from_slice(entry.name_bytes());
            Found { mode: mode(&entry), id: entry.id() }
        }) else {
            folders.pop();
            continue;
        };
        folder.next += 1;
        (entries, path_bytes) = (entries + 1, path_bytes + path.len());
        if give_up() {
            return Err(RepoError::Cancelled { attempt: "read the tree".to_owned() });
        }
        if entries > MOST_ENTRIES {
            return Err(RepoError::TreeTooLarge { reason: "it has more than 1,000,000 files and folders" });
        }
        if path.len() > LONGEST_PATH || path_bytes > MOST_PATH_BYTES {
            return Err(RepoError::TreeTooLarge { reason: "its paths are too long" });
        }
        if found.mode == FOLDER {
            if folders.len() >= DEEPEST {
                return Err(RepoError::TreeTooLarge { reason: "it has more than 256 folders in each other" });
            }
            path.push(b'/');
            folders.push(open(found.id, path.len())?);
        } else {
            visit(&path, found)?;
        }
    }
    Ok(())
}
