//! The nouns of Anchorhold: agents, statuses, events, instructions, tool calls and diffs.
//!
//! Everything here is plain data with the rules that hold for it. There is no I/O, no clock and no
//! source of ids: times and ids are passed in, so that the same log always folds to the same agent.

mod agent;
mod diff;
mod event;
mod id;
mod instruction;
mod repository;
mod signal;
mod status;
mod time;
mod tool_call;
mod usage;

pub use agent::*;
pub use diff::*;
pub use event::*;
pub use id::*;
pub use instruction::*;
pub use repository::*;
pub use signal::*;
pub use status::*;
pub use time::*;
pub use tool_call::*;
pub use usage::*;
