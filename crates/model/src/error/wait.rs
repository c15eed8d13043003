//! How long a provider asks to wait.

use axum::http::HeaderMap;
use chrono::DateTime;
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Returns how long to wait from `now` on, by whatever header or field the provider uses.
pub(super) fn asked(headers: &HeaderMap, body: &Value, now: SystemTime) -> Option<Duration> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let exact = || header("retry-after-ms").and_then(number).map(|ms| seconds(ms / 1000.0));
    let usual = || header("retry-after").and_then(|value| delay_or_date(value, now));
    exact()
        .or_else(usual)
        .or_else(|| in_body(body, now))
        .or_else(|| reset(headers, "x-ratelimit-reset", "x-ratelimit-remaining", now))
        .or_else(|| anthropic(headers, now))
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)
}

/// The most that is taken from a server at its word: a year.
const LONGEST: f64 = 365.0 * 24.0 * 3600.0;

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.clamp(0.0, LONGEST))
}

fn delay_or_date(value: &str, now: SystemTime) -> Option<Duration> {
    number(value).map(seconds).or_else(|| {
        let date =
            DateTime::parse_from_rfc2822(value).or_else(|_| DateTime::parse_from_rfc3339(value)).ok()?;
        Some(until(date.timestamp_millis() as f64, now))
    })
}

/// The time until a moment in milliseconds since 1970.
fn until(moment: f64, now: SystemTime) -> Duration {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    seconds(moment / 1000.0 - now)
}

/// Reads a time to come as providers write it: `1.5`, `20ms`, `6m0s`, a moment since 1970 or a date.
fn moment(value: &str, now: SystemTime) -> Option<Duration> {
    match number(value) {
        Some(ms) if ms > 1e11 => Some(until(ms, now)),
        Some(secs) if secs > 1e9 => Some(until(secs * 1000.0, now)),
        Some(secs) => Some(seconds(secs)),
        None => span(value).or_else(|| delay_or_date(value, now)),
    }
}

/// Reads `1h2m3.5s` or `20ms`.
fn span(value: &str) -> Option<Duration> {
    let mut rest = value;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (amount, after) = rest.split_at_checked(digits)?;
        let unit = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(unit)?;
        total += number(amount)?
            * match unit {
                "d" => 86_400.0,
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 0.001,
                _ => return None,
            };
        rest = after;
    }
    (!value.is_empty()).then(|| seconds(total))
}

fn in_body(body: &Value, now: SystemTime) -> Option<Duration> {
    let error = body.get("error").filter(|error| error.is_object()).unwrap_or(body);
    let mut details = error.get("details").and_then(Value::as_array).into_iter().flatten();
    let gemini = details.find_map(|detail| detail.get("retryDelay")?.as_str());
    let router = error.pointer("/metadata/headers/X-RateLimit-Reset").and_then(Value::as_str);
    if let Some(value) = gemini.or(router) {
        return moment(value, now);
    }
    let message = error.get("message").and_then(Value::as_str)?;
    let (_, after) = message.split_once("try again in ")?;
    let word = after.split_whitespace().next()?;
    span(word.trim_end_matches(['.', ',']))
}

/// Returns the reset of the limits that are used up, and where none says so, the nearest reset of those that
/// do not say how much is left: a limit with something left is told with every answer, and asks for nothing.
fn reset(headers: &HeaderMap, resets: &str, remaining: &str, now: SystemTime) -> Option<Duration> {
    let mut spent = None;
    let mut nearest = None;
    for kind in ["", "-requests", "-tokens"] {
        let header = |start: &str| headers.get(format!("{start}{kind}"))?.to_str().ok();
        let Some(wait) = header(resets).and_then(|value| moment(value.trim(), now)) else { continue };
        match header(remaining).and_then(number) {
            Some(left) if left > 0.0 => {}
            Some(_) => spent = spent.max(Some(wait)),
            None => nearest = Some(nearest.map_or(wait, |other: Duration| other.min(wait))),
        }
    }
    spent.or(nearest)
}

fn anthropic(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let mut spent = None;
    for kind in ["requests", "tokens", "input-tokens", "output-tokens", "unified"] {
        let header = |end: &str| headers.get(format!("anthropic-ratelimit-{kind}-{end}"))?.to_str().ok();
        let used_up = header("remaining").and_then(number).is_none_or(|left| left == 0.0);
        if let Some(wait) = header("reset").and_then(|value| moment(value.trim(), now)).filter(|_| used_up) {
            spent = spent.max(Some(wait));
        }
    }
    spent
}
