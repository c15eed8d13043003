//! Parses for the tests of runs, as the products do when they start themselves.

use std::process::ExitCode;

fn main() -> ExitCode {
    anchorhold_engine::serve_if_asked().unwrap_or(ExitCode::FAILURE)
}
