//! The nouns of Anchorhold: agents, statuses, events, instructions, tool calls and diffs.
//!
//! Everything here is plain data with the rules that hold for it. There is no I/O, no clock and no
//! source of ids: times and ids are passed in, so that the same log always folds to the same agent.

mod agent;
mod delivery;
mod diff;
mod event;
mod file_rules;
mod github;
mod id;
mod instruction;
mod model_choice;
mod plan;
mod repository;
mod settings;
mod signal;
mod status;
mod time;
mod tool_call;
mod usage;

pub use agent::*;
pub use delivery::*;
pub use diff::*;
pub use event::*;
pub use file_rules::*;
pub use github::*;
pub use id::*;
pub use instruction::*;
pub use model_choice::*;
pub use plan::*;
pub use repository::*;
pub use settings::*;
pub use signal::*;
pub use status::*;
pub use time::*;
pub use tool_call::*;
pub use usage::*;
