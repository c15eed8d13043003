//! Syntax: what a file declares, and where it does not parse.
//!
//! The only room that says `tree-sitter`. It is given a path and a text and reads nothing itself; the
//! path only chooses the grammar. Nothing of the text is executed, and nothing is kept between calls.
//! It is no compiler: what parses may still not build, and a grammar may be behind its language, which
//! is why only errors that an edit *adds* are worth telling ([`new_problems`]).
//!
//! The grammars are C code that parses untrusted bytes in our process. What bounds it: a text is at most
//! [`LARGEST`] bytes, parsing ends after a time, trees are walked without recursion, texts that are known
//! to overflow a grammar's own buffer are not parsed, and a test feeds every grammar with random and with
//! broken text. What remains: another fault in a grammar's C code would end the program, or worse, and
//! nothing can be caught there. The log is written before a tool runs, so such an end is a crash like
//! any other: the next start finds the agents interrupted, in workspaces at their last checkpoints. A
//! grammar that is found to do so is taken out of [`Language`], as YAML's was.

mod language;
mod outline;
mod parse;
mod problems;

pub use language::Language;
pub use outline::{Outline, Symbol, outline};
pub use parse::LARGEST;
pub use problems::{Problem, new_problems, problems};
