//! What is made to be measured on: once, and the same everywhere.

use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Makes `name` in `folder` with `make`, or finds it whole.
///
/// # Errors
/// When it cannot be made.
pub fn once(folder: &Path, name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let path = folder.join(name);
    let done = folder.join(format!("{name}-is-made"));
    if done.exists() {
        return Ok(path);
    }
    println!("make {name} to measure on");
    if path.exists() {
        fs::remove_dir_all(&path).with_context(|| format!("empty {}", path.display()))?;
    }
    make(&path)?;
    fs::write(&done, "").with_context(|| format!("write {}", done.display()))?;
    Ok(path)
}

/// A fixed sequence of numbers that look random (xorshift64*).
pub struct Numbers(u64);

impl Default for Numbers {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Numbers {
    /// The next of all numbers.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// The next number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit.max(1)
    }
}
