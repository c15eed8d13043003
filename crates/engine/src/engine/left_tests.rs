//! Agents that the log says are at work, and nobody works for: the end of it could not be written down.

#![expect(clippy::unwrap_used, reason = "tests")]

use crate::life::Stage;
use crate::log::tests::agent;
use crate::resident::{Resident, Wishes, Work};
use crate::{Config, Engine};
use anchorhold_domain::{Agent, AgentId, EventKind, PauseReason, Status};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

struct Left {
    engine: Engine,
    id: AgentId,
    resident: Arc<Resident>,
    _place: TempDir,
}

/// What leads to a status, from the creation on.
fn way(to: Status) -> Vec<EventKind> {
    let cloned = || EventKind::Cloned {
        base_commit: "c0".to_owned(),
        base_tree: "t0".to_owned(),
        files: 0,
        kib: 0,
        notes: vec![],
    };
    let completed = || EventKind::Completed { summary: String::new(), unverified: None };
    let pushing = || EventKind::PushStarted {
        branch: "agent/work".to_owned(),
        commit: "p1".to_owned(),
        tree: "t1".to_owned(),
        unreviewed: false,
    };
    let whole =
        [EventKind::StartRequested, EventKind::CloneStarted, cloned(), completed(), pushing()].to_vec();
    let length = match to {
        Status::Idle => 1,
        Status::Cloning => 2,
        Status::Running => 3,
        Status::Completed | Status::Paused | Status::Error => 4,
        Status::Pushing => 5,
    };
    whole.into_iter().take(length).collect()
}

/// An agent whose last work has ended without a word.
async fn left(at: Status) -> Left {
    let place = tempfile::tempdir().unwrap();
    let engine = Engine::open(Config::new(place.path().join("home"), "the tests")).await.unwrap();
    let (agent, created) = agent();
    engine.shared().store.create(&agent, created, vec![]).await.unwrap();
    let resident = engine.resident(agent.id).await.unwrap();
    resident.log.append(way(at)).await.unwrap();
    let wishes = Wishes::new(&engine.shared().shutdown);
    *resident.work.lock().await = Some(Work { wishes, task: tokio::spawn(async {}) });
    Left { engine, id: agent.id, resident, _place: place }
}

async fn soon<T>(doing: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), doing).await.unwrap()
}

fn standing(agent: &Agent) -> (Status, Option<PauseReason>) {
    (agent.status, agent.pause_reason)
}

#[tokio::test]
async fn a_stop_writes_down_the_end_that_the_work_could_not() {
    let cases = [
        (Status::Idle, (Status::Idle, None)),
        (Status::Cloning, (Status::Idle, None)),
        (Status::Running, (Status::Paused, Some(PauseReason::Stopped))),
    ];
    for (at, ends) in cases {
        let left = left(at).await;
        let agent = soon(left.engine.stop(left.id)).await.unwrap();
        assert_eq!((standing(&agent), agent.waiting), (ends, false), "{at:?}");
        left.engine.close().await;
    }
}

#[tokio::test]
async fn a_pause_writes_it_down_as_well() {
    let left = left(Status::Running).await;
    let agent = soon(left.engine.pause(left.id)).await.unwrap();
    assert_eq!(standing(&agent), (Status::Paused, Some(PauseReason::User)));
    left.engine.close().await;
}

#[tokio::test]
async fn a_deletion_ends_it_too() {
    let left = left(Status::Running).await;
    let agent = soon(left.engine.delete(left.id)).await.unwrap();
    assert_eq!((agent.status, agent.deleted_at.is_some()), (Status::Paused, true));
    left.engine.close().await;
}

#[tokio::test]
async fn a_push_whose_end_is_not_in_the_log_can_be_cancelled() {
    let left = left(Status::Pushing).await;
    let agent = soon(left.engine.cancel_push(left.id)).await.unwrap();
    assert_eq!((agent.status, agent.error_code.as_deref()), (Status::Completed, Some("push_interrupted")));
    assert_eq!(left.engine.cancel_push(left.id).await.unwrap_err().code(), "wrong_status");
    left.engine.close().await;
}

#[tokio::test]
async fn a_stop_that_cannot_write_it_down_either_says_why() {
    let left = left(Status::Running).await;
    left.engine.shared().store.close().await;
    assert_eq!(soon(left.engine.stop(left.id)).await.unwrap_err().code(), "store_failed");
    left.engine.close().await;
}

#[tokio::test]
async fn who_follows_a_push_is_told_that_its_end_cannot_be_written_down() {
    let left = left(Status::Pushing).await;
    let push = left.resident.pushes.begin();
    left.engine.shared().store.close().await;
    let stage = Stage::Push { commit: "p1".to_owned(), push };
    left.engine.begin(&left.resident, &mut *left.resident.work.lock().await, stage);
    soon(left.engine.at_rest(left.id)).await.unwrap();
    let told = left.resident.unwritten.borrow().clone();
    assert_eq!(told.map(|fault| fault.code), Some("store_failed".to_owned()));
    left.engine.close().await;
}
