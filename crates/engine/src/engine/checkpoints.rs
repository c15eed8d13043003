//! Checkpoints between the store and git: first with the event that names them, then in git alone.
//!
//! An edit makes no file in git; what it made is written with its event, so that one wait for the disk is enough.
//! When the run rests, git writes all of it as one pack, and the store lets go of it.

use super::shared::Shared;
use crate::EngineError;
use anchorhold_domain::Agent;
use anchorhold_repo::Mirror;

impl Shared {
    /// Has git keep an agent's checkpoints up to its last one, on the disk; the store need not hold them then.
    pub(crate) async fn keep(&self, mirror: &Mirror, agent: &Agent) -> Result<(), EngineError> {
        let Some(checkpoint) = agent.checkpoint.clone() else { return Ok(()) };
        let (mirror, id) = (mirror.clone(), agent.id.to_string());
        let keeping = tokio::task::spawn_blocking(move || mirror.keep(&id, &checkpoint));
        keeping.await.map_err(|_| EngineError::Panicked { verb: "keep the checkpoints" })??;
        Ok(self.store.forget_pending_objects(agent.id, agent.last_seq).await?)
    }

    /// Gives git the checkpoints that earlier processes had no time to have it keep.
    pub(super) async fn take_back_all(&self) -> Result<(), EngineError> {
        for id in self.store.agents_with_pending_objects().await? {
            let taking = async {
                let agent = self.store.agent(id).await?;
                self.take_back(&self.mirror(&agent.github_repo).await?, &agent).await
            };
            if let Err(error) = taking.await {
                // The others are not held up, and whoever looks at this one is told.
                tracing::error!(agent = %id, error = error.message(), "checkpoints cannot be taken back");
                if let Ok(resident) = self.resident(id).await {
                    resident.unwritten.send_replace(Some(error.fault()));
                }
            }
        }
        Ok(())
    }

    /// Gives git what the store still has of an agent's checkpoints, and has it keep all of them.
    pub(crate) async fn take_back(&self, mirror: &Mirror, agent: &Agent) -> Result<(), EngineError> {
        let (left, taking) = (self.store.pending_objects(agent.id).await?, mirror.clone());
        let taking = tokio::task::spawn_blocking(move || {
            left.iter().try_for_each(|objects| taking.take_objects(objects))
        });
        taking.await.map_err(|_| EngineError::Panicked { verb: "take checkpoints back" })??;
        self.keep(mirror, agent).await
    }
}
