//! An agent's edits as commits, made from blobs without a checkout.
//!
//! Only the trees on the way to an edit are rebuilt. Everything else keeps its id, so that what
//! nobody touched comes out byte for byte as it went in, whatever modes, names and line endings it has.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use git2::{ObjectType, Oid, Repository, Time, Tree};

use crate::error::{RepoError, Result};
use crate::mirror::{Mirror, oid};
use crate::path::{check_link, path_to_text, split};
use crate::pending::Making;
use crate::tree::{FOLDER, SUBMODULE, SYMLINK, mode};

/// The modes that an edit may give: file, executable file and symbolic link.
const MODES: [u32; 3] = [0o100_644, 0o100_755, SYMLINK];
/// The part of a mode that says what kind of thing it is.
const FORMAT: u32 = 0o170_000;

/// One change to a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeEdit {
    /// Writes a file or symbolic link, making the folders on its way.
    Put {
        /// The path's bytes, relative, with `/` between names.
        path: Vec<u8>,
        /// The git file mode: `0o100644`, `0o100755` or `0o120000`.
        mode: u32,
        /// The content, or the target of the link.
        bytes: Vec<u8>,
    },
    /// Removes a file, a link or a whole folder; one that is not there is no error.
    Remove {
        /// The path's bytes.
        path: Vec<u8>,
    },
    /// Gives a file, a link, a submodule or a whole folder another name, and reads no file for it; one that
    /// is not there is no error.
    Move {
        /// The path's bytes.
        from: Vec<u8>,
        /// The new path's bytes; the folders on its way are made.
        to: Vec<u8>,
    },
}

/// A recorded state of an agent's workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The commit, which is never pushed.
    pub commit: String,
    /// Its tree.
    pub tree: String,
    /// What was made for it and is in no file yet. Who keeps it can give it to [`Mirror::take_objects`] after
    /// a crash; [`Mirror::keep`] makes that needless.
    pub objects: Vec<u8>,
}

impl Mirror {
    /// Applies `edits` in order to `base_tree` and commits the result on top of `parent`.
    ///
    /// The same arguments give the same commit. No file is made for it and no ref leads to it until
    /// [`Mirror::keep`] says so: that takes longer than all the rest, and the log has every checkpoint.
    ///
    /// # Errors
    /// [`RepoError::InvalidPath`] if an edit's path is refused or runs through a file, and then
    /// nothing is recorded.
    pub fn checkpoint(
        &self,
        parent: Option<&str>,
        base_tree: &str,
        edits: &[TreeEdit],
        label: &str,
        at_ms: i64,
    ) -> Result<Checkpoint> {
        let repository = self.objects()?;
        let odb = repository.odb().map_err(RepoError::storage("open the object database"))?;
        let making = Making::new(odb, self.pending());
        let store = |path: &[u8], bytes: &[u8]| {
            let attempt = format!("store {}", path_to_text(path));
            making.put(ObjectType::Blob, bytes).map_err(RepoError::storage(attempt))
        };
        let root = edited(&repository, base_tree, edits, &store)?;
        let tree = root.write(&making).map_err(RepoError::storage(format!("write the tree of {label}")))?;
        let tree = repository.find_tree(tree).map_err(RepoError::missing("tree", &tree.to_string()))?;
        let parent = match parent {
            Some(id) => {
                Some(repository.find_commit(oid("commit", id)?).map_err(RepoError::missing("commit", id))?)
            }
            None => None,
        };
        let attempt = || RepoError::storage(format!("record the checkpoint {label}"));
        let at = Time::new(at_ms.div_euclid(1000), 0);
        // The address is in a top-level domain that is reserved for never existing.
        let signature =
            git2::Signature::new("Anchorhold agent", "agent@anchorhold.invalid", &at).map_err(attempt())?;
        let parents: Vec<_> = parent.iter().collect();
        let content = repository
            .commit_create_buffer(&signature, &signature, label, &tree, &parents)
            .map_err(attempt())?;
        let commit = making.put(ObjectType::Commit, &content).map_err(attempt())?;
        Ok(Checkpoint { commit: commit.to_string(), tree: tree.id().to_string(), objects: making.objects() })
    }

    /// Takes back [`Checkpoint::objects`] of checkpoints that were not kept before the process ended, one
    /// after the other.
    ///
    /// # Errors
    /// [`RepoError::Storage`] where the bytes are none of those, and then what came before them is there.
    pub fn take_objects(&self, objects: &[u8]) -> Result<()> {
        self.pending().take(objects).map_err(RepoError::storage("take back a checkpoint's objects"))
    }

    /// Refuses what [`Mirror::checkpoint`] would refuse of `edits`, and writes nothing.
    ///
    /// # Errors
    /// [`RepoError::InvalidPath`].
    pub fn check_edits(&self, base_tree: &str, edits: &[TreeEdit]) -> Result<()> {
        // What is in a file does not matter to where it may be.
        edited(&*self.objects()?, base_tree, edits, &|_, _| Ok(Oid::ZERO_SHA1)).map(drop)
    }

