//! Where each provider is found, and how it is spoken to.

use crate::error::{ErrorClass, ModelError};
use anchorhold_domain::{ModelChoice, Wire};

/// A provider that a [`ModelChoice`] can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The name in [`ModelChoice::provider`].
    pub name: &'static str,
    /// How it is spoken to at its own address.
    pub wire: Wire,
    /// How it is spoken to at an address that the user gives.
    pub wire_elsewhere: Wire,
    /// Its own address, ending in a slash; `None` where the user has to give one.
    pub address: Option<&'static str>,
    /// Whether a request without a key is refused.
    pub wants_key: bool,
}

const fn own(name: &'static str, wire: Wire, address: &'static str) -> Provider {
    Provider { name, wire, wire_elsewhere: wire, address: Some(address), wants_key: true }
}

const fn local(name: &'static str, address: Option<&'static str>) -> Provider {
    Provider { name, wire: Wire::Chat, wire_elsewhere: Wire::Chat, address, wants_key: false }
}

/// Every provider, by its name in a [`ModelChoice`].
pub const PROVIDERS: &[Provider] = &[
    own("anthropic", Wire::Messages, "https://api.anthropic.com/v1/"),
    // Servers that imitate OpenAI rarely know more than its older API.
    Provider { wire_elsewhere: Wire::Chat, ..own("openai", Wire::Responses, "https://api.openai.com/v1/") },
    own("gemini", Wire::Gemini, "https://generativelanguage.googleapis.com/v1beta/"),
    own("openrouter", Wire::Chat, "https://openrouter.ai/api/v1/"),
    local("ollama", Some("http://127.0.0.1:11434/v1/")),
    local("lmstudio", Some("http://127.0.0.1:1234/v1/")),
    local("llamacpp", Some("http://127.0.0.1:8080/v1/")),
    local("compatible", None),
    local("scripted", None),
];

/// Returns the provider with this name.
#[must_use]
pub fn provider(name: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.name == name)
}

/// Returns how a choice is spoken to: as it says, else in the provider's usual way. `None` for an
/// unknown provider.
#[must_use]
pub fn usual_wire(choice: &ModelChoice) -> Option<Wire> {
    let provider = provider(&choice.provider)?;
    let usual = if choice.base_url.is_some() { provider.wire_elsewhere } else { provider.wire };
    Some(choice.wire.unwrap_or(usual))
}

/// Returns the address that a choice's requests go to, ending in a slash: the one it gives, completed
/// with the version that its wire wants, else the provider's own. `None` for an unknown provider, or
/// where an address is needed and missing or no `http` address.
#[must_use]
pub fn address(choice: &ModelChoice) -> Option<String> {
    let wire = usual_wire(choice)?;
    match choice.base_url.as_deref() {
        Some(given) => normal(given, wire),
        None => provider(&choice.provider)?.address.map(str::to_owned),
    }
}

/// Completes an address as users write it: with or without a slash, a version, or the path of a request.
fn normal(given: &str, wire: Wire) -> Option<String> {
    let given = given.trim();
    let (scheme, rest) = given.split_once("://")?;
    if !matches!(scheme, "http" | "https") || rest.is_empty() || rest.starts_with('/') {
        return None;
    }
    let (base, query) = match given.split_once(['?', '#']) {
        // Azure and some gateways want a query with every request to these.
        Some((base, _)) if matches!(wire, Wire::Chat | Wire::Responses) => {
            (base, given.get(base.len()..).filter(|rest| rest.starts_with('?')).unwrap_or(""))
        }
        Some((base, _)) => (base, ""),
        None => (given, ""),
    };
    let base = base.trim_end_matches('/');
    let (base, version) = match without_request(base) {
        // Where a request goes is known to its last letter, also where no version stands in it.
        Some(base) => (base, ""),
        None if has_path(base) => (base, ""),
        None => (base, version(wire)),
    };
    Some(format!("{base}/{version}{query}"))
}

/// Returns an address without the path of a request that it ends in; `None` where it ends in none.
fn without_request(base: &str) -> Option<&str> {
    let request = ["/chat/completions", "/responses", "/messages"];
    let found = request.iter().find_map(|request| base.strip_suffix(request));
    // A host's own `/models` is no list of them: requests to Azure's go below it.
    let found = found.or_else(|| base.strip_suffix("/models").filter(|base| has_path(base)));
    found.map(|base| base.trim_end_matches('/'))
}

fn has_path(address: &str) -> bool {
    address.split_once("://").is_some_and(|(_, rest)| rest.contains('/'))
}

/// Returns an address without what may be secret in it: a name and password, and its query.
pub(crate) fn shown(address: &str) -> String {
    let address = address.split_once('?').map_or(address, |(address, _)| address);
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}://{host}/{path}")
}

/// The version that a wire's address ends in, where the user gives a host alone.
const fn version(wire: Wire) -> &'static str {
    match wire {
        Wire::Chat | Wire::Responses | Wire::Messages => "v1/",
        Wire::Gemini => "v1beta/",
    }
}

