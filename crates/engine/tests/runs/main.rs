//! Whole runs on real parts: a container engine, git, the store, and a scripted model over HTTP.
//!
//! One program, so that it is linked once. Without a container engine these tests fail and say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "../harness/mod.rs"]
mod harness;

mod accounts;
mod alarm;
mod answers;
mod cancelling;
mod cells;
mod context;
mod delivering;
#[cfg(target_os = "linux")]
mod engines;
#[cfg(target_os = "linux")]
mod failing;
mod finishing;
mod holding;
mod keeping;
mod limits;
mod loops;
mod mentions;
mod models;
mod prompting;
mod providers;
mod pushing;
mod queue;
mod reached;
mod repositories;
mod rules;
mod shallow;
mod signing_in;
mod sizes;
mod slots;
mod starting;
mod steering;
mod tools;
mod trouble;
mod unfinished;
mod work;
mod wrap_up;
