//! Which choices of a model make sense: a known provider, an address that keeps a conversation private, and
//! limits that can be held.

use super::{Engine, Shared};
use crate::EngineError;
use anchorhold_domain::{Limits, ModelChoice};
use anchorhold_model::{PROVIDERS, is_this_machine, provider};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// Providers and the hosts that their keys are for.
const OWN_HOSTS: [(&str, &str); 4] = [
    ("anthropic", "api.anthropic.com"),
    ("openai", "api.openai.com"),
    ("gemini", "generativelanguage.googleapis.com"),
    ("openrouter", "openrouter.ai"),
];

/// Checks that a model can be asked at all.
///
/// # Errors
/// [`EngineError::Choice`], with what to do instead.
pub(crate) fn check_choice(choice: &ModelChoice) -> Result<(), EngineError> {
    let refuse = |code, reason: String, hint: &str| {
        Err(EngineError::Choice { code, model: shown(choice), reason, hint: hint.to_owned() })
    };
    let Some(known) = provider(&choice.provider) else {
        let names: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
        return refuse(
            "provider_unknown",
            format!("there is no provider named {:?}", choice.provider),
            &format!("use one of {}", names.join(", ")),
        );
    };
    if choice.name.trim().is_empty() || choice.name.chars().any(char::is_control) {
        let reason = "the model's name is empty or holds control characters".to_owned();
        return refuse("model_empty", reason, "list the models with `anchorctl models`");
    }
    let Some(address) = choice.base_url.as_deref() else {
        // The recording has a server of its own, which is started for it.
        return match known.address.is_some() || choice.provider == "scripted" {
            true => Ok(()),
            false => refuse(
                "address_missing",
                format!("the provider {:?} has no address of its own", choice.provider),
                "give it a base URL, such as https://models.example.com/v1",
            ),
        };
    };
    let url = Url::parse(address.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = url.filter(Url::has_host) else {
        let reason = "the base URL is no address".to_owned();
        return refuse("address_invalid", reason, "it looks like https://models.example.com/v1");
    };
    if !url.username().is_empty() || url.password().is_some() {
        // What stands in an address is logged, shown and kept.
        let reason = "the base URL holds a user name or a password".to_owned();
        return refuse("address_has_secret", reason, "keep the key with `anchorctl key set HOST` instead");
    }
    if url.scheme() == "http" && !is_near(&url) {
        let reason = "its base URL begins with http://, so that everybody on the way could read the key, \
                      the task and the code"
            .to_owned();
        let hint =
            "use https://; http:// is for this machine, private addresses and names of your own network";
        return refuse("address_in_clear", reason, hint);
    }
    Ok(())
}

/// Whether what is sent to an address in clear text stays on this machine or in the user's own network.
fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => is_private_v4(ip),
        Some(Host::Ipv6(ip)) => ip.to_ipv4_mapped().map_or_else(|| is_private_v6(ip), is_private_v4),
        // A name without a dot, or below one of these, is answered by the own network alone.
        Some(Host::Domain(name)) => {
            is_this_machine(url)
                || !name.contains('.')
                || [".local", ".internal", ".home.arpa", ".lan"].iter().any(|end| name.ends_with(end))
        }
        None => false,
    }
}

/// Link-local addresses are not among them: that of a cloud's machine data is one.
fn is_private_v4(ip: Ipv4Addr) -> bool {
    // 100.64.0.0/10 is what private networks over the internet use, which encrypt by themselves.
    let [first, second, ..] = ip.octets();
    ip.is_loopback() || ip.is_private() || (first == 100 && (64..128).contains(&second))
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    IpAddr::V6(ip).is_loopback() || ip.is_unique_local()
}

