//! The table `events`: the log. Entries are added and read; triggers refuse everything else.

use crate::error::{Result, StoreError};
use crate::open::Store;
use anchorhold_domain::{AgentId, Event, EventKind, Timestamp};
use sqlx::SqliteConnection;

/// A row as SQLite hands it out.
struct Row {
    seq: i64,
    at: i64,
    r#type: String,
    payload: String,
}

impl Store {
    /// Returns at most `limit` events of an agent's log that come after `after_seq`, in order.
    ///
    /// An agent that does not exist has no events.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a row does not fit.
    pub async fn events(&self, id: AgentId, after_seq: u32, limit: u32) -> Result<Vec<Event>> {
        let key = id.to_string();
        sqlx::query_as!(
            Row,
            "SELECT seq, at, type, payload FROM events WHERE agent_id = ? AND seq > ? ORDER BY seq LIMIT ?",
            key,
            after_seq,
            limit,
        )
        .fetch_all(&self.readers)
        .await?
        .into_iter()
        .map(|row| row.into_event(id))
        .collect()
    }
}

/// How many events are read at once.
const PAGE: u32 = 1000;

impl Store {
    /// Returns every event of an agent's log after `after_seq`, in order.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a row does not fit.
    pub async fn all_events(&self, id: AgentId, after_seq: u32) -> Result<Vec<Event>> {
        let mut all = Vec::new();
        let mut after = after_seq;
        loop {
            let page = self.events(id, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = last.seq;
            all.extend(page);
        }
    }
}

/// Entries to be added at the end of a log.
pub(crate) struct Rows {
    /// A list with a list for each: number, time, type and payload.
    pub(crate) json: String,
}

impl Rows {
    pub(crate) fn of(events: &[Event]) -> Result<Self> {
        let rows: Result<Vec<_>> = events
            .iter()
            .map(|event| Ok((event.seq, event.at.0, event.kind.name(), payload(event)?)))
            .collect();
        let json = serde_json::to_string(&rows?).map_err(|error| sqlx::Error::Encode(error.into()))?;
        Ok(Self { json })
    }
}

/// Adds the first entry of an agent's log.
pub(crate) async fn insert(connection: &mut SqliteConnection, id: AgentId, event: &Event) -> Result<()> {
    let (key, name, payload) = (id.to_string(), event.kind.name(), payload(event)?);
    sqlx::query!(
        "INSERT INTO events (agent_id, seq, at, type, payload) VALUES (?, ?, ?, ?, ?)",
        key,
        event.seq,
        event.at.0,
        name,
        payload,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn payload(event: &Event) -> Result<String> {
    serde_json::to_string(&event.kind).map_err(|source| StoreError::Encode {
        event: event.kind.name(),
        at: event.at,
        source,
    })
}

impl Row {
    fn into_event(self, id: AgentId) -> Result<Event> {
        let corrupt =
            |found: String| StoreError::Corrupt { table: "events", row: format!("{id} {}", self.seq), found };
        let seq = u32::try_from(self.seq).map_err(|e| corrupt(e.to_string()))?;
        let kind: EventKind = serde_json::from_str(&self.payload).map_err(|e| corrupt(e.to_string()))?;
        if kind.name() != self.r#type {
            return Err(corrupt(format!(
                "the type is {:?} and the payload says {:?}",
                self.r#type,
                kind.name()
            )));
        }
        Ok(Event { seq, at: Timestamp(self.at), kind })
    }
}
