//! Measures filling a workspace from the mirror, beside git's own clone, for `cargo xtask bench cell`.
//!
//! Prints JSON objects of the same shape as the sandbox's `bench_cell` does. Every run fills a new
//! volume and a new folder, and nothing is removed before the last has ended: ext4 does not give
//! inodes out again for a minute or more, and looking past 10,000 of them slows whoever comes next.

use std::error::Error;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anchorhold_bridge::Quotas;
use anchorhold_engine::fill_cell;
use anchorhold_repo::{Credentials, Mirror, Mirrors, Remote};
use anchorhold_sandbox::{Cell, CellSpec, Docker, Endpoint};

/// The data folder that the cells are made for.
const HOME: &str = "bench";

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let (mut tree, mut folder, mut runs) = (PathBuf::new(), PathBuf::new(), 15);
    while let (Some(word), Some(value)) = (words.next(), words.next()) {
        match word.as_str() {
            "--tree" => tree = value.into(),
            "--folder" => folder = value.into(),
            "--runs" => runs = value.parse()?,
            _ => return Err(format!("{word} is no option").into()),
        }
    }
    let (mirror, base) = mirrored(&tree, &folder)?;
    let docker = Docker::connect(&Endpoint::from_environment()?).await?;
    let spec = |run| CellSpec {
        agent: format!("bench-import-{run}-{}", std::process::id()),
        home: HOME.into(),
        place: HOME.into(),
        quotas: Quotas::default(),
    };
    let cells: Vec<CellSpec> = (0..=runs).map(spec).collect();
    let clones = folder.join("clones");
    if clones.exists() {
        fs::remove_dir_all(&clones)?;
    }
    fs::create_dir_all(&clones)?;
    let (mut ours, mut git) = (Vec::new(), Vec::new());
    for (run, spec) in cells.iter().enumerate() {
        let cell = docker.open(spec).await?;
        let import = import(&cell, &mirror, &base).await?;
        let clone = clone(&tree, &clones.join(run.to_string()))?;
        eprintln!("import {run} of {runs}: {import:?}, git {clone:?}");
        if run > 0 {
            ours.push(import);
            git.push(clone);
        }
    }
    for spec in &cells {
        docker.remove(spec).await?;
    }
    fs::remove_dir_all(&clones)?;
    println!(
        "{}",
        serde_json::json!({
            "what": "import of 10,000 files, 100 MB",
            "unit": "ms",
            "ours": median(ours),
            "baseline": ["git clone --local", median(git)],
            "mostTimes": 1.5,
        })
    );
    Ok(())
}

/// The mirror of the repository at `tree`, as an agent's start leaves it, and its newest tree.
fn mirrored(tree: &Path, folder: &Path) -> Result<(Mirror, String), Failure> {
    let mirrors = folder.join("mirrors");
    if mirrors.exists() {
        fs::remove_dir_all(&mirrors)?;
    }
    let mirror = Mirrors::new(mirrors).open(&Remote::parse(&tree.to_string_lossy())?)?;
    let base = mirror.fetch("main", &Credentials::none(), &mut |_| ControlFlow::Continue(()))?;
    Ok((mirror, base.tree))
}

async fn import(cell: &Cell, mirror: &Mirror, tree: &str) -> Result<Duration, Failure> {
    let began = Instant::now();
    let (listing, tree) = (mirror.clone(), tree.to_owned());
    let entries = tokio::task::spawn_blocking(move || listing.entries(&tree, &|| false)).await??;
    fill_cell(cell, mirror.clone(), Arc::new(entries), |_| {}).await?;
    Ok(began.elapsed())
}

fn clone(tree: &Path, target: &Path) -> Result<Duration, Failure> {
    let began = Instant::now();
    let output = Command::new("git").args(["clone", "--quiet", "--local"]).arg(tree).arg(target).output()?;
    let took = began.elapsed();
    if !output.status.success() {
        return Err(format!("git clone: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(took)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(f64::NAN, |took| took.as_secs_f64() * 1000.0)
}
