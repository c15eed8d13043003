//! Model servers on this machine: Ollama, LM Studio and llama.cpp, each where it usually listens.
//!
//! Nothing is started, loaded or asked for an answer. What a server says of its models is text from
//! elsewhere: it is bounded, and a name that could not be shown as it is makes no model. Something else that
//! listens at the place is passed over in silence.

mod fetch;
mod llamacpp;
mod lmstudio;
mod ollama;

use fetch::Client;
use futures_util::future::join_all;
use std::time::Duration;
use url::Url;

/// Models taken from one server; more than anybody keeps.
const MOST_MODELS: usize = 200;
/// The longest name of a model, in characters.
const LONGEST_NAME: usize = 200;
/// How long an answer may take; a closed port answers at once.
const PATIENCE: Duration = Duration::from_millis(500);

/// Where servers are looked for, each as an address without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Ollama.
    pub ollama: Option<Url>,
    /// LM Studio.
    pub lmstudio: Option<Url>,
    /// llama.cpp's server.
    pub llamacpp: Option<Url>,
    /// How long each answer may take.
    pub patience: Duration,
}

impl Places {
    /// The usual places, or those that the environment names: `OLLAMA_HOST` as Ollama's own programs read
    /// it, `ANCHORHOLD_LMSTUDIO` and `ANCHORHOLD_LLAMACPP` in the same form. A variable that says `off`
    /// leaves that server alone.
    #[must_use]
    pub fn from_environment(read: impl Fn(&str) -> Option<String>) -> Self {
        let place = |variable, port| match read(variable).filter(|value| !value.trim().is_empty()) {
            Some(value) if value.trim() == "off" => None,
            Some(value) => place(&value, port),
            None => place("127.0.0.1", port),
        };
        Self {
            ollama: place("OLLAMA_HOST", 11_434),
            lmstudio: place("ANCHORHOLD_LMSTUDIO", 1234),
            llamacpp: place("ANCHORHOLD_LLAMACPP", 8080),
            patience: PATIENCE,
        }
    }

    /// No places.
    #[must_use]
    pub fn nowhere() -> Self {
        Self { ollama: None, lmstudio: None, llamacpp: None, patience: PATIENCE }
    }
}

/// A server that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundServer {
    /// The provider, as a `ModelChoice` names it: `ollama`, `lmstudio` or `llamacpp`.
    pub provider: &'static str,
    /// Its address for requests, ending in `/v1`.
    pub base_url: String,
    /// Its models, in its own order.
    pub models: Vec<FoundModel>,
}

/// A model of a server that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundModel {
    /// Its name, as requests say it.
    pub name: String,
    /// Tokens that it can read at once, as the server says; for Ollama the model's own maximum where the
    /// server does not tell with how many it will load it.
    pub window: Option<u32>,
    /// Whether it calls tools, where the server says so.
    pub calls_tools: Option<bool>,
}

/// Looks for servers in all places at once.
pub async fn discover(places: &Places) -> Vec<FoundServer> {
    let Some(client) = Client::new(places.patience).await else { return Vec::new() };
    let all = [("ollama", &places.ollama), ("lmstudio", &places.lmstudio), ("llamacpp", &places.llamacpp)];
    let asked = all.into_iter().filter_map(|(provider, place)| Some((provider, place.as_ref()?)));
    let found = join_all(asked.map(|(provider, place)| look(&client, provider, place))).await;
    found.into_iter().flatten().collect()
}

/// Asks one server for its models. `address` is its own or the one for requests, ending in `/v1`.
pub async fn models_at(provider: &str, address: &str, patience: Duration) -> Option<FoundServer> {
    let mut place = Url::parse(address).ok()?;
    place.set_path("");
    place.set_query(None);
    look(&Client::new(patience).await?, provider, &place).await
}

