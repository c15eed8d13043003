//! What is really on the disk, read by the standard library alone.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anchorhold_bridge::Usage;

use crate::{Broken, must};

/// Something in a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A folder.
    Folder,
    /// A file.
    File {
        /// Whether it may be run.
        executable: bool,
        /// What is in it.
        content: Vec<u8>,
    },
    /// A symlink to this.
    Link(Vec<u8>),
}

/// A workspace, by path.
pub type Tree = BTreeMap<Vec<u8>, Node>;

/// Everything beneath `root`.
pub fn tree(root: &Path) -> Result<Tree, Broken> {
    let mut tree = Tree::new();
    add(root, root, &mut tree)?;
    Ok(tree)
}

/// What this takes of the quotas.
pub fn usage(tree: &Tree) -> Usage {
    let bytes = |node: &Node| match node {
        Node::Folder => 0,
        Node::File { content, .. } | Node::Link(content) => content.len() as u64,
    };
    Usage { files: tree.len() as u64, bytes: tree.values().map(bytes).sum() }
}

fn add(root: &Path, folder: &Path, tree: &mut Tree) -> Result<(), Broken> {
    for entry in must(fs::read_dir(folder), "read a folder")? {
        let path = must(entry, "read a folder")?.path();
        let about = must(fs::symlink_metadata(&path), "look at a file")?;
        let kind = about.file_type();
        let node = if kind.is_dir() {
            add(root, &path, tree)?;
            Node::Folder
        } else if kind.is_symlink() {
            Node::Link(must(fs::read_link(&path), "read a symlink")?.as_os_str().as_bytes().to_vec())
        } else if kind.is_file() {
            let executable = about.permissions().mode() & 0o100 != 0;
            Node::File { executable, content: must(fs::read(&path), "read a file")? }
        } else {
            return Err(Broken(format!("{} is neither file, folder nor symlink", path.display())));
        };
        let name = must(path.strip_prefix(root), "name a file")?;
        tree.insert(name.as_os_str().as_bytes().to_vec(), node);
    }
    Ok(())
}
