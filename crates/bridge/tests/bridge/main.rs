//! The program as the host meets it: a process with a pipe, serving a folder.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![cfg(target_os = "linux")]

mod apart;
mod edits;
mod escapes;
mod exports;
mod files;
mod found;
mod host;
mod hostile;
mod imports;
mod kernels;
mod quotas;
mod searches;
mod wire;
