//! What the user keeps from an agent, and what it may change.

use crate::harness::{
    House, Voice, cells, delete, edit, errand, finish, push, read, rest, search, start, turn, until, write,
};
use anchorhold_domain::{AgentId, EventKind, FileRules, Status, ToolOutcome};
use anchorhold_engine::Engine;
use anchorhold_testkit::git;
use serde_json::{Value, json};

const SECRET: &str = "TOKEN=hunter2-hunter2\n";

fn rules(excluded: &[&str], only: &[&str], protected: &[&str]) -> FileRules {
    let owned = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    FileRules { excluded: owned(excluded), only: owned(only), protected: owned(protected) }
}

fn move_file(from: &str, to: &str) -> Value {
    json!({"tool": "move_file", "arguments": {"from": from, "to": to}})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_workspace_holds_stays_in_the_repository_and_keeps_nobody_from_work() {
    let house = House::new();
    let target = "x".repeat(5000);
    let remote =
        house.repository(&[("a", "a\n"), ("odd/.anchorhold-half-done", "odd\n"), ("target", &target)]);
    let link = git(&remote.work, &["hash-object", "-w", "target"]).unwrap();
    for arguments in [
        &["update-index", "--add", "--cacheinfo", &format!("120000,{link},link")][..],
        &["commit", "--quiet", "--message", "A link that no system makes"],
        &["push", "--quiet", &remote.address(), "HEAD:refs/heads/main"],
    ] {
        git(&remote.work, arguments).unwrap();
    }
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n"), write("link", "mine\n"), delete("odd")]),
        turn("", vec![finish("Done.")]),
    ])
    .await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let outcomes: Vec<ToolOutcome> =
        results(&engine, id).await.into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(outcomes, [ToolOutcome::Ok, ToolOutcome::Refused, ToolOutcome::Refused, ToolOutcome::Ok]);
    push(&engine, id).await;
    let listed = |branch| remote.ask(&["ls-tree", "-r", "--name-only", branch]);
    assert_eq!(listed("agent/work"), "a\nb\nlink\nodd/.anchorhold-half-done\ntarget");
    let kept = |branch| remote.ask(&["ls-tree", "-r", branch, "link", "odd"]);
    assert_eq!(kept("agent/work"), kept("main"));
    engine.close().await;
}

