//! Trouble with a provider: tried again, asked of another model, or waited for; never the end of a run.

use crate::harness::{House, Voice, errand, finish, rest, start, told, turn, until, write};
use anchorhold_domain::{AgentId, EventKind, ModelChoice, NewAgent, PauseReason, Status};
use anchorhold_engine::Engine;
use serde_json::{Value, json};
use std::time::Duration;

/// A whole answer of a server, as bytes.
fn response(status: &str, more: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n{more}\r\n{body}",
        body.len()
    )
}

fn down() -> String {
    response("500 Internal Server Error", "", "{}")
}

fn two_edits() -> Vec<Value> {
    vec![turn("", vec![write("b", "b\n")]), turn("", vec![write("c", "c\n"), finish("Done.")])]
}

fn named(choice: ModelChoice, name: &str) -> ModelChoice {
    ModelChoice { name: name.to_owned(), ..choice }
}

fn models_asked(voice: &Voice) -> Vec<String> {
    voice.requests().iter().map(|request| request["model"].as_str().unwrap().to_owned()).collect()
}

async fn selected(engine: &Engine, id: AgentId) -> Vec<String> {
    let events = engine.events(id, 0).await.unwrap();
    events
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::ModelSelected { model, .. } => Some(model.name),
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_keeps_failing_is_replaced_for_the_run_and_asked_first_by_the_next_one() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let (first, second) = (Voice::playing(two_edits()).await, Voice::playing(two_edits()).await);
    let down = down();
    first.instead([vec![None], vec![Some(down.as_str()); 6]].concat());
    let engine = house.open().await;
    let fallback = Some(named(second.choice(), "other"));
    let id = start(&engine, NewAgent { fallback, ..errand(&remote.address(), first.choice()) }).await;
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.on_fallback, &agent.error_code), (Status::Completed, true, &None));
    assert_eq!((first.requests().len(), models_asked(&second)), (7, vec!["other".to_owned()]));
    let failed = "retried: model_server_failed";
    assert_eq!(
        told(&engine, id).await[6..],
        [
            "answered",
            "asked for write_file",
            "write_file Ok",
            failed,
            failed,
            failed,
            failed,
            failed,
            "asks other instead: model_server_failed",
            "answered",
            "asked for write_file",
            "asked for finish",
            "write_file Ok",
            "finish Ok",
            "completed: Done.",
        ]
    );

    engine.instruct(id, "More.").await.unwrap();
    until(&engine, id, "asks the first one", |agent| !agent.on_fallback).await;
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, second.requests().len()), (Status::Completed, 1));
    assert_eq!(selected(&engine, id).await, ["demo", "other", "demo"]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_always_fail_goes_to_the_other_model_at_once_and_what_is_declined_does_not() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let engine = house.open().await;
    let declined = r#"{"error": {"message": "declined", "code": "content_policy_violation"}}"#;
    let cases = [
        ("key", response("401 Unauthorized", "", "{}"), None),
        ("name", response("404 Not Found", "", "{}"), None),
        ("request", response("400 Bad Request", "", "{}"), None),
        ("declined", response("400 Bad Request", "", declined), Some("model_refused")),
    ];
    for (name, answer, expected) in cases {
        let (first, second) = (Voice::playing(two_edits()).await, Voice::playing(two_edits()).await);
        first.instead(vec![Some(&answer)]);
        let new = NewAgent {
            name: name.to_owned(),
            fallback: Some(named(second.choice(), "other")),
            ..errand(&remote.address(), first.choice())
        };
        let agent = {
            let id = start(&engine, new).await;
            rest(&engine, id).await
        };
        let (status, asked) = match expected {
            None => (Status::Completed, 2),
            Some(_) => (Status::Paused, 0),
        };
        assert_eq!((agent.status, agent.error_code.as_deref()), (status, expected), "{name}");
        assert_eq!((first.requests().len(), second.requests().len()), (1, asked), "{name}");
        assert_eq!(agent.resumes_at, None, "{name}");
    }
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_both_models_fail_the_agent_is_held_until_it_is_tried_again_and_goes_on_by_itself() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let (first, second) = (Voice::playing(two_edits()).await, Voice::playing(two_edits()).await);
    let down = down();
    first.instead(vec![Some(&down); 2]);
    second.instead(vec![Some(&down); 2]);
    let mut config = house.config();
    config.patience.tries = 2;
    config.patience.first_pause = Duration::from_millis(50);
    let engine = Engine::open(config).await.unwrap();
    let fallback = Some(named(second.choice(), "other"));
    let id = start(&engine, NewAgent { fallback, ..errand(&remote.address(), first.choice()) }).await;
    until(&engine, id, "completes", |agent| agent.status == Status::Completed).await;
    assert_eq!(
        told(&engine, id).await[6..11],
        [
            "retried: model_server_failed",
            "asks other instead: model_server_failed",
            "retried: model_server_failed",
            "paused until: Provider model_server_failed",
            "resumed",
        ]
    );
    assert_eq!((first.requests().len(), second.requests().len()), (4, 2));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_is_asked_for_again_and_its_call_runs_once() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(two_edits()).await;
    let call = json!({
        "id": "broken", "object": "chat.completion.chunk", "created": 0, "model": "demo",
        "choices": [{"index": 0, "finish_reason": null, "delta": {"role": "assistant", "tool_calls": [
            {"index": 0, "id": "call_0_0", "type": "function", "function": {
                "name": "write_file", "arguments": "{\"path\": \"b\", \"content\": \"b\\n\"}"
            }}
        ]}}]
    });
    let broken = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100000\r\n\r\ndata: {call}\n\n"
    );
    voice.instead(vec![Some(&broken)]);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let told = told(&engine, id).await;
    assert!(told[6].starts_with("retried: model_"), "{told:#?}");
    let count = |line: &str| told.iter().filter(|told| *told == line).count();
    assert_eq!((count("asked for write_file"), count("write_file Ok")), (2, 2));
    let requests = voice.requests();
    assert_eq!((requests.len(), &requests[0]["messages"]), (3, &requests[1]["messages"]));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_and_a_pause_end_the_wait_for_the_next_try() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let engine = house.open().await;
    let busy = response("429 Too Many Requests", "Retry-After: 200\r\n", "{}");
    for (name, reason) in [("stop", PauseReason::Stopped), ("pause", PauseReason::User)] {
        let voice = Voice::playing(two_edits()).await;
        voice.instead(vec![Some(&busy)]);
        let new = NewAgent { name: name.to_owned(), ..errand(&remote.address(), voice.choice()) };
        let id = start(&engine, new).await;
        voice.asked(1).await;
        retried(&engine, id).await;
        match reason {
            PauseReason::Stopped => drop(engine.stop(id).await.unwrap()),
            _ => drop(engine.pause(id).await.unwrap()),
        }
        let agent = rest(&engine, id).await;
        assert_eq!((agent.status, agent.pause_reason), (Status::Paused, Some(reason)));
        assert_eq!(voice.requests().len(), 1);
    }
    engine.close().await;
}

