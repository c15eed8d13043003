//! Instructions that the user sends into the middle of the work.

use super::Life;
use super::turns::Run;
use crate::EngineError;

impl Life {
    /// Takes the instructions that are to be heard at the model's next request.
    pub(super) async fn heed(&self, run: &mut Run) -> Result<(), EngineError> {
        while run.history.turn_open()
            && self.resident.log.waiting().await.first().is_some_and(|next| next.now)
        {
            self.next_turn(run).await?;
        }
        Ok(())
    }
}
