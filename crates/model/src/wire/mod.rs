//! A model behind any of the four wires.
//!
//! Requests are written message by message and kept, so that nothing is written twice; answers are read
//! frame by frame, since a run depends on what most clients leave out: the order of reasoning and calls,
//! the codes of errors that come in the middle of a stream, refusals, calls without an index, and whether
//! a stream was whole.

mod model;
mod read;
mod replay;
mod send;
mod write;

pub use model::RemoteModel;
pub use send::Connections;
