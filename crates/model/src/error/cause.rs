//! What is behind an error of `genai`: a server's answer, or the network.

use super::ErrorClass;
use axum::http::HeaderMap;
use genai::webc;
use serde_json::Value;
use std::error::Error;

/// Stands for a silence whose length the caller knows.
pub(crate) const SILENT: &str = "the server was silent";

/// An HTTP answer that is no success.
pub(super) struct Failed<'a> {
    pub(super) status: u16,
    pub(super) headers: &'a HeaderMap,
    body: &'a str,
}

impl Failed<'_> {
    /// Returns the body as JSON; one that is none becomes a text, and of a list its first.
    pub(super) fn body(&self) -> Value {
        match serde_json::from_str(self.body) {
            Ok(Value::Array(mut list)) if !list.is_empty() => list.swap_remove(0),
            Ok(body) => body,
            Err(_) => Value::String(self.body.chars().take(10_000).collect()),
        }
    }
}

/// Finds the HTTP answer behind an error; a streaming request hides it in a boxed cause.
pub(super) fn http(error: &genai::Error) -> Option<Failed<'_>> {
    match error {
        genai::Error::HttpError { status, body, headers, .. } => {
            Some(Failed { status: status.as_u16(), headers, body })
        }
        genai::Error::WebStream { error, .. } => http(error.downcast_ref::<genai::Error>()?),
        genai::Error::WebModelCall { webc_error, .. } | genai::Error::WebAdapterCall { webc_error, .. } => {
            match webc_error {
                webc::Error::ResponseFailedStatus { status, body, headers } => {
                    Some(Failed { status: status.as_u16(), headers, body })
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Returns the class of an error without an HTTP answer, and what it says.
pub(super) fn of(error: &genai::Error) -> (ErrorClass, String) {
    match error {
        genai::Error::WebStream { error, .. } => match error.downcast_ref::<genai::Error>() {
            Some(inner) => of(inner),
            None => (ErrorClass::Network, network(error.as_ref())),
        },
        genai::Error::WebModelCall { webc_error: webc::Error::Reqwest(cause), .. } => {
            (ErrorClass::Network, network(cause))
        }
        genai::Error::RequiresApiKey { .. }
        | genai::Error::NoAuthResolver { .. }
        | genai::Error::NoAuthData { .. } => (ErrorClass::InvalidKey, "the server wants a key".to_owned()),
        genai::Error::StreamParse { .. } => {
            (ErrorClass::Nonsense, "the server sent what is no answer of this kind".to_owned())
        }
        // Its own words may hold the whole request.
        genai::Error::ChatResponseGeneration { cause, .. } => (ErrorClass::Nonsense, cause.clone()),
        other => (ErrorClass::Nonsense, other.to_string()),
    }
}

/// Says what went wrong on the way to a server.
fn network(error: &(dyn Error + 'static)) -> String {
    if error.downcast_ref::<webc::StreamTimeout>().is_some() {
        return SILENT.to_owned();
    }
    let mut chain = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        chain.push(cause.to_string());
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
        } else if says(&["proxy authentication required", "407"]) && says(&["proxy", "tunnel"]) {
            "the proxy wants a name and a password; they stand in HTTPS_PROXY before its host"
        } else if says(&["tunnel", "proxy"]) {
            // The outer errors say that it is the proxy, the innermost why.
            return format!("the proxy did not connect: {}", chain.last().cloned().unwrap_or_default());
        } else if says(&["dns error", "failed to lookup address"]) {
            "there is no server of this name, or no network"
        } else {
            // The outer causes repeat the address and add nothing.
            return chain.pop().unwrap_or_default();
        };
    words.to_owned()
}
