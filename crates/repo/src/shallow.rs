//! Where histories begin whose earlier commits were not fetched.
//!
//! Git keeps these commits in a file `shallow` and reads them as if they had no parents. `mirror.git` and
//! `agents.git` each have one, and they say the same: whoever walks a history in either ends at its
//! beginning instead of failing at a commit that is not there.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::durable;
use crate::error::{RepoError, Result};
use crate::mirror::Mirror;

/// The file's name in a bare repository.
pub(crate) const FILE: &str = "shallow";
/// No history begins at so many commits; a longer file is not ours.
const MOST: usize = 1_000_000;

impl Mirror {
    /// Returns whether the beginning of some history was not fetched.
    ///
    /// # Errors
    /// [`RepoError::Folder`] where that cannot be read.
    pub fn is_shallow(&self) -> Result<bool> {
        Ok(!self.beginnings()?.is_empty())
    }

    /// Returns the commits at which histories begin.
    pub(crate) fn beginnings(&self) -> Result<BTreeSet<String>> {
        read(&self.dir().join("mirror.git"))
    }

    /// Writes down at which commits histories begin, in both repositories.
    pub(crate) fn set_beginnings(&self, beginnings: &BTreeSet<String>) -> Result<()> {
        for repository in ["mirror.git", "agents.git"] {
            write(&self.dir().join(repository), beginnings)?;
        }
        self.reopen();
        Ok(())
    }
}

/// Has `agents.git` know what `mirror.git` knows: a process may have ended between the two.
pub(crate) fn agree(source: &Path, agents: &Path) -> Result<()> {
    let beginnings = read(source)?;
    if read(agents)? == beginnings {
        return Ok(());
    }
    write(agents, &beginnings)
}

/// Reads the file of a repository; without one no beginning is missing.
pub(crate) fn read(repository: &Path) -> Result<BTreeSet<String>> {
    let path = repository.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.lines().filter(|line| !line.is_empty()).take(MOST).map(str::to_owned).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(RepoError::folder(&path)(error)),
    }
}

/// Replaces the file of a repository in one step.
pub(crate) fn write(repository: &Path, beginnings: &BTreeSet<String>) -> Result<()> {
    let path = repository.join(FILE);
    if beginnings.is_empty() {
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(RepoError::folder(&path)(error)),
            Ok(()) | Err(_) => Ok(()),
        };
    }
    let text: String = beginnings.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
    let new = repository.join("shallow.new");
    fs::write(&new, text).map_err(RepoError::folder(&new))?;
    durable::sync(&new)?;
    fs::rename(&new, &path).map_err(RepoError::folder(&path))
}
