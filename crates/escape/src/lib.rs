//! The escape suite: everything we know that a compromised bridge could try, one function each, with
//! the layers that stop it.
//!
//! For tests alone. [`attacks::all`] is the table; [`run`] carries it out as the first process of a
//! throwaway container, each attack in a child that first puts the bridge's own locks on itself;
//! `tests/escape.rs` takes the layers away one by one on a real engine and compares; `docs/escape.md`
//! is written from the table by [`document`].
//!
//! A new attack is a function and a line in its family's table, with no layer but the one you think of.
//! `cargo test -p anchorhold-escape -- --nocapture` says whether that layer stops it alone, which others
//! do, and whether it works without any; `ANCHORHOLD_UPDATE=1` writes the page anew. What it does must
//! harm nobody where it works: it will, on your machine, as root.

pub mod layer;

#[cfg(target_os = "linux")]
pub mod attacks;
#[cfg(target_os = "linux")]
pub mod document;
#[cfg(target_os = "linux")]
pub mod ground;
#[cfg(target_os = "linux")]
pub mod run;
#[cfg(target_os = "linux")]
mod system;

pub use layer::Layer;
