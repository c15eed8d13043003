//! A repository as its other users see it, read with git itself.

use anchorhold_domain::{Event, EventKind, ToolOutcome};
use anchorhold_testkit::git;
use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A bare repository and a clone of it in which another user works.
pub struct Repository {
    pub bare: PathBuf,
    pub work: PathBuf,
}

impl Repository {
    pub fn new(place: &Path, files: &[(&str, &str)]) -> Self {
        let repository = Self::empty(place);
        repository.commit("main", files);
        repository
    }

    /// A repository without a commit.
    pub fn empty(place: &Path) -> Self {
        fs::create_dir_all(place).unwrap();
        let bare = place.join("origin.git");
        git(place, &["init", "--quiet", "--bare", "--initial-branch=main", "origin.git"]).unwrap();
        Self::at(bare, &place.join("work"))
    }

    /// One that a server made.
    pub fn at(bare: PathBuf, work: &Path) -> Self {
        fs::create_dir_all(work).unwrap();
        git(work, &["init", "--quiet", "--initial-branch=main"]).unwrap();
        Self { bare, work: work.to_owned() }
    }

    pub fn address(&self) -> String {
        self.bare.display().to_string()
    }

    /// Asks git something about the bare repository.
    pub fn ask(&self, arguments: &[&str]) -> String {
        git(&self.bare, arguments).unwrap()
    }

    /// Commits files on top of a branch, as another user would, and pushes.
    pub fn commit(&self, branch: &str, files: &[(&str, &str)]) -> String {
        for (path, content) in files {
            let path = self.work.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        self.commit_all(branch)
    }

    /// Commits the clone as it is.
    pub fn commit_all(&self, branch: &str) -> String {
        let bare = self.address();
        git(&self.work, &["add", "--all"]).unwrap();
        git(&self.work, &["commit", "--quiet", "--allow-empty", "--message", "Somebody's work"]).unwrap();
        git(&self.work, &["push", "--quiet", &bare, &format!("HEAD:refs/heads/{branch}")]).unwrap();
        git(&self.work, &["rev-parse", "HEAD"]).unwrap()
    }

    /// Moves the clone to a branch of the bare repository.
    pub fn switch(&self, branch: &str) {
        let bare = self.address();
        git(&self.work, &["fetch", "--quiet", &bare, branch]).unwrap();
        git(&self.work, &["checkout", "--quiet", "--detach", "FETCH_HEAD"]).unwrap();
    }

    pub fn tip(&self, branch: &str) -> String {
        self.ask(&["rev-parse", &format!("refs/heads/{branch}")])
    }

    pub fn tree(&self, branch: &str) -> String {
        self.ask(&["rev-parse", &format!("refs/heads/{branch}^{{tree}}")])
    }

    pub fn branches(&self) -> Vec<String> {
        let listed = self.ask(&["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
        listed.lines().map(str::to_owned).collect()
    }

    /// What a commit is made of: tree, parents, author, committer, subject, body.
    pub fn commit_facts(&self, branch: &str) -> Vec<String> {
        let format = "--format=%T%n%P%n%an <%ae>%n%cn <%ce>%n%s%n%b";
        let shown = self.ask(&["log", "-1", format, branch]);
        shown.trim_end().lines().map(str::to_owned).collect()
    }

    /// The tree that git makes of a branch with some files changed; `None` removes one.
    pub fn tree_with(&self, branch: &str, files: &[(&str, Option<&str>)]) -> String {
        self.switch(branch);
        for (path, content) in files {
            let path = self.work.join(path);
            match content {
                Some(content) => {
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, content).unwrap();
                }
                None => fs::remove_file(path).unwrap(),
            }
        }
        self.write_tree()
    }

    /// Plays the edits of a log onto a branch with plain files, and returns the tree that git makes of it.
    pub fn replay(&self, branch: &str, events: &[Event]) -> String {
        self.switch(branch);
        let mut parent = git(&self.work, &["rev-parse", "HEAD"]).unwrap();
        let mut asked: HashMap<&str, (&str, Value)> = HashMap::new();
        for event in events {
            match &event.kind {
                EventKind::ToolRequested { call, tool, arguments, .. } => {
                    asked.insert(call, (tool, serde_json::from_str(arguments).unwrap()));
                }
                EventKind::ToolFinished { call, outcome: ToolOutcome::Ok, .. } => {
                    let (tool, arguments) = &asked[call.as_str()];
                    self.play(tool, arguments);
                }
                EventKind::PushCompleted { commit, .. } => parent.clone_from(commit),
                EventKind::Reapplied { onto, .. } => {
                    self.put_onto(&parent, onto);
                    parent.clone_from(onto);
                }
                _ => {}
            }
        }
        self.write_tree()
    }

    /// Puts what differs from a commit onto another one, as git's own cherry-pick does.
    fn put_onto(&self, parent: &str, onto: &str) {
        let bare = self.address();
        git(&self.work, &["fetch", "--quiet", &bare, "refs/heads/*:refs/remotes/all/*"]).unwrap();
        git(&self.work, &["add", "--all"]).unwrap();
        let tree = git(&self.work, &["write-tree"]).unwrap();
        let commit = git(&self.work, &["commit-tree", &tree, "-p", parent, "-m", "the work"]).unwrap();
        git(&self.work, &["checkout", "--quiet", "--force", "--detach", onto]).unwrap();
        git(&self.work, &["cherry-pick", "--no-commit", &commit]).unwrap();
    }

    fn play(&self, tool: &str, arguments: &Value) {
        let path = |name: &str| self.work.join(arguments[name].as_str().unwrap());
        match tool {
            "write_file" => {
                fs::create_dir_all(path("path").parent().unwrap()).unwrap();
                fs::write(path("path"), arguments["content"].as_str().unwrap()).unwrap();
            }
            "edit_file" => {
                let mut text = fs::read_to_string(path("path")).unwrap();
                for edit in arguments["edits"].as_array().unwrap() {
                    text = text.replacen(edit["old"].as_str().unwrap(), edit["new"].as_str().unwrap(), 1);
                }
                fs::write(path("path"), text).unwrap();
            }
            "delete_file" => fs::remove_file(path("path")).unwrap(),
            _ => {}
        }
    }

    fn write_tree(&self) -> String {
        git(&self.work, &["add", "--all"]).unwrap();
        let tree = git(&self.work, &["write-tree"]).unwrap();
        git(&self.work, &["reset", "--quiet", "--hard"]).unwrap();
        tree
    }
}
