//! Measures the cell against the engine, a plain pipe and ripgrep, for `cargo xtask bench cell`.
//!
//! Prints one JSON object a line, a [`row::Row`] each; what it is doing goes to its error output. Each
//! figure and its baseline are measured in turns, so that a busy moment meets both.

mod call;
mod create;
mod memory;
mod row;
mod tree;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anchorhold_sandbox::{CellSpec, Docker, Endpoint, Quotas};

type Failure = Box<dyn std::error::Error>;

/// What is measured, and with what.
struct Plan {
    /// A folder whose files fill the workspace that is searched.
    tree: PathBuf,
    /// A static program that repeats what it reads.
    echo: PathBuf,
    /// How often a thing is measured; the first time warms up and does not count.
    runs: usize,
    /// How many cells run side by side where memory is measured.
    cells: usize,
    /// The rows wanted, by the name of their file; all when empty.
    only: Vec<String>,
}

impl Plan {
    fn read(words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut plan =
            Self { tree: PathBuf::new(), echo: PathBuf::new(), runs: 15, cells: 50, only: Vec::new() };
        let mut words = words;
        while let Some(word) = words.next() {
            let value = words.next().ok_or(format!("{word} needs a value"))?;
            match word.as_str() {
                "--tree" => plan.tree = value.into(),
                "--echo" => plan.echo = value.into(),
                "--runs" => plan.runs = value.parse()?,
                "--cells" => plan.cells = value.parse()?,
                "--only" => plan.only.extend(value.split(',').map(str::to_owned)),
                _ => return Err(format!("{word} is no option").into()),
            }
        }
        Ok(plan)
    }

    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let plan = Plan::read(std::env::args().skip(1))?;
    let docker = Docker::connect(&Endpoint::from_environment()?).await?;
    // The image is there from the first agent on, so it is before the first measurement.
    let image = docker.ensure_image().await?;
    if plan.wants("size") {
        create::size(&image).await?;
    }
    if plan.wants("create") {
        create::measure(&docker, &plan).await?;
    }
    if plan.wants("call") {
        call::measure(&docker, &plan).await?;
    }
    if plan.wants("tree") {
        tree::measure(&docker, &plan).await?;
    }
    if plan.wants("memory") {
        memory::measure(&docker, &plan).await?;
    }
    Ok(())
}

/// The spec of a cell that nobody else has.
fn spec(number: usize) -> CellSpec {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    CellSpec {
        agent: format!("bench-{number}-{}-{now}", std::process::id()),
        home: "bench".into(),
        place: "bench".into(),
        quotas: Quotas::default(),
    }
}
