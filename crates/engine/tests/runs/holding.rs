//! Stop, pause, questions, limits and slots: everything that makes an agent wait.

use crate::harness::{
    House, TASK, Voice, ask, errand, finish, freeze_in_call, rest, soon, start, told, turn, until, write,
};
use anchorhold_domain::{Agent, LimitKind, Limits, NewAgent, PauseReason, Status, Timestamp};
use anchorhold_sandbox::Endpoint;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicI64, Ordering};

fn standing(agent: &Agent) -> (Status, Option<PauseReason>) {
    (agent.status, agent.pause_reason)
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_while_the_model_thinks_pauses_and_resuming_asks_it_again() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![write("b", "b\n"), finish("Done.")])]).await;
    voice.hold_from(1);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(1).await;

    let agent = soon("stop", engine.stop(id)).await.unwrap();
    assert_eq!(standing(&agent), (Status::Paused, Some(PauseReason::Stopped)));
    assert_eq!(engine.stop(id).await.unwrap_err().code(), "wrong_status");
    voice.release();
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let told = told(&engine, id).await;
    assert_eq!(
        told[5..],
        [
            &format!("turn: {TASK}"),
            "paused: Stopped",
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

#[tokio::test(flavor = "multi_thread")]
async fn stopping_a_clone_from_a_server_that_says_nothing_leaves_an_idle_agent_and_no_container() {
    let house = House::new();
    let voice = Voice::playing(vec![]).await;
    let engine = house.open().await;
    // The system takes connections for it, and nobody ever reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/a.git", silent.local_addr().unwrap());
    let id = start(&engine, errand(&address, voice.choice())).await;
    until(&engine, id, "clones", |agent| agent.status == Status::Cloning).await;

    let agent = soon("stop", engine.stop(id)).await.unwrap();
    assert_eq!(standing(&agent), (Status::Idle, None));
    assert_eq!(told(&engine, id).await[2..], ["startRequested", "cloneStarted", "clone cancelled: Stopped"]);
    soon("close", engine.close()).await;
    assert_eq!(house.docker.containers(&house.home()).unwrap().len(), 0);
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_a_start_that_waits_for_a_silent_container_engine_leaves_an_idle_agent() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![]).await;
    let socket = house.place().join("silent.sock");
    let silent = UnixListener::bind(&socket).unwrap();
    let mut config = house.config();
    config.endpoint = Some(Endpoint::socket(socket));
    let engine = anchorhold_engine::Engine::open(config).await.unwrap();
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    until(&engine, id, "clones", |agent| agent.status == Status::Cloning).await;

    let agent = soon("stop", engine.stop(id)).await.unwrap();
    assert_eq!(standing(&agent), (Status::Idle, None));
    soon("close", engine.close()).await;
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_holds_after_the_tool_call_that_is_going_on() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        turn("", vec![write("c", "c\n"), write("d", "d\n")]),
        turn("", vec![finish("Done.")]),
    ])
    .await;
    voice.hold_from(2);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let container = freeze_in_call(&house, &engine, id, &voice, 2, "Write d").await;
    engine.pause(id).await.unwrap();
    house.docker.thaw(&container).unwrap();

    let agent = rest(&engine, id).await;
    assert_eq!(standing(&agent), (Status::Paused, Some(PauseReason::User)));
    // The pause can come just before the first of the two calls or in the middle of it, but the
    // second one always waits until the agent goes on.
    let before = told(&engine, id).await;
    let wrote = |told: &[String]| told.iter().filter(|line| *line == "write_file Ok").count();
    assert!(before.last().is_some_and(|line| line == "paused: User") && wrote(&before) < 3, "{before:#?}");
    engine.resume(id).await.unwrap();
    rest(&engine, id).await;
    let after = told(&engine, id).await;
    assert_eq!((wrote(&after), after.last().map(String::as_str)), (3, Some("completed: Done.")));
    let files = [("b", Some("b\n")), ("c", Some("c\n")), ("d", Some("d\n"))];
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", &files));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_are_handed_over_in_order_and_a_waiting_start_can_be_taken_back() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    voice.hold_from(1);
    let mut config = house.config();
    config.slots = Some(1);
    let engine = anchorhold_engine::Engine::open(config).await.unwrap();
    let named = |name: &str| NewAgent {
        name: name.to_owned(),
        task: name.to_owned(),
        ..errand(&remote.address(), voice.choice())
    };
    let first = start(&engine, named("first")).await;
    voice.asked(1).await;
    let mut waiting = Vec::new();
    for name in ["second", "third", "fourth"] {
        let id = start(&engine, named(name)).await;
        // Created, queued and requested are three; the fourth says that it waits.
        until(&engine, id, "waits", |agent| agent.last_seq == 4).await;
        waiting.push(id);
    }
    let taken_back = waiting.remove(1);
    let agent = soon("stop", engine.stop(taken_back)).await.unwrap();
    assert_eq!((agent.status, agent.waiting), (Status::Idle, false));
    let expected = ["created", "queued: third", "startRequested", "waits, ahead: 1", "startCancelled"];
    assert_eq!(told(&engine, taken_back).await, expected);

    voice.release();
    for id in [first, waiting[0], waiting[1]] {
        assert_eq!(rest(&engine, id).await.status, Status::Completed);
    }
    let asked: Vec<String> = voice
        .requests()
        .iter()
        .map(|request| request["messages"][1]["content"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(asked, ["first", "second", "fourth"]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_waits_across_a_restart_and_its_answer_reaches_the_model() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("I must ask.", vec![ask("Which colour?"), write("b", "b\n")]),
        turn("", vec![finish("Painted.")]),
    ])
    .await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let agent = rest(&engine, id).await;
    assert_eq!(standing(&agent), (Status::Paused, Some(PauseReason::Question)));
    assert_eq!(agent.activity.as_deref(), Some("Which colour?"));
    engine.close().await;
    drop(engine);

    let engine = house.open().await;
    assert_eq!(standing(&engine.agent(id).await.unwrap()), (Status::Paused, Some(PauseReason::Question)));
    assert_eq!(engine.resume(id).await.unwrap_err().code(), "wrong_status");
    assert_eq!(engine.answer(id, " ").await.unwrap_err().code(), "instruction_empty");
    engine.answer(id, " Blue ").await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    assert_eq!(engine.answer(id, "Red").await.unwrap_err().code(), "wrong_status");
    let told = told(&engine, id).await;
    assert_eq!(
        told[6..],
        [
            "answered",
            "asked for ask_user",
            "asked for write_file",
            "write_file Ok",
            "question: Which colour?",
            "answer: Blue",
            "answered",
            "asked for finish",
            "finish Ok",
            "completed: Painted.",
        ]
    );
    let expected = [
        ("user", TASK),
        ("assistant", "I must ask.[ask_user][write_file]"),
        ("tool", "Created b."),
        ("tool", "The user answers: Blue"),
    ];
    assert_eq!(voice.conversation(), expected.map(|(role, said)| (role.to_owned(), said.to_owned())));
    engine.close().await;
}

