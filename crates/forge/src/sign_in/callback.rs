//! The address with which the browser comes back. Anybody can make one: nothing in it is believed.

use super::error::SignInError;
use anchorhold_secrets::Secret;
use std::net::Ipv4Addr;
use url::{Host, Url};

/// The longest address that is read, in bytes.
const LARGEST: usize = 8 << 10;
/// The longest value in it that is read, in bytes.
const LARGEST_VALUE: usize = 1 << 10;
const PATH: &str = "/oauth/callback";

/// Where the browser is sent at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// `anchorhold://oauth/callback`, which the system hands to this program.
    DeepLink,
    /// `http://127.0.0.1:PORT/oauth/callback`, for systems where no scheme can be registered.
    Loopback {
        /// Where a [`Loopback`](super::Loopback) listens.
        port: u16,
    },
}

impl Redirect {
    /// Returns the address as GitHub is told.
    #[must_use]
    pub fn uri(self) -> String {
        match self {
            Self::DeepLink => format!("anchorhold:/{PATH}"),
            Self::Loopback { port } => format!("http://127.0.0.1:{port}{PATH}"),
        }
    }

    fn of(url: &Url) -> Option<Self> {
        // Some systems add a slash.
        let path = url.path().strip_suffix('/').unwrap_or(url.path());
        let plain = url.username().is_empty() && url.password().is_none();
        match (url.scheme(), url.host()?) {
            ("anchorhold", Host::Domain("oauth")) if plain && url.port().is_none() && path == "/callback" => {
                Some(Self::DeepLink)
            }
            ("http", Host::Ipv4(address)) if plain && address == Ipv4Addr::LOCALHOST && path == PATH => {
                Some(Self::Loopback { port: url.port_or_known_default()? })
            }
            (_, Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_)) => None,
        }
    }
}

/// What a callback says, before it is known whose it is.
#[derive(Debug)]
pub(super) struct Callback {
    pub(super) redirect: Redirect,
    pub(super) state: Secret,
    pub(super) outcome: Outcome,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Code(Secret),
    /// The name of a refusal, not yet checked to be one.
    Refused(String),
}

impl Callback {
    /// Reads an address, whatever it is.
    pub(super) fn read(address: &str) -> Result<Self, SignInError> {
        let wrong = |what| SignInError::Callback { what };
        if address.len() > LARGEST {
            return Err(wrong("it is too long"));
        }
        let url = Url::parse(address).map_err(|_| wrong("it is not an address"))?;
        let redirect = Redirect::of(&url).ok_or_else(|| wrong("it is not the address of a sign-in"))?;
        let (mut state, mut code, mut error) = (None, None, None);
        for (name, value) in url.query_pairs() {
            let place = match &*name {
                "state" => &mut state,
                "code" => &mut code,
                "error" => &mut error,
                _ => continue,
            };
            let value = Secret::new(value.into_owned());
            let text = value.expose();
            if !(1..=LARGEST_VALUE).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_graphic())
            {
                return Err(wrong("a value in it is empty, too long or not plain text"));
            }
            if place.replace(value).is_some() {
                return Err(wrong("a value in it is given twice"));
            }
        }
        let state = state.ok_or_else(|| wrong("it names no sign-in"))?;
        let outcome = match (code, error) {
            (Some(code), None) => Outcome::Code(code),
            (None, Some(error)) => Outcome::Refused(error.expose().to_owned()),
            (Some(_), Some(_)) => return Err(wrong("it both grants and refuses")),
            (None, None) => return Err(wrong("it neither grants nor refuses")),
        };
        Ok(Self { redirect, state, outcome })
    }
}
