//! The store on real files. The tests sit inside the crate because some of them must damage the
//! database, which nothing outside can do.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod accounts;
mod agents;
mod blobs;
mod corrupt;
mod first;
mod full;
mod killed;
mod log;
mod objects;
mod open;
mod settings;
mod spending;

#[path = "../../../domain/tests/samples/mod.rs"]
mod samples;

use crate::{Blob, Result, Store};
use anchorhold_domain::{Agent, AgentId, Event, EventKind, Limits, NewAgent, Timestamp};
use tempfile::TempDir;

/// A store in a folder of its own, which goes with it.
struct Home {
    store: Store,
    folder: TempDir,
}

async fn home() -> Home {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("anchorhold.db")).await.unwrap();
    Home { store, folder }
}

/// A new agent; its number tells it from others and is the time it was created at.
fn agent(number: u32, name: &str) -> Agent {
    let id = AgentId(uuid::Uuid::from_u128(number.into()));
    Agent::new(id, new_agent(name), "local".to_owned(), Timestamp(number.into()))
}

fn new_agent(name: &str) -> NewAgent {
    NewAgent {
        name: name.to_owned(),
        limits: Limits { tokens: Some(u32::MAX), turns: Some(0), seconds: None, money: Some(1) },
        ..samples::new_agent()
    }
}

fn created() -> EventKind {
    EventKind::Created {
        task: "rename the crate".to_owned(),
        instruction: samples::instruction(1),
        agent: None,
    }
}

fn noted(message: impl ToString) -> EventKind {
    EventKind::Noted { message: message.to_string() }
}

async fn create(store: &Store, number: u32, name: &str) -> Agent {
    let agent = agent(number, name);
    let created = EventKind::Created {
        task: agent.task.clone(),
        instruction: samples::instruction(1),
        agent: Some(Box::new(new_agent(name))),
    };
    store.create(&agent, created, vec![]).await.unwrap();
    agent
}

/// Appends and forgets the events.
async fn advance(store: &Store, agent: &Agent, at: i64, kinds: Vec<EventKind>) -> Agent {
    store.append(agent, kinds, Timestamp(at)).await.unwrap().0
}

/// Runs SQL that the store itself would never run.
async fn damage(store: &Store, sql: &'static str) {
    sqlx::query(sql).execute(&mut *store.writer.lend().await.unwrap()).await.unwrap();
}

#[track_caller]
fn code<T>(result: Result<T>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(error) => error.code(),
    }
}
