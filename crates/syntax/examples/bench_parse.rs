//! Measures what a worker costs: parsing in the process and through a worker, and starting one.
//!
//! `cargo run --release -p anchorhold-syntax --features trial --example bench_parse`. It is its own worker.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anchorhold_syntax::{Language, Parser, Program, serve_if_asked, trial};

const RUNS: usize = 40;

fn main() -> ExitCode {
    if let Some(done) = serve_if_asked() {
        return done;
    }
    let Some(program) = Program::this() else { return ExitCode::FAILURE };
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(measure(program)),
        Err(_) => ExitCode::FAILURE,
    }
}

async fn measure(program: Program) -> ExitCode {
    let piece = include_str!("../src/outline.rs");
    let right = piece.repeat(100 * 1024 / piece.len() + 1);
    let broken = format!("{right}\nfn f( {{\n");
    for (name, after) in [("right", &right), ("broken", &broken)] {
        let mut here = Vec::new();
        for _ in 0..RUNS {
            let since = Instant::now();
            std::hint::black_box(trial::new_problems(Language::Rust, &right, after));
            here.push(since.elapsed());
        }
        let parser = Parser::new(program.clone());
        let mut there = Vec::new();
        for _ in 0..=RUNS {
            let since = Instant::now();
            if parser.new_problems("a.rs", &right, after).await.is_none() {
                return ExitCode::FAILURE;
            }
            there.push(since.elapsed());
        }
        // The first has started the worker.
        there.remove(0);
        parser.close().await;
        let size = right.len() / 1024;
        println!(
            "{size} KiB of Rust, {name}: {:?} here, {:?} through the worker",
            median(here),
            median(there)
        );
    }
    let mut starts = Vec::new();
    for _ in 0..RUNS {
        let parser = Parser::new(program.clone());
        let since = Instant::now();
        if parser.new_problems("a.rs", "", "").await.is_none() {
            return ExitCode::FAILURE;
        }
        starts.push(since.elapsed());
        parser.close().await;
    }
    println!("a worker's start with a first, empty request: {:?}", median(starts));
    ExitCode::SUCCESS
}

fn median(mut values: Vec<Duration>) -> Duration {
    values.sort();
    values.get(values.len() / 2).copied().unwrap_or_default()
}
