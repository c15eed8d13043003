//! Memory: the event log and the agents, on SQLite.
//!
//! One file per table. The log is the truth and an agent's row is a reading of it, written in the
//! transaction that adds to the log. Nothing here decides what may happen: that is
//! [`anchorhold_domain::apply`], which [`Agent::advance`](anchorhold_domain::Agent::advance) asks.
//!
//! Queries are checked by the compiler against descriptions in `.sqlx`, so that a build needs no
//! database. After changing a query or adding a migration:
//! `cargo run -p anchorhold-store-schema -- prepare`; with `check` it fails when they are out of
//! date.

mod accounts;
mod agents;
mod append;
mod blobs;
mod error;
mod events;
mod objects;
mod open;
mod settings;
mod spending;
mod verify;
mod writer;

pub use accounts::KeptAccount;
pub use blobs::Blob;
pub use error::{Result, StoreError};
pub use open::Store;
pub use spending::{Span, Spending};

#[cfg(test)]
mod tests;
