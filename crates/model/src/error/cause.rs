//! What is behind a request that did not succeed: a server's answer, or the network.

use super::{ErrorClass, class};
use axum::http::HeaderMap;
use serde_json::Value;
use std::error::Error;
use std::time::Duration;

/// Why a request was not answered.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server answered, and not with success.
    Refused { status: u16, headers: HeaderMap, body: String },
    /// Nothing answered, or the connection broke.
    Network(reqwest::Error),
    /// Nothing came for so long.
    Silent(Duration),
    /// Signs of life came for so long, and nothing else.
    NoPiece(Duration),
    /// More came than any answer has.
    TooLong,
    /// What came is no stream of events.
    Unreadable,
}

impl Failure {
    /// Whether the server does not take sealed or signed parts of earlier answers any more: its keys change,
    /// and an account or a server behind an address may be another than it was.
    pub(crate) fn is_about_seals(&self) -> bool {
        match self {
            Self::Refused { status: 400, body, .. } => class::is_about_seals(&parsed(body)),
            Self::Refused { .. }
            | Self::Network(_)
            | Self::Silent(_)
            | Self::NoPiece(_)
            | Self::TooLong
            | Self::Unreadable => false,
        }
    }
}

/// Returns a body as JSON; one that is none becomes a text, and of a list its first.
pub(super) fn parsed(body: &str) -> Value {
    match serde_json::from_str(body) {
        Ok(Value::Array(mut list)) if !list.is_empty() => list.swap_remove(0),
        Ok(body) => body,
        Err(_) => Value::String(body.chars().take(10_000).collect()),
    }
}

/// Returns where a server sends its requests instead, without what may be secret in an address.
pub(super) fn elsewhere(status: u16, headers: &HeaderMap) -> Option<String> {
    if !(300..400).contains(&status) {
        return None;
    }
    let place = headers.get("location").and_then(|place| place.to_str().ok());
    let place = place.map_or_else(|| "another address".to_owned(), crate::provider::shown);
    Some(format!("the server sends its requests on to {place}, and a key is for the server it is set for"))
}

/// Returns the class of a failure without an HTTP answer, and what it says.
pub(super) fn of(failure: &Failure) -> (ErrorClass, String) {
    match failure {
        Failure::Network(error) => (ErrorClass::Network, network(error)),
        Failure::Silent(time) => {
            (ErrorClass::Network, format!("the server was silent for {} s", time.as_secs_f32()))
        }
        Failure::NoPiece(time) => {
            let words = format!("the server sent no piece of an answer for {} s", time.as_secs_f32());
            (ErrorClass::Network, words)
        }
        Failure::TooLong => (ErrorClass::Nonsense, "the server's answer does not end".to_owned()),
        Failure::Unreadable => {
            (ErrorClass::Nonsense, "the server sent what is no answer of this kind".to_owned())
        }
        Failure::Refused { status, .. } => (ErrorClass::Server, format!("status {status}")),
    }
}

/// Says what went wrong on the way to a server.
fn network(error: &(dyn Error + 'static)) -> String {
    let mut chain = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        let words = cause.to_string();
        // The one that repeats the address says nothing else, and a name in it could mislead.
        if cause.source().is_none() || !words.contains("for url (") {
            chain.push(words);
        }
        next = cause.source();
    }
    let all = chain.join("\n").to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| all.contains(phrase));
    let words =
        if says(&["hostname mismatch", "ip address mismatch", "name mismatch", "cn name does not match"]) {
            "the server's certificate is for another name than the one in the base URL"
        } else if says(&["certificate has expired", "certificate is not yet valid", "expired"]) {
            "the server's certificate is not valid today; check this computer's clock"
        } else if says(&[
            "unable to get local issuer",
            "self-signed",
            "self signed",
            "unable to verify the first",
            "not trusted",
            "unknown issuer",
            "certificate verify failed",
        ]) {
            "the server's certificate is from an authority that this computer does not know; name the \
         authority's file in SSL_CERT_FILE or add it to the system's"
        } else if says(&["wrong version number", "packet length too long", "http request"])
            && says(&["ssl", "tls"])
        {
            "the server does not speak TLS; its base URL may begin with http://"
        } else if says(&["proxy authentication required", "proxy authorization required"]) {
            "the proxy wants a name and a password; they stand in HTTPS_PROXY before its host"
        } else if says(&["tunnel error", "proxy error"]) {
            // The outer errors say that it is the proxy, the innermost why.
            return format!("the proxy did not connect: {}", chain.last().cloned().unwrap_or_default());
        } else if says(&["dns error", "failed to lookup address"]) {
            "there is no server of this name, or no network"
        } else {
            // The innermost says what happened, the outer ones when.
            return chain.pop().unwrap_or_default();
        };
    words.to_owned()
}
