//! Reading what the four wires answer, frame by frame.

mod chat;
mod gemini;
mod heard;
mod messages;
mod responses;

pub(super) use heard::{Heard, Stop};
