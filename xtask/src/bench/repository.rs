//! Git repositories to measure on.

use crate::command;
use anyhow::Result;
use std::path::Path;

/// Makes `folder` a repository with one commit of everything in it.
///
/// # Errors
/// When git fails.
pub fn commit_all(folder: &Path) -> Result<()> {
    let identity = ["-c", "user.name=Bench", "-c", "user.email=bench@localhost"];
    for arguments in [
        &["init", "--quiet", "--initial-branch", "main"][..],
        &["add", "."],
        &["commit", "--quiet", "-m", "Start"],
    ] {
        let mut git = command::program("git");
        git.current_dir(folder).args(identity).args(arguments);
        command::run(&mut git, "make the measured repository", "check that git works")?;
    }
    Ok(())
}
