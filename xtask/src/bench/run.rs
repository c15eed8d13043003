//! What we cost ourselves: a run of many model turns against a model that answers at once.
//!
//! Everything is in it: the container, the log, the checkpoints. The engine's own processes and the
//! container are not counted as our CPU and memory, but the time that they take is.

mod contestant;
mod dialect;
mod process;
mod server;
mod settled;
mod trajectory;

use super::{machine, median, repository::commit_all};
use crate::chosen::Engine;
use crate::{command, engine, paths, setup, setup::Need};
use anyhow::{Context, Result, bail};
use clap::Args;
use contestant::Contestant;
use process::Cost;
use server::{Seen, Server};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// No run takes that long unless it hangs.
const LIMIT: Duration = Duration::from_secs(300);

/// What to measure.
#[derive(Args)]
#[group(id = "run")]
pub struct Options {
    /// Also measures goose and Codex CLI, where they are installed.
    #[arg(long)]
    peers: bool,
    /// Measures this one alone.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// How often each is run; the first run warms up and does not count.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// How many times the model answers; an odd number.
    #[arg(long, default_value_t = trajectory::ANSWERS)]
    turns: usize,
    /// Does not wait until the file system has forgotten what the last measurement removed.
    #[arg(long)]
    now: bool,
}

/// The figures of one run.
struct Figures {
    first_request_ms: f64,
    own_ms: f64,
    own_read_ms: f64,
    own_edit_ms: f64,
    own_first_ms: f64,
    own_last_ms: f64,
    /// The medians of each tenth of the run: all turns, those of reads, those of edits.
    tenths_ms: [Vec<f64>; 3],
    cpu_seconds: f64,
    peak_mb: f64,
    took_seconds: f64,
}

/// Measures and prints a table of medians.
///
/// # Errors
/// When something cannot be built or run, or a run did not do the whole work.
pub fn run(options: &Options) -> Result<()> {
    if options.turns.is_multiple_of(2) || !(41..=trajectory::MOST_ANSWERS).contains(&options.turns) {
        bail!("measure {} turns: give an odd number from 41 to {}", options.turns, trajectory::MOST_ANSWERS);
    }
    setup::ensure(&[Need::Build, Need::Engine])?;
    let engine = engine::ensure()?;
    let mut contestants = vec![Contestant::anchorhold()];
    if options.peers || options.only.is_some() {
        let peers = Contestant::peers();
        if peers.is_empty() {
            println!(
                "no peer is installed; this brings them: npm install --prefix target/peers @openai/codex @aaif/goose"
            );
        }
        contestants.extend(peers);
    }
    if let Some(only) = &options.only {
        contestants.retain(|contestant| contestant.name == only);
    }
    if contestants.is_empty() {
        bail!("measure {}: it is not installed", options.only.as_deref().unwrap_or_default());
    }
    if contestants.iter().any(|contestant| contestant.dialect == dialect::Dialect::Anchorhold) {
        let mut build = command::cargo();
        build.args(["build", "--release", "--package", "anchorhold-cli"]);
        command::run(&mut build, "build anchorctl for release", "mend what the compiler says above")?;
    }
    if !options.now {
        settled::wait()?;
    }
    println!(
        "{} turns of read and edit; {}; figures are of the whole process, its cell apart",
        options.turns,
        machine()
    );
    println!(
        "\n{:<12} {:>14} {:>12} {:>16} {:>16} {:>10} {:>10} {:>8}",
        "median", "first request", "own a turn", "read/edit", "first/last 20", "CPU", "PSS", "whole"
    );
    // Removed at the end, since it makes new files slow.
    let place = paths::target().join("bench").join(format!("run-{}", std::process::id()));
    for contestant in &contestants {
        match measured(contestant, &place, &engine, options) {
            Ok(figures) => {
                println!("{}   {}", row(contestant.name, &figures), contestant.version());
                if options.turns > trajectory::ANSWERS {
                    for (of, name) in ["all turns", "reads", "edits"].iter().enumerate() {
                        println!("{:<12} {name} by tenths of the run: {}", "", tenths(&figures, of));
                    }
                }
            }
            Err(error) if contestant.name == "anchorhold" => return Err(error),
            Err(error) => println!("{:<12} not measured: {error:#}", contestant.name),
        }
    }
    fs::remove_dir_all(&place).with_context(|| format!("remove {}", place.display()))?;
    settled::removed()
}

