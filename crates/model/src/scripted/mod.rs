//! A recorded trajectory, played back over HTTP on the wire of OpenAI Chat.
//!
//! It is the voice of the tests and of the demo: it works offline, says the same thing every time
//! and is never presented as intelligence. The engine speaks to it as to any other server.

mod server;
mod trajectory;

pub use server::ScriptedServer;
pub use trajectory::{ScriptedBreak, ScriptedStep, Trajectory, TrajectoryError};

/// The name under which the server offers the demonstration.
pub const DEMO_MODEL: &str = "demo";
