//! Remembers what a step was done for, so that it is not done again for the same.

use anyhow::{Context, Result};
use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

/// Runs `work` unless it was done for the same `sources` and what it made, `product`, is still there.
///
/// Content is compared rather than times, since a checkout sets all times to now. A folder's hidden
/// entries, `node_modules` and `dist` are left out.
///
/// # Errors
/// Those of `work`, and of reading the sources.
pub fn unless_done(
    name: &str,
    sources: &[PathBuf],
    product: &Path,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let stamp = crate::paths::target().join("xtask").join(name);
    let wanted = format!("{:016x}", digest(sources)?);
    if product.exists() && fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    work()?;
    if let Some(folder) = stamp.parent() {
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    }
    fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))
}

fn digest(sources: &[PathBuf]) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    for source in sources {
        take(source, &mut hasher)?;
    }
    Ok(hasher.finish())
}

fn take(path: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    path.hash(hasher);
    if path.is_file() {
        fs::read(path).with_context(|| format!("read {}", path.display()))?.hash(hasher);
        return Ok(());
    }
    let entries = fs::read_dir(path).with_context(|| format!("read {}", path.display()))?;
    let mut inside: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    inside.sort();
    for entry in inside.iter().filter(|entry| !is_left_out(entry)) {
        take(entry, hasher)?;
    }
    Ok(())
}

fn is_left_out(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        name.starts_with('.') || name == "node_modules" || name == "dist"
    })
}
