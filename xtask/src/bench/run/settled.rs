//! Waits until the file system has forgotten the files that a measurement removed.
//!
//! ext4 gives the number of a removed file to no new one before that time is over, and looks at each such
//! number in turn: after a few thousand removals a new file takes ten times as long, and more in every turn.

use crate::paths;
use anyhow::{Context, Result};
use std::{fs, io, path::PathBuf, thread, time::Duration};

/// `RECENTCY_MIN` and `RECENTCY_DIRTY` together, of the kernel's `fs/ext4/ialloc.c`.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(360);

/// Waits, and says so, until what was last removed is forgotten.
///
/// # Errors
/// When it cannot be told when that was.
pub fn wait() -> Result<()> {
    let mark = mark();
    let removed = match fs::metadata(&mark).and_then(|about| about.modified()) {
        Ok(removed) => removed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("read when {} was written", mark.display())),
    };
    // A clock that was set back makes the wait no longer than it would be.
    let left = FORGOTTEN_AFTER.saturating_sub(removed.elapsed().unwrap_or_default());
    if !left.is_zero() {
        println!(
            "waiting {} s, since new files are slow after the last measurement removed its own; --now does not wait",
            left.as_secs()
        );
        thread::sleep(left);
    }
    Ok(())
}

/// Notes that many files were just removed.
///
/// # Errors
/// When that cannot be written.
pub fn removed() -> Result<()> {
    let mark = mark();
    fs::write(&mark, "").with_context(|| format!("write {}", mark.display()))
}

fn mark() -> PathBuf {
    paths::target().join("bench").join("removed")
}
