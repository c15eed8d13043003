//! The account on GitHub whose token is kept.

use super::Engine;
use crate::EngineError;
use anchorhold_forge::{Account, Forge};
use anchorhold_secrets::SecretName;

const GITHUB: &str = "github.com";

impl Engine {
    /// Asks GitHub whose token is kept here; `None` where none is.
    ///
    /// # Errors
    /// Where the token is refused or GitHub does not answer.
    pub async fn account(&self) -> Result<Option<Account>, EngineError> {
        let name = SecretName::GitToken { host: GITHUB.to_owned() };
        let Some(token) = self.shared.secrets.get(&name).await? else { return Ok(None) };
        Ok(Some(Forge::connect(GITHUB, Some(token.expose())).await?.account().await?))
    }
}