async fn look(client: &Client, provider: &str, place: &Url) -> Option<FoundServer> {
    let (provider, models) = match provider {
        "ollama" => ("ollama", ollama::models(client, place).await?),
        "lmstudio" => ("lmstudio", lmstudio::models(client, place).await?),
        "llamacpp" => ("llamacpp", llamacpp::models(client, place).await?),
        _ => return None,
    };
    let mut models: Vec<FoundModel> = models.into_iter().filter(|model| is_clean(&model.name)).collect();
    models.truncate(MOST_MODELS);
    Some(FoundServer { provider, base_url: place.join("v1").ok()?.to_string(), models })
}

/// Whether a name can be shown and sent as it is: not empty, not long, and of visible ASCII, since a letter
/// that looks like another, turns the writing or cannot be seen would let it pass for another model.
fn is_clean(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Tokens as a server says them; 0 and numbers that no model has count as nothing said.
fn tokens(value: Option<&serde_json::Value>) -> Option<u32> {
    let number = value?.as_u64().and_then(|number| u32::try_from(number).ok())?;
    (number > 0).then_some(number)
}

/// Reads `host`, `host:port` or an address, as `OLLAMA_HOST` is written. The wildcard that a server listens
/// at means this machine.
fn place(text: &str, port: u16) -> Option<Url> {
    let text = text.trim();
    // An IPv6 address has colons of its own.
    let bare = text.parse::<std::net::Ipv6Addr>().map(|ip| format!("[{ip}]"));
    let text = bare.unwrap_or_else(|_| text.to_owned());
    let written = text.contains("://");
    let mut url = Url::parse(&if written { text.clone() } else { format!("http://{text}") }).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    if matches!(url.host_str(), Some("0.0.0.0" | "[::]")) {
        url.set_host(Some("127.0.0.1")).ok()?;
    }
    // A written address without a port means that of its scheme, as Ollama has it; port 80 of `host:80`
    // cannot be told from none once it is parsed.
    if url.port().is_none() && !written && !text.trim_end_matches('/').ends_with(":80") {
        url.set_port(Some(port)).ok()?;
    }
    url.set_path("");
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_ollamas_own_programs_read_it() {
        let written = [
            "localhost",
            "127.0.0.1:11500",
            "0.0.0.0",
            "http://0.0.0.0:9000/",
            "https://models.example.com/ollama",
            "::1",
            "[::]:11434",
            "box:80",
            " box ",
        ];
        let places = written.map(|text| place(text, 11_434).map(String::from).unwrap_or_default());
        assert_eq!(
            places,
            [
                "http://localhost:11434/",
                "http://127.0.0.1:11500/",
                "http://127.0.0.1:11434/",
                "http://127.0.0.1:9000/",
                "https://models.example.com/",
                "http://[::1]:11434/",
                "http://127.0.0.1:11434/",
                "http://box/",
                "http://box:11434/",
            ]
        );
        for none in ["unix:///run/ollama", "http://", "me:secret@box", "box:notaport"] {
            assert_eq!(place(none, 1), None, "{none}");
        }
    }

    #[test]
    fn the_environment_moves_a_place_or_takes_it_away() {
        let usual = Places::from_environment(|_| None);
        assert_eq!(usual.lmstudio.map(String::from).as_deref(), Some("http://127.0.0.1:1234/"));
        let moved = Places::from_environment(|variable| match variable {
            "OLLAMA_HOST" => Some("box:9".to_owned()),
            "ANCHORHOLD_LLAMACPP" => Some("off".to_owned()),
            _ => Some(String::new()),
        });
        assert_eq!(
            [moved.ollama, moved.lmstudio, moved.llamacpp].map(|place| place.map(String::from)),
            [Some("http://box:9/".to_owned()), Some("http://127.0.0.1:1234/".to_owned()), None]
        );
    }

    #[test]
    fn only_a_name_that_is_what_it_looks_like_makes_a_model() {
        let long = "a".repeat(201);
        for name in ["", "a b", "a\nb", "gpt\u{202e}4", "gpt-4\u{200b}", "ollam\u{430}", long.as_str()] {
            assert!(!is_clean(name), "{name:?}");
        }
        assert!(is_clean("hf.co/bartowski/Llama-3.2_3B-GGUF:Q4_K_M"));
    }
}
