//! The providers as they are listed: those that can be used at once come first.

use super::models::{KeyState, ModelOption, ModelPrice, ProviderOption};
use super::prices::choice_of;
use super::{Engine, Shared};
use crate::EngineError;
use anchorhold_domain::{ModelChoice, Wire};
use anchorhold_model::{Catalogue, DEMO_MODEL, FoundModel, FoundServer, ModelInfo, discover};
use anchorhold_secrets::{Found, SecretName};
use futures_util::future::{join, join_all};

/// Providers with an address and a key of their own, their names for people, and how they are spoken to.
const OWN: [(&str, &str, &[Wire]); 4] = [
    ("anthropic", "Anthropic", &[Wire::Messages]),
    ("openai", "OpenAI", &[Wire::Responses, Wire::Chat]),
    ("gemini", "Google Gemini", &[Wire::Gemini]),
    ("openrouter", "OpenRouter", &[Wire::Chat]),
];

impl Engine {
    /// Lists the providers, and the model servers found on this machine.
    pub(super) async fn list_providers(&self) -> Vec<ProviderOption> {
        let shared = &self.shared;
        let own = join_all(OWN.map(|(provider, label, wires)| shared.own(provider, label, wires)));
        let (mut listed, found) = join(own, discover(&shared.config.model_servers)).await;
        listed.extend(found.iter().map(|server| shared.local(server)));
        listed.push(compatible());
        listed.push(shared.recording());
        listed.sort_by_key(rank);
        listed
    }
}

/// What can be used at once comes first, and the recording, which does no work, last.
fn rank(option: &ProviderOption) -> u8 {
    match option.key {
        _ if option.provider == "scripted" => 3,
        _ if option.takes_address => 2,
        KeyState::Missing => 1,
        KeyState::NotNeeded | KeyState::Kept | KeyState::Environment => 0,
    }
}

impl Shared {
    async fn own(&self, provider: &str, label: &str, wires: &[Wire]) -> ProviderOption {
        let name = SecretName::ModelKey { provider: provider.to_owned() };
        let place = self.secrets.place(&name).await;
        let key = match &place {
            Ok(Some(Found::Session | Found::Keychain)) => KeyState::Kept,
            Ok(Some(Found::Environment)) => KeyState::Environment,
            Ok(None) | Err(_) => KeyState::Missing,
        };
        // A keychain that is locked takes away the keys in it, and not the list.
        let fault = place.err().map(|error| EngineError::from(error).fault());
        let overrides = self.prices.overrides().0;
        let catalogue = Catalogue::bundled().offered(provider);
        let added = overrides.names(provider).into_iter().map(|name| (name.to_owned(), name.to_owned()));
        let listed = catalogue.into_iter().map(|model| (model.name, model.label));
        let mut models: Vec<ModelOption> = Vec::new();
        for (name, label) in added.chain(listed) {
            if models.iter().all(|model| model.name != name) {
                let info = self.model_info(&choice(provider, &name));
                models.push(option(name, label, &info));
            }
        }
        ProviderOption {
            provider: provider.to_owned(),
            label: label.to_owned(),
            base_url: None,
            takes_address: false,
            local: false,
            wires: wires.to_vec(),
            key,
            // The first is this program's own, and the second the one that everybody knows.
            key_variable: name.variables().into_iter().nth(1),
            models,
            fault,
        }
    }

    fn local(&self, server: &FoundServer) -> ProviderOption {
        self.prices.remember(server);
        let label = match server.provider {
            "ollama" => "Ollama",
            "lmstudio" => "LM Studio",
            _ => "llama.cpp",
        };
        let model = |model: &FoundModel| {
            let label = match model.calls_tools {
                Some(false) => format!("{} (calls no tools)", model.name),
                Some(true) | None => model.name.clone(),
            };
            option(model.name.clone(), label, &self.model_info(&choice_of(server, &model.name)))
        };
        let here = url::Url::parse(&server.base_url).is_ok_and(|url| anchorhold_model::is_this_machine(&url));
        ProviderOption {
            provider: server.provider.to_owned(),
            label: label.to_owned(),
            base_url: Some(server.base_url.clone()),
            takes_address: false,
            local: here,
            wires: vec![Wire::Chat],
            key: KeyState::NotNeeded,
            key_variable: None,
            models: server.models.iter().map(model).collect(),
            fault: None,
        }
    }

    fn recording(&self) -> ProviderOption {
        let info = self.model_info(&choice("scripted", DEMO_MODEL));
        ProviderOption {
            provider: "scripted".to_owned(),
            label: "Recorded demonstration".to_owned(),
            base_url: None,
            takes_address: false,
            local: true,
            wires: vec![Wire::Chat],
            key: KeyState::NotNeeded,
            key_variable: None,
            models: vec![option(DEMO_MODEL.to_owned(), "Plays back a recording".to_owned(), &info)],
            fault: None,
        }
    }
}

/// Any server that speaks as one of the others does, at an address that the user gives.
fn compatible() -> ProviderOption {
    ProviderOption {
        provider: "compatible".to_owned(),
        label: "Compatible server".to_owned(),
        base_url: None,
        takes_address: true,
        local: false,
        wires: vec![Wire::Chat, Wire::Responses, Wire::Messages, Wire::Gemini],
        key: KeyState::NotNeeded,
        key_variable: None,
        models: Vec::new(),
        fault: None,
    }
}

fn choice(provider: &str, name: &str) -> ModelChoice {
    ModelChoice {
        provider: provider.to_owned(),
        name: name.to_owned(),
        base_url: None,
        wire: None,
        effort: None,
    }
}

fn option(name: String, label: String, info: &ModelInfo) -> ModelOption {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let price = info.price.as_ref().map(|price| {
        let (lowest, tiered) = price.lowest(now);
        ModelPrice {
            input: lowest.input.base.micros(),
            cached: lowest.cached.as_ref().map(|rate| rate.base.micros()),
            output: lowest.output.base.micros(),
            tiered,
        }
    });
    ModelOption { name, label, window: info.window, output_limit: info.output_limit, price }
}
