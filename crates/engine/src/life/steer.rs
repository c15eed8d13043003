//! Instructions that the user sends into the middle of the work.

use super::Life;
use super::turns::Run;
use crate::EngineError;
use std::sync::atomic::Ordering;

impl Life {
    /// Takes the instructions that are to be heard at the model's next request.
    ///
    /// From here on an answer is broken off only for one that comes later.
    pub(super) async fn heed(&self, run: &mut Run) -> Result<(), EngineError> {
        loop {
            let (first, interrupt) = self.resident.log.first_waiting().await;
            self.heard.store(interrupt, Ordering::Relaxed);
            if !run.history.turn_open() || !first.is_some_and(|first| first.now) {
                return Ok(());
            }
            self.next_turn(run).await?;
        }
    }
}
