//! A model's server that fails, and a run that loses nothing by it.

use crate::harness::{House, TASK, Voice, errand, finish, rest, start, told, trajectory, turn, write};
use anchorhold_domain::{EventKind, ModelChoice, Status};
use anchorhold_model::ScriptedServer;
use serde_json::json;
use std::net::TcpListener;

const HTML: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\nConnection: close\r\n\r\n<html>Welcome</html>";

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_tried_six_times_and_asked_again_on_resume() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let choice = ModelChoice {
        provider: "scripted".to_owned(),
        name: "demo".to_owned(),
        base_url: Some(format!("http://127.0.0.1:{port}/v1")),
        wire: None,
        effort: None,
    };
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), choice)).await;
    let agent = rest(&engine, id).await;
    let hint = "check that the model server is running and its base URL is right, then resume the agent";
    assert_eq!(
        (agent.status, agent.error_code.as_deref(), agent.error_hint.as_deref()),
        (Status::Paused, Some("model_unreachable"), Some(hint))
    );
    let before = told(&engine, id).await;
    assert_eq!(before[5], format!("turn: {TASK}"));
    assert_eq!(before[6..11], ["retried: model_unreachable"; 5]);
    assert_eq!(before[11..], ["paused until: Provider model_unreachable"]);

    let _back = ScriptedServer::start(trajectory(vec![turn("", vec![finish("Done.")])]), port).await.unwrap();
    engine.resume(id).await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, &agent.error_code), (Status::Completed, &None));
    assert_eq!(
        told(&engine, id).await[12..],
        ["resumed", "answered", "asked for finish", "finish Ok", "completed: Done."]
    );
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_no_answers_pause_the_run_and_its_edits_are_kept() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let steps = vec![turn("", vec![write("b", "b\n")]), turn("", vec![write("c", "c\n"), finish("Done.")])];
    let voice = Voice::playing(steps).await;
    voice.instead([vec![None], vec![Some(HTML); 6]].concat());
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let agent = rest(&engine, id).await;
    assert_eq!(
        (agent.status, agent.error_code.as_deref()),
        (Status::Paused, Some("model_answer_unreadable"))
    );

    engine.resume(id).await.unwrap();
    rest(&engine, id).await;
    let unreadable = "retried: model_answer_unreadable";
    assert_eq!(
        told(&engine, id).await[6..],
        [
            "answered",
            "asked for write_file",
            "write_file Ok",
            unreadable,
            unreadable,
            unreadable,
            unreadable,
            unreadable,
            "paused until: Provider model_answer_unreadable",
            "resumed",
            "answered",
            "asked for write_file",
            "asked for finish",
            "write_file Ok",
            "finish Ok",
            "completed: Done.",
        ]
    );
    let files = [("b", Some("b\n")), ("c", Some("c\n"))];
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", &files));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_busy_is_given_the_time_it_asks_for() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let busy = json!({"calls": [finish("Done.")], "fault": {"status": 429, "retryAfter": 0.05}});
    let voice = Voice::playing(vec![busy]).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let told = told(&engine, id).await;
    assert_eq!(
        told[6..],
        ["retried: model_rate_limited", "answered", "asked for finish", "finish Ok", "completed: Done."]
    );
    let waits: Vec<u32> = engine
        .events(id, 0)
        .await
        .unwrap()
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::ModelRetried { wait_ms, .. } => Some(*wait_ms),
            _ => None,
        })
        .collect();
    assert_eq!(waits, [50]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_not_tried_again() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![json!({"calls": [finish("Done.")], "fault": {"status": 401}})]).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let agent = rest(&engine, id).await;
    let hint = "set the key in the window under Change model, or with `anchorctl key set <provider>`, then resume the agent";
    assert_eq!(
        (agent.status, agent.error_code.as_deref(), agent.error_hint.as_deref()),
        (Status::Paused, Some("model_key_invalid"), Some(hint))
    );
    assert_eq!(told(&engine, id).await[6..], ["paused: Provider model_key_invalid"]);
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    engine.close().await;
}

/// A streamed answer that the model's output limit cut off after these words, for which it read 1000 tokens and
/// wrote 50.
pub(crate) fn cut_off(words: &str) -> String {
    let chunk = |delta, finish: Option<&str>| {
        json!({
            "id": "cut", "object": "chat.completion.chunk", "created": 0, "model": "demo",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]
        })
    };
    let said = chunk(json!({"role": "assistant", "content": words}), None);
    let mut end = chunk(json!({}), Some("length"));
    end["usage"] = json!({"prompt_tokens": 1000, "completion_tokens": 50});
    let body = format!("data: {said}\n\ndata: {end}\n\ndata: [DONE]\n\n");
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_cut_off_is_not_the_end_of_the_work_and_is_asked_for_again_on_resume() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![write("b", "b\n"), finish("Done.")])]).await;
    voice.instead(vec![Some(&cut_off("First I shall"))]);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let agent = rest(&engine, id).await;
    let hint = "tell the agent to work in smaller steps, or choose a model that writes more";
    assert_eq!(
        (agent.status, agent.error_code.as_deref(), agent.error_hint.as_deref()),
        (Status::Paused, Some("model_output_limit"), Some(hint))
    );
    assert_eq!(told(&engine, id).await[6..], ["answerLost", "paused: Provider model_output_limit"]);

    engine.resume(id).await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, &agent.error_code), (Status::Completed, &None));
    let requests = voice.requests();
    assert_eq!((requests.len(), &requests[1]["messages"]), (2, &requests[0]["messages"]));
    assert_eq!(
        told(&engine, id).await[8..],
        [
            "resumed",
            "answered",
            "asked for write_file",
            "asked for finish",
            "write_file Ok",
            "finish Ok",
            "completed: Done.",
        ]
    );
    engine.close().await;
}
