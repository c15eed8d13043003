//! The project's own commands: `cargo xtask <command>`.
//!
//! It needs nothing but Rust and a C compiler to link with, because it is what installs the rest. Each command
//! sets up what it needs and no more.

mod bench;
mod bridge;
mod check;
mod chosen;
mod command;
mod demo;
mod dist;
mod engine;
mod fuzz;
mod generate;
mod packages;
mod parts;
mod paths;
mod platform;
mod requirements;
mod setup;
mod stamp;
mod test;
#[cfg(test)]
mod trajectory_test;
mod ui;
mod window;

use anyhow::Result;
use clap::{Parser, Subcommand};
use setup::Need;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The project's own commands")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs one agent from create to pushed on a sample repository, then opens the window on it.
    Demo {
        /// Leaves the window closed, and what only it needs uninstalled.
        #[arg(long)]
        no_window: bool,
    },
    /// Builds the desktop app and opens it.
    Run,
    /// Runs everything: checks, tests, the window end to end. The only thing that CI calls.
    Test {
        /// The parts to run; all of them when none is named.
        #[arg(value_enum)]
        parts: Vec<test::Part>,
    },
    /// Checks format, lints, dependencies, recorded queries, documentation and the UI.
    Check,
    /// Regenerates what is generated: bindings, recorded queries, snapshots, transcripts, the page of attacks.
    Gen,
    /// Measures our own cost over a scripted run of 101 model turns.
    Bench(bench::Options),
    /// Builds the program in the container for one machine, to be carried by the next build.
    Bridge {
        /// The machine; this one when none is named.
        #[arg(long, value_enum)]
        arch: Option<bridge::Arch>,
    },
    /// Builds the packages for Linux (deb and rpm) and prints where they lie.
    Dist(dist::Options),
    /// Looks for bytes that break the protocol; needs a nightly compiler and cargo-fuzz.
    Fuzz(fuzz::Options),
    /// Installs what is missing for building, running and testing.
    Setup,
    /// Starts or stops the Docker engine that the other commands use where none answers.
    Engine {
        #[command(subcommand)]
        action: engine::Action,
    },
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    match task {
        Task::Demo { no_window } => demo::run(no_window),
        Task::Run => window::run(),
        Task::Test { parts } => test::run(&parts),
        Task::Check => check::run(),
        Task::Gen => generate::run(),
        Task::Bench(options) => bench::run(&options),
        Task::Bridge { arch } => bridge::run(arch),
        Task::Dist(options) => dist::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Setup => {
            setup::ensure(&[Need::Build, Need::Window, Need::Engine, Need::Test])?;
            ui::install(&paths::models(), "model servers")?;
            ui::install(&paths::github(), "contract server")
        }
        Task::Engine { action } => engine::act(&action),
    }
}
