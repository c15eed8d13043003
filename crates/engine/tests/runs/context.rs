//! Conversations that grow beyond what a model can read.
//!
//! The model here counts what it is sent and refuses what is too long, as a provider does, and goes by what
//! it has answered so far and not by what a request still holds.

use crate::harness::{
    House, Voice, edit, errand, finish, read, request_of, rest, search, soon, start, told, turn, until, write,
};
use anchorhold_domain::{Agent, EventKind, ModelChoice, PauseReason, Status};
use anchorhold_engine::Engine;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What is known of the window before a request is refused: nothing, so that one request is.
const REFUSED: usize = 1;

/// A model with a window.
struct Reader {
    address: SocketAddr,
    state: Arc<State>,
    serving: JoinHandle<()>,
}

struct State {
    /// Tokens that it can read.
    window: usize,
    /// What it answers, in order.
    steps: Vec<(String, Vec<Value>)>,
    /// What it says where it is asked for a summary.
    summary: Mutex<Summary>,
    heard: Mutex<Heard>,
    /// How many requests it kept without an answer.
    kept: watch::Sender<usize>,
}

/// How it answers a request for a summary.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Summary {
    Notes,
    Refused,
    Silence,
}

#[derive(Default)]
struct Heard {
    answered: usize,
    requests: Vec<Asked>,
    /// Whether the first request gets no answer that holds more stubs than the one before, to which nothing
    /// else happened.
    keep: bool,
    /// The stubs in the last request for work; none where it is not known.
    stubs: Option<usize>,
}

/// A request as it came.
struct Asked {
    body: Value,
    tokens: usize,
    refused: bool,
    summary: bool,
    /// How many steps were answered before it.
    answered: usize,
}

