//! One verb for one agent, each by a program of its own.

use crate::harness::{House, TASK, Voice, ask, errand, finish, turn, write};
use crate::{Ended, anchorctl, end, one_edit, printed, run};

/// How a verb ended, and what it told.
async fn said(house: &House, arguments: &[&str]) -> (Option<i32>, Vec<String>, String) {
    let done = end(anchorctl(house, &[arguments, &["--json"]].concat())).await;
    (done.status, printed(&done.out), done.err)
}

fn told(status: i32, lines: &[&str], err: &str) -> (Option<i32>, Vec<String>, String) {
    (Some(status), lines.iter().map(|line| (*line).to_owned()).collect(), err.to_owned())
}

/// What an answer that writes `b` and finishes is told as.
const WRITES_B: [&str; 6] = [
    "answered",
    "asked for write_file",
    "asked for finish",
    "write_file Ok",
    "finish Ok",
    "completed: Done.",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lets_the_agent_run_on_to_its_end() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let steps = vec![turn("", vec![ask("Why?")]), turn("", vec![write("b", "b\n"), finish("Done.")])];
    let voice = Voice::playing(steps).await;
    let (address, base_url) = (remote.address(), voice.base_url());
    let done = end(anchorctl(&house, &run(&address, &base_url, &[]))).await;
    assert_eq!(
        (done.status, done.err.as_str()),
        (Some(4), "what to do: anchorctl answer 'Errand' 'your answer'\n")
    );
    assert_eq!(
        said(&house, &["resume", "Errand"]).await,
        told(
            1,
            &[],
            "error: resume agent \"Errand\": it is PAUSED\n\
             what to do: answer the agent's question if it asked one, else resume it\n"
        )
    );
    let lines = [&["answer: Because."], &WRITES_B[..]].concat();
    assert_eq!(said(&house, &["answer", "Errand", "Because."]).await, told(0, &lines, ""));
    let conversation = voice.conversation();
    assert_eq!(conversation.last().unwrap(), &("tool".to_owned(), "The user answers: Because.".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_was_reached_can_be_raised() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let steps = vec![turn("", vec![write("c", "c\n")]), turn("", vec![write("b", "b\n"), finish("Done.")])];
    let voice = Voice::playing(steps).await;
    let (address, base_url) = (remote.address(), voice.base_url());
    let name = "Ada's";
    let mut arguments = run(&address, &base_url, &["--max-turns", "1"]);
    arguments.iter_mut().filter(|word| **word == "Errand").for_each(|word| *word = name);
    let done = end(anchorctl(&house, &arguments)).await;
    // What it says can be pasted into a shell.
    let err =
        "what to do: anchorctl resume 'Ada'\\''s' with a higher --max-tokens, --max-turns or --max-seconds\n";
    assert_eq!((done.status, done.err.as_str()), (Some(5), err));
    assert_eq!(said(&house, &["resume", name]).await, told(5, &["resumed", "paused: Limit Turns"], err));
    let lines = [&["limitsChanged", "resumed"], &WRITES_B[..]].concat();
    assert_eq!(said(&house, &["resume", name, "--max-turns", "2"]).await, told(0, &lines, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instruction_waits_for_an_idle_agent_and_sets_a_completed_one_to_work() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![finish("Looked.")]),
        turn("", vec![finish("Looked again.")]),
        turn("", vec![write("b", "b\n"), finish("Done.")]),
    ])
    .await;
    let engine = house.open().await;
    engine.create(errand(&remote.address(), voice.choice())).await.unwrap();
    engine.close().await;
    drop(engine);

    assert_eq!(
        said(&house, &["instruct", "Errand", "Then this."]).await,
        told(0, &["queued: Then this."], "")
    );
    let lines = [
        "startRequested",
        "cloneStarted",
        "cloned",
        &format!("turn: {TASK}"),
        "answered",
        "asked for finish",
        "finish Ok",
        "turn: Then this.",
        "answered",
        "asked for finish",
        "finish Ok",
        "completed: Looked again.",
    ];
    assert_eq!(said(&house, &["start", "Errand"]).await, told(0, &lines, ""));
    let lines = [&["queued: More.", "resumed", "turn: More."], &WRITES_B[..]].concat();
    assert_eq!(said(&house, &["instruct", "Errand", "More."]).await, told(0, &lines, ""));
    assert_eq!(
        said(&house, &["start", "Errand"]).await.2,
        "error: start agent \"Errand\": it is COMPLETED\n\
         what to do: give the agent another instruction\n"
    );
    assert_eq!(said(&house, &["instruct", "Errand", " "]).await.0, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_changed_is_shown_pushed_and_outlives_the_agent_in_its_log() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = one_edit().await;
    let (address, base_url) = (remote.address(), voice.base_url());
    assert_eq!(end(anchorctl(&house, &run(&address, &base_url, &[]))).await.status, Some(0));

    let diff = end(anchorctl(&house, &["diff", "Errand"])).await;
    let patch = "diff --git a/b b/b\nnew file mode 100644\nindex 0000000..6178079\n--- /dev/null\n+++ b/b\n@@ -0,0 +1 @@\n+b\n";
    assert_eq!(diff, Ended { status: Some(0), out: patch.to_owned(), err: String::new() });

    let lines = ["pushStarted", "pushed, created: true"];
    assert_eq!(said(&house, &["push", "Errand"]).await, told(0, &lines, ""));
    assert_eq!(remote.tree("agent/work"), remote.tree_with("main", &[("b", Some("b\n"))]));

    let agents = end(anchorctl(&house, &["agents"])).await;
    let id = agents.out.split_whitespace().next().unwrap();
    assert_eq!(said(&house, &["delete", id]).await, told(0, &["deleted"], ""));
    assert_eq!(house.docker.containers(&house.home()).unwrap().len(), 0);
    let agents = end(anchorctl(&house, &["agents"])).await;
    assert_eq!(agents.out, "There is no agent yet. See one at work with: anchorctl demo\n");
    assert_eq!(said(&house, &["log", "Errand"]).await, unknown("Errand"));
    assert_eq!(said(&house, &["start", id]).await, unknown(id));
    let (status, log, _) = said(&house, &["log", id]).await;
    assert_eq!(
        (status, &log[log.len() - 2..]),
        (Some(0), ["pushed, created: true", "deleted"].map(str::to_owned).as_slice())
    );
    assert_eq!(end(anchorctl(&house, &["diff", id])).await, diff);
}

fn unknown(agent: &str) -> (Option<i32>, Vec<String>, String) {
    let err = format!(
        "error: find agent {agent}: there is none with this id or name\n\
         what to do: list the agents with `anchorctl agents`\n"
    );
    told(1, &[], &err)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_does_not_exist_is_said_by_every_verb() {
    let house = House::new();
    let verbs: [&[&str]; 10] = [
        &["log", "Nobody"],
        &["log", "Nobody", "--json"],
        &["record", "Nobody"],
        &["diff", "Nobody"],
        &["start", "Nobody"],
        &["resume", "Nobody", "--max-turns", "3"],
        &["answer", "Nobody", "Yes."],
        &["instruct", "Nobody", "More."],
        &["push", "Nobody"],
        &["delete", "Nobody"],
    ];
    let (status, _, err) = unknown("Nobody");
    for verb in verbs {
        let expected = Ended { status, out: String::new(), err: err.clone() };
        assert_eq!((verb, end(anchorctl(&house, verb)).await), (verb, expected));
    }
}
