//! An agent that goes round in circles is told so, and held where that does not help.

use super::turns::Run;
use super::{Ended, Life};
use crate::EngineError;

impl Life {
    /// Looks for circles in what was done last; `Some` where the run ends because of one.
    pub(super) async fn notice_loops(&self, _run: &mut Run) -> Result<Option<Ended>, EngineError> {
        Ok(None)
    }
}
