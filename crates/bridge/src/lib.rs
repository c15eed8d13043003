//! The window: what host and cell say to each other, and the program at the cell's end of it.
//!
//! [`protocol`], [`frame`] and [`path`] are portable and shared by both ends. Everything else is the
//! program that runs in the container and exists on Linux alone. Nothing here knows of containers,
//! git or models.

pub mod exit;
pub mod frame;
pub mod path;
pub mod protocol;
pub mod quota;

#[cfg(target_os = "linux")]
pub mod lock;
#[cfg(target_os = "linux")]
pub mod measure;
#[cfg(target_os = "linux")]
mod ops;
#[cfg(target_os = "linux")]
pub mod serve;
#[cfg(target_os = "linux")]
pub mod workspace;

pub use frame::{FrameError, MAX_BODY_BYTES, MAX_HEADER_BYTES};
pub use path::PathBytes;
pub use protocol::*;
pub use quota::Quotas;
