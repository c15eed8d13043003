//! The container engine killed, held, slow, full and robbed: what a cell's owner is told, and that a
//! cell opens again afterwards.
//!
//! Each of these engines is a test's own, so that it may be killed.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod by_hand;
mod common;
mod killed;
mod scarce;
mod silent;
