//! STUB: stands for the API room until it is merged.

use crate::error::Result;
use crate::forge::Forge;
use anchorhold_domain::RateLimit;
use serde::Deserialize;

/// STUB.
#[derive(Clone, Debug, Default)]
pub struct Cache;

#[derive(Deserialize)]
struct Email {
    email: String,
    verified: bool,
}

impl Forge {
    /// STUB.
    #[must_use]
    pub fn with_cache(self, _cache: Cache) -> Self {
        self
    }

    /// STUB.
    #[must_use]
    pub fn rate(&self) -> Option<RateLimit> {
        None
    }

    /// STUB.
    ///
    /// # Errors
    /// Those of the API.
    pub async fn emails(&self) -> Result<Vec<String>> {
        let found: Vec<Email> = match self.get("list your addresses", "/user/emails?per_page=100").await {
            Ok(found) => found,
            Err(crate::ForgeError::Forbidden { .. } | crate::ForgeError::Refused { .. }) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        };
        Ok(found.into_iter().filter(|email| email.verified).map(|email| email.email).collect())
    }
}