/// Returns the wire and the address of a choice.
///
/// # Errors
/// [`ModelError`] where the provider is unknown or its address missing or no address.
pub(crate) fn target(choice: &ModelChoice) -> Result<(Wire, String), ModelError> {
    let nowhere = |class, reason: String| {
        let place = choice.base_url.as_deref().map_or_else(|| "no address".to_owned(), shown);
        ModelError::new(&choice.name, &place, class, reason)
    };
    let Some(wire) = usual_wire(choice) else {
        let known: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
        let reason =
            format!("there is no provider named {:?}; there are {}", choice.provider, known.join(", "));
        return Err(nowhere(ErrorClass::NotFound, reason));
    };
    match address(choice) {
        Some(address) => Ok((wire, address)),
        None if choice.base_url.is_some() => Err(nowhere(
            ErrorClass::NotFound,
            "the base URL is no address; it looks like http://127.0.0.1:8080/v1".to_owned(),
        )),
        None => Err(nowhere(
            ErrorClass::NotFound,
            format!("the provider {:?} has no address of its own; give it a base URL", choice.provider),
        )),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn choice(provider: &str, base_url: Option<&str>) -> ModelChoice {
        ModelChoice {
            provider: provider.to_owned(),
            name: "m".to_owned(),
            base_url: base_url.map(str::to_owned),
            wire: None,
            effort: None,
        }
    }

    #[test]
    fn every_provider_has_its_wire_and_address() {
        let found: Vec<_> = PROVIDERS
            .iter()
            .map(|provider| {
                let (own, given) = (choice(provider.name, None), choice(provider.name, Some("http://h")));
                (provider.name, usual_wire(&own), address(&own), usual_wire(&given), address(&given))
            })
            .collect();
        let row = |name, wire, address: Option<&str>, elsewhere, given: &str| {
            (name, Some(wire), address.map(str::to_owned), Some(elsewhere), Some(given.to_owned()))
        };
        use Wire::{Chat, Gemini, Messages, Responses};
        assert_eq!(
            found,
            [
                row("anthropic", Messages, Some("https://api.anthropic.com/v1/"), Messages, "http://h/v1/"),
                row("openai", Responses, Some("https://api.openai.com/v1/"), Chat, "http://h/v1/"),
                row(
                    "gemini",
                    Gemini,
                    Some("https://generativelanguage.googleapis.com/v1beta/"),
                    Gemini,
                    "http://h/v1beta/"
                ),
                row("openrouter", Chat, Some("https://openrouter.ai/api/v1/"), Chat, "http://h/v1/"),
                row("ollama", Chat, Some("http://127.0.0.1:11434/v1/"), Chat, "http://h/v1/"),
                row("lmstudio", Chat, Some("http://127.0.0.1:1234/v1/"), Chat, "http://h/v1/"),
                row("llamacpp", Chat, Some("http://127.0.0.1:8080/v1/"), Chat, "http://h/v1/"),
                row("compatible", Chat, None, Chat, "http://h/v1/"),
                row("scripted", Chat, None, Chat, "http://h/v1/"),
            ]
        );
    }

    #[test]
    fn a_choice_can_name_its_wire() {
        let chosen = ModelChoice { wire: Some(Wire::Messages), ..choice("compatible", Some("http://h")) };
        assert_eq!(usual_wire(&chosen), Some(Wire::Messages));
    }

    #[test]
    fn an_address_is_completed_however_it_is_written() {
        let written = [
            "http://h:1",
            " http://h:1/ ",
            "http://h:1/v1",
            "http://h:1/v1/",
            "http://h:1/v1//",
            "http://h:1/v1/chat/completions",
            "https://h/openai/deployments/x",
            "https://h/v1?api-version=2024",
            "https://h/v1#part",
            "https://h/v1/models",
            "https://h/models",
            "https://h/models/chat/completions?api-version=2024",
            "https://h/chat/completions",
            "https://h/v1/responses/",
        ];
        let completed: Vec<_> =
            written.iter().map(|given| address(&choice("compatible", Some(given))).unwrap()).collect();
        assert_eq!(
            completed,
            [
                "http://h:1/v1/",
                "http://h:1/v1/",
                "http://h:1/v1/",
                "http://h:1/v1/",
                "http://h:1/v1/",
                "http://h:1/v1/",
                "https://h/openai/deployments/x/",
                "https://h/v1/?api-version=2024",
                "https://h/v1/",
                "https://h/v1/",
                "https://h/models/",
                "https://h/models/?api-version=2024",
                "https://h/",
                "https://h/v1/",
            ]
        );
    }

    #[test]
    fn what_is_no_address_is_refused_in_words() {
        for given in ["", "h:1", "file:///etc", "http://", "http:///v1"] {
            let error = target(&choice("compatible", Some(given))).unwrap_err();
            assert_eq!(error.class, ErrorClass::NotFound);
            assert!(error.reason.contains("is no address"), "{given}: {error}");
        }
        let missing = target(&choice("compatible", None)).unwrap_err();
        assert!(missing.reason.contains("give it a base URL"), "{missing}");
        let unknown = target(&choice("opnai", None)).unwrap_err();
        assert_eq!(unknown.class, ErrorClass::NotFound);
        assert!(unknown.reason.contains("no provider named \"opnai\"; there are anthropic"), "{unknown}");
    }
}
