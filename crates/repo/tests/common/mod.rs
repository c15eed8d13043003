//! Repositories and mirrors for tests, made with the real git program.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "tests")]

pub mod front;
#[cfg(unix)]
pub mod relay;
#[cfg(unix)]
pub mod site;
#[cfg(unix)]
pub mod visit;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anchorhold_repo::{
    Base, CommitToMake, Credentials, FetchProgress, Mirror, Mirrors, Remote, RepoError, Signature,
};
use anchorhold_testkit::GitServer;
pub use anchorhold_testkit::git;
use tempfile::TempDir;

/// A folder with a work tree in it, and room for mirrors.
pub struct Place {
    pub dir: TempDir,
    pub work: PathBuf,
}

impl Place {
    /// Makes a repository with one commit of `files` on `main`.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let place = Self::empty();
        for (path, text) in files {
            place.write(path, text.as_bytes());
        }
        place.commit("first");
        place
    }

    /// Makes a repository without a commit.
    pub fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let work = dir.path().join("work");
        fs::create_dir(&work).unwrap();
        git(&work, &["init", "--quiet"]).unwrap();
        Self { dir, work }
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.work.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn commit(&self, message: &str) -> String {
        git(&self.work, &["add", "--all"]).unwrap();
        git(&self.work, &["commit", "--quiet", "--allow-empty", "-m", message]).unwrap();
        git(&self.work, &["rev-parse", "HEAD"]).unwrap()
    }

    pub fn git(&self, args: &[&str]) -> String {
        git(&self.work, args).unwrap()
    }

    /// Commits a tree as it is.
    pub fn commit_tree(&self, tree: &str) -> String {
        let commit = self.git(&["commit-tree", tree, "-p", "HEAD", "-m", "as it is"]);
        self.git(&["update-ref", "HEAD", &commit]);
        commit
    }

    /// Serves what is committed on `main` as `hello`; returns the server and the repository that it serves.
    pub fn served(&self, start: fn(&Path) -> anyhow::Result<GitServer>) -> (GitServer, PathBuf) {
        let root = self.dir.path().join("srv");
        fs::create_dir(&root).unwrap();
        let server = start(&root).unwrap();
        let bare = server.create_repository("hello").unwrap();
        self.git(&["push", "--quiet", &bare.to_string_lossy(), "main"]);
        (server, bare)
    }

    /// Opens a mirror of the work tree's repository by its path.
    pub fn mirror(&self) -> Mirror {
        self.mirror_of(&self.work.to_string_lossy())
    }

    pub fn mirror_of(&self, address: &str) -> Mirror {
        Mirrors::new(self.dir.path().join("mirrors")).open(&Remote::parse(address).unwrap()).unwrap()
    }

    /// Mirrors the work tree and returns the base that an agent would start from.
    pub fn fetched(&self) -> (Mirror, Base) {
        let mirror = self.mirror();
        let base = fetch(&mirror, "main", &Credentials::none()).unwrap();
        (mirror, base)
    }
}

pub fn fetch(mirror: &Mirror, branch: &str, credentials: &Credentials) -> Result<Base, RepoError> {
    mirror.fetch(branch, credentials, &mut keep_going)
}

/// Writes a tree of files, all with the content "one", with modes that git itself does not write any more.
pub fn raw_tree(place: &Place, files: &[(&str, &str)]) -> String {
    place.write("../content", b"one\n");
    let blob = place.git(&["hash-object", "-w", "../content"]);
    let mut bytes = Vec::new();
    for (mode, path) in files {
        bytes.extend_from_slice(format!("{mode} {path}\0").as_bytes());
        let digit = |at: usize| u8::from_str_radix(&blob[at..at + 2], 16).unwrap();
        bytes.extend((0..40).step_by(2).map(digit));
    }
    place.write("../tree", &bytes);
    place.git(&["hash-object", "-w", "-t", "tree", "--literally", "../tree"])
}

/// Writes a tree of what `git ls-tree` would say of it; submodules need not be there.
pub fn make_tree(place: &Place, listing: &str) -> String {
    place.write("../listing", listing.as_bytes());
    let mut making = std::process::Command::new("git");
    making.args(["mktree", "--missing"]).current_dir(&place.work);
    let output = making.stdin(fs::File::open(place.dir.path().join("listing")).unwrap()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub fn keep_going(_: FetchProgress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

pub fn ada() -> Signature {
    Signature { name: "Ada".into(), email: "ada@example.com".into(), at_ms: 1_800_000_000_000, offset: 60 }
}

/// Commits one file's new text onto `base` in the user's name.
pub fn commit_file(mirror: &Mirror, base: &Base, path: &str, text: &str) -> String {
    let edits = [anchorhold_repo::TreeEdit::Put { path: path.into(), mode: 0o100_644, bytes: text.into() }];
    let checkpoint = mirror.checkpoint(Some(&base.commit), &base.tree, &edits, "edit", 0).unwrap();
    commit_tree(mirror, &base.commit, &checkpoint.tree, "Change a file")
}

/// Commits `tree` onto `parent` in the user's name.
pub fn commit_tree(mirror: &Mirror, parent: &str, tree: &str, message: &str) -> String {
    let commit = CommitToMake { tree: tree.to_owned(), message: message.to_owned() };
    mirror.commits_for_push(parent, &[commit], &ada(), None).unwrap().remove(0)
}

/// Returns every file or folder under `dir` of that name.
pub fn files_named(dir: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|found| found == name) {
            found.push(path.clone());
        }
        if path.is_dir() {
            found.extend(files_named(&path, name));
        }
    }
    found
}

/// Returns every file under `dir` that holds `needle`.
pub fn files_with(dir: &Path, needle: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, needle));
        } else if fs::read(&path).unwrap().windows(needle.len()).any(|window| window == needle.as_bytes()) {
            found.push(path);
        }
    }
    found
}
