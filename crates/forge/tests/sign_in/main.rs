//! Signing in, against a stand-in that follows what GitHub documents of each way, its quirks included.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it needed"
)]

mod browser;
mod device;
mod fake;
#[cfg(unix)]
mod gh;
mod hosts;
mod keeping;
#[cfg(target_os = "linux")]
mod network;
mod pasted;
#[cfg(target_os = "linux")]
#[path = "../proxy/mod.rs"]
mod proxy;
mod secrets;
mod time;
mod web;