/// How each call ended, in the order of the log.
async fn results(engine: &Engine, id: AgentId) -> Vec<(ToolOutcome, String)> {
    let events = engine.events(id, 0).await.unwrap();
    events
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::ToolFinished { outcome, result, .. } => Some((outcome, result)),
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_excluded_is_never_sent_and_pushed_as_it_was() {
    let house = House::new();
    let remote = house.repository(&[
        (".env", SECRET),
        (".env.example", "TOKEN=\n"),
        ("app/.env.local", SECRET),
        ("app/main.py", "print()\n"),
        ("app/server.pem", SECRET),
    ]);
    let voice = Voice::playing(vec![
        turn("", vec![read(".env"), read("./app//.env.local"), search("hunter2"), read(".env.example")]),
        turn(
            "",
            vec![
                json!({"tool": "list_files", "arguments": {"depth": 5}}),
                json!({"tool": "glob", "arguments": {"pattern": "**"}}),
            ],
        ),
        turn(
            "",
            vec![
                write(".env", "TOKEN=mine\n"),
                edit("app/server.pem", "TOKEN", "X"),
                delete(".env"),
                delete("app"),
                move_file("app", "lib"),
                move_file("app/main.py", "app/.env.prod"),
                write("app/main.py", "print(1)\n"),
            ],
        ),
        turn("", vec![finish("Done.")]),
    ])
    .await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.files_changed), (Status::Completed, 1));

    let results = results(&engine, id).await;
    let outcomes: String = results
        .iter()
        .map(|(outcome, _)| match outcome {
            ToolOutcome::Ok => 'o',
            ToolOutcome::Refused => 'r',
            ToolOutcome::Cancelled => '?',
        })
        .collect();
    assert_eq!(outcomes, "rroooorrrrrroo", "{results:#?}");
    assert_eq!(results[0].1, ".env is kept from you by the user's file rules (.env)");
    assert_eq!(
        results[9].1,
        "app holds files that the user's file rules keep from you, so that it stays where it is; change what \
         you see in it one by one"
    );
    assert!(results[4].1.contains(".env.example\n") && !results[4].1.contains(".env\n"), "{}", results[4].1);
    let sent = serde_json::to_string(&voice.requests()).unwrap();
    assert!(!sent.contains("hunter2-hunter2"));
    push(&engine, id).await;
    assert_eq!(remote.tree("agent/work"), remote.tree_with("main", &[("app/main.py", Some("print(1)\n"))]));
    assert_eq!(format!("{}\n", remote.ask(&["show", "agent/work:.env"]).trim_end()), SECRET);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_outside_the_wanted_folders_and_of_protected_files_are_refused() {
    let house = House::new();
    let remote =
        house.repository(&[("README.md", "Hello\n"), ("src/a.txt", "a\n"), ("src/gen/b.txt", "b\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![read("README.md"), read("src/gen/b.txt")]),
        turn(
            "",
            vec![
                edit("README.md", "Hello", "Ahoy"),
                write("other/new.txt", "n\n"),
                edit("src/gen/b.txt", "b", "B"),
                delete("src"),
                move_file("src/a.txt", "a.txt"),
                edit("src/a.txt", "a", "A"),
            ],
        ),
        turn("", vec![finish("Done.")]),
    ])
    .await;
    let engine = house.open().await;
    let mut new = errand(&remote.address(), voice.choice());
    new.files = rules(&[], &["src"], &["src/gen/"]);
    let id = start(&engine, new).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let results: Vec<String> = results(&engine, id).await.into_iter().map(|(_, result)| result).collect();
    assert_eq!(
        results[2..],
        [
            "README.md is outside what the user lets you change, which is src",
            "other/new.txt is outside what the user lets you change, which is src",
            "src/gen/b.txt is protected by the user's file rules (src/gen/); it can be read and not changed",
            "src/gen/b.txt is protected by the user's file rules (src/gen/); it can be read and not changed",
            "a.txt is outside what the user lets you change, which is src",
            "Edited src/a.txt in 1 place.",
            "Done.",
        ]
    );
    assert_eq!(
        engine.reviewed_tree(id).await.unwrap().unwrap(),
        remote.tree_with("main", &[("src/a.txt", Some("A\n"))])
    );
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_rules_hold_from_the_next_run_in_a_workspace_filled_anew() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n"), ("plans.txt", "the plan is secret\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n"), finish("One.")]),
        turn("", vec![search("the plan"), read("b"), finish("Two.")]),
        turn("", vec![search("the plan"), finish("Three.")]),
    ])
    .await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    rest(&engine, id).await;
    assert_eq!(
        engine.set_file_rules(id, rules(&["a[b"], &[], &[])).await.unwrap_err().code(),
        "files_excluded_invalid"
    );
    engine.set_file_rules(id, rules(&["plans.*"], &[], &[])).await.unwrap();
    engine.instruct(id, "Look.").await.unwrap();
    until(&engine, id, "is done again", |agent| agent.activity.as_deref() == Some("Two.")).await;
    assert!(!serde_json::to_string(&voice.requests()).unwrap().contains("the plan is secret"));
    engine.set_file_rules(id, FileRules::none()).await.unwrap();
    engine.instruct(id, "Look again.").await.unwrap();
    until(&engine, id, "is done a third time", |agent| agent.activity.as_deref() == Some("Three.")).await;

    let results: Vec<String> = results(&engine, id).await.into_iter().map(|(_, result)| result).collect();
    assert_eq!(results[2..4], ["No line matches in 2 files.\n", "1\tb\n"]);
    assert!(results[5].contains("the plan is secret"), "{}", results[5]);
    assert_eq!(cells(&engine, id).await, 3);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_with_a_pattern_that_cannot_be_read_is_not_made() {
    let house = House::new();
    let voice = Voice::playing(vec![]).await;
    let engine = house.open().await;
    let mut new = errand("octo/hello", voice.choice());
    new.files = rules(&[".env"], &[], &["ok", "{a"]);
    let error = engine.create(new).await.unwrap_err();
    assert_eq!(error.code(), "files_protected_invalid");
    assert!(
        error.message().starts_with("read the file rules: \"{a\" in line 2 of the protected files: "),
        "{}",
        error.message()
    );
    assert_eq!(engine.agents().await.unwrap(), []);
    engine.close().await;
}
