//! What can go wrong with a request, in classes that decide what happens next.

use genai::webc;
use std::time::Duration;

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
    /// Whether the same request may succeed later.
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
    /// How long the provider asks to wait.
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
                "set the key with `anchorctl key set <provider>`, then resume the agent"
            }
            ErrorClass::NotFound => "check the model's name and the base URL, then resume the agent",
            ErrorClass::BadRequest => "check that the model supports tools, or choose another model",
            ErrorClass::Nonsense => {
                "check that the base URL is an OpenAI-compatible API, usually ending in /v1"
            }
        }
    }

    pub(crate) fn new(model: &str, address: &str, class: ErrorClass, reason: String) -> Self {
        Self { model: model.to_owned(), address: address.to_owned(), reason, class, retry_after: None }
    }

    pub(crate) fn from_genai(model: &str, address: &str, error: &genai::Error) -> Self {
        let http = http_failure(error);
        let class = http
            .as_ref()
            .map_or_else(|| class_without_status(error), |http| class_of_status(http.status, &http.body));
        let reason = http.as_ref().map_or_else(
            || innermost(error),
            |http| match provider_message(&http.body) {
                Some(message) => format!("{} ({message})", http.status),
                None => format!("status {}", http.status),
            },
        );
        let mut failed = Self::new(model, address, class, reason);
        failed.retry_after = http.and_then(|http| http.retry_after);
        failed
    }
}

struct HttpFailure {
    status: u16,
    body: String,
    retry_after: Option<Duration>,
}

/// Finds the HTTP answer behind an error; a streaming request hides it in a boxed cause.
fn http_failure(error: &genai::Error) -> Option<HttpFailure> {
    match error {
        genai::Error::HttpError { status, body, headers, .. } => Some(HttpFailure {
            status: status.as_u16(),
            body: body.clone(),
            retry_after: retry_after(headers.get("retry-after").and_then(|value| value.to_str().ok())),
        }),
        genai::Error::WebStream { error, .. } => http_failure(error.downcast_ref::<genai::Error>()?),
        genai::Error::WebModelCall { webc_error, .. } | genai::Error::WebAdapterCall { webc_error, .. } => {
            match webc_error {
                webc::Error::ResponseFailedStatus { status, body, headers } => Some(HttpFailure {
                    status: status.as_u16(),
                    body: body.clone(),
                    retry_after: retry_after(
                        headers.get("retry-after").and_then(|value| value.to_str().ok()),
                    ),
                }),
                _ => None,
            }
        }
        _ => None,
    }
}

fn retry_after(header: Option<&str>) -> Option<Duration> {
    header?.trim().parse::<f64>().ok().filter(|s| s.is_finite() && *s >= 0.0).map(Duration::from_secs_f64)
}

fn class_of_status(status: u16, body: &str) -> ErrorClass {
    let lower = body.to_lowercase();
    match status {
        401 | 403 => ErrorClass::InvalidKey,
        404 => ErrorClass::NotFound,
        408 => ErrorClass::Network,
        429 => ErrorClass::RateLimited,
        413 => ErrorClass::ContextLength,
        503 | 529 => ErrorClass::Overloaded,
        500..=599 => ErrorClass::Server,
        _ if lower.contains("context_length")
            || lower.contains("context length")
            || lower.contains("too long") =>
        {
            ErrorClass::ContextLength
        }
        _ if lower.contains("content_policy") || lower.contains("content_filter") => ErrorClass::Refused,
        _ => ErrorClass::BadRequest,
    }
}

fn class_without_status(error: &genai::Error) -> ErrorClass {
    match error {
        genai::Error::WebStream { error, .. } => match error.downcast_ref::<genai::Error>() {
            Some(inner) => class_without_status(inner),
            None => ErrorClass::Network,
        },
        genai::Error::WebModelCall { webc_error: webc::Error::Reqwest(_), .. } => ErrorClass::Network,
        genai::Error::RequiresApiKey { .. }
        | genai::Error::NoAuthResolver { .. }
        | genai::Error::NoAuthData { .. } => ErrorClass::InvalidKey,
        _ => ErrorClass::Nonsense,
    }
}

/// The provider's own sentence, from the usual `{"error": {"message": …}}`.
fn provider_message(body: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(body).ok()?;
    let message = value.pointer("/error/message").or_else(|| value.pointer("/message"))?.as_str()?;
    Some(message.chars().take(300).collect())
}

/// The last cause in the chain: the outer ones repeat the model's name and add nothing.
fn innermost(error: &genai::Error) -> String {
    let text = match error {
        genai::Error::WebStream { error, .. } => last_cause(error.as_ref()),
        genai::Error::WebModelCall { webc_error: webc::Error::Reqwest(cause), .. } => last_cause(cause),
        other => other.to_string(),
    };
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}

fn last_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut current = error;
    while let Some(source) = current.source() {
        current = source;
    }
    current.to_string()
}
