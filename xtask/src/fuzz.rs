//! Looks for bytes that break the protocol, with libFuzzer, for as long as one likes.
//!
//! What it comes upon is gathered in `target/fuzz-corpus`; the kept corpus in `fuzz/corpus` is read
//! and never written, so that a run leaves the checkout as it was.

use crate::{command, paths};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use std::{fmt, process::Command};

const FETCH: &str = "install what it needs, once:\n    rustup toolchain install nightly --profile minimal\n    \
                     cargo install cargo-fuzz --locked";
const AGAIN: &str = "the input lies in fuzz/artifacts; once it is mended, keep it in fuzz/corpus";

/// What may be fuzzed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// The host's end, against any answers.
    Answers,
    /// The bridge, against any bytes.
    Bridge,
    /// Frames.
    Frame,
    /// Paths.
    Paths,
    /// The bridge, by requests that are well formed.
    Session,
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Answers => "answers",
            Self::Bridge => "bridge",
            Self::Frame => "frame",
            Self::Paths => "paths",
            Self::Session => "session",
        })
    }
}

/// What to fuzz and for how long.
#[derive(Args)]
pub struct Options {
    /// The target; all of them, one after the other, when none is named.
    #[arg(value_enum)]
    target: Option<Target>,
    /// How long each runs.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// Runs the targets.
///
/// # Errors
/// When the tools are missing, or a target found something.
pub fn run(options: &Options) -> Result<()> {
    command::read(nightly().arg("--version"), "find the nightly compiler", FETCH)?;
    command::read(nightly().args(["fuzz", "--version"]), "find cargo-fuzz", FETCH)?;
    let wanted = |target: &&Target| options.target.is_none_or(|named| named == **target);
    for target in Target::value_variants().iter().filter(wanted) {
        fuzz(*target, options.seconds)?;
    }
    Ok(())
}

fn fuzz(target: Target, seconds: u32) -> Result<()> {
    let name = target.to_string();
    let gathered = paths::target().join("fuzz-corpus").join(&name);
    std::fs::create_dir_all(&gathered).with_context(|| format!("make {}", gathered.display()))?;
    let mut fuzz = nightly();
    fuzz.args(["fuzz", "run", &name]).arg(&gathered).arg(paths::root().join("fuzz/corpus").join(&name));
    fuzz.args(["--", &format!("-max_total_time={seconds}"), "-timeout=20", "-print_final_stats=1"]);
    command::run(&mut fuzz, &format!("fuzz {name} for {seconds} s"), AGAIN)
}

/// The nightly Cargo, whichever one started this program.
fn nightly() -> Command {
    let mut cargo = command::program("rustup");
    cargo.args(["run", "nightly", "cargo"]);
    cargo
}