fn measured(
    contestant: &Contestant,
    place: &Path,
    engine: &Engine,
    options: &Options,
) -> Result<Vec<Figures>> {
    let (runs, answers) = (options.runs, options.turns);
    let server = Server::start(contestant.dialect, answers)?;
    let folder = place.join(contestant.name);
    let home = folder.join("home");
    fs::create_dir_all(&home).with_context(|| format!("make {}", home.display()))?;
    let mut figures = Vec::new();
    for run in 0..=runs {
        let repository = match contestant.dialect {
            // Ours works on a clone of its own, so one repository serves all runs and its mirror is warm.
            dialect::Dialect::Anchorhold => repository(&folder, 0)?,
            dialect::Dialect::Codex | dialect::Dialect::Goose => repository(&folder, run)?,
        };
        let log = folder.join(format!("run-{run}.log"));
        let mut command = contestant.command(&repository, &home, server.port, run);
        let cost = process::measure(engine.lend(&mut command), &log, LIMIT)?;
        let seen = server.take();
        if !cost.status.success() || seen.answered < answers {
            bail!(
                "run {run} of {} ended with {} after {} of {} answers\n  see {}",
                contestant.name,
                cost.status,
                seen.answered,
                answers,
                log.display()
            );
        }
        verify(contestant, &repository, &log, answers)?;
        if run > 0 {
            figures.push(Figures::of(&cost, &seen));
        }
    }
    Ok(figures)
}

/// Makes sure that every edit was made: a run whose calls were refused would cost less.
fn verify(contestant: &Contestant, repository: &Path, log: &Path, answers: usize) -> Result<()> {
    let (found, wanted) = match contestant.dialect {
        dialect::Dialect::Anchorhold => {
            let text = fs::read_to_string(log).with_context(|| format!("read {}", log.display()))?;
            (text.matches("\"outcome\":\"OK\"").count(), answers)
        }
        dialect::Dialect::Codex | dialect::Dialect::Goose => {
            let mut diff = command::program("git");
            diff.current_dir(repository).args(["diff", "--unified=0"]);
            let diff = command::read(&mut diff, "count the edits", "check that git works")?;
            (diff.lines().filter(|line| line.starts_with("+    let")).count(), answers / 2)
        }
    };
    if found != wanted {
        bail!("{found} of {wanted} calls did what was asked\n  see {}", log.display());
    }
    Ok(())
}

/// Makes a repository of the measured files, or returns the one that is there.
fn repository(folder: &Path, number: usize) -> Result<PathBuf> {
    let path = folder.join(format!("repository-{number}"));
    if path.exists() {
        return Ok(path);
    }
    trajectory::write_sources(&path)?;
    commit_all(&path)?;
    Ok(path)
}

impl Figures {
    fn of(cost: &Cost, seen: &Seen) -> Self {
        let own: Vec<f64> = seen.own.iter().map(|own| own.as_secs_f64() * 1000.0).collect();
        // The model asks for a read and an edit in turn, beginning with a read.
        let reads: Vec<f64> = own.iter().step_by(2).copied().collect();
        let edits: Vec<f64> = own.iter().skip(1).step_by(2).copied().collect();
        let last = own.len().saturating_sub(20);
        let first_request = seen.first_request.map_or(Duration::ZERO, |at| at.duration_since(cost.started));
        Self {
            first_request_ms: first_request.as_secs_f64() * 1000.0,
            own_ms: median(own.clone()),
            own_read_ms: median(reads.clone()),
            own_edit_ms: median(edits.clone()),
            own_first_ms: median(own.iter().take(20).copied().collect()),
            own_last_ms: median(own.iter().skip(last).copied().collect()),
            tenths_ms: [&own, &reads, &edits].map(|turns| {
                turns.chunks(turns.len().div_ceil(10).max(1)).map(|tenth| median(tenth.to_vec())).collect()
            }),
            cpu_seconds: cost.cpu_seconds,
            peak_mb: cost.peak_mb,
            took_seconds: cost.took.as_secs_f64(),
        }
    }
}

/// How the overhead goes with the length of the conversation.
fn tenths(figures: &[Figures], of: usize) -> String {
    let parts: Vec<&Vec<f64>> = figures.iter().filter_map(|figures| figures.tenths_ms.get(of)).collect();
    let tenth = |part: usize| median(parts.iter().filter_map(|run| run.get(part).copied()).collect());
    let text: Vec<String> = (0..10).map(|part| format!("{:.1}", tenth(part))).collect();
    format!("{} ms", text.join(" "))
}

fn row(name: &str, figures: &[Figures]) -> String {
    let of = |field: fn(&Figures) -> f64| median(figures.iter().map(field).collect());
    format!(
        "{name:<12} {:>11.0} ms {:>9.1} ms {:>16} {:>16} {:>8.2} s {:>7.0} MB {:>6.1} s",
        of(|f| f.first_request_ms),
        of(|f| f.own_ms),
        format!("{:.1} / {:.1} ms", of(|f| f.own_read_ms), of(|f| f.own_edit_ms)),
        format!("{:.1} / {:.1} ms", of(|f| f.own_first_ms), of(|f| f.own_last_ms)),
        of(|f| f.cpu_seconds),
        of(|f| f.peak_mb),
        of(|f| f.took_seconds),
    )
}
