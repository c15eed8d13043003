//! Files that the user mentions in a task or an instruction, and what is told of files that were sent.

use crate::harness::{House, Voice, errand, finish, read, rest, start, told, turn, until, write};
use anchorhold_domain::{Disclosure, EventKind, NewAgent, Status};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_text_of_mentioned_files_goes_with_the_words() {
    let house = House::new();
    let remote = house.repository(&[
        (".env", "TOKEN=hunter2-hunter2\n"),
        ("a file.txt", "With a space.\n"),
        ("src/lib.rs", "one\ntwo\nthree\nfour\n"),
        ("src/new/x.rs", "\n"),
    ]);
    let voice = Voice::playing(vec![
        turn("", vec![write("made.txt", "Made by the agent.\n"), finish("One.")]),
        turn("", vec![finish("Two.")]),
    ])
    .await;
    let engine = house.open().await;
    let mut new = errand(&remote.address(), voice.choice());
    let task =
        "Mend @src/lib.rs:2-3 as in @\"a file.txt\", see @src/ but not @.env or me@here.org @Component.";
    new.task = task.to_owned();
    let id = start(&engine, new).await;
    rest(&engine, id).await;
    engine.instruct(id, "Look at @made.txt").await.unwrap();
    until(&engine, id, "is done again", |agent| agent.activity.as_deref() == Some("Two.")).await;

    let events = engine.events(id, 0).await.unwrap();
    let mut turns = Vec::new();
    for event in &events {
        if let EventKind::TurnStarted { text, shown, attached, .. } = &event.kind {
            let attached = engine.result(attached.as_ref().unwrap()).await.unwrap();
            turns.push((text.as_str(), shown.clone(), attached));
        }
    }
    let (text, shown, attached) = &turns[0];
    assert_eq!(
        (*text, shown.as_slice()),
        (task, ["src/lib.rs".to_owned(), "a file.txt".to_owned()].as_slice())
    );
    let mark = attached.split_once("begin with === ").unwrap().1.split('.').next().unwrap();
    assert!(
        attached.ends_with(&format!(
            "=== {mark} begin: src/lib.rs, lines 2 to 3 of 4\ntwo\nthree\n=== {mark} end\n\
             === {mark} begin: a file.txt\nWith a space.\n=== {mark} end\n\
             === {mark} begin: the folder src/\nlib.rs\nnew/ (1)\n=== {mark} end\n\
             .env is kept from you by the user's file rules.\n"
        )),
        "{attached}"
    );
    let (_, shown, attached) = &turns[1];
    assert_eq!(shown.as_slice(), ["made.txt"]);
    assert!(attached.contains("Made by the agent.\n"), "{attached}");
    let note = "note: .env is kept from the agent by its file rules; its text was not sent";
    assert_eq!(told(&engine, id).await.iter().filter(|line| *line == note).count(), 1);
    assert!(!serde_json::to_string(&voice.requests()).unwrap().contains("hunter2"));

    let disclosed = engine.disclosures(id).await.unwrap();
    let disclosed: Vec<_> = disclosed.iter().map(|d| (d.path.as_str(), d.by.join(" "))).collect();
    let mention = || "mention".to_owned();
    assert_eq!(disclosed, [("src/lib.rs", mention()), ("a file.txt", mention()), ("made.txt", mention())]);
    assert_eq!(engine.mentionable(id, "mde").await.unwrap(), ["made.txt"]);
    assert_eq!(engine.mentionable(id, "src/n").await.unwrap()[0], "src/new/");
    assert_eq!(engine.mentionable(id, ".env").await.unwrap(), Vec::<String>::new());
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_without_mentions_goes_as_it_is_and_nothing_can_be_mentioned_before_the_start() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    let engine = house.open().await;
    let mut new = errand(&remote.address(), voice.choice());
    new.task = "Give the class a @Component, as grace@example.com says @ noon.".to_owned();
    let id = engine.create(new).await.unwrap().id;
    assert_eq!(engine.mentionable(id, "a").await.unwrap(), Vec::<String>::new());
    engine.start(id).await.unwrap();
    rest(&engine, id).await;
    let events = engine.events(id, 0).await.unwrap();
    let attached = events.iter().find_map(|event| match &event.kind {
        EventKind::TurnStarted { shown, attached, .. } => Some((shown.len(), attached.clone())),
        _ => None,
    });
    assert_eq!(attached, Some((0, None)));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mentioned_file_is_in_the_very_request_and_told_as_sent_before_that_is_answered() {
    let house = House::new();
    let remote = house
        .repository(&[("notes.txt", "The password of the day is PLUM.\n"), ("other.txt", "A QUINCE.\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("One.")]), turn("", vec![finish("Two.")])]).await;
    voice.hold_from(1);
    let engine = house.open().await;
    let mut new = errand(&remote.address(), voice.choice());
    new.task = "Read @notes.txt".to_owned();
    let id = start(&engine, new).await;
    voice.asked(1).await;
    // The request is out, and nobody has answered it.
    let said = |request: usize| voice.requests()[request]["messages"].as_array().unwrap().clone();
    let last = said(0).last().unwrap()["content"].as_str().unwrap().to_owned();
    assert!(
        last.starts_with("Read @notes.txt") && last.contains("The password of the day is PLUM.\n"),
        "{last}"
    );
    let choice = voice.choice();
    let disclosed = |path: &str, first_seq| Disclosure {
        path: path.to_owned(),
        provider: choice.provider.clone(),
        base_url: choice.base_url.clone(),
        by: vec!["mention".to_owned()],
        first_seq,
        times: 1,
    };
    let turns = async || {
        let events = engine.events(id, 0).await.unwrap();
        let turns = events.iter().filter(|event| matches!(event.kind, EventKind::TurnStarted { .. }));
        turns.map(|event| event.seq).collect::<Vec<u32>>()
    };
    let first = turns().await;
    assert_eq!(engine.disclosures(id).await.unwrap(), [disclosed("notes.txt", first[0])]);

    // The same holds for an instruction, whose file was not sent before.
    voice.hold_from(2);
    engine.instruct(id, "And @other.txt").await.unwrap();
    voice.asked(2).await;
    assert!(!serde_json::to_string(&said(0)).unwrap().contains("QUINCE"));
    let last = said(1).last().unwrap()["content"].as_str().unwrap().to_owned();
    assert!(last.starts_with("And @other.txt") && last.contains("begin: other.txt\nA QUINCE.\n"), "{last}");
    let second = turns().await;
    assert_eq!(
        engine.disclosures(id).await.unwrap(),
        [disclosed("notes.txt", second[0]), disclosed("other.txt", second[1])]
    );
    voice.release();
    let agent = until(&engine, id, "is done again", |agent| agent.activity.as_deref() == Some("Two.")).await;
    assert_eq!(agent.status, Status::Completed);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_holds_is_told_before_it_is_answered_whoever_is_asked() {
    let house = House::new();
    let remote = house.repository(&[("AGENTS.md", "Be brief.\n"), ("notes.txt", "PLUM\n")]);
    let refused = json!({"calls": [finish("Never.")], "fault": {"status": 401}});
    let first = Voice::playing(vec![turn("", vec![read("notes.txt")]), refused]).await;
    let second = Voice::playing(vec![turn("", vec![finish("One.")]), turn("", vec![finish("Two.")])]).await;
    first.hold_from(1);
    second.hold_from(1);
    let engine = house.open().await;
    let fallback = Some(second.choice());
    let id = start(&engine, NewAgent { fallback, ..errand(&remote.address(), first.choice()) }).await;
    let told = async || {
        let disclosed = engine.disclosures(id).await.unwrap();
        let line = |d: &Disclosure| (d.path.clone(), d.base_url.clone(), d.by.concat());
        disclosed.iter().map(line).collect::<Vec<_>>()
    };
    let is = |path: &str, voice: &Voice, by: &str| (path.to_owned(), Some(voice.base_url()), by.to_owned());
    // The rules of the repository are in the first request.
    first.asked(1).await;
    assert!(first.requests()[0].to_string().contains("Be brief."));
    assert_eq!(told().await, [is("AGENTS.md", &first, "guidance")]);
    // What a tool read is in the second, which is still to be refused.
    first.hold_from(2);
    first.asked(2).await;
    assert!(first.requests()[1].to_string().contains("PLUM"));
    let one = [is("AGENTS.md", &first, "guidance"), is("notes.txt", &first, "read_file")];
    assert_eq!(told().await, one);
    // The one that stands in is sent all of it.
    first.release();
    second.asked(1).await;
    let request = second.requests()[0].to_string();
    assert!(request.contains("Be brief.") && request.contains("PLUM"));
    let other = [is("AGENTS.md", &second, "guidance"), is("notes.txt", &second, "read_file")];
    assert_eq!(told().await, [one, other].concat());
    second.release();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    engine.close().await;
}
