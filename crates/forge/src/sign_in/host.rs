//! Which GitHub: github.com, a tenant of ghe.com, or a company's own server, and its addresses.

use super::error::{Result, SignInError};
use std::net::{IpAddr, SocketAddr};
use url::Url;

/// One GitHub. Everything is asked over HTTPS, but for a stand-in on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host {
    name: String,
    web: String,
    api: String,
}

impl Host {
    /// Takes a host's name, such as `github.com`, with a port where it has one.
    ///
    /// # Errors
    /// [`SignInError::Host`] where it is not the name of a host and nothing else.
    pub fn new(name: &str) -> Result<Self> {
        let name = name.to_ascii_lowercase();
        if !is_host(&name) {
            return Err(SignInError::Host { host: name });
        }
        let web = format!("https://{name}");
        let api = match name.strip_suffix(".ghe.com") {
            None if name == "github.com" => "https://api.github.com".to_owned(),
            // https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency
            Some(tenant) if !tenant.contains('.') => format!("https://api.{name}"),
            // https://docs.github.com/en/enterprise-server/rest/quickstart
            Some(_) | None => format!("{web}/api/v3"),
        };
        Ok(Self { name, web, api })
    }

    /// A stand-in on this machine, spoken to without TLS. Nothing that a user types becomes one.
    ///
    /// # Errors
    /// [`SignInError::Host`] where the address is not one of this machine alone.
    pub fn on_this_machine(address: SocketAddr) -> Result<Self> {
        let name = address.to_string();
        if !address.ip().is_loopback() {
            return Err(SignInError::Host { host: name });
        }
        let web = format!("http://{name}");
        Ok(Self { api: format!("{web}/api/v3"), web, name })
    }

    /// Returns its name, by which tokens for it are filed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns where a browser goes, without a slash at the end.
    #[must_use]
    pub fn web(&self) -> &str {
        &self.web
    }

    /// Returns where its REST API is, without a slash at the end.
    #[must_use]
    pub fn api(&self) -> &str {
        &self.api
    }

    pub(crate) fn is_on_this_machine(&self) -> bool {
        self.web.starts_with("http:")
    }
}

/// A name that a parser of addresses reads as a host with perhaps a port, and gives back unchanged.
fn is_host(name: &str) -> bool {
    let Ok(url) = Url::parse(&format!("https://{name}")) else { return false };
    let whole = url.as_str().strip_prefix("https://").and_then(|rest| rest.strip_suffix('/')) == Some(name);
    let (Some(host), true) = (url.host_str(), whole && url.username().is_empty()) else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    address.parse::<IpAddr>().is_ok() || (host.len() <= 253 && host.split('.').all(is_label))
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
