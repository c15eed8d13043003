//! What must hold of the protocol whatever bytes come: the bodies of the fuzz targets.
//!
//! `cargo fuzz` looks for bytes that break them (`fuzz/`, `cargo xtask fuzz`); the ordinary tests run
//! them over what it once found worth keeping (`fuzz/corpus`) and over mutations of it. Nothing here
//! decides what is right: each target compares the real thing with a plainer account of it.
#![cfg(target_os = "linux")]

pub mod answers;
pub mod bridge;
pub mod cell;
pub mod corpus;
pub mod disk;
pub mod frame;
pub mod model;
pub mod paths;
pub mod requests;
pub mod session;

/// A promise that was not kept, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

/// What a target says of an input.
pub type Verdict = Result<(), Broken>;

/// A target: its name, which is also its corpus's, and its body.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name.
    pub name: &'static str,
    /// The body.
    pub check: fn(&[u8]) -> Verdict,
    /// How many mutations of each kept file an ordinary test tries.
    pub mutations: u32,
}

/// All targets. The figures keep the ordinary test under twenty seconds of an unoptimised build.
pub const TARGETS: [Target; 5] = [
    Target { name: "answers", check: answers::check, mutations: 2 },
    Target { name: "bridge", check: bridge::check, mutations: 3 },
    Target { name: "frame", check: frame::check, mutations: 20 },
    Target { name: "paths", check: paths::check, mutations: 10 },
    Target { name: "session", check: session::check, mutations: 1 },
];

/// Fails with these words unless `holds`.
pub fn expect(holds: bool, words: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Broken(words())) }
}

/// Turns anything that should not have failed into a broken promise.
pub fn must<T, E: std::fmt::Display>(outcome: Result<T, E>, attempt: &str) -> Result<T, Broken> {
    outcome.map_err(|error| Broken(format!("{attempt}: {error}")))
}
