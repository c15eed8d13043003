//! The table `pending_objects`: what git has in no file yet of agents' checkpoints.

use crate::blobs::{run, unpack};
use crate::error::{Result, StoreError};
use crate::open::Store;
use anchorhold_domain::AgentId;

impl Store {
    /// The agents with checkpoints that git has in no file yet: those that were cut off.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a row names none.
    pub async fn agents_with_pending_objects(&self) -> Result<Vec<AgentId>> {
        let rows = sqlx::query_scalar!("SELECT DISTINCT agent_id FROM pending_objects ORDER BY agent_id")
            .fetch_all(&self.readers)
            .await?;
        let corrupt =
            |row: &str, found| StoreError::Corrupt { table: "pending_objects", row: row.to_owned(), found };
        rows.into_iter()
            .map(|id| {
                id.parse().map_err(|error| corrupt(&id, format!("column agent_id holds {id}: {error}")))
            })
            .collect()
    }

    /// The objects of an agent's checkpoints that git has in no file yet, in the order of the log.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a row holds something else than was stored.
    pub async fn pending_objects(&self, id: AgentId) -> Result<Vec<Vec<u8>>> {
        let key = id.to_string();
        let rows = sqlx::query!(
            "SELECT seq, hash, length, zstd FROM pending_objects WHERE agent_id = ? ORDER BY seq",
            key
        )
        .fetch_all(&self.readers)
        .await?;
        run(move || {
            rows.iter()
                .map(|row| {
                    let name = format!("{key} {}", row.seq);
                    unpack(("pending_objects", &name), &row.hash, row.length, &row.zstd)
                })
                .collect()
        })
        .await
    }

    /// Forgets the objects of an agent's checkpoints up to this event, which git has on the disk now.
    ///
    /// # Errors
    /// Those of SQLite.
    pub async fn forget_pending_objects(&self, id: AgentId, seq: u32) -> Result<()> {
        let key = id.to_string();
        let mut writer = self.writer.lend().await?;
        sqlx::query!("DELETE FROM pending_objects WHERE agent_id = ? AND seq <= ?", key, seq)
            .execute(&mut *writer)
            .await?;
        Ok(())
    }
}
