//! What cloning and committing cost, each beside the git program in turns with it.
//!
//! The measuring is done by a small program in the room that knows git, built for release; this makes the
//! repository that it measures on, unless there is a real one to measure, and draws the table.

mod history;

use super::{cell, machine};
use crate::{paths, setup, setup::Need};
use anyhow::{Context, Result};
use clap::Args;
use std::{fs, path::PathBuf};

/// What to measure of git.
#[derive(Args)]
#[group(id = "git")]
pub struct Options {
    /// A repository to clone instead of a made one: its current branch is measured.
    #[arg(long, value_name = "PATH")]
    repository: Option<PathBuf>,
    /// How often each thing is done; the first time warms up and does not count.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Says what is being measured.
    #[arg(long)]
    verbose: bool,
}

/// Measures and prints the table.
///
/// # Errors
/// When something cannot be built or run.
pub fn run(options: &Options) -> Result<()> {
    setup::ensure(&[Need::Build, Need::Test])?;
    let kept = paths::target().join("bench").join("git");
    fs::create_dir_all(&kept).with_context(|| format!("make {}", kept.display()))?;
    let repository = match &options.repository {
        Some(path) => path.canonicalize().with_context(|| format!("find {}", path.display()))?,
        None => history::ensure(&kept)?,
    };
    // Nothing is removed before the end: a file system is slow to make files after many were removed.
    let place = kept.join(format!("run-{}", std::process::id()));
    fs::create_dir_all(&place).with_context(|| format!("make {}", place.display()))?;
    let mut program = cell::build("anchorhold-repo", "bench_git")?;
    program.arg("--repository").arg(&repository).arg("--folder").arg(&place);
    println!("{}\n", machine());
    cell::heading();
    let measured = cell::rows(&mut program, options.runs, options.verbose);
    fs::remove_dir_all(&place).with_context(|| format!("remove {}", place.display()))?;
    measured
}
