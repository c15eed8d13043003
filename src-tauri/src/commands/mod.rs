//! The commands of the page: each is a method of the engine.

pub mod accounts;
pub mod agents;
pub mod control;
pub mod delivery;
pub mod offers;
pub mod queue;
pub mod review;
pub mod settings;
pub mod watch;

use anchorhold_domain::Fault;
use anchorhold_engine::EngineError;

/// What a command answers; the page shows the fault's words and branches on its code alone.
pub(crate) type Answer<T> = Result<T, Fault>;

/// Turns an engine's error into what the page gets.
pub(crate) fn fault(error: EngineError) -> Fault {
    error.fault()
}
