//! What we cost: `bench run` measures an agent's run, `bench cell` the cell by itself, `bench stop` a stop,
//! `bench git` clones and commits.

mod cell;
mod git;
mod made;
mod repository;
mod run;
mod stop;

use anyhow::Result;
use clap::{Args, Subcommand};
use std::fs;

/// What to measure.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    run: run::Options,
}

#[derive(Subcommand)]
enum What {
    /// A scripted run of many model turns; this is what is measured when nothing is named.
    Run(run::Options),
    /// The cell: creating, calling, filling and searching it, and what many of them weigh.
    Cell(cell::Options),
    /// How long a stop takes in the middle of a request, a wait or a tool call.
    Stop(stop::Options),
    /// Cloning a repository, once and again, and committing many files.
    Git(git::Options),
}

/// Measures and prints a table.
///
/// # Errors
/// When something cannot be built or run, or did not do the whole work.
pub fn run(options: &Options) -> Result<()> {
    match &options.what {
        Some(What::Cell(options)) => cell::run(options),
        Some(What::Stop(options)) => stop::run(options),
        Some(What::Git(options)) => git::run(options),
        Some(What::Run(options)) => run::run(options),
        None => run::run(&options.run),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What the figures hold for.
fn machine() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown");
    format!("{cores} cores, {}, load {load}", model.unwrap_or("an unknown processor"))
}
