//! The two ways in which the log grows: a new agent, and what happens to one.

use crate::error::{Result, StoreError};
use crate::open::Store;
use crate::{Blob, agents, blobs, events};
use anchorhold_domain::{Agent, Event, EventKind, Timestamp};
use sqlx::Connection as _;

impl Store {
    /// Records a new agent, as [`Agent::new`] makes it, with the first events of its log: its creation, and the
    /// instructions that wait from the beginning. Returns the agent after them, and the events.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`] where another agent that is not deleted has the name, and
    /// [`StoreError::NotCreation`] where an event is another one or the agent is not new.
    pub async fn create(
        &self,
        agent: &Agent,
        created: EventKind,
        queued: Vec<EventKind>,
    ) -> Result<(Agent, Vec<Event>)> {
        let refused = |kind: &EventKind, last_seq| StoreError::NotCreation { event: kind.name(), last_seq };
        if !matches!(created, EventKind::Created { .. }) || agent.last_seq != 1 {
            return Err(refused(&created, agent.last_seq));
        }
        let mut after = agent.clone();
        let mut events = vec![Event { seq: 1, at: agent.created_at, kind: created }];
        for kind in queued {
            // A new row has nothing else than this may change.
            if !matches!(kind, EventKind::InstructionQueued { .. }) {
                return Err(refused(&kind, after.last_seq));
            }
            let event = Event { seq: after.last_seq.saturating_add(1), at: agent.created_at, kind };
            after.advance(&event)?;
            events.push(event);
        }
        let mut writer = self.writer.lend().await?;
        let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
        agents::insert(&mut transaction, &after).await?;
        for event in &events {
            events::insert(&mut transaction, agent.id, event).await?;
        }
        transaction.commit().await?;
        Ok((after, events))
    }

    /// Records what happened to an agent: all of `kinds`, in order, or none of them.
    ///
    /// # Errors
    /// Those of [`Store::append_with`].
    pub async fn append(
        &self,
        agent: &Agent,
        kinds: Vec<EventKind>,
        at: Timestamp,
    ) -> Result<(Agent, Vec<Event>)> {
        self.append_with(agent, kinds, &[], None, at).await
    }

    /// Records what happened to an agent, with the long results and the checkpoint's objects that belong to it:
    /// all of `kinds`, in order, or none of them. Objects are kept where `kinds` name a checkpoint.
    ///
    /// `agent` is what the caller knows. If somebody else has advanced the agent since, nothing is
    /// written. Returns the agent after the last event, and the events as they stand in the log.
    ///
    /// # Errors
    /// [`StoreError::Illegal`] where an event cannot happen, [`StoreError::Conflict`] where the
    /// agent has moved on, and [`StoreError::NotFound`] where there is none.
    pub async fn append_with(
        &self,
        agent: &Agent,
        kinds: Vec<EventKind>,
        results: &[Blob],
        objects: Option<&Blob>,
        at: Timestamp,
    ) -> Result<(Agent, Vec<Event>)> {
        let mut after = agent.clone();
        let mut appended = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let event = Event { seq: after.last_seq.saturating_add(1), at, kind };
            after.advance(&event)?;
            appended.push(event);
        }
        if appended.is_empty() {
            return Ok((after, appended));
        }
        let (rows, results) = (events::Rows::of(&appended)?, blobs::Rows::of(results)?);
        let mut writer = self.writer.lend().await?;
        writer.may_break();
        let moved = agents::advance(&mut writer, agent, &after, &rows, &results, objects).await?;
        writer.is_whole();
        if !moved {
            return Err(if agents::exists(&mut writer, agent.id).await? {
                StoreError::Conflict { id: agent.id, last_seq: agent.last_seq }
            } else {
                StoreError::NotFound { id: agent.id }
            });
        }
        Ok((after, appended))
    }
}
