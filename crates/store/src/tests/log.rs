//! The log: what goes in comes out, in order, once, and stays.

use super::*;
use anchorhold_domain::{Limits, PauseReason, Status};
use std::future::Future as _;
use std::task::Poll;

/// The events that lead a new agent to where `kind` can happen.
fn before(kind: &EventKind) -> Vec<EventKind> {
    let samples = samples::one_of_each();
    let named = |name: &str| samples.iter().find(|kind| kind.name() == name).unwrap().clone();
    let path: &[&str] = match kind.name() {
        "cloned" | "cloneCancelled" => &["cloneStarted"],
        "cellOpened" | "turnStarted" | "modelAnswered" | "modelRetried" | "toolRequested"
        | "toolFinished" | "questionAsked" | "paused" | "completed" | "failed" | "slotTaken"
        | "promptPrepared" | "modelSelected" | "modelInterrupted" | "answerLost" | "planChanged"
        | "resultsShrunk" | "compacted" | "loopNoticed" | "limitNeared" => &["cloneStarted", "cloned"],
        "questionAnswered" => &["cloneStarted", "cloned", "questionAsked"],
        "resumed" | "wrapUpRequested" | "pushStarted" | "reapplied" => &["cloneStarted", "cloned", "paused"],
        "pushCompleted" | "pushFailed" => &["cloneStarted", "cloned", "completed", "pushStarted"],
        _ => &[],
    };
    path.iter().map(|name| named(name)).collect()
}

#[tokio::test]
async fn every_kind_of_event_comes_back_as_it_was_and_so_does_the_agent_after_it() {
    let home = home().await;
    for (number, kind) in (1..).zip(samples::one_of_each().into_iter().skip(1)) {
        let new = create(&home.store, number, kind.name()).await;
        let ready = advance(&home.store, &new, 5_000, before(&kind)).await;
        let (after, appended) =
            home.store.append(&ready, vec![kind.clone()], Timestamp(6_000)).await.unwrap();
        let expected = Event { seq: ready.last_seq + 1, at: Timestamp(6_000), kind };
        assert_eq!(appended, std::slice::from_ref(&expected));
        assert_eq!(home.store.events(new.id, ready.last_seq, 10).await.unwrap(), [expected]);
        assert_eq!(home.store.agent(new.id).await.unwrap(), after);
        home.store.verify(new.id).await.unwrap();
    }
}

#[tokio::test]
async fn a_log_begins_with_its_creation() {
    let home = home().await;
    let new = agent(7, "first");
    assert_eq!(code(home.store.create(&new, noted("hello"), vec![]).await), "not_creation");
    assert_eq!(code(home.store.create(&new, created(), vec![noted("hello")]).await), "not_creation");
    assert_eq!(code(home.store.agent(new.id).await), "agent_not_found");
    let (after, events) = home.store.create(&new, created(), vec![]).await.unwrap();
    assert_eq!(events, [Event { seq: 1, at: Timestamp(7), kind: created() }]);
    assert_eq!(home.store.events(new.id, 0, 10).await.unwrap(), events);
    assert_eq!((&home.store.agent(new.id).await.unwrap(), &after), (&new, &new));
    assert_eq!(code(home.store.append(&new, vec![created()], Timestamp(8)).await), "illegal_transition");
}

#[tokio::test]
async fn the_task_waits_from_the_first_moment() {
    let home = home().await;
    let new = agent(7, "first");
    let created = || EventKind::Created {
        task: new.task.clone(),
        instruction: samples::instruction(1),
        agent: Some(Box::new(new_agent("first"))),
    };
    let queued = EventKind::InstructionQueued { id: samples::instruction(1), text: new.task.clone() };
    let (after, events) = home.store.create(&new, created(), vec![queued.clone()]).await.unwrap();
    let numbered: Vec<_> = events.iter().map(|event| (event.seq, event.kind.clone())).collect();
    assert_eq!(numbered, [(1, created()), (2, queued)]);
    assert_eq!(home.store.events(new.id, 0, 10).await.unwrap(), events);
    assert_eq!(home.store.agent(new.id).await.unwrap(), after);
    home.store.verify(new.id).await.unwrap();
}

