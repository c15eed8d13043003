//! The main job, from create to pushed.

use crate::harness::{
    House, TASK, Voice, cells, delete, edit, errand, eventually, finish, push, read, rest, search, start,
    told, turn, write,
};
use anchorhold_domain::{PushWish, Status};

const FILES: &[(&str, &str)] =
    &[("README.md", "# Hello\n"), ("src/height.txt", "floor(3.998)\n"), ("old/import.sh", "#!/bin/sh\n")];

#[tokio::test(flavor = "multi_thread")]
async fn what_was_reviewed_is_what_the_remote_has_and_what_the_log_replays_to() {
    let house = House::new();
    let remote = house.repository(FILES);
    let base = remote.tip("main");
    let voice = Voice::playing(vec![
        turn("I look.", vec![read("src/height.txt"), search("floor")]),
        turn(
            "I change.",
            vec![
                edit("src/height.txt", "floor", "round"),
                delete("old/import.sh"),
                write("docs/why.md", "Because.\n"),
            ],
        ),
        turn("", vec![finish("Heights are rounded.")]),
        turn("Again.", vec![edit("README.md", "Hello", "Heights"), finish("The title says it.")]),
    ])
    .await;
    let engine = house.open().await;

    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    let agent = rest(&engine, id).await;
    let first_run = [
        "created",
        &format!("queued: {TASK}"),
        "startRequested",
        "cloneStarted",
        "cloned",
        &format!("turn: {TASK}"),
        "answered",
        "asked for read_file",
        "asked for search",
        "read_file Ok",
        "search Ok",
        "answered",
        "asked for edit_file",
        "asked for delete_file",
        "asked for write_file",
        "edit_file Ok",
        "delete_file Ok",
        "write_file Ok",
        "answered",
        "asked for finish",
        "finish Ok",
        "completed: Heights are rounded.",
    ];
    assert_eq!(told(&engine, id).await, first_run);
    assert_eq!((agent.status, agent.files_changed, cells(&engine, id).await), (Status::Completed, 3, 1));
    assert_eq!(remote.branches(), ["main"], "nothing goes out before it is asked for");

    let reviewed = engine.reviewed_tree(id).await.unwrap().unwrap();
    push(&engine, id).await;
    assert_eq!(remote.tree("agent/work"), reviewed);
    assert_eq!(remote.replay("main", &engine.events(id, 0).await.unwrap()), reviewed);
    assert_eq!(
        remote.commit_facts("agent/work"),
        [
            reviewed.as_str(),
            &base,
            "Grace <grace@example.com>",
            "Grace <grace@example.com>",
            "Errand",
            "Heights are rounded.",
        ]
    );
    let first = remote.tip("agent/work");

    engine.instruct(id, "Say it in the title.").await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.files_changed), (Status::Completed, 4));
    let reviewed = engine.reviewed_tree(id).await.unwrap().unwrap();
    let agent = push(&engine, id).await;
    assert_eq!(remote.replay("main", &engine.events(id, 0).await.unwrap()), reviewed);
    assert_eq!(remote.commit_facts("agent/work")[..2], [reviewed, first]);
    assert_eq!(agent.pushed_commit.as_deref(), Some(remote.tip("agent/work").as_str()));
    let second_run = [
        "pushStarted",
        "pushed, created: true",
        "queued: Say it in the title.",
        "resumed",
        "turn: Say it in the title.",
        "answered",
        "asked for edit_file",
        "asked for finish",
        "edit_file Ok",
        "finish Ok",
        "completed: The title says it.",
        "pushStarted",
        "pushed, created: false",
    ];
    assert_eq!(told(&engine, id).await[first_run.len()..], second_run);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_of_one_answer_go_back_in_its_order_and_a_failed_edit_is_mended() {
    let house = House::new();
    let remote = house.repository(FILES);
    let voice = Voice::playing(vec![
        turn("Both at once.", vec![search("no such thing"), read("README.md"), read("missing.md")]),
        turn("A guess.", vec![edit("README.md", "Hallo", "Ahoy"), read("README.md")]),
        turn("Mended.", vec![edit("README.md", "Hello", "Ahoy")]),
        turn("", vec![finish("Greeted.")]),
    ])
    .await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    rest(&engine, id).await;

    let conversation = voice.conversation();
    let roles: Vec<&str> = conversation.iter().map(|(role, _)| role.as_str()).collect();
    let expected =
        ["user", "assistant", "tool", "tool", "tool", "assistant", "tool", "tool", "assistant", "tool"];
    assert_eq!(roles, expected);
    let said: Vec<&str> = conversation.iter().map(|(_, said)| said.as_str()).collect();
    assert_eq!(
        said[..5],
        [
            TASK,
            "Both at once.[search][read_file][read_file]",
            "No line matches in 3 files.\n",
            "1\t# Hello\n",
            "cannot look at missing.md: nothing is there; glob finds files by name",
        ]
    );
    assert_eq!(
        said[6..],
        [
            "README.md: the text to find is not there; no line comes close; read the file again.",
            "1\t# Hello\n",
            "Mended.[edit_file]",
            "Edited README.md in 1 place."
        ]
    );
    assert_eq!(
        engine.reviewed_tree(id).await.unwrap().unwrap(),
        remote.tree_with("main", &[("README.md", Some("# Ahoy\n"))])
    );
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_agent_does_nothing_more_and_its_cell_is_gone() {
    let house = House::new();
    let remote = house.repository(FILES);
    let voice = Voice::playing(vec![turn("", vec![write("a", "a"), finish("Done.")])]).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    rest(&engine, id).await;
    engine.delete(id).await.unwrap();

    let refusals = [
        engine.start(id).await.unwrap_err(),
        engine.resume(id).await.unwrap_err(),
        engine.push(id, PushWish::default()).await.unwrap_err(),
        engine.instruct(id, "More.").await.unwrap_err(),
    ];
    assert_eq!(refusals.map(|refusal| refusal.code()), ["agent_unknown"; 4]);
    assert_eq!(engine.agents().await.unwrap(), []);
    assert_eq!(remote.branches(), ["main"]);
    engine.close().await;
    eventually("nothing is left in the container engine", || house.is_empty()).await;
}
