//! The cell: one sealed container per agent, its volume, and the host's end of the bridge.
//!
//! The only code that talks to a container engine. It starts nothing but its own image, mounts
//! nothing of the host, opens no port, and touches only what carries its labels.

mod attach;
mod cell;
mod container;
mod docker;
mod endpoint;
mod error;
mod image;
mod import;
mod line;
#[cfg(all(feature = "local", target_os = "linux"))]
mod local;
mod patience;
mod report;

pub use anchorhold_bridge::{self as bridge, PathBytes, Quotas, Refusal, RefusalCode, Request, Response};
pub use cell::Cell;
pub use docker::{CellSpec, Docker};
pub use endpoint::Endpoint;
pub use error::{Ending, Fate, SandboxError};
pub use import::ImportFile;
pub use report::{CellReport, ContainerFacts};