#[tokio::test]
async fn an_event_that_cannot_happen_keeps_the_whole_batch_out() {
    let home = home().await;
    let new = create(&home.store, 1, "careful").await;
    let batch = vec![noted("before"), EventKind::Resumed];
    assert_eq!(code(home.store.append(&new, batch, Timestamp(2)).await), "illegal_transition");
    assert_eq!(home.store.agent(new.id).await.unwrap(), new);
    assert_eq!(home.store.events(new.id, 1, 10).await.unwrap(), []);
}

#[tokio::test]
async fn of_two_who_advance_the_same_agent_at_once_exactly_one_wins() {
    let home = home().await;
    let mut known = create(&home.store, 1, "wanted").await;
    for round in 0..50 {
        let (left, right) = tokio::join!(
            home.store.append(&known, vec![noted("left")], Timestamp(round)),
            home.store.append(&known, vec![noted("right"), noted("again")], Timestamp(round)),
        );
        let mut codes = [left, right].map(|result| match result {
            Ok((after, _)) => {
                known = after;
                "ok"
            }
            Err(error) => error.code(),
        });
        codes.sort_unstable();
        assert_eq!(codes, ["conflict", "ok"]);
        assert_eq!(home.store.agent(known.id).await.unwrap(), known);
    }
    home.store.verify(known.id).await.unwrap();
}

#[tokio::test]
async fn an_append_from_another_status_loses_even_at_the_same_event() {
    let home = home().await;
    let new = create(&home.store, 1, "strict").await;
    let mistaken = Agent { status: Status::Running, ..new.clone() };
    let paused = EventKind::Paused { reason: PauseReason::User, limit: None, until: None, fault: None };
    assert_eq!(code(home.store.append(&mistaken, vec![paused], Timestamp(2)).await), "conflict");
    assert_eq!(home.store.agent(new.id).await.unwrap(), new);
}

