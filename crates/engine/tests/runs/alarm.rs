//! Agents that are paused until a time and go on by themselves, across restarts, unless the user says
//! otherwise.

use crate::harness::{Gate, House, Voice, errand, finish, rest, start, told, turn, until, write};
use anchorhold_domain::{Agent, EventKind, Fault, NewAgent, PauseReason, PushWish, Status, Timestamp};
use anchorhold_engine::{Config, Engine};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};

/// Seconds that a spent quota asks for.
const RESET: i64 = 3_000;

fn spent() -> Vec<Value> {
    vec![json!({"calls": [finish("Done.")], "fault": {"status": 429, "retryAfter": RESET}})]
}

/// Each test has a clock of its own, which stands still until the test moves it.
fn at(house: &House, clock: fn() -> Timestamp) -> Config {
    let mut config = house.config();
    config.clock = clock;
    config
}

fn standing(agent: &Agent) -> (Status, Option<PauseReason>, Option<Timestamp>) {
    (agent.status, agent.pause_reason, agent.resumes_at)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_quota_pauses_until_its_reset_and_the_agent_goes_on_by_itself() {
    static NOW: AtomicI64 = AtomicI64::new(1_000_000);
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(spent()).await;
    let engine = Engine::open(at(&house, || Timestamp(NOW.load(Ordering::SeqCst)))).await.unwrap();
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let agent = rest(&engine, id).await;
    let until_reset = Some(Timestamp(1_000_000 + RESET * 1000));
    assert_eq!(standing(&agent), (Status::Paused, Some(PauseReason::Quota), until_reset));
    assert_eq!(agent.error_code.as_deref(), Some("model_rate_limited"));

    NOW.fetch_add(RESET * 1000, Ordering::SeqCst);
    let agent = until(&engine, id, "completes", |agent| agent.status == Status::Completed).await;
    assert_eq!((&agent.error_code, agent.resumes_at), (&None, None));
    let quota = "paused until: Quota model_rate_limited";
    assert_eq!(
        told(&engine, id).await[6..],
        [quota, "resumed", "answered", "asked for finish", "finish Ok", "completed: Done."]
    );
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_is_kept_across_a_restart_and_a_program_that_only_looks_resumes_nobody() {
    static NOW: AtomicI64 = AtomicI64::new(1_000_000);
    let clock: fn() -> Timestamp = || Timestamp(NOW.load(Ordering::SeqCst));
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(spent()).await;
    let engine = Engine::open(at(&house, clock)).await.unwrap();
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.pause_reason, Some(PauseReason::Quota));
    engine.close().await;
    drop(engine);
    NOW.fetch_add(RESET * 1000, Ordering::SeqCst);

    let looks = Config { resume_interrupted: false, ..at(&house, clock) };
    let engine = Engine::open(looks.clone()).await.unwrap();
    // Another agent's time comes, so that this one's would have come as well.
    let other = Voice::playing(spent()).await;
    let new = NewAgent { name: "Other".to_owned(), ..errand(&remote.address(), other.choice()) };
    let works = start(&engine, new).await;
    rest(&engine, works).await;
    NOW.fetch_add(RESET * 1000, Ordering::SeqCst);
    until(&engine, works, "completes", |agent| agent.status == Status::Completed).await;
    assert_eq!(engine.agent(id).await.unwrap().pause_reason, Some(PauseReason::Quota));
    engine.close().await;
    drop(engine);

    let engine = Engine::open(at(&house, clock)).await.unwrap();
    until(&engine, id, "completes", |agent| agent.status == Status::Completed).await;
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_push_is_being_prepared_does_not_hold_up_the_others() {
    static NOW: AtomicI64 = AtomicI64::new(1_000_000);
    let clock: fn() -> Timestamp = || Timestamp(NOW.load(Ordering::SeqCst));
    let house = House::new();
    let (server, _remote) = house.served("hello");
    let gate = Gate::before(&server).await;
    let engine = Engine::open(at(&house, clock)).await.unwrap();
    let voice = Voice::playing(vec![turn("", vec![write("b", "b\n"), finish("Adds b.")])]).await;
    let pushes = start(&engine, errand(&gate.url("hello"), voice.choice())).await;
    assert_eq!(rest(&engine, pushes).await.status, Status::Completed);
    let spent = Voice::playing(spent()).await;
    let new = NewAgent { name: "Other".to_owned(), ..errand(&gate.url("hello"), spent.choice()) };
    let waits = start(&engine, new).await;
    assert_eq!(rest(&engine, waits).await.pause_reason, Some(PauseReason::Quota));
    engine.close().await;
    // A push of which nobody knows what came of it, so that the next one asks the server first; and a time that
    // comes before the other's.
    let fault = Fault { code: "push_cancelled".to_owned(), message: "push".to_owned(), hint: None };
    let (branch, zeros) = ("agent/work".to_owned(), "0".repeat(40));
    let started = EventKind::PushStarted { branch, commit: zeros.clone(), tree: zeros, unreviewed: false };
    let until_then = EventKind::Paused {
        reason: PauseReason::Quota,
        limit: None,
        until: Some(Timestamp(1_000_001)),
        fault: None,
    };
    house.leave(pushes, vec![started, EventKind::PushFailed { fault }, EventKind::Resumed, until_then]).await;

    let engine = Engine::open(at(&house, clock)).await.unwrap();
    gate.shut();
    let pushing = engine.clone();
    let pushing = tokio::spawn(async move { pushing.push(pushes, PushWish::default()).await });
    gate.reached().await;
    NOW.fetch_add(RESET * 1000, Ordering::SeqCst);
    until(&engine, waits, "goes on", |agent| agent.status != Status::Paused).await;
    assert!(!pushing.is_finished());
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_does_in_between_goes_before_the_time() {
    static NOW: AtomicI64 = AtomicI64::new(1_000_000);
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let engine = Engine::open(at(&house, || Timestamp(NOW.load(Ordering::SeqCst)))).await.unwrap();
    let mut agents = Vec::new();
    for name in ["stopped", "deleted", "resumed", "left"] {
        let voice = Voice::playing(spent()).await;
        let new = NewAgent { name: name.to_owned(), ..errand(&remote.address(), voice.choice()) };
        let id = start(&engine, new).await;
        assert_eq!(rest(&engine, id).await.pause_reason, Some(PauseReason::Quota));
        agents.push((id, voice));
    }
    let [stopped, deleted, resumed, left] = [0, 1, 2, 3].map(|place: usize| agents[place].0);
    let agent = engine.stop(stopped).await.unwrap();
    assert_eq!(standing(&agent), (Status::Paused, Some(PauseReason::Stopped), None));
    assert_eq!(agent.error_code.as_deref(), Some("model_rate_limited"));
    assert_eq!(engine.stop(stopped).await.unwrap_err().code(), "wrong_status");
    engine.delete(deleted).await.unwrap();
    engine.resume(resumed).await.unwrap();
    until(&engine, resumed, "completes", |agent| agent.status == Status::Completed).await;

    NOW.fetch_add(RESET * 1000, Ordering::SeqCst);
    until(&engine, left, "completes", |agent| agent.status == Status::Completed).await;
    let asked = |place: usize| agents[place].1.requests().len();
    assert_eq!([0, 1, 2, 3].map(asked), [1, 1, 2, 2]);
    // One whose deletion is taken back goes on, since its time has come.
    engine.restore(deleted).await.unwrap();
    until(&engine, deleted, "completes", |agent| agent.status == Status::Completed).await;
    assert_eq!(engine.agent(stopped).await.unwrap().pause_reason, Some(PauseReason::Stopped));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_of_the_day_with_a_delay_of_seconds_is_not_asked_for_every_few_seconds() {
    static NOW: AtomicI64 = AtomicI64::new(1_000_000);
    const MINUTES: i64 = 60_000;
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![json!({"calls": [finish("Done.")]})]).await;
    // As Gemini says it.
    let violations = json!([{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]);
    let details = json!([
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "21s"}
    ]);
    let body =
        json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": details}}).to_string();
    let spent = format!(
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    voice.instead(vec![Some(&spent), Some(&spent)]);
    let engine = Engine::open(at(&house, || Timestamp(NOW.load(Ordering::SeqCst)))).await.unwrap();
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let agent = rest(&engine, id).await;
    let until_then = |minutes: i64| Some(Timestamp(NOW.load(Ordering::SeqCst) + minutes * MINUTES));
    assert_eq!(standing(&agent), (Status::Paused, Some(PauseReason::Quota), until_then(5)));
    assert_eq!(agent.error_code.as_deref(), Some("model_quota_spent"));

    NOW.fetch_add(5 * MINUTES, Ordering::SeqCst);
    let again = until(&engine, id, "asks again", |agent| agent.resumes_at == until_then(10)).await;
    assert_eq!(standing(&again), (Status::Paused, Some(PauseReason::Quota), until_then(10)));
    NOW.fetch_add(10 * MINUTES, Ordering::SeqCst);
    until(&engine, id, "completes", |agent| agent.status == Status::Completed).await;
    assert_eq!(voice.requests().len(), 3);
    engine.close().await;
}
