//! Where things are in the checkout.

use std::path::{Path, PathBuf};

/// The checkout.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Cargo's output folder, also when `CARGO_TARGET_DIR` moves it.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(moved) => root().join(moved),
        None => root().join("target"),
    }
}

/// The UI's folder.
pub fn ui() -> PathBuf {
    root().join("ui")
}

/// The end-to-end tests' folder.
pub fn e2e() -> PathBuf {
    root().join("tests").join("e2e")
}

/// The folder of the model servers that the tests talk to.
pub fn models() -> PathBuf {
    root().join("tests").join("models")
}

/// The folder of the contract server that stands in for GitHub.
pub fn github() -> PathBuf {
    root().join("tests").join("github")
}

/// The folder of Tauri's bundler, which makes the packages.
pub fn bundler() -> PathBuf {
    root().join("xtask").join("bundler")
}

/// A program that Cargo built in `profile`'s folder, such as `debug`.
pub fn built(profile: &str, name: &str) -> PathBuf {
    target().join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
