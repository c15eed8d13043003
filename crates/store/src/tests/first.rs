//! A database of the first version, whose agents and logs must all be there afterwards.

use super::*;
use anchorhold_domain::{Delivery, FileRules, ModelChoice, PauseReason, Status};
use anchorhold_store_schema::MIGRATOR;
use serde_json::{Value, json};
use sqlx::SqliteConnection;
use sqlx::migrate::Migrator;

/// The schema as the first version made it.
fn first_version() -> Migrator {
    first_migrations(1)
}

fn first_migrations(count: usize) -> Migrator {
    Migrator::with_migrations(MIGRATOR.iter().take(count).cloned().collect())
}

/// The log of an agent of the first version, as that wrote it: what was added to events since is not
/// there.
fn payloads(ending: &[Value]) -> Vec<Value> {
    let usage = json!({"inputTokens": 900, "cachedTokens": 100, "outputTokens": 50});
    let answered = |request: u32| {
        json!({"type": "modelAnswered", "request": request, "text": "Well.", "reasoning": null,
            "replay": null, "usage": usage, "durationMs": 9})
    };
    let mut all = vec![
        json!({"type": "created", "task": "rename it", "instruction": samples::instruction(1)}),
        json!({"type": "instructionQueued", "id": samples::instruction(1), "text": "rename it"}),
    ];
    if ending.first().is_some_and(|event| event["type"] == "startRequested") {
        all.extend_from_slice(ending);
        return all;
    }
    if !ending.is_empty() {
        all.extend([
            json!({"type": "startRequested"}),
            json!({"type": "cloneStarted"}),
            json!({"type": "cloned", "baseCommit": "b1", "baseTree": "t1", "files": 2, "kib": 1, "notes": []}),
            json!({"type": "turnStarted", "instruction": samples::instruction(1), "text": "rename it"}),
            answered(1),
            json!({"type": "toolRequested", "call": "c1", "tool": "write_file", "label": "Write a",
                "arguments": "{}"}),
            json!({"type": "toolFinished", "call": "c1", "outcome": "OK", "result": "Wrote a.",
                "resultBlob": null, "durationMs": 1, "edited": [{"path": "a", "added": 1, "removed": 0}],
                "checkpoint": "k1", "filesChanged": 1}),
            answered(2),
        ]);
        all.extend(ending.iter().filter(|event| event["type"] != "running").cloned());
    }
    all
}

/// An ending of a log for each status, and for each reason to pause.
fn endings() -> Vec<(Status, Option<PauseReason>, Vec<Value>)> {
    let paused =
        |reason: &str, limit: Value| vec![json!({"type": "paused", "reason": reason, "limit": limit})];
    let asked = json!({"type": "questionAsked", "call": "c2", "question": "Which?"});
    let completed = json!({"type": "completed", "summary": "Done.", "unverified": null});
    let fault = json!({"code": "engine_stopped", "message": "it stopped", "hint": "start it"});
    let pushing = json!({"type": "pushStarted", "branch": "agent/x", "commit": "p1", "tree": "t2"});
    let pushed = json!({"type": "pushCompleted", "branch": "agent/x", "commit": "p1", "created": true});
    let started = ["startRequested", "cloneStarted"].map(|name| json!({"type": name}));
    let idle = (Status::Idle, None);
    let pause = |reason| (Status::Paused, Some(reason));
    vec![
        (idle.0, idle.1, vec![]),
        (idle.0, idle.1, started[..1].to_vec()),
        (Status::Cloning, None, started.to_vec()),
        (Status::Running, None, vec![json!({"type": "running"})]),
        (pause(PauseReason::User).0, pause(PauseReason::User).1, paused("USER", Value::Null)),
        (pause(PauseReason::Stopped).0, pause(PauseReason::Stopped).1, paused("STOPPED", Value::Null)),
        (pause(PauseReason::Question).0, pause(PauseReason::Question).1, vec![asked]),
        (pause(PauseReason::Limit).0, pause(PauseReason::Limit).1, paused("LIMIT", json!("TOKENS"))),
        (pause(PauseReason::Quota).0, pause(PauseReason::Quota).1, paused("QUOTA", Value::Null)),
        (
            pause(PauseReason::Interrupted).0,
            pause(PauseReason::Interrupted).1,
            paused("INTERRUPTED", Value::Null),
        ),
        (Status::Completed, None, vec![completed.clone()]),
        (Status::Error, None, vec![json!({"type": "failed", "fault": fault})]),
        (Status::Pushing, None, vec![completed.clone(), pushing.clone()]),
        (Status::Completed, None, vec![completed.clone(), pushing, pushed]),
        (Status::Completed, None, vec![completed, json!({"type": "deleted"})]),
    ]
}

