//! The packages that users install: the app and the command line, as Tauri's bundler puts them together.
//!
//! The bundler only packs what Cargo built before, so that nothing is compiled twice. It signs and uploads
//! nothing.

use crate::{command, paths, platform::Platform, setup, setup::Need, ui};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Which build is packed.
#[derive(Args)]
pub struct Options {
    /// Packs the build that the tests use instead of an optimised one.
    #[arg(long)]
    debug: bool,
}

/// How the programs are built that are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// As the tests use them.
    Dev,
    /// As users get them.
    Release,
}

/// A kind of package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For Debian, Ubuntu and their relatives.
    Deb,
    /// For Fedora and its relatives.
    Rpm,
}

/// Makes the packages and prints where they lie.
///
/// # Errors
/// When something needed cannot be had, or a package cannot be made.
pub fn run(options: &Options) -> Result<()> {
    setup::ensure(&[Need::Build, Need::Window])?;
    let profile = if options.debug { Profile::Dev } else { Profile::Release };
    for package in make(profile, &[Format::Deb, Format::Rpm])? {
        println!("{}", package.display());
    }
    Ok(())
}

/// Builds the app and the command line, packs them, and returns the packages in the order of `formats`.
///
/// # Errors
/// When one does not build, or cannot be packed.
pub fn make(profile: Profile, formats: &[Format]) -> Result<Vec<PathBuf>> {
    if !Platform::current().is_linux() {
        bail!(
            "make the packages: they are for Linux, and are made there\n  open the app with: cargo xtask run"
        );
    }
    ui::build()?;
    command::run(&mut build(profile), "build the programs", "mend what the compiler says above")?;
    ui::install(&paths::bundler(), "the bundler")?;
    let bundles = paths::target().join(profile.folder()).join("bundle");
    for format in formats {
        // One of an earlier version would be taken for the new one.
        let folder = bundles.join(format.name());
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
        }
    }
    command::run(&mut bundle(profile, formats), "pack the app", "see what the bundler says above")?;
    formats.iter().map(|format| package(&bundles.join(format.name()), format.name())).collect()
}

fn build(profile: Profile) -> Command {
    let mut build = command::cargo();
    build.args(["build", "--package", "anchorhold", "--package", "anchorhold-cli"]);
    if profile == Profile::Release {
        build.arg("--release");
    }
    build
}

fn bundle(profile: Profile, formats: &[Format]) -> Command {
    let mut bundle = command::program(paths::bundler().join("node_modules").join(".bin").join("tauri"));
    // Patching is for an updater, which there is none of, and writes into what Cargo built.
    bundle.args(["bundle", "--ci", "--no-binary-patching"]);
    if profile == Profile::Dev {
        bundle.arg("--debug");
    }
    bundle.arg("--bundles").args(formats.iter().map(|format| format.name()));
    bundle.arg("--config").arg(beside(profile, formats));
    bundle.env("CARGO_TARGET_DIR", paths::target());
    bundle
}

/// What goes into the packages beside the app, for the bundler: it knows of one program, and where the other
/// lies depends on the build.
fn beside(profile: Profile, formats: &[Format]) -> String {
    let program = paths::built(profile.folder(), "anchorctl");
    let linux: serde_json::Map<_, _> = formats
        .iter()
        .map(|format| (format.name().to_owned(), json!({"files": {"/usr/bin/anchorctl": program}})))
        .collect();
    json!({"bundle": {"linux": linux}}).to_string()
}

/// The one package in a folder.
fn package(folder: &Path, extension: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let found = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut packages = found.filter(|path| path.extension().is_some_and(|known| known == extension));
    match (packages.next(), packages.next()) {
        (Some(package), None) => Ok(package),
        _ => bail!("pack the app: {} does not hold one {extension} package", folder.display()),
    }
}

impl Profile {
    /// Its folder in Cargo's output.
    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

impl Format {
    /// Its name for the bundler, which is also its folder there and the end of a package's name.
    fn name(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Rpm => "rpm",
        }
    }
}
