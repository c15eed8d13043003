//! What can be chosen when an agent is created, and whether it can run at all.

use super::Engine;
use crate::{EngineError, scripted};
use anchorhold_domain::{Branches, Fault, ModelChoice};
use anchorhold_repo::Remote;
use serde::Serialize;

/// A model that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ModelOffer {
    /// The choice.
    pub model: ModelChoice,
    /// What it is, for people.
    pub label: String,
    /// Whether the user must still name the model and its server.
    pub needs_address: bool,
}

/// Whether a container engine answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct EngineStatus {
    /// Its version, where it answers.
    pub version: Option<String>,
    /// Why it does not, otherwise.
    pub fault: Option<Fault>,
}

impl Engine {
    /// Returns the models that can be chosen.
    #[must_use]
    pub fn models(&self) -> Vec<ModelOffer> {
        vec![
            ModelOffer {
                model: scripted(),
                label: "Demonstration: plays back a recording for the sample repository".to_owned(),
                needs_address: false,
            },
            ModelOffer {
                model: ModelChoice { provider: "openai".to_owned(), name: String::new(), base_url: None },
                label: "OpenAI or any compatible server".to_owned(),
                needs_address: true,
            },
        ]
    }

    /// Asks the container engine whether it is there.
    pub async fn status(&self) -> EngineStatus {
        let asked = async { Ok::<_, EngineError>(self.shared.docker().await?.version().await?) };
        match asked.await {
            Ok(version) => EngineStatus { version: Some(version), fault: None },
            Err(error) => EngineStatus { version: None, fault: Some(error.fault()) },
        }
    }

    /// Asks a repository for its branches.
    ///
    /// # Errors
    /// Where the address is none, nothing answers, or access is refused.
    pub async fn branches(&self, address: &str) -> Result<Branches, EngineError> {
        let remote = Remote::parse(address)?;
        let mirror = self.shared.mirror(address)?;
        let credentials = self.shared.credentials(&remote).await?;
        let asking = tokio::task::spawn_blocking(move || mirror.branches(&credentials));
        let found = asking.await.map_err(|_| EngineError::Panicked { verb: "list branches" })??;
        Ok(Branches { names: found.names, default: found.default })
    }
}
