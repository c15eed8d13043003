//! The desktop program. On Windows a release opens no console beside its window.
#![cfg_attr(all(not(debug_assertions), target_os = "windows"), windows_subsystem = "windows")]

use std::process::ExitCode;

/// A request is put together in one piece of memory of some hundred kilobytes, which the system's allocator
/// gives back and asks for anew each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before there is a second thread, an open file or a byte of anybody's input.
    anchorhold_engine::serve_if_asked().unwrap_or_else(anchorhold_app::run)
}
