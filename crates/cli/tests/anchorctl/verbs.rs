//! One verb for one agent, each by a program of its own.

use crate::harness::{House, TASK, Voice, ask, errand, finish, turn, write};
use crate::{Ended, anchorctl, end, one_edit, printed, run};
use anchorhold_domain::{Agent, Settings};
use serde_json::json;

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
    let err = "what to do:\n  \
        raise    anchorctl resume 'Ada'\\''s' with a higher --max-usd, --max-tokens, --max-turns or --max-seconds;\n           \
        for all agents in a day: anchorctl settings\n  \
        wrap up  anchorctl wrap-up 'Ada'\\''s'\n  \
        stop     leave it; anchorctl push 'Ada'\\''s' sends what is done\n";
    assert_eq!((done.status, done.err.as_str()), (Some(5), err));
    assert_eq!(said(&house, &["resume", name]).await, told(5, &["resumed", "paused: Limit Turns"], err));
    let lines = [&["limitsChanged", "resumed"], &WRITES_B[..]].concat();
    assert_eq!(said(&house, &["resume", name, "--max-turns", "2"]).await, told(0, &lines, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_model_is_not_there_goes_on_with_another() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let missing = json!({"calls": [finish("")], "fault": {"status": 404}});
    let (without, voice) = (Voice::playing(vec![missing]).await, one_edit().await);
    let (address, base_url) = (remote.address(), without.base_url());
    let done = end(anchorctl(&house, &run(&address, &base_url, &[]))).await;
    let paused = printed(&done.out).pop();
    assert_eq!((done.status, paused.as_deref()), (Some(1), Some("paused: Provider model_not_found")));
    let base_url = voice.base_url();
    let other =
        ["resume", "Errand", "--model", "compatible/m", "--base-url", &base_url, "--max-tokens", "90000"];
    let lines = [&["limitsChanged", "modelChanged", "resumed"], &WRITES_B[..]].concat();
    assert_eq!(said(&house, &other).await, told(0, &lines, ""));
    assert_eq!(voice.requests()[0]["model"], "m");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_at_its_limit_wraps_up_and_what_it_used_is_shown() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let steps = vec![turn("", vec![write("c", "c\n")]), turn("Half is done.", vec![])];
    let voice = Voice::playing(steps).await;
    let (address, base_url) = (remote.address(), voice.base_url());
    let done = end(anchorctl(&house, &run(&address, &base_url, &["--max-turns", "1"]))).await;
    assert_eq!(done.status, Some(5), "{done:?}");
    let lines = ["wrapUpRequested", "answered", "completed: Half is done."];
    assert_eq!(said(&house, &["wrap-up", "Errand"]).await, told(0, &lines, ""));
    let used = end(anchorctl(&house, &["usage", "--json"])).await;
    let used: serde_json::Value = serde_json::from_str(&used.out).unwrap();
    assert_eq!((&used["name"], &used["requests"]), (&"Errand".into(), &2.into()));
    let shown = end(anchorctl(&house, &["usage"])).await.out;
    assert!(shown.lines().all(|line| line.contains("2 requests")) && shown.lines().count() == 2, "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_shown_set_and_taken_away_and_nonsense_is_refused() {
    let house = House::new();
    let set = ["settings", "--slots", "20", "--day-usd", "2.50", "--day-tokens", "1000"];
    let shown = end(anchorctl(&house, &set)).await;
    let expected = "agents at once     20\nmoney in a day     $2.5000\ntokens in a day    1000\n\
                    requests in a day  no limit\nrunning in a day   no limit\n";
    assert_eq!((shown.status, shown.out.as_str()), (Some(0), expected));
    assert_eq!(end(anchorctl(&house, &["settings"])).await.out, expected);
    let fewer = end(anchorctl(&house, &["settings", "--day-usd", "none"])).await.out;
    assert_eq!(fewer, expected.replace("$2.5000", "no limit"));
    let kept = end(anchorctl(&house, &["settings", "--json"])).await.out;
    let kept: Settings = serde_json::from_str(&kept).unwrap();
    assert_eq!((kept.slots, kept.day_limits.tokens, kept.day_limits.money), (20, Some(1000), None));
    for wrong in [&["--day-usd", "0"][..], &["--day-turns", "many"]] {
        assert_eq!(end(anchorctl(&house, &[&["settings"], wrong].concat())).await.status, Some(2));
    }
    for wrong in [["--slots", "0"], ["--day-tokens", "0"]] {
        let refused = end(anchorctl(&house, &[&["settings"], &wrong[..]].concat())).await;
        assert!(
            refused.status == Some(2) && refused.err.starts_with("error: keep the settings: "),
            "{refused:?}"
        );
    }
    assert_eq!(end(anchorctl(&house, &["settings"])).await.out, fewer);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instruction_waits_for_an_idle_agent_and_sets_a_completed_one_to_work() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![finish("Looked.")]),
        turn("", vec![finish("Looked again.")]),
        turn("", vec![finish("And there.")]),
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
    let queued = end(anchorctl(&house, &["instruct", "Errand", "And that."])).await;
    let when = "It takes that up when it goes on, by: anchorctl start 'Errand'\n";
    assert_eq!((queued.status, queued.err.as_str()), (Some(0), when));
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
        "turn: And that.",
        "answered",
        "asked for finish",
        "finish Ok",
        "completed: And there.",
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

    assert_eq!(said(&house, &["restore", id]).await, told(0, &["restored"], ""));
    let agents = end(anchorctl(&house, &["agents", "--json"])).await;
    let restored: Agent = serde_json::from_str(&agents.out).unwrap();
    assert_eq!((restored.id.to_string().as_str(), restored.name.as_str()), (id, "Errand"));
    let deleted = end(anchorctl(&house, &["delete", "Errand"])).await;
    assert_eq!(deleted.err, format!("It comes back with: anchorctl restore {id}\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_at_the_end_is_told_what_comes_next_and_what_makes_no_sense_then() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let steps = vec![turn("", vec![finish("Looked.")]), turn("", vec![write("b", "b\n"), finish("Done.")])];
    let voice = Voice::playing(steps).await;
    let (address, base_url) = (remote.address(), voice.base_url());
    let mut arguments = run(&address, &base_url, &[]);
    arguments.retain(|word| *word != "--json");
    let err = "Nothing was changed. Tell it more with: anchorctl instruct 'Errand' 'your words'\n";
    let done = end(anchorctl(&house, &arguments)).await;
    assert_eq!((done.status, done.err.as_str()), (Some(0), err));
    let err = "See it again with: anchorctl diff 'Errand'\nPush it with: anchorctl push 'Errand'\n";
    let done = end(anchorctl(&house, &["instruct", "Errand", "More."])).await;
    assert_eq!((done.status, done.err.as_str()), (Some(0), err));
    let err = "error: choose the target branch: main is the source branch, which is never pushed to\n";
    assert_eq!(said(&house, &["push", "Errand", "--to", "main"]).await, told(2, &[], err));
    assert_eq!(said(&house, &["push", "Errand", "--message", ""]).await.0, Some(2));
    let done = end(anchorctl(&house, &["push", "Errand"])).await;
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));

    let hint = "what to do: give the agent another instruction\n";
    let err = format!("error: push agent \"Errand\": nothing differs from agent/work\n{hint}");
    assert_eq!(said(&house, &["push", "Errand"]).await, told(1, &[], &err));
    let err = format!("error: wrap up agent \"Errand\": it is COMPLETED\n{hint}");
    assert_eq!(said(&house, &["wrap-up", "Errand"]).await, told(1, &[], &err));
    assert_eq!(said(&house, &["restore", "Errand"]).await, told(0, &[], ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_names_no_model_is_told_that_a_recording_does_not_do_the_task() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let address = remote.address();
    let usual = ["run", "--repo", &address, "--from", "main", "--to", "agent/work", "--task", TASK];
    let done = end(anchorctl(&house, &[&usual[..], &["--max-turns", "1"]].concat())).await;
    let words = "scripted/demo plays back a recording, whatever the task. Name another model with --model; \
                 anchorctl models lists them.\n";
    assert!(done.status == Some(5) && done.err.starts_with(words), "{done:?}");
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
    let verbs: [&[&str]; 11] = [
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
        &["restore", "Nobody"],
    ];
    let (status, _, err) = unknown("Nobody");
    for verb in verbs {
        let expected = Ended { status, out: String::new(), err: err.clone() };
        assert_eq!((verb, end(anchorctl(&house, verb)).await), (verb, expected));
    }
}
