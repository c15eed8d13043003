//! Everything that says whether the product works, in one run.

use crate::chosen::Engine;
use crate::{check, command, dist, engine, parts::Run, paths, setup, setup::Need, ui};
use anyhow::Result;
use clap::ValueEnum;
use std::process::Command;

/// A part of the tests that can be run by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The UI's unit tests, pictures and accessibility checks.
    Ui,
    /// What `cargo xtask check` runs.
    Check,
    /// The Rust tests: unit, contract, whole-run and shell.
    Rust,
    /// The real window, driven through the main job.
    E2e,
}

/// Runs `parts`, or everything where none is named.
///
/// # Errors
/// When nothing could be run. A failed part ends the program with status 1.
pub fn run(parts: &[Part]) -> Result<()> {
    let wanted = |part| parts.is_empty() || parts.contains(&part);
    let mut run = Run::default();
    let mut engine = None;
    run.part("setup", &[], || setup::ensure(&[Need::Build, Need::Window, Need::Engine, Need::Test]));
    run.part("engine", &["setup"], || {
        let found = engine::ensure()?;
        println!("{found}");
        engine = Some(found);
        Ok(())
    });
    run.part("ui build", &[], ui::build);
    if wanted(Part::Ui) {
        run.part("ui unit", &["ui build"], || ui::script(&paths::ui(), "test", "test the UI"));
        run.part("ui pictures", &["setup", "ui build"], || {
            ui::script(&paths::ui(), "shots", "take pictures of the UI and check its accessibility")
        });
    }
    if wanted(Part::Check) {
        check::add_to(&mut run);
    }
    if wanted(Part::Rust) {
        run.part("rust", &["setup", "engine", "ui build"], || rust(engine.as_ref()));
    }
    if wanted(Part::E2e) {
        run.part("end to end", &["setup", "engine", "ui build"], || end_to_end(engine.as_ref()));
    }
    run.finish()
}

fn rust(engine: Option<&Engine>) -> Result<()> {
    ui::install(&paths::models(), "model servers")?;
    ui::install(&paths::github(), "contract server")?;
    let mut test = on_own_desktop();
    test.args(["cargo", "test", "--workspace", "--no-fail-fast"]);
    if let Some(engine) = engine {
        engine.lend(&mut test);
    }
    command::run(&mut test, "run the Rust tests", "run one alone: cargo test -p <crate> <test>")
}

fn end_to_end(engine: Option<&Engine>) -> Result<()> {
    // What is driven is what users install: the programs as they come out of the package.
    let packages = dist::make(dist::Profile::Dev, &[dist::Format::Deb])?;
    ui::install(&paths::e2e(), "end-to-end tests")?;
    let mut test = on_own_desktop();
    test.args(["npm", "--prefix"]).arg(paths::e2e()).args(["test", "--silent"]);
    if let Some(engine) = engine {
        engine.lend(&mut test);
    }
    test.envs(packages.first().map(|deb| ("ANCHORHOLD_DEB", deb)));
    test.env("ANCHORHOLD_SCREENSHOTS", paths::target().join("e2e-screenshots"));
    command::run(&mut test, "drive the window", "look at the pictures in target/e2e-screenshots")
}

/// A command on a display, a session bus and a keychain of its own, apart from the user's.
fn on_own_desktop() -> Command {
    command::program(paths::e2e().join("desktop.sh"))
}
