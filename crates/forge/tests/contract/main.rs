//! The requests that this room makes, against GitHub's own description of its API: Prism, which nobody here
//! wrote, refuses what the description does not allow, and answers with its examples.
//!
//! Only the shape of questions and answers is shown here. What they mean is in the tests against the stand-in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it needed"
)]

mod prism;
mod requests;
mod wrong;
