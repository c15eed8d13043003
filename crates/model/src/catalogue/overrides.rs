//! The user's own file of models, which comes before the price list.
//!
//! ```json
//! { "models": [
//!     { "provider": "openai", "name": "gpt-5.2", "window": 400000, "outputLimit": 128000,
//!       "price": { "input": 1.75, "cached": 0.175, "cacheWrite": 1.75, "output": 14 } },
//!     { "provider": "compatible", "baseUrl": "https://models.example.com/v1", "prefix": "qwen",
//!       "window": 131072, "price": { "input": 0, "output": 0 } }
//! ] }
//! ```
//!
//! Prices are US dollars for a million tokens. The first entry that fits counts; what it does not say the
//! price list says. `baseUrl` keeps an entry to one server.

use super::price::{Nanos, Price, Rate, Rates};
use super::{Catalogue, ModelInfo};
use anchorhold_domain::ModelChoice;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;
const HINT: &str = "correct the file; until then prices and limits come from the bundled list alone";

/// Why the user's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OverridesError {
    /// It cannot be read.
    #[error("read {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// It is larger than any list of models.
    #[error("read {path}: it is larger than 1 MiB")]
    TooLarge {
        /// The file.
        path: String,
    },
    /// It is not what it should be.
    #[error("read {path}, line {line}: {reason}")]
    Invalid {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
}

impl OverridesError {
    /// The stable name of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "models_file_unreadable",
            Self::TooLarge { .. } => "models_file_too_large",
            Self::Invalid { .. } => "models_file_invalid",
        }
    }

    /// What the user can do now.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } | Self::TooLarge { .. } | Self::Invalid { .. } => HINT,
        }
    }
}

/// What the user says of models.
#[derive(Debug, Default)]
pub struct Overrides {
    models: Vec<Entry>,
}

/// The file as a whole; its entries are read one by one, so that an error names the line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole<'a> {
    #[serde(borrow)]
    models: Vec<&'a RawValue>,
}

#[derive(Debug)]
struct Entry {
    provider: String,
    base_url: Option<String>,
    names: Names,
    window: Option<u32>,
    output_limit: Option<u32>,
    price: Option<Price>,
}

#[derive(Debug)]
enum Names {
    Exactly(String),
    BeginningWith(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    provider: String,
    base_url: Option<String>,
    name: Option<String>,
    prefix: Option<String>,
    window: Option<u32>,
    output_limit: Option<u32>,
    price: Option<WrittenPrice>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WrittenPrice {
    input: f64,
    cached: Option<f64>,
    cache_write: Option<f64>,
    output: f64,
}

impl Overrides {
    /// Reads the file; without one there is nothing to override.
    ///
    /// # Errors
    /// [`OverridesError`], with the line.
    pub fn read(path: &Path) -> Result<Self, OverridesError> {
        let shown = || path.display().to_string();
        let unreadable = |source| OverridesError::Unreadable { path: shown(), source };
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            opened => opened.map_err(unreadable)?,
        };
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > LARGEST {
            return Err(OverridesError::TooLarge { path: shown() });
        }
        let invalid = |(line, reason)| OverridesError::Invalid { path: shown(), line, reason };
        let text = String::from_utf8(bytes).map_err(|_| invalid((1, "it is not UTF-8".to_owned())))?;
        // Editors on Windows begin a file with this mark.
        parse(text.trim_start_matches('\u{feff}')).map_err(invalid)
    }

    /// How many models it changes or adds.
    #[must_use]
    pub fn count(&self) -> usize {
        self.models.len()
    }

    /// What is known of a model: what the user says, and the list where the user does not.
    #[must_use]
    pub fn info(&self, choice: &ModelChoice, list: &Catalogue) -> ModelInfo {
        let listed = list.info(choice);
        let Some(entry) = self.models.iter().find(|entry| entry.fits(choice)) else { return listed };
        ModelInfo {
            window: entry.window.or(listed.window),
            output_limit: entry.output_limit.or(listed.output_limit),
            price: entry.price.clone().or(listed.price),
        }
    }

    /// The names of models that it names for a provider at its own address.
    #[must_use]
    pub fn names(&self, provider: &str) -> Vec<&str> {
        self.models
            .iter()
            .filter(|entry| entry.provider == provider && entry.base_url.is_none())
            .filter_map(|entry| match &entry.names {
                Names::Exactly(name) => Some(name.as_str()),
                Names::BeginningWith(_) => None,
            })
            .collect()
    }
}

/// Reads the text, or says in which line what is wrong.
fn parse(text: &str) -> Result<Overrides, (usize, String)> {
    let whole: Whole = serde_json::from_str(text).map_err(|error| (error.line(), reason(&error)))?;
    let entry = |raw: &RawValue| {
        // Both point into the same text.
        let start = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let before = text.bytes().take(start).filter(|byte| *byte == b'\n').count();
        let written: Written =
            serde_json::from_str(raw.get()).map_err(|error| (before + error.line(), reason(&error)))?;
        Entry::try_from(written).map_err(|reason| (before + 1, reason.to_owned()))
    };
    Ok(Overrides { models: whole.models.into_iter().map(entry).collect::<Result<_, _>>()? })
}

/// The reason alone: the place in it is that within an entry.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(reason, _)| reason.to_owned())
}

impl Entry {
    fn fits(&self, choice: &ModelChoice) -> bool {
        let place = |address: &str| address.trim_end_matches('/').to_ascii_lowercase();
        let at = self.base_url.as_deref().map(place);
        self.provider == choice.provider
            && (at.is_none() || at == choice.base_url.as_deref().map(place))
            && match &self.names {
                Names::Exactly(name) => name.eq_ignore_ascii_case(&choice.name),
                Names::BeginningWith(prefix) => {
                    choice.name.to_ascii_lowercase().starts_with(&prefix.to_ascii_lowercase())
                }
            }
    }
}

impl TryFrom<Written> for Entry {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let names = match (written.name, written.prefix) {
            (Some(name), None) => Names::Exactly(name),
            (None, Some(prefix)) => Names::BeginningWith(prefix),
            (None, None) | (Some(_), Some(_)) => return Err("an entry needs either `name` or `prefix`"),
        };
        if written.window == Some(0) || written.output_limit == Some(0) {
            return Err("`window` and `outputLimit` are numbers of tokens above 0");
        }
        Ok(Self {
            provider: written.provider,
            base_url: written.base_url,
            names,
            window: written.window,
            output_limit: written.output_limit,
            price: written.price.map(Price::try_from).transpose()?,
        })
    }
}

impl TryFrom<WrittenPrice> for Price {
    type Error = &'static str;

    fn try_from(written: WrittenPrice) -> Result<Self, Self::Error> {
        let rate = |dollars| {
            Nanos::from_dollars(dollars).map(Rate::flat).ok_or("a price is a number of US dollars, 0 or more")
        };
        Ok(Self::new(Rates {
            input: rate(written.input)?,
            cached: written.cached.map(rate).transpose()?,
            cache_write: written.cache_write.map(rate).transpose()?,
            output: rate(written.output)?,
            ..Rates::default()
        }))
    }
}
