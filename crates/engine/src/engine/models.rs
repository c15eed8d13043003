//! The models that can be chosen, what is known of them, and whether they answer.

use super::Engine;
use crate::EngineError;
use anchorhold_domain::{Fault, ModelChoice, Wire};
use anchorhold_model::Catalogue;
use serde::Serialize;

/// A provider, or a model server that was found on this machine, with its models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ProviderOption {
    /// The provider, as in [`ModelChoice`].
    pub provider: String,
    /// Its name, for people.
    pub label: String,
    /// The address of a server that was found on this machine; `None` for the provider's own.
    pub base_url: Option<String>,
    /// Whether the user names the address.
    pub takes_address: bool,
    /// Whether it runs on this machine.
    pub local: bool,
    /// The ways in which it can be spoken to, the usual one first.
    pub wires: Vec<Wire>,
    /// Where its key is.
    pub key: KeyState,
    /// The environment variable that can hold its key.
    pub key_variable: Option<String>,
    /// Its models, the newest first where that is known; the user may name others.
    pub models: Vec<ModelOption>,
    /// Why it cannot be used at present, where that is known.
    pub fault: Option<Fault>,
}

/// Where the key of a provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KeyState {
    /// It needs none.
    NotNeeded,
    /// In the keychain.
    Kept,
    /// In the environment.
    Environment,
    /// Nowhere.
    Missing,
}

/// A model that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ModelOption {
    /// The model's name as the provider knows it.
    pub name: String,
    /// Its name, for people.
    pub label: String,
    /// Tokens that it can read at once, where that is known.
    pub window: Option<u32>,
    /// Tokens that it can write at once, where that is known.
    pub output_limit: Option<u32>,
    /// What it costs, where that is known.
    pub price: Option<ModelPrice>,
}

/// What a model costs, in millionths of a US dollar for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ModelPrice {
    /// Tokens it reads.
    pub input: u32,
    /// Tokens it reads from the provider's cache.
    pub cached: Option<u32>,
    /// Tokens it writes.
    pub output: u32,
    /// Whether other prices hold for long conversations or at some hours; these are the lowest.
    pub tiered: bool,
}

/// How a model answered a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ModelTest {
    /// From the request to the end of the answer.
    pub answered_ms: u32,
    /// Whether it called the tool that it was asked to call; one that does not cannot work as an agent.
    pub calls_tools: bool,
    /// What it said.
    pub text: String,
}

/// Which price list is in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct CatalogueInfo {
    /// Where it comes from, with its version.
    pub source: String,
    /// Its date, such as 2026-11-01.
    pub date: String,
    /// Its licence.
    pub licence: String,
    /// Models in it.
    pub models: u32,
    /// The file in which the user can add or change models.
    pub overrides: String,
    /// Models that this file changes or adds.
    pub overridden: u32,
    /// What is wrong with this file, if something is.
    pub fault: Option<Fault>,
}

impl Engine {
    /// Returns the providers with their models, and the model servers found on this machine: first what can
    /// be used at once, last the recorded demonstration.
    ///
    /// # Errors
    /// None at present; a keychain that does not open is told as the fault of the providers concerned.
    pub async fn providers(&self) -> Result<Vec<ProviderOption>, EngineError> {
        Ok(self.list_providers().await)
    }

    /// Asks a model for a short answer and a tool call, and says in words what is wrong.
    ///
    /// # Errors
    /// [`EngineError::Choice`] for a choice that makes no sense, a missing key and a model that says nothing
    /// within 30 seconds; else those of the model, each with what to do.
    pub async fn test_model(&self, choice: &ModelChoice) -> Result<ModelTest, EngineError> {
        self.ask_for_ping(choice).await
    }

    /// Says which price list is in use.
    pub async fn catalogue(&self) -> CatalogueInfo {
        let list = Catalogue::bundled();
        let (overrides, fault) = self.shared.prices.overrides();
        let count = |models: usize| u32::try_from(models).unwrap_or(u32::MAX);
        CatalogueInfo {
            source: list.source(),
            date: list.date().to_owned(),
            licence: list.licence().to_owned(),
            models: count(list.count()),
            overrides: self.shared.prices.path().display().to_string(),
            overridden: count(overrides.count()),
            fault,
        }
    }
}
