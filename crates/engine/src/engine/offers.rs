//! What can be chosen when an agent is created, and whether it can run at all.

use super::Engine;
use crate::EngineError;
use anchorhold_domain::{Branches, Fault};
use anchorhold_repo::Remote;
use serde::Serialize;

/// How the container engine answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EngineState {
    /// It answers.
    Ready,
    /// There is none.
    Missing,
    /// There is one, and it does not answer as it should.
    Stopped,
    /// This user may not speak to it.
    Denied,
}

/// Whether a container engine answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct EngineStatus {
    /// How it answers.
    pub state: EngineState,
    /// Why it is not ready.
    pub fault: Option<Fault>,
    /// Its version, where it answers.
    pub version: Option<String>,
}

impl Engine {
    /// Asks the container engine whether it is there.
    pub async fn status(&self) -> EngineStatus {
        let asked = async { Ok::<_, EngineError>(self.shared.docker().await?.version().await?) };
        match asked.await {
            Ok(version) => EngineStatus { state: EngineState::Ready, fault: None, version: Some(version) },
            Err(error) => {
                let state = match error.code() {
                    "engine_missing" => EngineState::Missing,
                    "engine_forbidden" => EngineState::Denied,
                    _ => EngineState::Stopped,
                };
                EngineStatus { state, fault: Some(error.fault()), version: None }
            }
        }
    }

    /// Uses another container engine from now on: an address, a Docker context's name, or none for the
    /// one that is found. An agent at work stays where it is; its next run is in the other engine, in a
    /// workspace that is built anew from its last checkpoint.
    ///
    /// # Errors
    /// Where the address is none, or the context is not there or broken; nothing is changed then.
    pub async fn choose_engine(&self, choice: Option<String>) -> Result<(), EngineError> {
        if let Some(choice) = &choice {
            crate::check_engine(choice)?;
        }
        self.shared.choose_engine(choice).await;
        Ok(())
    }

    /// Asks a repository for its branches.
    ///
    /// # Errors
    /// Where the address is none, nothing answers, or access is refused.
    pub async fn branches(&self, address: &str) -> Result<Branches, EngineError> {
        let remote = Remote::parse(address)?;
        let mirror = self.shared.mirror(address).await?;
        let ask = |credentials| {
            let mirror = mirror.clone();
            let asking = tokio::task::spawn_blocking(move || mirror.branches(&credentials));
            async move { Ok(asking.await.map_err(|_| EngineError::Panicked { verb: "list branches" })??) }
        };
        let found = self.shared.with_credentials(None, &remote, ask).await?;
        Ok(Branches { names: found.names, default: found.default })
    }
}