/// Whose key goes with a request: the provider's at its own host, and the server's own at any other, filed
/// under its host, with the port where the address names one. `None` where no key is wanted.
///
/// A key is scoped to one host: the provider's would otherwise go to whatever address an agent names.
pub(crate) fn key_owner(choice: &ModelChoice) -> Option<String> {
    let known = provider(&choice.provider)?;
    if choice.provider == "scripted" {
        return None;
    }
    let Some(address) = choice.base_url.as_deref() else {
        return known.wants_key.then(|| choice.provider.clone());
    };
    let url = Url::parse(address.trim()).ok()?;
    if !known.wants_key && choice.provider != "compatible" && is_this_machine(&url) {
        return None;
    }
    owner_at(&url)
}

/// Whether a model answers nobody without a key: one of a provider that wants one, at its own address. A
/// server of the user's own may do without.
pub(crate) fn needs_key(choice: &ModelChoice) -> bool {
    provider(&choice.provider).is_some_and(|known| known.wants_key && choice.base_url.is_none())
}

/// Whose key goes to an address.
pub(crate) fn owner_at(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let own = OWN_HOSTS.iter().find(|(_, own)| *own == host);
    match (own, url.port()) {
        (Some((provider, _)), None) if url.scheme() == "https" => Some((*provider).to_owned()),
        (_, Some(port)) => Some(format!("{host}:{port}")),
        // A server that is called as a provider is must not come by the provider's key.
        (_, None) if !host.contains('.') => Some(format!("{host}:{}", url.port_or_known_default()?)),
        (_, None) => Some(host.to_owned()),
    }
}

impl Engine {
    /// Checks the models of an agent and its limits of money.
    ///
    /// # Errors
    /// [`EngineError::Choice`], naming the model.
    pub(super) fn check_models(
        &self,
        model: &ModelChoice,
        fallback: Option<&ModelChoice>,
        limits: &Limits,
    ) -> Result<(), EngineError> {
        check_choice(model)?;
        fallback.map_or(Ok(()), check_choice)?;
        self.shared.check_money(model, fallback, limits)
    }
}

impl Shared {
    /// Checks that a limit of money can be held: where the price of a model is not known, another has to end
    /// the run.
    ///
    /// # Errors
    /// [`EngineError::Choice`], naming the model.
    pub(crate) fn check_money(
        &self,
        model: &ModelChoice,
        fallback: Option<&ModelChoice>,
        limits: &Limits,
    ) -> Result<(), EngineError> {
        if limits.money.is_none() || limits.tokens.is_some() {
            return Ok(());
        }
        let unpriced = [Some(model), fallback]
            .into_iter()
            .flatten()
            .find(|choice| self.model_info(choice).price.is_none());
        match unpriced {
            None => Ok(()),
            Some(choice) => Err(EngineError::Choice {
                code: "price_unknown",
                model: shown(choice),
                reason: "its price is not known, so that a limit of money alone would never be reached"
                    .to_owned(),
                hint: format!(
                    "set a limit of tokens as well, or add the price to {}",
                    self.prices.path().display()
                ),
            }),
        }
    }
}