static NOW: AtomicI64 = AtomicI64::new(1_800_000_000_000);

#[tokio::test(flavor = "multi_thread")]
async fn each_limit_pauses_says_which_it_was_and_gives_way_when_it_is_raised() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let mut config = house.config();
    config.clock = || Timestamp(NOW.load(Ordering::SeqCst));
    let engine = anchorhold_engine::Engine::open(config).await.unwrap();
    let cases = [
        (LimitKind::Turns, Limits { turns: Some(1), ..Limits::default() }),
        (LimitKind::Tokens, Limits { tokens: Some(1), ..Limits::default() }),
        (LimitKind::Time, Limits { seconds: Some(60), ..Limits::default() }),
    ];
    for (kind, limits) in cases {
        let voice =
            Voice::playing(vec![turn("", vec![write("b", "b\n")]), turn("", vec![finish("Done.")])]).await;
        voice.hold_from(1);
        let new = NewAgent { name: format!("{kind:?}"), limits, ..errand(&remote.address(), voice.choice()) };
        let id = start(&engine, new).await;
        voice.asked(1).await;
        NOW.fetch_add(61_000, Ordering::SeqCst);
        voice.release();
        let agent = rest(&engine, id).await;
        assert_eq!(standing(&agent), (Status::Paused, Some(PauseReason::Limit)));
        // Resumed with the same limit it asks the model nothing.
        engine.resume(id).await.unwrap();
        rest(&engine, id).await;
        assert_eq!(voice.requests().len(), 1);

        engine.set_limits(id, Limits::default()).await.unwrap();
        engine.resume(id).await.unwrap();
        rest(&engine, id).await;
        assert_eq!(
            told(&engine, id).await[6..],
            [
                "answered",
                "asked for write_file",
                "write_file Ok",
                &format!("paused: Limit {kind:?}"),
                "resumed",
                &format!("paused: Limit {kind:?}"),
                "limitsChanged",
                "resumed",
                "answered",
                "asked for finish",
                "finish Ok",
                "completed: Done.",
            ]
        );
    }
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_was_still_to_come_holds_over_the_end_of_the_program() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    voice.hold_from(1);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(1).await;
    engine.pause(id).await.unwrap();
    engine.close().await;
    drop(engine);

    let engine = house.open().await;
    let agent = rest(&engine, id).await;
    assert_eq!(standing(&agent), (Status::Paused, Some(PauseReason::Stopped)));
    assert_eq!(voice.requests().len(), 1);
    voice.release();
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    engine.close().await;
}
