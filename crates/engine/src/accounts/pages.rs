//! Which pages the browser is sent to: those of a GitHub that the user chose, and no other.
//!
//! An address may come from a text that somebody wrote on GitHub.

use super::{Accounts, lock};
use crate::EngineError;
use url::Url;

/// The longest address that is opened, in bytes.
const LONGEST: usize = 4 << 10;

impl Accounts {
    /// Returns an address as the browser may be given it.
    pub(crate) async fn page(&self, address: &str) -> Result<String, EngineError> {
        let refused = || EngineError::PageRefused { address: shown(address) };
        let url = Url::parse(address).ok().filter(|_| address.len() <= LONGEST).ok_or_else(refused)?;
        let plain = url.username().is_empty() && url.password().is_none();
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(refused()),
        };
        if !plain || !self.knows(&host).await? {
            return Err(refused());
        }
        // What the host itself is spoken to by: https, but for a stand-in of the tests.
        let web = Url::parse(self.host(&host)?.web()).map_err(|_| refused())?;
        match web.origin() == url.origin() {
            true => Ok(url.into()),
            false => Err(refused()),
        }
    }

    async fn knows(&self, host: &str) -> Result<bool, EngineError> {
        let offered = lock(&self.offered).iter().any(|known| known == host);
        Ok(offered || host == "github.com" || self.is_forge(host).await?)
    }
}

/// What is repeated of an address that was refused.
fn shown(address: &str) -> String {
    address.chars().filter(|sign| !sign.is_control()).take(100).collect()
}
