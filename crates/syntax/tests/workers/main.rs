//! Workers as processes: what breaks them costs one answer, what they must not do they cannot, and none stays.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod broken;
mod failing;
#[cfg(target_os = "linux")]
mod left;
#[cfg(target_os = "linux")]
mod locked;

use anchorhold_syntax::{Parser, Program};
use std::ffi::OsString;
use std::time::Duration;

const WORKER: &str = env!("CARGO_BIN_EXE_anchorhold-syntax-worker");

/// A worker of ours, with more patience than a busy machine needs.
fn program() -> Program {
    Program { patience: Duration::from_secs(60), ..Program::at(WORKER.into()) }
}

fn started_with(arguments: &[&str]) -> Program {
    Program { arguments: arguments.iter().map(OsString::from).collect(), ..program() }
}

/// Asserts that requests of both kinds are answered.
async fn answers(parser: &Parser) {
    let found = parser.new_problems("a.rs", "fn f() {}\n", "fn f() {\n").await.unwrap();
    assert_eq!(found.iter().map(|problem| problem.line).collect::<Vec<_>>(), [1]);
    let found = parser.outline("a.py", "class A:\n    def m(self):\n        pass\n").await.unwrap();
    let found: Vec<_> = found.iter().map(|s| (s.kind, s.name.as_str(), s.first_line, s.last_line)).collect();
    assert_eq!(found, [("class", "A", 1, 3), ("function", "m", 2, 3)]);
}