    /// Writes what waits to the disk and leads `agent`'s private ref to its last checkpoint, so that git keeps
    /// all on the way to it.
    ///
    /// When this returns, a power cut takes none of it any more, and what was kept of objects beside git is
    /// needed no longer: that of all checkpoints that were made before this was called, whoever's they are.
    ///
    /// Where the ref is elsewhere than on that way, what was left there is kept under another one, since the
    /// log still refers to it.
    ///
    /// # Errors
    /// [`RepoError::InvalidAgent`], and [`RepoError::MissingObject`] for a commit that is not there.
    pub fn keep(&self, agent: &str, commit: &str) -> Result<()> {
        if agent.is_empty() || !agent.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
            return Err(RepoError::InvalidAgent { agent: agent.to_owned() });
        }
        self.write_out()?;
        let repository = self.objects()?;
        let id = oid("commit", commit)?;
        repository.find_commit(id).map_err(RepoError::missing("commit", commit))?;
        let _alone = self.moving_refs();
        let head = format!("refs/anchorhold/agents/{agent}/head");
        lead(&repository, agent, &head, id).map_err(RepoError::writing(
            &repository,
            0,
            format!("move {head}"),
        ))
    }
}

fn lead(
    repository: &Repository,
    agent: &str,
    head: &str,
    commit: Oid,
) -> std::result::Result<(), git2::Error> {
    if let Ok(previous) = repository.refname_to_id(head) {
        if previous == commit {
            return Ok(());
        }
        if !repository.graph_descendant_of(commit, previous)? {
            let kept = format!("refs/anchorhold/agents/{agent}/kept/{previous}");
            repository.reference(&kept, previous, true, "left by a rollback")?;
        }
    }
    repository.reference(head, commit, true, "checkpoint")?;
    Ok(())
}

/// Stores a file's bytes; the path is for errors.
type Store<'s> = dyn Fn(&[u8], &[u8]) -> Result<Oid> + 's;

/// Makes the changes, and writes no tree yet.
fn edited<'r>(
    repository: &'r Repository,
    base_tree: &str,
    edits: &[TreeEdit],
    store: &Store<'_>,
) -> Result<Folder<'r>> {
    let base =
        repository.find_tree(oid("tree", base_tree)?).map_err(RepoError::missing("tree", base_tree))?;
    let mut root = Folder::over(Some(base));
    for edit in edits {
        root.apply(repository, edit, store)?;
    }
    Ok(root)
}

/// A folder with the changes made to it so far, read only as deep as the edits go.
struct Folder<'r> {
    base: Option<Tree<'r>>,
    changed: BTreeMap<Vec<u8>, Slot<'r>>,
}

/// What stands at a changed name.
enum Slot<'r> {
    Gone,
    File { mode: u32, id: Oid },
    Folder(Folder<'r>),
}

/// What stands at a name, changed or not.
enum Standing {
    Nothing,
    /// A file or a link.
    File,
    Submodule,
    Folder,
}

impl<'r> Folder<'r> {
    fn over(base: Option<Tree<'r>>) -> Self {
        Self { base, changed: BTreeMap::new() }
    }

    fn apply(&mut self, repository: &'r Repository, edit: &TreeEdit, store: &Store<'_>) -> Result<()> {
        match edit {
            TreeEdit::Remove { path } => self.take(repository, &split(path)?).map(drop),
            TreeEdit::Put { path, mode, bytes } => {
                let names = split(path)?;
                if !MODES.contains(mode) {
                    let reason = "its mode is not one of a file or link";
                    return Err(RepoError::InvalidPath { path: path_to_text(path), reason });
                }
                if *mode == SYMLINK {
                    check_link(path, &names)?;
                }
                let id = store(path, bytes)?;
                self.put(repository, path, &names, Slot::File { mode: *mode, id })
            }
            TreeEdit::Move { from, to } => {
                let (from, names) = (split(from)?, split(to)?);
                let Some(slot) = self.take(repository, &from)? else { return Ok(()) };
                if matches!(slot, Slot::File { mode: SYMLINK, .. }) {
                    check_link(to, &names)?;
                }
                self.put(repository, to, &names, slot)
            }
        }
    }

    /// Puts something where `names` leads to; `path` is the whole of it, for errors.
    fn put(
        &mut self,
        repository: &'r Repository,
        path: &[u8],
        names: &[&[u8]],
        slot: Slot<'r>,
    ) -> Result<()> {
        let Some((first, rest)) = names.split_first() else {
            return Ok(());
        };
        let refuse = |reason| Err(RepoError::InvalidPath { path: path_to_text(path), reason });
        match (self.standing(first), rest.is_empty()) {
            (Standing::Folder, true) => refuse("it is a folder"),
            (Standing::Submodule, true) => refuse("a submodule is there"),
            (Standing::File | Standing::Submodule, false) => {
                refuse("a file, a link or a submodule is in its way")
            }
            (Standing::Nothing | Standing::File, true) => {
                self.changed.insert(first.to_vec(), slot);
                Ok(())
            }
            (Standing::Nothing | Standing::Folder, false) => {
                self.open(repository, first)?.put(repository, path, rest, slot)
            }
        }
    }

