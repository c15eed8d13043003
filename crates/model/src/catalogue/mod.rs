//! What is known of models: how much they read and write at once, and what they cost.
//!
//! It comes from a dated copy of pydantic's `genai-prices` in `data/`, from a list of documented output
//! limits, and from the user's own file, which comes before both. Nothing is fetched at run time, and what
//! is not known stays unknown.

mod clause;
mod limits;
mod list;
mod overrides;
mod price;

pub use overrides::{Overrides, OverridesError};
pub use price::{Nanos, Period, Price, Rate, Rates};

use anchorhold_domain::ModelChoice;
use list::{List, Listed, Provider};
use std::net::IpAddr;
use std::sync::LazyLock;
use url::{Host, Url};

/// What is known of a model; `None` where it is not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelInfo {
    /// Tokens that it can read at once.
    pub window: Option<u32>,
    /// Tokens that it can write at once.
    pub output_limit: Option<u32>,
    /// What it costs. Unknown is not the same as nothing.
    pub price: Option<Price>,
}

/// A model of the price list, to be chosen from.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedModel {
    /// Its name, as requests say it.
    pub name: String,
    /// Its name, for people.
    pub label: String,
    /// What is known of it.
    pub info: ModelInfo,
}

/// The price list.
#[derive(Debug)]
pub struct Catalogue {
    list: List,
}

/// The fewest tokens that a model must read at once to be offered: less does not hold a prompt and a file.
const SMALLEST_WINDOW: u32 = 32_000;
/// Parts of names of models that answer with something else than text and tool calls.
const OTHER_KINDS: [&str; 17] = [
    "audio",
    "embed",
    "ft:",
    "guard",
    "image",
    "instruct",
    "live",
    "moderation",
    "nano-banana",
    "omni",
    "realtime",
    "robotics",
    "search",
    "transcribe",
    "tts",
    "vision",
    ":batch",
];

impl Catalogue {
    /// The list that comes with this program.
    #[must_use]
    pub fn bundled() -> &'static Self {
        static BUNDLED: LazyLock<Catalogue> = LazyLock::new(|| Catalogue {
            // It cannot fail: a test reads the same bytes. An empty list would make every price unknown.
            list: serde_json::from_str(DATA).unwrap_or_else(|error| {
                tracing::error!(%error, "the price list that came with this program cannot be read");
                let unread = || "unreadable".to_owned();
                List {
                    source: unread(),
                    version: unread(),
                    date: unread(),
                    licence: unread(),
                    providers: vec![],
                }
            }),
        });
        &BUNDLED
    }

    /// Where it comes from, with its version.
    #[must_use]
    pub fn source(&self) -> String {
        format!("{} {}", self.list.source, self.list.version)
    }

    /// Its date, such as 2026-11-01.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.list.date
    }

    /// Its licence.
    #[must_use]
    pub fn licence(&self) -> &str {
        &self.list.licence
    }

    /// How many models are in it.
    #[must_use]
    pub fn count(&self) -> usize {
        self.list.providers.iter().map(|provider| provider.models.len()).sum()
    }

    /// What is known of a model.
    #[must_use]
    pub fn info(&self, choice: &ModelChoice) -> ModelInfo {
        let address = choice.base_url.as_deref().map(Url::parse);
        match choice.provider.as_str() {
            // The recording of this program is played on this machine.
            "scripted" if address.is_none() => free(),
            "ollama" | "lmstudio" | "llamacpp" => match runs_here(choice) {
                true => free(),
                false => ModelInfo::default(),
            },
            provider => {
                let seller = match &address {
                    None => self.provider(listed_as(provider)),
                    Some(Ok(address)) => self.seller_at(address),
                    Some(Err(_)) => None,
                };
                seller.map(|seller| self.sold_by(seller, &choice.name)).unwrap_or_default()
            }
        }
    }

    /// The models of a provider that can be chosen for work, newer versions first.
    #[must_use]
    pub fn offered(&self, provider: &str) -> Vec<ListedModel> {
        let listed_as = listed_as(provider);
        let Some(seller) = self.provider(listed_as) else { return Vec::new() };
        let mut models: Vec<ListedModel> = seller
            .models
            .iter()
            .filter(|model| is_offered(listed_as, model))
            .map(|model| ListedModel {
                name: model.id.clone(),
                label: model.name.clone().unwrap_or_else(|| model.id.clone()),
                info: self.sold_by(seller, &model.id),
            })
            .collect();
        models.sort_by(|a, b| version(&b.name).cmp(&version(&a.name)).then_with(|| a.name.cmp(&b.name)));
        models
    }

    fn provider(&self, id: &str) -> Option<&Provider> {
        self.list.providers.iter().find(|provider| provider.id == id)
    }

    /// Whose server answers at an address.
    fn seller_at(&self, address: &Url) -> Option<&Provider> {
        let text = address.as_str();
        self.list.providers.iter().find(|provider| {
            let Some(end) = provider.address.end_in(text) else { return false };
            let (before, rest) = text.split_at(end);
            // A host that only begins like the provider's is another one.
            before.ends_with('/') || rest.is_empty() || rest.starts_with('/') || provider.address.ends_open()
        })
    }

    /// What is known of a model from one who sells it.
    fn sold_by(&self, seller: &Provider, name: &str) -> ModelInfo {
        let name = name.trim().to_lowercase();
        let found = self.find(seller, &name);
        let (maker, plain) = made_by(&seller.id, &name);
        let mut info = ModelInfo {
            window: found.and_then(|model| model.window),
            output_limit: limits::output_limit(maker, plain),
            price: found.and_then(|model| model.prices.clone()),
        };
        if seller.id == "openrouter" {
            // How long a model's memory is its maker says as well, but not what another asks for it.
            let maker = self.provider(maker).filter(|_| info.window.is_none());
            info.window = info
                .window
                .or_else(|| maker.and_then(|maker| self.find(maker, plain)).and_then(|model| model.window));
            if name.ends_with(":free") {
                info.price = Some(Price::nothing());
            }
        }
        info
    }

    /// Finds a model by its name, as the package does: the seller's own first, then those that it sells for
    /// others, and then with its date written in the other way.
    fn find<'a>(&'a self, seller: &'a Provider, name: &str) -> Option<&'a Listed> {
        self.find_as_written(seller, name).or_else(|| self.find_as_written(seller, &with_hyphens(name)?))
    }

    fn find_as_written<'a>(&'a self, seller: &'a Provider, name: &str) -> Option<&'a Listed> {
        let own = seller.models.iter().find(|model| model.names.holds(name));
        own.or_else(|| {
            let others = seller.fallback.iter().filter_map(|id| self.provider(id));
            others.flat_map(|provider| &provider.models).find(|model| model.names.holds(name))
        })
    }
}

