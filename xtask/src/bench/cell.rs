//! What the cell costs, each figure beside a baseline that was measured in turns with it.
//!
//! The measuring is done by two small programs in the rooms that may know the engine and the mirror,
//! built for release; this makes what they measure on, and draws the table.

mod row;
mod tree;

use super::machine;
use crate::{command, engine, paths, setup, setup::Need};
use anyhow::{Context, Result, bail};
use clap::Args;
use row::Row;
pub(super) use row::heading;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Repeats what it reads: the program of the empty image that the engine is measured with.
const ECHO: &str = r"
use std::io::{Read, Write};
fn main() {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = std::io::stdin().read(&mut bytes) {
        let _ = std::io::stdout().write_all(&bytes[..count]);
        let _ = std::io::stdout().flush();
    }
}
";

/// The most imports: each leaves 10,000 files that the engine takes its time to remove.
const IMPORTS: usize = 5;

/// What to measure of the cell.
#[derive(Args)]
#[group(id = "cell")]
pub struct Options {
    /// How often each thing is done; the first time warms up and does not count.
    #[arg(long, default_value_t = 15)]
    runs: usize,
    /// How many cells run side by side where memory is measured.
    #[arg(long, default_value_t = 50)]
    cells: usize,
    /// Measures these alone.
    #[arg(long, value_delimiter = ',', value_name = "NAMES", value_parser = ["create", "call", "import", "tree", "memory", "size"])]
    only: Vec<String>,
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
    let folder = paths::target().join("bench").join("cell");
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    let tree = tree::ensure(&folder)?;
    let wanted = |names: &[&str]| -> Vec<String> {
        let wants = |name: &&&str| options.only.is_empty() || options.only.iter().any(|only| only == **name);
        names.iter().filter(wants).map(|name| (*name).to_owned()).collect()
    };

    println!("{}\n", machine());
    row::heading();
    let import = wanted(&["import"]);
    if !import.is_empty() {
        let mut program = build("anchorhold-engine", "bench_import")?;
        program.arg("--folder").arg(&folder);
        rows(engine.lend(program.arg("--tree").arg(&tree)), options.runs.min(IMPORTS), options.verbose)?;
    }
    let rest = wanted(&["size", "create", "call", "tree", "memory"]);
    if !rest.is_empty() {
        let mut program = build("anchorhold-sandbox", "bench_cell")?;
        program.arg("--echo").arg(echo(&folder)?).args(["--only", &rest.join(",")]);
        program.args(["--cells", &options.cells.to_string()]);
        rows(engine.lend(program.arg("--tree").arg(&tree)), options.runs, options.verbose)?;
    }
    Ok(())
}

/// Builds a measuring program for release and answers how to call it.
pub(super) fn build(package: &str, example: &str) -> Result<Command> {
    let mut cargo = command::cargo();
    cargo.args(["build", "--release", "--package", package, "--example", example]);
    command::run(&mut cargo, "build what measures", "mend what the compiler says above")?;
    Ok(Command::new(paths::built("release", &format!("examples/{example}"))))
}

/// Builds the program of the empty image, static as ours is.
fn echo(folder: &Path) -> Result<PathBuf> {
    let (source, program) = (folder.join("echo.rs"), folder.join("echo"));
    fs::write(&source, ECHO).with_context(|| format!("write {}", source.display()))?;
    let mut rustc = command::program(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["-O", "--edition", "2024", "-C", "target-feature=+crt-static", "-C", "strip=symbols"]);
    rustc.arg("--target").arg(format!("{}-unknown-linux-gnu", std::env::consts::ARCH));
    rustc.arg("-o").arg(&program).arg(&source);
    command::run(&mut rustc, "build the empty container's program", "mend what the compiler says above")?;
    Ok(program)
}

/// Runs a measuring program and prints each row as it comes.
pub(super) fn rows(program: &mut Command, runs: usize, verbose: bool) -> Result<()> {
    program.args(["--runs", &runs.to_string()]).stdout(Stdio::piped()).stderr(Stdio::null());
    if verbose {
        program.stderr(Stdio::inherit());
    }
    let mut child = program.spawn().with_context(|| format!("start `{}`", command::line(program)))?;
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
        Row::parse(&line?)?.print();
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`{}` ended with {status}\n  run this with --verbose to see why", command::line(program));
    }
    Ok(())
}
