//! The files that the user mentions with an `@`: their text goes to the model with the words.

use super::Life;
use super::turns::Run;
use crate::EngineError;

/// What goes with an instruction.
#[derive(Debug, Default)]
pub(super) struct Attached {
    /// The files.
    pub(super) shown: Vec<String>,
    /// Their text as the model reads it, and the hash under which it is stored.
    pub(super) text: Option<(String, String)>,
}

impl Life {
    /// Reads the files that an instruction mentions.
    pub(super) async fn attach(&self, _run: &Run, _text: &str) -> Result<Attached, EngineError> {
        Ok(Attached::default())
    }
}
