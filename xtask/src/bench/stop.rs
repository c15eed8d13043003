//! How long a stop takes, in the middle of what an agent can be in the middle of.

use super::{cell, machine};
use crate::{engine, setup, setup::Need};
use anyhow::Result;
use clap::Args;

/// What to measure of a stop.
#[derive(Args)]
#[group(id = "stop")]
pub struct Options {
    /// How often each is done; the first time warms up and does not count.
    #[arg(long, default_value_t = 10)]
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
    setup::ensure(&[Need::Build, Need::Engine])?;
    let engine = engine::ensure()?;
    println!("{}\n", machine());
    cell::heading();
    let mut program = cell::build("anchorhold-engine", "bench_stop")?;
    cell::rows(engine.lend(&mut program), options.runs, options.verbose)
}