/// The agent that this version makes of such a log.
fn expected(number: u32, payloads: &[Value]) -> Agent {
    let new = NewAgent {
        name: format!("agent {number}"),
        task: "rename it".to_owned(),
        fallback: None,
        model: ModelChoice {
            provider: "openai".to_owned(),
            name: "gpt".to_owned(),
            base_url: Some("http://localhost:1/v1".to_owned()),
            wire: None,
            effort: None,
        },
        limits: Limits { tokens: Some(u32::MAX), turns: Some(7), seconds: None, money: None },
        // It was given every file.
        files: FileRules::none(),
        delivery: Delivery::default(),
        history_depth: None,
        ..samples::new_agent()
    };
    let id = AgentId(uuid::Uuid::from_u128(number.into()));
    let mut agent = Agent::new(id, new, "local".to_owned(), Timestamp(1000));
    for (seq, payload) in (2..).zip(payloads.iter().skip(1)) {
        let kind = serde_json::from_value(payload.clone()).unwrap();
        agent.advance(&Event { seq, at: Timestamp(1000 * i64::from(seq)), kind }).unwrap();
    }
    agent
}

async fn write(connection: &mut SqliteConnection, agent: &Agent, payloads: &[Value]) {
    sqlx::query(
        "INSERT INTO agents VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
            ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(agent.id.to_string())
    .bind(&agent.name)
    .bind(&agent.task)
    .bind(&agent.github_repo)
    .bind(&agent.source_branch)
    .bind(&agent.target_branch)
    .bind(&agent.container_id)
    .bind(agent.status.as_str())
    .bind(agent.pause_reason.map(|reason| json!(reason).as_str().unwrap().to_owned()))
    .bind(agent.waiting)
    .bind(&agent.error_message)
    .bind(&agent.error_code)
    .bind(&agent.error_hint)
    .bind(&agent.user_id)
    .bind(&agent.model.provider)
    .bind(&agent.model.name)
    .bind(&agent.model.base_url)
    .bind(agent.limits.tokens)
    .bind(agent.limits.turns)
    .bind(agent.limits.seconds)
    .bind(agent.usage.input_tokens)
    .bind(agent.usage.cached_tokens)
    .bind(agent.usage.output_tokens)
    .bind(agent.requests)
    .bind(&agent.activity)
    .bind(&agent.base_commit)
    .bind(&agent.base_tree)
    .bind(&agent.checkpoint)
    .bind(agent.files_changed)
    .bind(&agent.pushed_commit)
    .bind(agent.ran_ms)
    .bind(agent.running_since.map(|at| at.0))
    .bind(agent.last_seq)
    .bind(agent.started_at.map(|at| at.0))
    .bind(agent.completed_at.map(|at| at.0))
    .bind(agent.pushed_at.map(|at| at.0))
    .bind(agent.deleted_at.map(|at| at.0))
    .bind(agent.created_at.0)
    .bind(agent.updated_at.0)
    .execute(&mut *connection)
    .await
    .unwrap();
    for (seq, payload) in (1_u32..).zip(payloads) {
        sqlx::query("INSERT INTO events (agent_id, seq, at, type, payload) VALUES (?, ?, ?, ?, ?)")
            .bind(agent.id.to_string())
            .bind(seq)
            .bind(1000 * i64::from(seq))
            .bind(payload["type"].as_str().unwrap())
            .bind(payload.to_string())
            .execute(&mut *connection)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_database_of_the_first_version_keeps_every_agent_in_every_status_and_every_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("anchorhold.db");
    let old = Store::open_with(&path, &first_version()).await.unwrap();
    let mut agents = Vec::new();
    for (number, (status, reason, ending)) in (1..).zip(endings()) {
        let payloads = payloads(&ending);
        let agent = expected(number, &payloads);
        assert_eq!((agent.status, agent.pause_reason), (status, reason));
        write(&mut old.writer.lend().await.unwrap(), &agent, &payloads).await;
        agents.push((agent, payloads));
    }
    let hash = old.put_blob(b"a long result".to_vec()).await.unwrap();
    old.close().await;

    let store = Store::open(&path).await.unwrap();
    for (agent, payloads) in &agents {
        assert_eq!(store.agent(agent.id).await.unwrap(), *agent);
        store.verify(agent.id).await.unwrap();
        assert_eq!(store.all_events(agent.id, 0).await.unwrap().len(), payloads.len());
        assert_eq!(agent.unpriced, agent.requests);
    }
    assert_eq!(store.agents().await.unwrap().len(), agents.len() - 1);
    assert_eq!(store.blob(&hash).await.unwrap(), b"a long result");
    assert_eq!(store.settings().await.unwrap(), anchorhold_domain::Settings::default());
    // The log takes what comes next, and what comes next is new.
    let (paused, _) = agents.iter().find(|(agent, _)| agent.status == Status::Paused).unwrap();
    let resumed = advance(&store, paused, 99_000, vec![EventKind::WrapUpRequested]).await;
    assert_eq!(resumed.status, Status::Running);
    store.verify(paused.id).await.unwrap();
}

#[tokio::test]
async fn what_work_was_put_onto_before_rows_said_so_is_read_from_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("anchorhold.db");
    let completed = json!({"type": "completed", "summary": "Done.", "unverified": null});
    let onto = |commit: &str, checkpoint: &str| json!({"type": "reapplied", "onto": commit, "checkpoint": checkpoint, "filesChanged": 2});
    let mut payloads = payloads(&[completed]);
    let before = expected(1, &payloads);
    let old = Store::open_with(&path, &first_version()).await.unwrap();
    write(&mut old.writer.lend().await.unwrap(), &before, &payloads).await;
    old.close().await;

    let old = Store::open_with(&path, &first_migrations(4)).await.unwrap();
    payloads.extend([onto("m1", "k2"), onto("m2", "k3")]);
    let agent = expected(1, &payloads);
    assert_eq!(agent.reapplied_onto.as_deref(), Some("m2"));
    let mut writer = old.writer.lend().await.unwrap();
    for (seq, payload) in (1_u32..).zip(&payloads).skip(payloads.len() - 2) {
        sqlx::query("INSERT INTO events (agent_id, seq, at, type, payload) VALUES (?, ?, ?, 'reapplied', ?)")
            .bind(agent.id.to_string())
            .bind(seq)
            .bind(1000 * i64::from(seq))
            .bind(payload.to_string())
            .execute(&mut *writer)
            .await
            .unwrap();
    }
    sqlx::query(
        "UPDATE agents SET push_parent = 'm2', checkpoint = 'k3', files_changed = 2, last_seq = ?, updated_at = ?",
    )
    .bind(agent.last_seq)
    .bind(agent.updated_at.0)
    .execute(&mut *writer)
    .await
    .unwrap();
    drop(writer);
    old.close().await;

    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.agent(agent.id).await.unwrap(), agent);
    store.verify(agent.id).await.unwrap();
}
