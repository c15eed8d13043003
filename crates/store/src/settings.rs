//! The table `settings`: what holds for all agents, in one row.

use crate::error::{Result, StoreError};
use crate::open::Store;
use anchorhold_domain::Settings;

impl Store {
    /// Returns what was set, or the usual where nothing was.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the row does not fit.
    pub async fn settings(&self) -> Result<Settings> {
        let row = sqlx::query_scalar!("SELECT value FROM settings WHERE id = 1")
            .fetch_optional(&self.readers)
            .await?;
        let Some(json) = row else { return Ok(Settings::default()) };
        serde_json::from_str(&json).map_err(|error| StoreError::Corrupt {
            table: "settings",
            row: "1".to_owned(),
            found: format!("{json}: {error}"),
        })
    }

    /// Keeps settings in place of those before.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn set_settings(&self, settings: &Settings) -> Result<()> {
        let json = serde_json::to_string(settings).map_err(|error| sqlx::Error::Encode(error.into()))?;
        sqlx::query!("INSERT OR REPLACE INTO settings (id, value) VALUES (1, ?)", json)
            .execute(&mut *self.writer.lend().await?)
            .await?;
        Ok(())
    }
}
