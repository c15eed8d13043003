//! Room in the conversation: old results are cut first, then what is older is summed up.

use super::turns::Run;
use super::{Ended, Life};
use crate::EngineError;

impl Life {
    /// Makes room where the next request would not fit; `Some` where the run ends with that.
    pub(super) async fn make_room(&self, _run: &mut Run) -> Result<Option<Ended>, EngineError> {
        Ok(None)
    }
}
