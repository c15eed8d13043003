//! Builds the desktop app and opens it.

use crate::{command, engine, paths, platform::Platform, setup, setup::Need, ui};
use anyhow::{Result, bail};
use std::process::Command;

/// Builds the app and opens it.
///
/// # Errors
/// When there is no display, or something needed cannot be had.
pub fn run() -> Result<()> {
    if !has_display() {
        bail!(
            "open the window: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)\n  \
             watch the main job in this terminal:  cargo xtask demo --no-window\n  \
             work without the window:              cargo run -p anchorhold-cli -- run --help"
        );
    }
    setup::ensure(&[Need::Build, Need::Window, Need::Engine])?;
    build()?;
    let mut app = app();
    match engine::ensure() {
        Ok(engine) => drop(engine.lend(&mut app)),
        // The app itself says what to do about it, so it opens all the same.
        Err(error) => eprintln!("note: {error:#}"),
    }
    command::run(&mut app, "run the app", "see what it printed above")
}

/// Builds the UI and the app around it.
///
/// # Errors
/// When either does not build.
pub fn build() -> Result<()> {
    ui::build()?;
    let mut build = command::cargo();
    build.args(["build", "--package", "anchorhold"]);
    command::run(&mut build, "build the app", "mend what the compiler says above")
}

/// The app as it was built last.
pub fn app() -> Command {
    command::program(paths::built("debug", "anchorhold"))
}

/// Whether a window could be seen.
pub fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !Platform::current().is_linux() || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
