//! Measures how long a stop takes in the middle of what an agent can be in the middle of, for
//! `cargo xtask bench stop`.
//!
//! Prints JSON objects of the same shape as `bench_import` does: for each situation the median and the
//! longest. What a stop takes is from the call to the status that says it, as the window sees it. The model
//! is a server in this program that leaves the agent where it is to be stopped.

use anchorhold_domain::{AgentId, Delivery, EventKind, FileRules, Limits, ModelChoice, NewAgent, Settings};
use anchorhold_engine::{Config, Engine, Identity};
use anchorhold_testkit::{DockerSocket, git};
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

type Failure = Box<dyn Error + Send + Sync>;

/// What a stop may take, in milliseconds.
const MOST: u32 = 200;
/// A server that wants to be left alone, for longer than any of this takes.
const BUSY: &str =
    "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 290\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

#[derive(Clone, Copy, Debug)]
enum Situation {
    Request,
    Retry,
    Gate,
    Slot,
    Call,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let mut runs = 10;
    while let (Some(word), Some(value)) = (words.next(), words.next()) {
        match word.as_str() {
            "--runs" => runs = value.parse()?,
            _ => return Err(format!("{word} is no option").into()),
        }
    }
    let docker = DockerSocket::find()?;
    let place = tempfile::tempdir()?;
    repository(place.path())?;
    let situations = [
        ("a request", Situation::Request),
        ("the wait for the next try", Situation::Retry),
        ("a wait that another agent was told", Situation::Gate),
        ("the wait for a slot", Situation::Slot),
        ("a tool call", Situation::Call),
    ];
    for (name, situation) in situations {
        let home = place.path().join(format!("home-{situation:?}"));
        let mut config = Config::new(home.clone(), "the benchmark");
        config.identity = Some(Identity { name: "Grace".into(), email: "grace@example.com".into() });
        let engine = Engine::open(config).await?;
        let mut times = Vec::new();
        for run in 0..=runs {
            let took = measure(&engine, &docker, place.path(), situation, run).await?;
            eprintln!("stop in {name}, {run} of {runs}: {took:?}");
            if run > 0 {
                times.push(took.as_secs_f64() * 1000.0);
            }
        }
        engine.close().await;
        docker.remove_all_of(&home)?;
        times.sort_by(f64::total_cmp);
        let row = |figure: &str, ours: Option<&f64>| serde_json::json!({"what": format!("stop in {name}, {figure}"), "unit": "ms", "ours": ours, "most": MOST});
        println!("{}", row("median", times.get(times.len() / 2)));
        println!("{}", row("longest", times.last()));
    }
    Ok(())
}

async fn measure(
    engine: &Engine,
    docker: &DockerSocket,
    place: &Path,
    situation: Situation,
    run: usize,
) -> Result<Duration, Failure> {
    let server = Server::start(situation).await?;
    let first = start(engine, place, &server, &format!("first {run}")).await?;
    let (id, other) = match situation {
        Situation::Request => {
            asked(engine, first, "turnStarted").await?;
            server.asked().await?;
            (first, None)
        }
        Situation::Retry => {
            asked(engine, first, "modelRetried").await?;
            (first, None)
        }
        Situation::Gate => {
            asked(engine, first, "modelRetried").await?;
            let second = start(engine, place, &server, &format!("second {run}")).await?;
            asked(engine, second, "modelRetried").await?;
            (second, Some(first))
        }
        Situation::Slot => {
            server.asked().await?;
            engine.set_settings(Settings { slots: 1, ..engine.settings().await? }).await?;
            let second = start(engine, place, &server, &format!("second {run}")).await?;
            asked(engine, second, "slotAwaited").await?;
            (second, Some(first))
        }
        Situation::Call => {
            // The first call answers, so that the cell is there; the next one meets it frozen.
            server.asked().await?;
            asked(engine, first, "toolFinished").await?;
            let container = engine.agent(first).await?.container_id.clone().ok_or("there is no container")?;
            docker.freeze(&container)?;
            server.go_on();
            engine.wait_for(first, |agent| agent.activity.as_deref() == Some("Write c")).await?;
            let took = stop(engine, first).await?;
            // The container may be gone by now, since the agent does not run any more.
            let _ = docker.thaw(&container);
            engine.delete(first).await?;
            return Ok(took);
        }
    };
    let took = stop(engine, id).await?;
    for id in [Some(id), other].into_iter().flatten() {
        engine.delete(id).await?;
    }
    Ok(took)
}

async fn stop(engine: &Engine, id: AgentId) -> Result<Duration, Failure> {
    let began = Instant::now();
    engine.stop(id).await?;
    Ok(began.elapsed())
}

