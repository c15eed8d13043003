//! The desktop program. On Windows a release opens no console beside its window.
#![cfg_attr(all(not(debug_assertions), target_os = "windows"), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before there is a second thread, an open file or a byte of anybody's input.
    anchorhold_engine::serve_if_asked().unwrap_or_else(anchorhold_app::run)
}