#[tokio::test]
async fn nothing_is_appended_to_an_agent_that_does_not_exist() {
    let home = home().await;
    let ghost = agent(1, "ghost");
    assert_eq!(code(home.store.append(&ghost, vec![noted("boo")], Timestamp(2)).await), "agent_not_found");
    assert_eq!(code(home.store.agent(ghost.id).await), "agent_not_found");
    assert_eq!(home.store.events(ghost.id, 0, 10).await.unwrap(), []);
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_delete_replace_or_skip_an_event() {
    let home = home().await;
    let new = create(&home.store, 1, "kept").await;
    let new = advance(&home.store, &new, 2, vec![noted("kept")]).await;
    let before = home.store.events(new.id, 0, 10).await.unwrap();
    let refused = [
        ("UPDATE events SET payload = '{}'", "events are never changed"),
        ("DELETE FROM events", "events are never deleted"),
        (
            "INSERT OR REPLACE INTO events SELECT agent_id, seq, at, type, '{}' FROM events WHERE seq = 2",
            "events are added at the end of the log, without gaps",
        ),
        (
            "INSERT INTO events SELECT agent_id, seq + 2, at, type, payload FROM events WHERE seq = 2",
            "events are added at the end of the log, without gaps",
        ),
        ("DELETE FROM agents", "FOREIGN KEY constraint failed"),
    ];
    for (sql, reason) in refused {
        let error =
            sqlx::query(sql).execute(&mut *home.store.writer.lend().await.unwrap()).await.unwrap_err();
        assert!(error.to_string().ends_with(reason), "{sql}: {error}");
    }
    assert_eq!(home.store.events(new.id, 0, 10).await.unwrap(), before);
}

#[tokio::test]
async fn without_its_triggers_the_log_would_change() {
    let home = home().await;
    create(&home.store, 1, "kept").await;
    damage(&home.store, "DROP TRIGGER events_stay_as_they_are").await;
    damage(&home.store, "UPDATE events SET at = 99").await;
    damage(&home.store, "DROP TRIGGER events_are_kept").await;
    damage(&home.store, "DELETE FROM events").await;
}

#[tokio::test]
async fn readers_cannot_write() {
    let home = home().await;
    let error = sqlx::query("DELETE FROM blobs").execute(&home.store.readers).await.unwrap_err();
    assert!(error.to_string().contains("readonly"), "{error}");
}

#[tokio::test]
async fn a_hundred_thousand_events_are_read_page_by_page_in_order() {
    let home = home().await;
    let mut known = create(&home.store, 1, "busy").await;
    create(&home.store, 2, "beside it").await;
    for batch in 0..10 {
        let kinds = (0..10_000).map(|i| noted(batch * 10_000 + i)).collect();
        known = advance(&home.store, &known, batch, kinds).await;
    }
    let (mut after, mut read) = (1, Vec::new());
    loop {
        let page = home.store.events(known.id, after, 4_096).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        read.extend(page);
    }
    assert_eq!(read.len(), 100_000);
    for (index, event) in (0u32..).zip(&read) {
        assert_eq!((event.seq, &event.kind), (index + 2, &noted(index)));
    }
}

#[tokio::test]
async fn new_limits_are_kept_and_the_row_still_agrees_with_the_log() {
    let home = home().await;
    let new = create(&home.store, 1, "frugal").await;
    let limits = Limits { tokens: None, turns: Some(3), seconds: Some(u32::MAX), money: None };
    let after = advance(&home.store, &new, 2, vec![EventKind::LimitsChanged { limits }]).await;
    assert_eq!((after.limits, home.store.agent(new.id).await.unwrap()), (limits, after.clone()));
    home.store.verify(new.id).await.unwrap();
}

#[tokio::test]
async fn an_append_that_fails_in_its_middle_leaves_no_transaction_open() {
    let home = home().await;
    let known = create(&home.store, 1, "errand").await;
    damage(
        &home.store,
        "CREATE TRIGGER no_room BEFORE INSERT ON events WHEN NEW.payload LIKE '%stumble%'
        BEGIN SELECT RAISE(ABORT, 'the payload stumbles'); END",
    )
    .await;
    let kinds = vec![noted("first"), noted("stumble")];
    let error = home.store.append(&known, kinds, Timestamp(2)).await.unwrap_err();
    assert!(error.to_string().contains("stumbles") || format!("{error:?}").contains("stumbles"), "{error:?}");
    assert_eq!(home.store.agent(known.id).await.unwrap(), known, "neither the row nor the log moved");
    assert_eq!(home.store.all_events(known.id, 1).await.unwrap(), []);
    let after = advance(&home.store, &known, 3, vec![noted("on we go")]).await;
    assert_eq!(after.last_seq, known.last_seq + 1);
    home.store.verify(known.id).await.unwrap();
}

#[tokio::test]
async fn an_append_that_nobody_waits_for_is_whole_or_not_there() {
    let home = home().await;
    let mut known = create(&home.store, 1, "errand").await;
    for polls in 0..12 {
        let before = known.last_seq;
        let kinds = vec![noted("one"), noted("two")];
        {
            let appending = home.store.append(&known, kinds, Timestamp(2));
            tokio::pin!(appending);
            for _ in 0..polls {
                let polled = std::future::poll_fn(|context| Poll::Ready(appending.as_mut().poll(context)));
                if polled.await.is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        // What SQLite's thread has begun is done, or undone, before the next is heard.
        let stored = loop {
            let stored = home.store.agent(known.id).await.unwrap();
            if let Ok((after, _)) = home.store.append(&stored, vec![noted("next")], Timestamp(3)).await {
                known = after;
                break stored;
            }
        };
        let added = stored.last_seq - before;
        assert!(added == 0 || added == 2, "{added} of two after {polls} polls");
        home.store.verify(known.id).await.unwrap();
    }
}