/// Waits until an agent says that it waits for its provider.
async fn retried(engine: &Engine, id: AgentId) -> (u32, u32) {
    let mut updates = engine.watch(id, 0).await.unwrap();
    loop {
        let update = crate::harness::soon("the agent waits", updates.recv()).await.unwrap();
        let anchorhold_domain::Update::Events { events, .. } = update else { continue };
        for event in events {
            if let EventKind::ModelRetried { attempt, wait_ms, .. } = event.kind {
                return (attempt, wait_ms);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_provider_tells_one_agent_holds_the_others_of_its_key_which_say_so() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(two_edits()).await;
    let busy = response("429 Too Many Requests", "Retry-After: 200\r\n", "{}");
    voice.instead(vec![Some(&busy)]);
    let engine = house.open().await;
    let new = |name: &str| NewAgent { name: name.to_owned(), ..errand(&remote.address(), voice.choice()) };
    let told_first = start(&engine, new("told")).await;
    assert_eq!(retried(&engine, told_first).await, (1, 200_000));
    let held = start(&engine, new("held")).await;
    let (attempt, wait_ms) = retried(&engine, held).await;
    assert!(attempt == 0 && wait_ms <= 200_000, "{attempt} {wait_ms}");
    // Another key is not concerned.
    let other = Voice::playing(two_edits()).await;
    let free =
        start(&engine, NewAgent { name: "free".to_owned(), ..errand(&remote.address(), other.choice()) })
            .await;
    assert_eq!(rest(&engine, free).await.status, Status::Completed);
    for id in [told_first, held] {
        assert_eq!(engine.stop(id).await.unwrap().status, Status::Paused);
    }
    assert_eq!(voice.requests().len(), 1);
    engine.close().await;
}
