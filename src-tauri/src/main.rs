//! The desktop program. On Windows a release opens no console beside its window.
#![cfg_attr(all(not(debug_assertions), target_os = "windows"), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    anchorhold_app::run()
}