const DATA: &str = include_str!("../../data/genai-prices.json");

fn free() -> ModelInfo {
    ModelInfo { price: Some(Price::nothing()), ..ModelInfo::default() }
}

/// The name by which the list knows a provider of ours.
fn listed_as(provider: &str) -> &str {
    match provider {
        "gemini" => "google",
        other => other,
    }
}

/// Whether a local server's model runs on this machine, and so costs nothing. Ollama passes models whose
/// name says `cloud` on to a service of its own.
fn runs_here(choice: &ModelChoice) -> bool {
    let here = match choice.base_url.as_deref().map(Url::parse) {
        None => true,
        Some(Ok(address)) => is_this_machine(&address),
        Some(Err(_)) => false,
    };
    here && !choice.name.ends_with("-cloud") && !choice.name.ends_with(":cloud")
}

/// Whether an address is that of this machine itself.
#[must_use]
pub fn is_this_machine(address: &Url) -> bool {
    match address.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Who makes a model and what they call it; sellers of many makers' models write `maker/name`.
fn made_by<'a>(seller: &'a str, name: &'a str) -> (&'a str, &'a str) {
    let (maker, plain) = match name.split_once('/') {
        Some((maker, plain)) if seller == "openrouter" => (maker, plain),
        _ => (seller, name),
    };
    let maker = match maker {
        "mistralai" => "mistral",
        // Both sell what Anthropic makes under Anthropic's names.
        "google" | "azure" if plain.starts_with("claude") => "anthropic",
        "azure" => "openai",
        other => other,
    };
    (maker, plain.split_once(':').map_or(plain, |(plain, _)| plain))
}

fn is_offered(provider: &str, model: &Listed) -> bool {
    let id = model.id.as_str();
    let other_kind = OTHER_KINDS.iter().any(|kind| id.contains(kind));
    let right = match provider {
        // The list has windows of few of Google's models, and models of others that only Vertex has.
        "google" => id.starts_with("gemini-") && model.window.is_none_or(|window| window >= SMALLEST_WINDOW),
        "openrouter" => id.contains('/') && model.window.is_some_and(|window| window >= SMALLEST_WINDOW),
        _ => model.window.is_some_and(|window| window >= SMALLEST_WINDOW),
    };
    right && !other_kind && !model.deprecated && model.prices.is_some()
}

/// The numbers of a name's version, so that 5.5 comes before 5 and that before 4.
fn version(name: &str) -> Vec<u32> {
    let plain = name.rsplit('/').next().unwrap_or(name);
    let parts = plain.split(|c: char| !c.is_ascii_alphanumeric());
    let numbers = parts.map(|part| part.trim_start_matches(|c: char| c.is_ascii_alphabetic()));
    // A date is no version, and neither is a size such as 70b.
    numbers.filter(|part| part.len() < 4).filter_map(|part| part.parse().ok()).collect()
}

/// A name whose date is written `-20251211`, with hyphens within it.
fn with_hyphens(name: &str) -> Option<String> {
    let start = name.match_indices("-20").map(|(at, _)| at + 1).find(|start| {
        let date = name.get(*start..start + 8).unwrap_or_default();
        let month_and_day = (date.get(4..6), date.get(6..8));
        let is = |part: Option<&str>, last: u8| {
            part.and_then(|part| part.parse::<u8>().ok()).is_some_and(|number| (1..=last).contains(&number))
        };
        let ends = name.get(start + 8..).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', ':']));
        date.len() == 8
            && date.bytes().all(|byte| byte.is_ascii_digit())
            && is(month_and_day.0, 12)
            && is(month_and_day.1, 31)
            && ends
    })?;
    let (year, month, day) =
        (name.get(..start + 4)?, name.get(start + 4..start + 6)?, name.get(start + 6..)?);
    Some(format!("{year}-{month}-{day}"))
}

#[cfg(test)]
mod tests;
