//! Syntax: what a file declares, and where it does not parse.
//!
//! The only room that says `tree-sitter`. It is given the name of a file and its text and reads nothing
//! itself; the name only chooses the grammar. Nothing of the text is executed. It is no compiler: what
//! parses may still not build, and a grammar may be behind its language, which is why only errors that an
//! edit *adds* are worth telling ([`Parser::new_problems`]).
//!
//! The grammars are C code that parses untrusted bytes, so they run in a process of their own: [`host`] is
//! the side that asks, [`worker`] the one that parses. The worker is the program itself, started with a
//! hidden word ([`serve_if_asked`]), and locks itself in before it reads a byte. A fault in a grammar costs
//! one answer. Parsing in the asking process is not to be had outside this crate.
//!
//! What is bounded all the same: a text is at most [`LARGEST`] bytes, parsing ends after a time, trees are
//! walked without recursion, and answers are held against what a worker of ours could have said.

pub mod host;
mod language;
mod outline;
mod parse;
mod problems;
mod wire;
pub mod worker;

pub use host::{Parser, Program};
pub use language::Language;
pub use outline::Symbol;
pub use parse::LARGEST;
pub use problems::Problem;
pub use worker::serve_if_asked;

/// Parsing in the process itself, to measure what the worker costs.
#[cfg(feature = "trial")]
#[doc(hidden)]
pub mod trial {
    pub use crate::outline::outline;
    pub use crate::problems::new_problems;
}
