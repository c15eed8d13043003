//! The class of an error that a server sent.

use super::ErrorClass;
use serde_json::Value;

/// Returns the class of an error by its HTTP status, where it has one, and its body.
pub(super) fn of(status: Option<u16>, body: &Value) -> ErrorClass {
    let error = body.get("error").filter(|error| error.is_object()).unwrap_or(body);
    // An error in the middle of a stream has the status in its body, if any.
    let status = status.or_else(|| {
        let code = error.get("code")?;
        let code = code.as_u64().or_else(|| code.as_str()?.parse().ok())?;
        u16::try_from(code).ok().filter(|code| (400..600).contains(code))
    });
    let names = ["type", "code", "status", "reason"].map(|name| error.get(name).and_then(Value::as_str));
    let named = |known: &[&str]| names.iter().flatten().any(|name| known.contains(name));
    let words = words(error).to_lowercase();
    let says = |known: &[&str]| known.iter().any(|phrase| words.contains(phrase));
    let mine = status.is_none_or(|status| (400..500).contains(&status));

    if status == Some(402) || named(QUOTA) || mine && says(QUOTA_WORDS) || spent_for_the_day(error) {
        return ErrorClass::Quota;
    }
    if named(KEY) || mine && says(KEY_WORDS) {
        return ErrorClass::InvalidKey;
    }
    // A request that is larger than what a minute allows is no smaller in a minute, whatever it is called.
    if named(CONTEXT) || says(TOO_LARGE_WORDS) || status != Some(429) && says(CONTEXT_WORDS) {
        return ErrorClass::ContextLength;
    }
    if named(REFUSED) || error.pointer("/metadata/flagged_input").is_some() || mine && says(REFUSED_WORDS) {
        return ErrorClass::Refused;
    }
    if named(OVERLOADED) {
        return ErrorClass::Overloaded;
    }
    if named(RATE) {
        return ErrorClass::RateLimited;
    }
    if named(MISSING) {
        return ErrorClass::NotFound;
    }
    match status {
        Some(401 | 403) => ErrorClass::InvalidKey,
        // OpenRouter has the model, but no server of it that can call tools.
        Some(404) if says(&["support tool use"]) => ErrorClass::BadRequest,
        Some(404) => ErrorClass::NotFound,
        // 407 is the proxy's.
        Some(407 | 408) => ErrorClass::Network,
        Some(413) => ErrorClass::ContextLength,
        Some(429) => ErrorClass::RateLimited,
        Some(503 | 529) => ErrorClass::Overloaded,
        Some(500..=599) => ErrorClass::Server,
        Some(_) => ErrorClass::BadRequest,
        None if named(BAD) => ErrorClass::BadRequest,
        None => ErrorClass::Server,
    }
}

const QUOTA: &[&str] = &["insufficient_quota", "billing_error", "billing_hard_limit_reached"];
const QUOTA_WORDS: &[&str] = &[
    "credit balance is too low",
    "insufficient credits",
    "insufficient balance",
    "insufficient_quota",
    "billing hard limit",
    "specified api usage limits",
    "free-models-per-day",
];
const KEY: &[&str] = &[
    "authentication_error",
    "permission_error",
    "invalid_api_key",
    "API_KEY_INVALID",
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
];
const KEY_WORDS: &[&str] =
    &["api key not valid", "api_key_invalid", "invalid x-api-key", "incorrect api key", "invalid api key"];
const CONTEXT: &[&str] = &["context_length_exceeded", "exceed_context_size_error", "request_too_large"];
const CONTEXT_WORDS: &[&str] = &[
    "context_length_exceeded",
    "context length",
    "context window",
    "context limit",
    "context size",
    "prompt is too long",
    "input is too long",
    "prompt too long",
    "maximum prompt length",
    "exceeds the maximum number of tokens",
    "too large for model with",
    "reduce the length of the messages",
];
const TOO_LARGE_WORDS: &[&str] = &["request too large for", "tokens must be reduced"];
const REFUSED: &[&str] = &["content_policy_violation", "content_filter", "invalid_prompt"];
const REFUSED_WORDS: &[&str] =
    &["content_policy", "content_filter", "content management policy", "was flagged", "content exists risk"];
const OVERLOADED: &[&str] = &[
    "overloaded_error",
    "overloaded",
    "UNAVAILABLE",
    "server_is_overloaded",
    "engine_overloaded",
    "slow_down",
];
const RATE: &[&str] = &["rate_limit_error", "rate_limit_exceeded", "too_many_requests", "RESOURCE_EXHAUSTED"];
const MISSING: &[&str] = &["not_found_error", "model_not_found", "NOT_FOUND"];
const BAD: &[&str] = &["invalid_request_error", "INVALID_ARGUMENT", "FAILED_PRECONDITION"];

/// Whether an error says that what goes back of earlier answers, sealed or signed, is not taken.
pub(super) fn is_about_seals(body: &Value) -> bool {
    let error = body.get("error").filter(|error| error.is_object()).unwrap_or(body);
    let code = error.get("code").and_then(Value::as_str);
    let words = words(error).to_lowercase();
    code == Some("invalid_encrypted_content") || SEAL_WORDS.iter().any(|phrase| words.contains(phrase))
}

const SEAL_WORDS: &[&str] = &[
    "invalid_encrypted_content",
    "invalid `signature` in `thinking`",
    "invalid `data` in `redacted_thinking`",
    "blocks in the latest assistant message cannot be modified",
    "corrupted thought signature",
    "invalid thought signature",
    "thought signature is not valid",
];

/// The sentences of an error, those of the server behind a router included.
fn words(error: &Value) -> String {
    let mut words = String::new();
    if let Some(whole) = error.as_str() {
        words.push_str(whole);
    }
    for place in ["/message", "/error", "/detail", "/metadata/raw", "/details/0/reason", "/details/1/reason"]
    {
        if let Some(sentence) = error.pointer(place).and_then(Value::as_str) {
            words.push_str(sentence);
            words.push('\n');
        }
    }
    words
}

/// Whether Gemini names a limit of a day, which a short wait does not lift.
fn spent_for_the_day(error: &Value) -> bool {
    let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
    let violations = details.filter_map(|detail| detail.get("violations")?.as_array()).flatten();
    violations
        .filter_map(|violation| violation.get("quotaId")?.as_str())
        .any(|limit| limit.contains("PerDay"))
}
