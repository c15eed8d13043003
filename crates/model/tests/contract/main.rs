//! What a model promises, on every wire: against the scripted server, against a mock of the providers
//! that is not ours, and against servers that answer badly.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it needed"
)]

mod aimock;
mod errors;
mod faults;
mod frames;
mod network;
mod replay;
mod scripted;
mod stage;
mod support;
mod transcripts;
mod wires;
