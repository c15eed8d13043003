//! Reading trees and blobs, never through a file on the host.

use git2::{ObjectType, Odb, Oid, Repository, Tree, TreeEntry as RawEntry};

use crate::error::{RepoError, Result};
use crate::mirror::{Mirror, oid};
use crate::path::path_to_text;

/// The git file mode of a submodule.
pub(crate) const SUBMODULE: u32 = 0o160_000;
/// The git file mode of a symbolic link.
pub(crate) const SYMLINK: u32 = 0o120_000;
/// The git file modes of a file and of a program.
const FILE: u32 = 0o100_644;
pub(crate) const EXECUTABLE: u32 = 0o100_755;
/// The git file mode of a folder.
const FOLDER: u32 = 0o040_000;
/// A Git LFS pointer is under 1 kB by its specification, and cannot be shorter than its own fields.
const POINTER_BYTES: std::ops::Range<u64> = 100..1024;

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
    /// Submodules are not among them: [`Mirror::submodules`] lists those.
    ///
    /// # Errors
    /// [`RepoError::MissingObject`].
    pub fn entries(&self, tree: &str) -> Result<Vec<TreeEntry>> {
        let repository = self.objects()?;
        let odb = repository.odb().map_err(RepoError::storage("open the object database"))?;
        let mut entries = Vec::new();
        walk(&repository, oid("tree", tree)?, &mut Vec::new(), &mut |path, found| {
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
    /// [`RepoError::MissingObject`].
    pub fn paths(&self, tree: &str) -> Result<Vec<Vec<u8>>> {
        let repository = self.objects()?;
        let mut paths = Vec::new();
        walk(&repository, oid("tree", tree)?, &mut Vec::new(), &mut |path, found| {
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
    /// [`RepoError::MissingObject`].
    pub fn submodules(&self, tree: &str) -> Result<Vec<Submodule>> {
        let repository = self.objects()?;
        let mut submodules = Vec::new();
        walk(&repository, oid("tree", tree)?, &mut Vec::new(), &mut |path, found| {
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
    let (first, rest) = match path.iter().position(|byte| *byte == b'/') {
        Some(slash) => (path.get(..slash).unwrap_or_default(), path.get(slash + 1..)),
        None => (path, None),
    };
    let Some(entry) = root.get_name_bytes(first) else {
        return Ok(None);
    };
    match rest {
        None => Ok(Some(Found { mode: mode(&entry), id: entry.id() })),
        Some(rest) if entry.kind() == Some(ObjectType::Tree) => {
            let id = entry.id().to_string();
            let tree = repository.find_tree(entry.id()).map_err(RepoError::missing("tree", &id))?;
            find(repository, &tree, rest)
        }
        Some(_) => Ok(None),
    }
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

fn walk(
    repository: &Repository,
    tree: Oid,
    prefix: &mut Vec<u8>,
    visit: &mut dyn FnMut(&[u8], Found) -> Result<()>,
) -> Result<()> {
    let id = tree.to_string();
    let tree = repository.find_tree(tree).map_err(RepoError::missing("tree", &id))?;
    for entry in &tree {
        let length = prefix.len();
        prefix.extend_from_slice(entry.name_bytes());
        if entry.kind() == Some(ObjectType::Tree) {
            prefix.push(b'/');
            walk(repository, entry.id(), prefix, visit)?;
        } else {
            visit(prefix, Found { mode: mode(&entry), id: entry.id() })?;
        }
        prefix.truncate(length);
    }
    Ok(())
}
