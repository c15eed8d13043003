//! The UI's packages and its build, each made again only when what it is made from changed.

use crate::{command, paths, stamp};
use anyhow::{Result, bail};
use std::path::Path;

/// Installs and builds the UI where that is not done yet.
///
/// # Errors
/// When Node.js is missing or npm fails.
pub fn build() -> Result<()> {
    let ui = paths::ui();
    install(&ui, "ui")?;
    let sources = [
        "index.html",
        "package-lock.json",
        "public",
        "src",
        "svelte.config.js",
        "tsconfig.json",
        "vite.config.ts",
    ];
    let sources: Vec<_> = sources
        .iter()
        .map(|name| ui.join(name))
        .filter(|path| path.exists())
        .collect();
    stamp::unless_done(
        "ui-build",
        &sources,
        &ui.join("dist").join("index.html"),
        || script(&ui, "build", "build the UI"),
    )
}

/// Installs the packages that `folder`'s lock file names.
///
/// # Errors
/// When Node.js is missing or npm fails.
pub fn install(folder: &Path, name: &str) -> Result<()> {
    if command::find("node").is_none() {
        bail!(
            "install {name}'s packages: there is no Node.js\n  install Node.js 20.19 or newer, with npm"
        );
    }
    let lock = folder.join("package-lock.json");
    // npm writes this file last, so a broken install does not have it.
    let done = folder.join("node_modules").join(".package-lock.json");
    stamp::unless_done(&format!("{name}-packages"), &[lock], &done, || {
        let advice = "check the network; where package.json and its lock file differ, run `npm install` there";
        command::run(
            command::npm(folder).arg("ci"),
            &format!("install {name}'s packages"),
            advice,
        )
    })
}

/// Runs one of `folder`'s scripts.
///
/// # Errors
/// When the script fails.
pub fn script(folder: &Path, name: &str, attempt: &str) -> Result<()> {
    let advice = format!(
        "run it alone: npm --prefix {} run {name}",
        folder
            .strip_prefix(paths::root())
            .unwrap_or(folder)
            .display()
    );
    command::run(
        command::npm(folder).args(["run", "--silent", name]),
        attempt,
        &advice,
    )
}
