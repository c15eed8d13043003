//! GitHub's REST API against a stand-in on this machine that behaves as GitHub's documentation says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it needed"
)]

mod account;
mod conditional;
mod elsewhere;
mod feedback;
mod github;
mod issues;
mod limits;
mod logs;
#[cfg(target_os = "linux")]
mod network;
#[cfg(target_os = "linux")]
#[path = "../proxy/mod.rs"]
mod proxy;
mod pull_requests;
mod refusals;
mod repositories;
mod secrets;
mod trouble;