/// A choice in words, without its address.
pub(crate) fn shown(choice: &ModelChoice) -> String {
    format!("{}/{}", choice.provider, choice.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(provider: &str, base_url: Option<&str>) -> ModelChoice {
        ModelChoice {
            provider: provider.to_owned(),
            name: "any".to_owned(),
            base_url: base_url.map(str::to_owned),
            wire: None,
            effort: None,
        }
    }

    #[test]
    fn a_providers_key_goes_to_its_own_address_alone() {
        let owners = [
            None,
            Some("https://api.openai.com/v1"),
            Some("https://API.OpenAI.com:443/v1"),
            Some("http://localhost:11434/v1"),
            Some("https://api.openai.com.evil.example/v1"),
            Some("https://api.openai.com:8443/v1"),
            Some("http://api.openai.com/v1"),
            Some("https://api.openai.com@evil.example/v1"),
            Some("http://openai/v1"),
        ]
        .map(|base_url| key_owner(&choice("openai", base_url)).unwrap_or_default());
        assert_eq!(
            owners,
            [
                "openai",
                "openai",
                "openai",
                "localhost:11434",
                "api.openai.com.evil.example",
                "api.openai.com:8443",
                "api.openai.com",
                "evil.example",
                "openai:80"
            ]
        );
    }

    #[test]
    fn every_provider_has_its_key_and_no_other_provider_is_sent_it() {
        for (provider, host) in OWN_HOSTS {
            assert_eq!(key_owner(&choice(provider, None)).as_deref(), Some(provider));
            for other in ["anthropic", "openai", "gemini", "openrouter", "compatible"] {
                let address = format!("https://{host}/v1");
                assert_eq!(key_owner(&choice(other, Some(&address))).as_deref(), Some(provider), "{other}");
            }
        }
    }

    #[test]
    fn a_server_on_this_machine_that_was_found_needs_no_key_and_any_other_has_its_own() {
        for provider in ["ollama", "lmstudio", "llamacpp"] {
            assert_eq!(key_owner(&choice(provider, None)), None);
            assert_eq!(key_owner(&choice(provider, Some("http://127.0.0.1:9000/v1"))), None);
            let away = key_owner(&choice(provider, Some("https://box.example.com/v1")));
            assert_eq!(away.as_deref(), Some("box.example.com"));
        }
        let own = key_owner(&choice("compatible", Some("http://127.0.0.1:9000/v1")));
        assert_eq!(own.as_deref(), Some("127.0.0.1:9000"));
        assert_eq!(key_owner(&choice("scripted", None)), None);
        assert_eq!(key_owner(&choice("scripted", Some("http://127.0.0.1:9000/v1"))), None);
    }

    #[track_caller]
    fn refused(provider: &str, base_url: Option<&str>, code: &str) {
        let checked = check_choice(&choice(provider, base_url));
        let told = checked.err().map(|error| (error.code(), error.hint().is_some()));
        assert_eq!(told, Some((code, true)), "{provider} at {base_url:?}");
    }

    #[test]
    fn a_choice_names_a_known_provider_and_an_address_where_it_has_none() {
        refused("opnai", None, "provider_unknown");
        refused("", None, "provider_unknown");
        refused("compatible", None, "address_missing");
        for address in ["", "models", "file:///etc/passwd", "ftp://a/b", "unix:/run/x"] {
            refused("compatible", Some(address), "address_invalid");
        }
        refused("compatible", Some("https://me:sk-1@models.example.com/v1"), "address_has_secret");
        let error = check_choice(&choice("compatible", Some("https://me:sk-1@models.example.com/v1"))).err();
        assert!(error.is_some_and(|error| !error.message().contains("sk-1")));
        let unnamed = ModelChoice { name: " ".to_owned(), ..choice("openai", None) };
        assert_eq!(check_choice(&unnamed).err().map(|error| error.code()), Some("model_empty"));
        for provider in
            ["anthropic", "openai", "gemini", "openrouter", "ollama", "lmstudio", "llamacpp", "scripted"]
        {
            assert!(check_choice(&choice(provider, None)).is_ok(), "{provider}");
        }
    }

    #[test]
    fn clear_text_is_for_this_machine_and_the_own_network() {
        for near in [
            "http://127.0.0.1:8080/v1",
            "http://localhost:1234",
            "http://[::1]:8080/v1",
            "http://[::ffff:10.0.0.1]/v1",
            "http://[fd00::1]/v1",
            "http://10.1.2.3/v1",
            "http://172.31.0.1/v1",
            "http://192.168.1.5:11434/v1",
            "http://100.100.1.1/v1",
            "http://workstation:11434/v1",
            "http://box.local/v1",
            "https://models.example.com/v1",
        ] {
            assert!(check_choice(&choice("compatible", Some(near))).is_ok(), "{near}");
        }
        for far in [
            "http://models.example.com/v1",
            "http://8.8.8.8/v1",
            "http://172.32.0.1/v1",
            "http://100.128.0.1/v1",
            "http://169.254.169.254/v1",
            "http://[2001:db8::1]/v1",
            "http://127.0.0.1.example.com/v1",
            "http://localhost.example.com/v1",
        ] {
            refused("compatible", Some(far), "address_in_clear");
            refused("openai", Some(far), "address_in_clear");
        }
    }
}
