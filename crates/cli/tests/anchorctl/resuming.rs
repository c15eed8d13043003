//! What an agent goes on with where something is named for it.

use crate::harness::{House, Voice, edit, finish, read, turn, write};
use crate::{anchorctl, end, printed, run};
use anchorhold_domain::{CommitStyle, Delivery, FileRules};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_goes_on_with_other_rules_about_files_and_another_delivery() {
    let house = House::new();
    let remote = house.repository(&[("notes.txt", "n\n"), ("src/a.rs", "a\n"), ("src/api.rs", "api\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![edit("src/a.rs", "a", "A")]),
        turn("", vec![read("notes.txt"), write("top.txt", "t\n"), edit("src/api.rs", "api", "x")]),
        turn("", vec![write("src/b.rs", "b\n"), finish("Done.")]),
    ])
    .await;
    let (address, base_url) = (remote.address(), voice.base_url());
    let limited = run(&address, &base_url, &["--max-turns", "1", "--protect", "*.lock"]);
    assert_eq!(end(anchorctl(&house, &limited)).await.status, Some(5));

    let resume = ["resume", "Errand", "--max-turns", "9", "--json"];
    let files = ["--exclude", "notes.*", "--only", "src", "--protect", "src/api.rs"];
    let delivery = ["--push", "--commits", "per-instruction", "--trailer"];
    let done = end(anchorctl(&house, &[&resume[..], &files, &delivery].concat())).await;
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    let told = printed(&done.out);
    assert_eq!(told[..4], ["fileRulesChanged", "deliveryChanged", "limitsChanged", "resumed"]);
    let calls: Vec<&str> = told
        .iter()
        .map(String::as_str)
        .filter(|line| line.ends_with(" Ok") || line.ends_with(" Refused"))
        .collect();
    let refused = ["read_file Refused", "write_file Refused", "edit_file Refused"];
    assert_eq!(calls, [&refused[..], &["write_file Ok", "finish Ok"]].concat());
    assert_eq!(told[told.len() - 2..], ["pushStarted, unreviewed", "pushed, created: true"]);
    let changed = [("src/a.rs", Some("A\n")), ("src/b.rs", Some("b\n"))];
    assert_eq!(remote.tree("agent/work"), remote.tree_with("main", &changed));

    let record = end(anchorctl(&house, &["record", "Errand"])).await;
    let record: Value = serde_json::from_str(&record.out).unwrap();
    let mut expected = FileRules::default();
    expected.excluded.push("notes.*".to_owned());
    expected.only.push("src".to_owned());
    expected.protected.extend(["*.lock", "src/api.rs"].map(str::to_owned));
    assert_eq!(serde_json::from_value::<FileRules>(record["files"].clone()).unwrap(), expected);
    let expected = Delivery {
        commits: CommitStyle::PerInstruction,
        trailer: true,
        push_unreviewed: true,
        ..Delivery::default()
    };
    assert_eq!(serde_json::from_value::<Delivery>(record["delivery"].clone()).unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_leaves_the_agent_at_rest_and_its_log_as_it_was() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![write("b", "b\n")])]).await;
    let (address, base_url) = (remote.address(), voice.base_url());
    let limited = run(&address, &base_url, &["--max-turns", "1"]);
    assert_eq!(end(anchorctl(&house, &limited)).await.status, Some(5));
    let before = end(anchorctl(&house, &["log", "Errand", "--json"])).await;
    let many = end(anchorctl(&house, &["resume", "Errand", "--follow-up", "21"])).await;
    let err = "error: choose how the work is handed over: it follows up by itself at most 20 times\n";
    assert_eq!((many.status, many.err.as_str()), (Some(2), err));
    assert_eq!(end(anchorctl(&house, &["resume", "Errand", "--max-turns", "0"])).await.status, Some(2));
    let done = end(anchorctl(&house, &["resume", "Errand", "--push", "--protect", "{a"])).await;
    assert_eq!((done.status, done.out.as_str()), (Some(2), ""), "{}", done.err);
    assert_eq!(end(anchorctl(&house, &["log", "Errand", "--json"])).await, before);
}