impl Reader {
    async fn new(window: usize, steps: Vec<(String, Vec<Value>)>, summary: Summary) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (summary, heard, kept) = (Mutex::new(summary), Mutex::default(), watch::Sender::new(0));
        let state = Arc::new(State { window, steps, summary, heard, kept });
        let serves = Arc::clone(&state);
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&serves);
                // A client that goes away in the middle is a part of these tests.
                tokio::spawn(async move { serve(client, &state).await.ok() });
            }
        });
        Self { address, state, serving }
    }

    fn choice(&self) -> ModelChoice {
        ModelChoice {
            provider: "scripted".to_owned(),
            name: "demo".to_owned(),
            base_url: Some(format!("http://{}/v1", self.address)),
            wire: None,
            effort: None,
        }
    }

    /// Keeps the first request without an answer before which nothing but results was cut.
    fn keep(&self) {
        self.state.heard.lock().unwrap().keep = true;
    }

    /// Waits until a request is kept without an answer.
    async fn keeps_one(&self) {
        let mut kept = self.state.kept.subscribe();
        soon("a request is kept", kept.wait_for(|kept| *kept > 0)).await.unwrap();
    }

    /// Looks at every request for work that was not refused, and the number of steps before it.
    fn check(&self, mut look: impl FnMut(&Value, usize)) {
        let heard = self.state.heard.lock().unwrap();
        for asked in heard.requests.iter().filter(|asked| !asked.refused && !asked.summary) {
            look(&asked.body, asked.answered);
        }
    }

    fn count(&self, what: impl Fn(&Asked) -> bool) -> usize {
        self.state.heard.lock().unwrap().requests.iter().filter(|asked| what(asked)).count()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(mut client: TcpStream, state: &State) -> std::io::Result<()> {
    let (_, bytes) = request_of(&mut client).await?;
    let body: Value = serde_json::from_slice(&bytes)?;
    let tokens = bytes.len() / 4;
    let (response, kept) = {
        let mut heard = state.heard.lock().unwrap();
        let summary = body["tools"].as_array().is_none_or(Vec::is_empty);
        let refused = tokens > state.window;
        let answered = heard.answered;
        let stubs = body.to_string().matches("[result of ").count();
        let more = !refused && !summary && heard.stubs.is_some_and(|before| stubs > before);
        heard.stubs = (!refused && !summary).then_some(stubs);
        heard.requests.push(Asked { body, tokens, refused, summary, answered });
        if more && heard.keep {
            heard.keep = false;
            (None, true)
        } else if refused {
            (Some(too_long(state.window)), false)
        } else if summary {
            match *state.summary.lock().unwrap() {
                Summary::Notes => {
                    (Some(streamed("I read the files and edited some.", &[], answered, tokens)), false)
                }
                Summary::Refused => (Some(status("400 Bad Request", "it cannot sum up")), false),
                Summary::Silence => (None, true),
            }
        } else {
            heard.answered += 1;
            let step = state.steps.get(answered).cloned();
            let (text, calls) = step.unwrap_or_else(|| (String::new(), vec![finish("There is no more.")]));
            (Some(streamed(&text, &calls, answered, tokens)), false)
        }
    };
    if kept {
        state.kept.send_modify(|kept| *kept += 1);
    }
    match response {
        Some(response) => client.write_all(response.as_bytes()).await,
        None => std::future::pending().await,
    }
}

fn too_long(window: usize) -> String {
    status(
        "400 Bad Request",
        &format!("This model's maximum context length is {window} tokens. (context_length_exceeded)"),
    )
}

fn status(status: &str, message: &str) -> String {
    let body = json!({"error": {"message": message}}).to_string();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn streamed(text: &str, calls: &[Value], answered: usize, tokens: usize) -> String {
    let chunk = |choices: Value, usage: Value| {
        let chunk = json!({"id": "r", "object": "chat.completion.chunk", "created": 0, "model": "demo",
                           "choices": choices, "usage": usage});
        format!("data: {chunk}\n\n")
    };
    let delta = |delta: Value, end: Value| json!([{"index": 0, "delta": delta, "finish_reason": end}]);
    let mut body = chunk(delta(json!({"role": "assistant", "content": text}), Value::Null), Value::Null);
    for (index, call) in calls.iter().enumerate() {
        let function = json!({"name": call["tool"], "arguments": call["arguments"].to_string()});
        let asked = json!({"index": index, "id": format!("call_{answered}_{index}"), "type": "function", "function": function});
        body.push_str(&chunk(delta(json!({"tool_calls": [asked]}), Value::Null), Value::Null));
    }
    let end = if calls.is_empty() { "stop" } else { "tool_calls" };
    body.push_str(&chunk(delta(json!({}), json!(end)), Value::Null));
    let usage = json!({"prompt_tokens": tokens, "completion_tokens": 50, "total_tokens": tokens + 50});
    body.push_str(&chunk(json!([]), usage));
    body.push_str("data: [DONE]\n\n");
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Checks that calls and results stand together, and that nobody speaks twice.
fn check_pairs(body: &Value) {
    let messages = body["messages"].as_array().unwrap();
    let mut waiting: Vec<&str> = Vec::new();
    let mut before = "";
    for message in messages {
        let role = message["role"].as_str().unwrap();
        if role == "tool" {
            let id = message["tool_call_id"].as_str().unwrap();
            let place = waiting.iter().position(|call| *call == id);
            waiting.remove(place.unwrap_or_else(|| panic!("a result of no call: {message}")));
        } else {
            assert!(waiting.is_empty(), "calls without results: {waiting:?}");
            assert_ne!(role, before, "{message}");
        }
        if let Some(calls) = message["tool_calls"].as_array() {
            waiting = calls.iter().map(|call| call["id"].as_str().unwrap()).collect();
        }
        before = role;
    }
    assert!(waiting.is_empty() && before != "assistant");
}

/// A repository of ten files of 12 KB.
fn files() -> Vec<(String, String)> {
    (0..10).map(|n| (format!("src/{n}.txt"), format!("{:04}\n", n).repeat(2_400))).collect()
}

/// Answers that read a lot, say a lot and write now and then.
fn work(from: usize, count: usize) -> Vec<(String, Vec<Value>)> {
    (from..from + count)
        .map(|n| {
            let said = format!("Step {n}. {}", "I think about this at length. ".repeat(30));
            let mut calls = vec![read(&format!("src/{}.txt", n % 10)), search("0001")];
            if n % 4 == 0 {
                calls.push(write(&format!("out/{n}.txt"), &format!("{n}\n").repeat(400)));
            }
            (said, calls)
        })
        .collect()
}

const WORDS: &str = "The task: keep the PLUM in every request.";
const LATER: &str = "And then the QUINCE.";

async fn events(engine: &Engine, id: anchorhold_domain::AgentId) -> Vec<EventKind> {
    engine.events(id, 0).await.unwrap().into_iter().map(|event| event.kind).collect()
}

fn count(events: &[EventKind], name: &str) -> usize {
    events.iter().filter(|event| event.name() == name).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_many_turns_stays_within_the_window_keeps_what_the_user_said_and_survives_a_restart() {
    let house = House::new();
    let files = files();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let remote = house.repository(&files);
    let mut steps = work(0, 40);
    steps.push((String::new(), vec![finish("The first part.")]));
    steps.extend(work(40, 30));
    steps
        .push((String::new(), vec![edit("out/68.txt", &"68\n".repeat(400), "last\n"), finish("All of it.")]));
    let last = steps.len();
    let reader = Reader::new(24_000, steps, Summary::Notes).await;
    reader.keep();
    let engine = house.open().await;
    let mut new = errand(&remote.address(), reader.choice());
    new.task = WORDS.to_owned();
    let id = start(&engine, new).await;
    engine.instruct(id, LATER).await.unwrap();

    // The engine goes away after results were cut and before the request is answered.
    reader.keeps_one().await;
    let cut = events(&engine, id).await;
    assert_eq!(cut.last().map(EventKind::name), Some("resultsShrunk"));
    engine.close().await;
    let engine = house.open().await;
    let agent = until(&engine, id, "ends", |agent| agent.status == Status::Completed).await;
    assert_eq!((agent.status, &agent.error_code), (Status::Completed, &None));
    {
        let heard = reader.state.heard.lock().unwrap();
        let kept = heard
            .requests
            .windows(2)
            .position(|two| two[0].answered == two[1].answered && !two[0].refused && !two[0].summary);
        let kept = kept.unwrap();
        let conversation = |asked: &Asked| asked.body["messages"].as_array().unwrap()[1..].to_vec();
        let (before, after) = (&heard.requests[kept], &heard.requests[kept + 1]);
        assert!(conversation(before) == conversation(after), "the same is sent again");
        assert!(before.body["tools"] == after.body["tools"]);
    }

    let events = events(&engine, id).await;
    assert!(
        count(&events, "resultsShrunk") >= 2 && count(&events, "compacted") >= 1,
        "{:#?}",
        told(&engine, id).await
    );
    assert_eq!(reader.state.heard.lock().unwrap().answered, last);
    assert_eq!(reader.count(|asked| asked.refused), REFUSED);
    assert_eq!(reader.count(|asked| asked.summary), count(&events, "compacted"));
    let mut later = 0;
    reader.check(|body, answered| {
        check_pairs(body);
        let text = body.to_string();
        assert!(text.contains(WORDS));
        if answered > 41 {
            later += 1;
            assert!(text.contains(LATER));
        }
    });
    assert!(later > 20);
    // What was done before the first summary and is in no message any more is still told.
    let compacted = events.iter().rposition(|event| event.name() == "compacted").unwrap();
    reader.check(|body, answered| {
        if answered == last - 1 {
            let text = body.to_string();
            assert!(text.contains("I read the files and edited some."), "{compacted}");
            assert!(text.contains("Files you have edited:"));
            assert!(text.contains("out/0.txt"));
        }
    });
    let mut written: Vec<(String, String)> =
        (0..70).step_by(4).map(|n| (format!("out/{n}.txt"), format!("{n}\n").repeat(400))).collect();
    written.last_mut().unwrap().1 = "last\n".to_owned();
    let tree: Vec<(&str, Option<&str>)> =
        written.iter().map(|(path, text)| (path.as_str(), Some(text.as_str()))).collect();
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", &tree));
    engine.close().await;
}

/// A file for each step of [`talk`]: reading the same one again and again would be a circle.
const SMALL: [(&str, &str); 24] = [
    ("f0", "0\n"),
    ("f1", "1\n"),
    ("f2", "2\n"),
    ("f3", "3\n"),
    ("f4", "4\n"),
    ("f5", "5\n"),
    ("f6", "6\n"),
    ("f7", "7\n"),
    ("f8", "8\n"),
    ("f9", "9\n"),
    ("f10", "10\n"),
    ("f11", "11\n"),
    ("f12", "12\n"),
    ("f13", "13\n"),
    ("f14", "14\n"),
    ("f15", "15\n"),
    ("f16", "16\n"),
    ("f17", "17\n"),
    ("f18", "18\n"),
    ("f19", "19\n"),
    ("f20", "20\n"),
    ("f21", "21\n"),
    ("f22", "22\n"),
    ("f23", "23\n"),
];

/// Work that says much and reads next to nothing, so that nothing but a summary makes room.
fn talk(count: usize) -> Vec<(String, Vec<Value>)> {
    let said = |n| format!("Step {n}. {}", "I think about this at length. ".repeat(120));
    let mut steps: Vec<_> = (0..count).map(|n| (said(n), vec![read(&format!("f{n}"))])).collect();
    steps.push((String::new(), vec![write("b", "b\n"), finish("Done.")]));
    steps
}

fn summaries(events: &[EventKind]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match event {
            EventKind::Compacted { summary, .. } => Some(summary.clone()),
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_model_gives_no_summary_a_list_of_what_was_done_stands_in() {
    let house = House::new();
    let remote = house.repository(&SMALL);
    let reader = Reader::new(16_000, talk(24), Summary::Refused).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), reader.choice())).await;
    let agent = rest(&engine, id).await;
    assert_eq!(
        (agent.status, &agent.error_code),
        (Status::Completed, &None),
        "{:#?}",
        told(&engine, id).await
    );
    let summaries = summaries(&events(&engine, id).await);
    assert!(!summaries.is_empty());
    for summary in summaries {
        assert!(summary.contains("Nobody summed this up"), "{summary}");
        assert!(summary.contains("- read_file {\"path\":\"f"), "{summary}");
    }
    reader.check(|body, _| check_pairs(body));
    assert_eq!(
        engine.reviewed_tree(id).await.unwrap().unwrap(),
        remote.tree_with("main", &[("b", Some("b\n"))])
    );
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_while_a_summary_is_written_holds_the_agent_with_all_it_had() {
    let house = House::new();
    let remote = house.repository(&SMALL);
    let reader = Reader::new(16_000, talk(24), Summary::Silence).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), reader.choice())).await;
    reader.keeps_one().await;
    let agent = soon("stop", engine.stop(id)).await.unwrap();
    assert_eq!((agent.status, agent.pause_reason), (Status::Paused, Some(PauseReason::Stopped)));
    assert_eq!(summaries(&events(&engine, id).await), Vec::<String>::new());

    engine.resume(id).await.unwrap();
    soon("it asks again", async {
        let mut kept = reader.state.kept.subscribe();
        kept.wait_for(|kept| *kept > 1).await.unwrap();
    })
    .await;
    engine.stop(id).await.unwrap();

    // Nothing was lost: the summary is of all that was there, and the work is done.
    *reader.state.summary.lock().unwrap() = Summary::Notes;
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed, "{:#?}", told(&engine, id).await);
    let summaries = summaries(&events(&engine, id).await);
    assert!(summaries.iter().all(|summary| summary == "I read the files and edited some."), "{summaries:?}");
    assert!(!summaries.is_empty());
    reader.check(|body, _| check_pairs(body));
    let tree = remote.tree_with("main", &[("b", Some("b\n"))]);
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), tree);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_longer_than_the_window_is_cut_in_its_middle_and_worked_on() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let steps = vec![(String::new(), vec![write("b", "b\n"), finish("Done.")])];
    let reader = Reader::new(16_000, steps, Summary::Notes).await;
    let engine = house.open().await;
    let mut new = errand(&remote.address(), reader.choice());
    new.task = format!("Begin. {} End.", "a word ".repeat(28_000));
    let id = start(&engine, new).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed, "{:#?}", told(&engine, id).await);
    reader.check(|body, _| {
        let text = body["messages"][1]["content"].as_str().unwrap();
        assert!(text.starts_with("Begin. ") && text.ends_with(" End."));
        assert!(text.contains("of this text were cut here to make room]"));
    });
    assert_eq!(reader.count(|asked| !asked.refused && asked.tokens > 16_000), 0);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_cannot_even_read_its_tools_holds_the_agent_and_says_so() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let reader = Reader::new(100, vec![], Summary::Notes).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), reader.choice())).await;
    let agent: Arc<Agent> = rest(&engine, id).await;
    assert_eq!((agent.status, agent.pause_reason), (Status::Paused, Some(PauseReason::Provider)));
    let hint = "choose a model that can read more, or shorten the task, then resume the agent";
    assert_eq!(
        (agent.error_code.as_deref(), agent.error_hint.as_deref()),
        (Some("context_too_small"), Some(hint))
    );
    assert!(reader.count(|_| true) <= 10);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_window_is_known_from_the_start_no_request_is_ever_refused() {
    const WINDOW: usize = 24_000;
    let house = House::new();
    std::fs::create_dir_all(house.home()).unwrap();
    let known = json!({ "models": [{ "provider": "scripted", "prefix": "demo", "window": WINDOW }] });
    std::fs::write(house.home().join("models.json"), known.to_string()).unwrap();
    let files = files();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let remote = house.repository(&files);
    let mut steps = work(0, 60);
    steps.push((String::new(), vec![finish("All of it.")]));
    let last = steps.len();
    let reader = Reader::new(WINDOW, steps, Summary::Notes).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), reader.choice())).await;
    let agent = rest(&engine, id).await;
    assert_eq!(
        (agent.status, &agent.error_code, agent.context_window),
        (Status::Completed, &None, Some(WINDOW as u32)),
        "{:#?}",
        told(&engine, id).await
    );
    assert_eq!(reader.state.heard.lock().unwrap().answered, last);
    assert_eq!(reader.count(|asked| asked.refused || asked.tokens > WINDOW), 0);
    let events = events(&engine, id).await;
    assert!(count(&events, "resultsShrunk") >= 1 && count(&events, "compacted") >= 1);
    assert_eq!(reader.count(|asked| asked.summary), count(&events, "compacted"));
    reader.check(|body, _| check_pairs(body));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_stands_in_is_sent_no_more_than_it_can_read() {
    const WINDOW: usize = 24_000;
    for wraps_up in [false, true] {
        let house = House::new();
        std::fs::create_dir_all(house.home()).unwrap();
        let known = json!({ "models": [{ "provider": "scripted", "prefix": "small", "window": WINDOW }] });
        std::fs::write(house.home().join("models.json"), known.to_string()).unwrap();
        let files = files();
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let remote = house.repository(&files);
        let reads = (0..10).map(|n| turn("", vec![read(&format!("src/{n}.txt"))]));
        let first = Voice::playing(reads.collect()).await;
        let wrong_key = status("401 Unauthorized", "no");
        first.instead([vec![None; 10], vec![Some(wrong_key.as_str())]].concat());
        let second =
            Reader::new(WINDOW, vec![(String::new(), vec![finish("All of it.")])], Summary::Notes).await;
        let mut new = errand(&remote.address(), first.choice());
        new.fallback = Some(ModelChoice { name: "small".to_owned(), ..second.choice() });
        new.limits.turns = wraps_up.then_some(10);
        let engine = house.open().await;
        let id = start(&engine, new).await;
        if wraps_up {
            assert_eq!(rest(&engine, id).await.pause_reason, Some(PauseReason::Limit));
            engine.wrap_up(id).await.unwrap();
        }
        let agent = rest(&engine, id).await;
        assert_eq!(
            (agent.status, agent.on_fallback),
            (Status::Completed, true),
            "{:#?}",
            agent.error_message
        );
        assert!(first.requests().last().unwrap().to_string().len() > WINDOW * 4);
        assert_eq!(second.count(|asked| asked.refused), 0, "wraps up: {wraps_up}");
        engine.close().await;
    }
}
