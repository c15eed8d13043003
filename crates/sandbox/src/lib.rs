//! The cell: one sealed container per agent, its volume, and the host's end of the bridge.
//!
//! The only code that talks to a container engine. It starts nothing but its own image, mounts
//! nothing of the host, opens no port, and touches only what carries its labels.

mod arch;
mod attach;
mod cell;
mod connect;
mod container;
mod docker;
mod endpoint;
mod error;
mod export;
mod image;
mod import;
mod info;
mod line;
#[cfg(all(feature = "local", target_os = "linux"))]
mod local;
mod open;
mod owners;
mod patience;
mod promise;
mod reap;
mod remove;
mod report;
#[cfg(feature = "trial")]
pub mod trial;

pub use anchorhold_bridge::{self as bridge, PathBytes, Quotas, Refusal, RefusalCode, Request, Response};
pub use arch::machines;
pub use cell::Cell;
pub use docker::{CellSpec, Docker};
pub use endpoint::{
    Certificates, Chosen, Context, Endpoint, EndpointError, FoundEngine, Host, Origin, Ssh, Surroundings,
};
pub use error::{Ending, Fate, SandboxError};
pub use export::{ExportPiece, Exported};
pub use import::ImportFile;
pub use info::EngineInfo;
pub use reap::{Kept, Reaped};
pub use report::{CellReport, ContainerFacts, Fact, Verdict};
