//! What can go wrong with a request, in classes that decide what happens next.

mod cause;
mod class;
mod wait;

pub(crate) use cause::Failure;

use axum::http::HeaderMap;
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// Why a request to a model failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Too many requests; the provider may say how long to wait.
    RateLimited,
    /// What the account may use or has paid for is used up.
    Quota,
    /// The provider is too busy.
    Overloaded,
    /// Nothing answered at the address, or the connection broke.
    Network,
    /// The provider failed.
    Server,
    /// The conversation is longer than the model can read.
    ContextLength,
    /// The answer was longer than the model may write.
    OutputLimit,
    /// The provider declined to answer.
    Refused,
    /// The key is missing, wrong or without permission.
    InvalidKey,
    /// There is no such model or address.
    NotFound,
    /// The provider does not accept the request as it is.
    BadRequest,
    /// What came back is no answer.
    Nonsense,
}

impl ErrorClass {
    /// Whether the same request may succeed within minutes.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        match self {
            Self::RateLimited | Self::Overloaded | Self::Network | Self::Server | Self::Nonsense => true,
            Self::Quota
            | Self::ContextLength
            | Self::OutputLimit
            | Self::Refused
            | Self::InvalidKey
            | Self::NotFound
            | Self::BadRequest => false,
        }
    }
}

/// A request to a model that failed.
#[derive(Debug, thiserror::Error)]
#[error("ask {model} at {address}: {reason}")]
pub struct ModelError {
    /// The model's name.
    pub model: String,
    /// The server's address, without a key.
    pub address: String,
    /// What happened, in the provider's words where there are any.
    pub reason: String,
    /// The class that decides what happens next.
    pub class: ErrorClass,
    /// How long the provider asks to wait; for [`ErrorClass::Quota`], until it begins anew.
    pub retry_after: Option<Duration>,
}

impl ModelError {
    /// The stable name of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.class {
            ErrorClass::RateLimited => "model_rate_limited",
            ErrorClass::Quota => "model_quota_spent",
            ErrorClass::Overloaded => "model_overloaded",
            ErrorClass::Network => "model_unreachable",
            ErrorClass::Server => "model_server_failed",
            ErrorClass::ContextLength => "model_context_length",
            ErrorClass::OutputLimit => "model_output_limit",
            ErrorClass::Refused => "model_refused",
            ErrorClass::InvalidKey => "model_key_invalid",
            ErrorClass::NotFound => "model_not_found",
            ErrorClass::BadRequest => "model_bad_request",
            ErrorClass::Nonsense => "model_answer_unreadable",
        }
    }

    /// What the user can do now.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.class {
            ErrorClass::RateLimited => "wait a little, or use another model, then resume the agent",
            ErrorClass::Quota => {
                "add credit with the provider or wait until its limit begins anew, or use another model, \
                 then resume the agent"
            }
            ErrorClass::Overloaded | ErrorClass::Server => "resume the agent later; nothing it did is lost",
            ErrorClass::Network => {
                "check that the model server is running and its base URL is right, then resume the agent"
            }
            ErrorClass::ContextLength => "give the agent a smaller task, or a model with a larger context",
            ErrorClass::OutputLimit => {
                "tell the agent to work in smaller steps, or choose a model that writes more"
            }
            ErrorClass::Refused => "reword the task or the last instruction, then resume the agent",
            ErrorClass::InvalidKey => {
                "set the key in the window under Change model, or with `anchorctl key set <provider>`, then \
                 resume the agent"
            }
            ErrorClass::NotFound => {
                "check the model's name, its provider and its base URL, then resume the agent"
            }
            ErrorClass::BadRequest => "check that the model supports tools, or choose another model",
            ErrorClass::Nonsense => {
                "check that the base URL is the address of a model server, usually ending in /v1, and that \
                 the model can work with tools"
            }
        }
    }

    pub(crate) fn new(model: &str, address: &str, class: ErrorClass, reason: String) -> Self {
        Self { model: model.to_owned(), address: address.to_owned(), reason, class, retry_after: None }
    }

    /// Makes an error of a request that was not answered.
    pub(crate) fn of_failure(model: &str, address: &str, failure: &Failure) -> Self {
        let Failure::Refused { status, headers, body } = failure else {
            let (class, reason) = cause::of(failure);
            return Self::new(model, address, class, short(&reason));
        };
        if let Some(reason) = cause::elsewhere(*status, headers) {
            return Self::new(model, address, ErrorClass::NotFound, short(&reason));
        }
        let body = cause::parsed(body);
        let reason = match said(&body) {
            Some(words) => format!("{status} ({words})"),
            None => format!("status {status}"),
        };
        let mut error = Self::new(model, address, class::of(Some(*status), &body), reason);
        error.retry_after = wait::asked(headers, &body, SystemTime::now());
        error
    }

    /// Makes an error of one that came in the middle of a stream.
    pub(crate) fn from_stream(model: &str, address: &str, fault: &Value) -> Self {
        let reason =
            said(fault).unwrap_or_else(|| "the server failed in the middle of its answer".to_owned());
        let mut error = Self::new(model, address, class::of(None, fault), reason);
        error.retry_after = wait::asked(&HeaderMap::new(), fault, SystemTime::now());
        error
    }
}

/// The longest reason that is shown, in characters.
const LONGEST_REASON: usize = 300;

/// The provider's own sentence, wherever it stands in its body.
fn said(body: &Value) -> Option<String> {
    if let Some(words) = behind(body) {
        return Some(words);
    }
    let places = ["/error/message", "/message", "/error", "/detail", "/errors/0/message"];
    let found = places.iter().find_map(|place| body.pointer(place).and_then(Value::as_str));
    // A page of HTML says nothing in its first line.
    let plain = || body.as_str().filter(|text| !text.trim_start().starts_with('<'));
    found.or_else(plain).map(short).filter(|words| !words.is_empty())
}

/// What the server behind a router said, led by its name: the router's own sentence is the same for all.
fn behind(body: &Value) -> Option<String> {
    let metadata = body.pointer("/error/metadata").or_else(|| body.get("metadata"))?;
    let raw = metadata.get("raw")?;
    let words = said(&raw.as_str().map_or_else(|| raw.clone(), cause::parsed))?;
    Some(match metadata.get("provider_name").and_then(Value::as_str) {
        Some(name) => short(&format!("{name}: {words}")),
        None => words,
    })
}

/// One line of text that a terminal or a window can show.
fn short(words: &str) -> String {
    let line = words.trim().lines().next().unwrap_or_default();
    line.chars().filter(|character| !character.is_control()).take(LONGEST_REASON).collect()
}
