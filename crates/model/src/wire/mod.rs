//! A model behind any of the four wires.
//!
//! `genai` writes the requests and carries them; the answers are read here, frame by frame. Its own
//! events leave out what a run depends on: the order of reasoning and calls, the codes of errors that
//! come in the middle of a stream, refusals, calls without an index, and whether a stream was whole.

mod chat;
mod gemini;
mod heard;
mod messages;
mod model;
mod replay;
mod request;
mod responses;

pub use model::{Connections, GenaiModel};
