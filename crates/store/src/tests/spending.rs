//! What was used in a span of time, read from the log.

use super::*;
use crate::{Span, Spending};
use anchorhold_domain::{PauseReason, Usage};

const USAGE: Usage = Usage {
    input_tokens: 90,
    cached_tokens: 50,
    cache_write_tokens: 20,
    output_tokens: 10,
    reasoning_tokens: 5,
};

fn answered(request: u32, cost: Option<u32>) -> EventKind {
    EventKind::ModelAnswered {
        request,
        text: "“text” with $.cost in it".to_owned(),
        reasoning: None,
        replay: None,
        usage: USAGE,
        cost,
        duration_ms: 1,
    }
}

fn compacted() -> EventKind {
    EventKind::Compacted {
        through: 3,
        summary: String::new(),
        tokens_before: 9,
        tokens_after: 1,
        usage: USAGE,
        cost: None,
    }
}

fn lost(cost: Option<u32>) -> EventKind {
    EventKind::AnswerLost { request: 3, usage: USAGE, cost }
}

fn paused(reason: PauseReason) -> EventKind {
    EventKind::Paused { reason, limit: None, until: None, fault: None }
}

fn cloned() -> EventKind {
    EventKind::Cloned {
        base_commit: "c".to_owned(),
        base_tree: "t".to_owned(),
        files: 0,
        kib: 0,
        notes: vec![],
    }
}

/// An agent that runs since a time.
async fn running(store: &Store, number: u32, at: i64) -> Agent {
    let agent = create(store, number, &number.to_string()).await;
    advance(store, &agent, at, vec![EventKind::StartRequested, EventKind::CloneStarted, cloned()]).await
}

#[tokio::test]
async fn what_each_agent_used_is_summed_up_from_a_time_to_another_also_of_deleted_ones() {
    let home = home().await;
    let one = running(&home.store, 1, 10).await;
    let one = advance(&home.store, &one, 99, vec![answered(1, Some(1000))]).await;
    let spent = vec![answered(2, Some(2)), lost(Some(5)), lost(None), answered(3, None), compacted()];
    let one = advance(&home.store, &one, 100, spent).await;
    let one = advance(&home.store, &one, 200, vec![answered(4, Some(4000))]).await;
    let other = running(&home.store, 2, 100).await;
    let other = advance(&home.store, &other, 150, vec![answered(1, Some(0))]).await;
    advance(&home.store, &other, 150, vec![paused(PauseReason::User), EventKind::Deleted]).await;
    let of_one = Spending {
        agent: one.id,
        usage: Usage {
            input_tokens: 450,
            cached_tokens: 250,
            cache_write_tokens: 100,
            output_tokens: 50,
            reasoning_tokens: 25,
        },
        cost: 7,
        unpriced: 3,
        requests: 2,
    };
    let of_other = Spending { agent: other.id, usage: USAGE, cost: 0, unpriced: 0, requests: 1 };
    let found = home.store.spending(Timestamp(100), Timestamp(200)).await.unwrap();
    assert_eq!(found, [of_one, of_other]);
    assert_eq!(home.store.spending(Timestamp(201), Timestamp(300)).await.unwrap(), []);
}

#[tokio::test]
async fn sums_stay_at_the_most_that_can_be_told() {
    let home = home().await;
    let one = running(&home.store, 1, 10).await;
    let much = |request| answered(request, Some(u32::MAX));
    advance(&home.store, &one, 100, vec![much(1), much(2)]).await;
    let found = home.store.spending(Timestamp(0), Timestamp(200)).await.unwrap();
    assert_eq!(found.first().map(|one| one.cost), Some(u32::MAX));
}

#[tokio::test]
async fn what_costs_is_found_by_its_index() {
    let home = home().await;
    let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(
        "EXPLAIN QUERY PLAN SELECT agent_id FROM events
            WHERE type IN ('modelAnswered', 'compacted', 'answerLost') AND at >= 1 AND at < 2",
    )
    .fetch_all(&mut *home.store.writer.lend().await.unwrap())
    .await
    .unwrap();
    assert!(plan.iter().any(|(.., step)| step.contains("events_that_cost")), "{plan:?}");
}

#[tokio::test]
async fn runs_are_told_without_pauses_waits_and_the_time_after_a_crash() {
    let home = home().await;
    let span = |agent: &Agent, from, to| Span { agent: agent.id, from: Timestamp(from), to: Timestamp(to) };
    // Before the time that is asked for, and over it.
    let one = running(&home.store, 1, 10).await;
    let one = advance(&home.store, &one, 20, vec![paused(PauseReason::User)]).await;
    let one = advance(&home.store, &one, 30, vec![EventKind::Resumed]).await;
    let one = advance(&home.store, &one, 110, vec![paused(PauseReason::User)]).await;
    // It waits for a slot before it goes on, and a crash ends it after its answer.
    let one = advance(&home.store, &one, 120, vec![EventKind::Resumed]).await;
    let one = advance(&home.store, &one, 121, vec![EventKind::SlotAwaited { ahead: 0 }]).await;
    let one = advance(&home.store, &one, 140, vec![EventKind::SlotTaken]).await;
    let one = advance(&home.store, &one, 150, vec![answered(1, None)]).await;
    let one = advance(&home.store, &one, 900, vec![paused(PauseReason::Interrupted)]).await;
    // One that still runs ends nothing of the next agent's.
    running(&home.store, 2, 200).await;
    let third = running(&home.store, 3, 300).await;
    let failed = EventKind::Failed { fault: samples_fault() };
    let third = advance(&home.store, &third, 310, vec![failed]).await;
    assert_eq!(
        home.store.runs(Timestamp(100)).await.unwrap(),
        [span(&one, 30, 110), span(&one, 120, 121), span(&one, 140, 150), span(&third, 300, 310)]
    );
    assert_eq!(home.store.runs(Timestamp(1000)).await.unwrap(), []);
}

fn samples_fault() -> anchorhold_domain::Fault {
    anchorhold_domain::Fault { code: "x".to_owned(), message: String::new(), hint: None }
}