    /// Takes out what `names` leads to; `None` where nothing is there.
    fn take(&mut self, repository: &'r Repository, names: &[&[u8]]) -> Result<Option<Slot<'r>>> {
        let Some((first, rest)) = names.split_first() else {
            return Ok(None);
        };
        match (self.standing(first), rest.is_empty()) {
            (Standing::Nothing, _) | (Standing::File | Standing::Submodule, false) => Ok(None),
            (Standing::File | Standing::Submodule, true) => {
                let taken = self.changed.insert(first.to_vec(), Slot::Gone);
                Ok(taken.or_else(|| {
                    let entry = self.base.as_ref()?.get_name_bytes(first)?;
                    Some(Slot::File { mode: mode(&entry), id: entry.id() })
                }))
            }
            (Standing::Folder, true) => {
                self.open(repository, first)?;
                Ok(self.changed.insert(first.to_vec(), Slot::Gone))
            }
            (Standing::Folder, false) => {
                let folder = self.open(repository, first)?;
                let taken = folder.take(repository, rest)?;
                // Git has no empty folders.
                if folder.is_empty() {
                    self.changed.insert(first.to_vec(), Slot::Gone);
                }
                Ok(taken)
            }
        }
    }

    fn standing(&self, name: &[u8]) -> Standing {
        match self.changed.get(name) {
            Some(Slot::Gone) => Standing::Nothing,
            Some(Slot::File { mode: SUBMODULE, .. }) => Standing::Submodule,
            Some(Slot::File { .. }) => Standing::File,
            Some(Slot::Folder(_)) => Standing::Folder,
            None => match self.base.as_ref().and_then(|base| base.get_name_bytes(name)) {
                None => Standing::Nothing,
                Some(entry) => match entry.kind() {
                    Some(ObjectType::Tree) => Standing::Folder,
                    Some(ObjectType::Commit) => Standing::Submodule,
                    _ => Standing::File,
                },
            },
        }
    }

    /// Opens the folder `name` for changes, an empty one if there is none.
    fn open(&mut self, repository: &'r Repository, name: &[u8]) -> Result<&mut Self> {
        let slot = self.changed.entry(name.to_vec());
        let slot = match slot {
            Entry::Occupied(occupied) => {
                let slot = occupied.into_mut();
                if !matches!(slot, Slot::Folder(_)) {
                    *slot = Slot::Folder(Self::over(None));
                }
                slot
            }
            Entry::Vacant(vacant) => {
                let base = match self.base.as_ref().and_then(|base| base.get_name_bytes(name)) {
                    Some(entry) if entry.kind() == Some(ObjectType::Tree) => {
                        let id = entry.id().to_string();
                        Some(repository.find_tree(entry.id()).map_err(RepoError::missing("tree", &id))?)
                    }
                    _ => None,
                };
                vacant.insert(Slot::Folder(Self::over(base)))
            }
        };
        match slot {
            Slot::Folder(folder) => Ok(folder),
            Slot::Gone | Slot::File { .. } => unreachable!("the slot was made a folder above"),
        }
    }

    fn is_empty(&self) -> bool {
        let gone = |name: &[u8]| matches!(self.changed.get(name), Some(Slot::Gone));
        self.changed.values().all(|slot| matches!(slot, Slot::Gone))
            && self.base.iter().flat_map(Tree::iter).all(|entry| gone(entry.name_bytes()))
    }

    /// Stores the folders that changed and returns the id of this one; the others keep theirs.
    fn write(&self, making: &Making<'_>) -> std::result::Result<Oid, git2::Error> {
        if let (Some(base), true) = (&self.base, self.changed.is_empty()) {
            return Ok(base.id());
        }
        let untouched = self.base.iter().flat_map(Tree::iter);
        let untouched = untouched.filter(|entry| !self.changed.contains_key(entry.name_bytes()));
        let mut entries: Vec<_> = untouched
            .map(|entry| (entry.name_bytes().to_vec(), entry.filemode_raw().cast_unsigned(), entry.id()))
            .collect();
        for (name, slot) in &self.changed {
            match slot {
                Slot::File { mode, id } => entries.push((name.clone(), *mode, *id)),
                Slot::Folder(folder) => entries.push((name.clone(), FOLDER, folder.write(making)?)),
                Slot::Gone => {}
            }
        }
        // Git compares folders as if a slash ended their names.
        let ends = |mode: u32| (mode & FORMAT == FOLDER).then_some(&b'/');
        entries.sort_by(|(a, mode_a, _), (b, mode_b, _)| {
            a.iter().chain(ends(*mode_a)).cmp(b.iter().chain(ends(*mode_b)))
        });
        let mut bytes = Vec::new();
        for (name, mode, id) in entries {
            bytes.extend_from_slice(format!("{mode:o} ").as_bytes());
            bytes.extend_from_slice(&name);
            bytes.push(0);
            bytes.extend_from_slice(id.as_bytes());
        }
        making.put(ObjectType::Tree, &bytes)
    }
}