/// Waits until an event of this name is in an agent's log.
async fn asked(engine: &Engine, id: AgentId, name: &str) -> Result<(), Failure> {
    let mut updates = engine.watch(id, 0).await?;
    while let Some(update) = updates.recv().await {
        let anchorhold_domain::Update::Events { events, .. } = update else { continue };
        if let Some(EventKind::Failed { fault }) =
            events.iter().map(|event| &event.kind).find(|kind| matches!(kind, EventKind::Failed { .. }))
        {
            return Err(fault.message.clone().into());
        }
        if events.iter().any(|event| event.kind.name() == name) {
            return Ok(());
        }
    }
    Err("the engine ended".into())
}

async fn start(engine: &Engine, place: &Path, server: &Server, name: &str) -> Result<AgentId, Failure> {
    let new = NewAgent {
        name: name.to_owned(),
        task: "Work.".to_owned(),
        github_repo: place.join("origin.git").display().to_string(),
        source_branch: "main".to_owned(),
        target_branch: "agent/work".to_owned(),
        history_depth: None,
        model: ModelChoice {
            provider: "scripted".to_owned(),
            name: "bench".to_owned(),
            base_url: Some(server.base_url.clone()),
            wire: None,
            effort: None,
        },
        fallback: None,
        limits: Limits::default(),
        files: FileRules::default(),
        delivery: Delivery::default(),
    };
    let id = engine.create(new).await?.id;
    engine.start(id).await?;
    Ok(id)
}

fn repository(place: &Path) -> Result<(), Failure> {
    git(place, &["init", "--quiet", "--bare", "--initial-branch=main", "origin.git"])?;
    git(place, &["init", "--quiet", "--initial-branch=main", "work"])?;
    let work = place.join("work");
    std::fs::write(work.join("a"), "a\n")?;
    git(&work, &["add", "--all"])?;
    git(&work, &["commit", "--quiet", "--message", "A file"])?;
    git(&work, &["push", "--quiet", "../origin.git", "HEAD:refs/heads/main"])?;
    Ok(())
}

/// A model's server that leaves an agent in a situation.
struct Server {
    base_url: String,
    requests: tokio::sync::watch::Sender<usize>,
    release: tokio::sync::watch::Sender<bool>,
    serving: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start(situation: Situation) -> Result<Self, Failure> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let base_url = format!("http://{}/v1", listener.local_addr()?);
        let (requests, release) =
            (tokio::sync::watch::Sender::new(0), tokio::sync::watch::Sender::new(false));
        let (counted, released) = (requests.clone(), release.clone());
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (requests, release) = (counted.clone(), released.clone());
                tokio::spawn(async move { serve(client, situation, &requests, &release).await.ok() });
            }
        });
        Ok(Self { base_url, requests, release, serving })
    }

    async fn asked(&self) -> Result<(), Failure> {
        self.requests.subscribe().wait_for(|requests| *requests > 0).await?;
        Ok(())
    }

    fn go_on(&self) {
        self.release.send_replace(true);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(
    mut client: TcpStream,
    situation: Situation,
    requests: &tokio::sync::watch::Sender<usize>,
    release: &tokio::sync::watch::Sender<bool>,
) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    let (head, length) = loop {
        if client.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
        if let (Some(end), Some(length)) = (text.find("\r\n\r\n"), length) {
            break (end + 4, length.trim().parse::<usize>()?);
        }
    };
    while bytes.len() < head + length {
        if client.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
    requests.send_modify(|requests| *requests += 1);
    let number = *requests.borrow();
    match situation {
        Situation::Retry | Situation::Gate => client.write_all(BUSY.as_bytes()).await?,
        Situation::Call if number <= 2 => {
            if number == 2 {
                release.subscribe().wait_for(|release| *release).await?;
            }
            client.write_all(write_file(if number == 1 { "b" } else { "c" }).as_bytes()).await?;
        }
        // Silence, until the other side goes away.
        Situation::Call | Situation::Request | Situation::Slot => {
            let _ = client.read_to_end(&mut Vec::new()).await;
        }
    }
    client.shutdown().await?;
    Ok(())
}

/// A streamed answer that writes a file.
fn write_file(path: &str) -> String {
    let chunk = |delta, finish: Option<&str>| {
        serde_json::json!({
            "id": "bench", "object": "chat.completion.chunk", "created": 0, "model": "bench",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]
        })
    };
    let arguments = serde_json::json!({"path": path, "content": "x\n"}).to_string();
    let call = serde_json::json!({"role": "assistant", "tool_calls": [
        {"index": 0, "id": format!("call_{path}"), "type": "function",
         "function": {"name": "write_file", "arguments": arguments}}
    ]});
    let (first, last) = (chunk(call, None), chunk(serde_json::json!({}), Some("tool_calls")));
    let body = format!("data: {first}\n\ndata: {last}\n\ndata: [DONE]\n\n");
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
