//! What a push is made of, and a target branch that somebody else pushed to.

use crate::harness::{
    House, Repository, Voice, deliver, errand, finish, read, rest, start, told, turn, write,
};
use anchorhold_domain::{
    AgentId, CommitStyle, Conflict, Delivery, MovedTarget, NewAgent, PlannedCommit, PushWish, Status,
};
use anchorhold_engine::Engine;

/// Adds `b`, then changes nothing, then adds `c`.
async fn three_turns() -> Voice {
    Voice::playing(vec![
        turn("", vec![write("b", "b\n"), finish("Adds b.")]),
        turn("", vec![finish("Looked.")]),
        turn("", vec![write("c", "c\n"), finish("Adds c, thanks @octocat.")]),
        turn("", vec![read("theirs")]),
        turn("", vec![write("d", "d\n"), finish("Adds d.")]),
    ])
    .await
}

async fn worked(engine: &Engine, remote: &Repository, voice: &Voice, delivery: Delivery) -> AgentId {
    let id = start(engine, NewAgent { delivery, ..errand(&remote.address(), voice.choice()) }).await;
    rest(engine, id).await;
    for text in ["Look again.", "And c.\nIt fixes #3."] {
        engine.instruct(id, text).await.unwrap();
        rest(engine, id).await;
    }
    id
}

fn planned(tree: &str, message: &str, files: u32) -> PlannedCommit {
    PlannedCommit { tree: tree.to_owned(), message: message.to_owned(), files }
}

/// The files that a review shows, which the record counts.
async fn changed(engine: &Engine, id: AgentId) -> Vec<String> {
    let changes = engine.changes(id).await.unwrap();
    assert_eq!(engine.agent(id).await.unwrap().files_changed as usize, changes.len());
    changes.into_iter().map(|change| change.path).collect()
}

/// The commits of a branch since `main`, the first one first: tree and whole message.
fn commits(remote: &Repository) -> Vec<(String, String)> {
    let listed = remote.ask(&["log", "--reverse", "--format=%T%n%B%x00", "main..agent/work"]);
    let commit = |text: &str| {
        let (tree, message) = text.trim_start().split_once('\n')?;
        Some((tree.to_owned(), message.trim_end().to_owned() + "\n"))
    };
    listed.split('\0').filter_map(commit).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_has_one_commit_or_one_for_each_instruction_that_changed_something() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = three_turns().await;
    let engine = house.open().await;
    let id = worked(&engine, &remote, &voice, Delivery::default()).await;
    let first = remote.tree_with("main", &[("b", Some("b\n"))]);
    let whole = remote.tree_with("main", &[("b", Some("b\n")), ("c", Some("c\n"))]);

    let plan = engine.push_plan(id).await.unwrap();
    let all = "Errand\n\n- Adds b.\n- Looked.\n- Adds c, thanks @ octocat.\n";
    assert_eq!(plan.commits, [planned(&whole, all, 2)]);
    assert_eq!(
        (plan.branch.as_str(), &plan.tree, plan.author_email.as_str(), plan.moved),
        ("agent/work", &whole, "grace@example.com", None)
    );

    let delivery = Delivery { commits: CommitStyle::PerInstruction, trailer: true, ..Delivery::default() };
    engine.set_delivery(id, delivery).await.unwrap();
    let trailer = "\nAgent: Anchorhold (scripted/demo)\n";
    let messages = [
        format!("Do the task.\n\nAdds b.\n{trailer}"),
        format!("And c.\n\nAdds c, thanks @ octocat.\n{trailer}"),
    ];
    let expected = [planned(&first, &messages[0], 1), planned(&whole, &messages[1], 1)];
    assert_eq!(engine.push_plan(id).await.unwrap().commits, expected);

    deliver(&engine, id, PushWish { tree: Some(whole.clone()), ..PushWish::default() }).await;
    let [one, two] = messages;
    assert_eq!(commits(&remote), [(first, one), (whole.clone(), two)]);
    assert_eq!(remote.replay("main", &engine.events(id, 0).await.unwrap()), whole);
    assert_eq!(engine.push_plan(id).await.unwrap_err().code(), "nothing_to_push");
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_were_edited_are_pushed_and_what_was_not_read_is_not() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = three_turns().await;
    let engine = house.open().await;
    let id = worked(&engine, &remote, &voice, Delivery::default()).await;
    let whole = engine.reviewed_tree(id).await.unwrap();
    let before = told(&engine, id).await;
    let message = |text: &str| text.to_owned();
    let refused = [
        PushWish { tree: Some("0".repeat(40)), ..PushWish::default() },
        PushWish { messages: Some(vec![message("one"), message("two")]), ..PushWish::default() },
    ];
    for wish in refused {
        assert_eq!(engine.push(id, wish).await.unwrap_err().code(), "push_outdated");
    }
    assert_eq!((told(&engine, id).await, remote.branches()), (before, vec!["main".to_owned()]));

    let edited = PushWish { tree: whole.clone(), messages: Some(vec![message("Mine")]), reapply: false };
    deliver(&engine, id, edited).await;
    assert_eq!(commits(&remote), [(whole.unwrap(), "Mine\n".to_owned())]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_moved_is_told_with_a_free_name_under_which_the_work_goes_out() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = three_turns().await;
    let engine = house.open().await;
    let id = worked(&engine, &remote, &voice, Delivery::default()).await;
    let theirs = remote.commit("agent/work", &[("theirs", "theirs\n")]);

    let moved = engine.push_plan(id).await.unwrap().moved.unwrap();
    let expected = MovedTarget {
        tip: theirs.clone(),
        summary: "Somebody's work".to_owned(),
        free_name: "agent/work-2".to_owned(),
        conflicts: vec![],
        ..moved.clone()
    };
    assert_eq!(moved, expected);
    let agent = deliver(&engine, id, PushWish::default()).await;
    assert_eq!(agent.error_code.as_deref(), Some("target_moved"));

    engine.set_target_branch(id, &moved.free_name).await.unwrap();
    assert_eq!(engine.push_plan(id).await.unwrap().moved, None);
    let agent = deliver(&engine, id, PushWish::default()).await;
    assert_eq!((agent.status, &agent.error_code), (Status::Completed, &None));
    assert_eq!(remote.tip("agent/work"), theirs);
    assert_eq!(Some(remote.tree("agent/work-2")), engine.reviewed_tree(id).await.unwrap());

    // What is on one branch goes to another as it is.
    engine.set_target_branch(id, "agent/again").await.unwrap();
    deliver(&engine, id, PushWish::default()).await;
    assert_eq!(remote.tip("agent/again"), remote.tip("agent/work-2"));
    assert_eq!(engine.set_target_branch(id, "main").await.unwrap_err().code(), "target_is_source");
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_is_put_onto_a_target_that_moved_and_base_and_log_still_make_what_was_pushed() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = three_turns().await;
    let engine = house.open().await;
    let delivery = Delivery { commits: CommitStyle::PerInstruction, ..Delivery::default() };
    let id = worked(&engine, &remote, &voice, delivery).await;
    let theirs = remote.commit("agent/work", &[("theirs", "theirs\n")]);

    let agent = deliver(&engine, id, PushWish { reapply: true, ..PushWish::default() }).await;
    assert_eq!((agent.status, &agent.error_code), (Status::Completed, &None));
    let both = remote.tree("agent/work");
    let mine = [("b", Some("b\n")), ("c", Some("c\n"))];
    assert_eq!(both, remote.tree_with("agent/work", &mine));
    assert_eq!(remote.ask(&["rev-parse", "agent/work~2"]), theirs, "a commit for each instruction");
    assert_eq!(engine.reviewed_tree(id).await.unwrap().as_ref(), Some(&both));
    assert_eq!(remote.replay("main", &engine.events(id, 0).await.unwrap()), both);
    let told = told(&engine, id).await;
    assert_eq!(told[told.len() - 3..], ["reapplied", "pushStarted", "pushed, created: false"]);
    // What others did is not shown as the agent's.
    assert_eq!(changed(&engine, id).await, ["b", "c"]);
    let patch = engine.patch(id).await.unwrap();
    assert!(patch.contains("+b\n") && patch.contains("+c\n") && !patch.contains("theirs"), "{patch}");

    // It goes on in a workspace that has what others did.
    engine.instruct(id, "And d.").await.unwrap();
    rest(&engine, id).await;
    let said = voice.conversation();
    assert!(said.iter().any(|(role, text)| role == "tool" && text == "1\ttheirs\n"), "{said:#?}");
    assert!(
        said.iter().any(|(role, text)| role == "user" && text.contains("Others had pushed")),
        "{said:#?}"
    );
    assert_eq!(changed(&engine, id).await, ["b", "c", "d"]);
    let plan = engine.push_plan(id).await.unwrap();
    assert_eq!(plan.commits.iter().map(|commit| commit.files).collect::<Vec<_>>(), [1]);
    deliver(&engine, id, PushWish::default()).await;
    let events = engine.events(id, 0).await.unwrap();
    assert_eq!(remote.replay("main", &events), remote.tree("agent/work"));
    engine.close().await;
    let engine = house.open().await;
    assert_eq!(changed(&engine, id).await, ["b", "c", "d"]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_does_not_fit_onto_the_target_is_refused_with_the_files() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = three_turns().await;
    let engine = house.open().await;
    let id = worked(&engine, &remote, &voice, Delivery::default()).await;
    let theirs = remote.commit("agent/work", &[("b", "another\n")]);
    let before = told(&engine, id).await;

    let moved = engine.push_plan(id).await.unwrap().moved.unwrap();
    let paths: Vec<&str> = moved.conflicts.iter().map(|Conflict { path, .. }| path.as_str()).collect();
    assert_eq!(paths, ["b"]);
    let refused = engine.push(id, PushWish { reapply: true, ..PushWish::default() }).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        ("reapply_conflicts", "put the work onto agent/work: both changed b in the same places".to_owned())
    );
    assert_eq!((told(&engine, id).await, remote.tip("agent/work")), (before, theirs));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_may_push_without_a_review_does_and_the_log_says_so() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = three_turns().await;
    let engine = house.open().await;
    let delivery = Delivery { push_unreviewed: true, ..Delivery::default() };
    let id = start(&engine, NewAgent { delivery, ..errand(&remote.address(), voice.choice()) }).await;
    rest(&engine, id).await;
    engine.at_rest(id).await.unwrap();
    let told = told(&engine, id).await;
    assert_eq!(
        told[told.len() - 3..],
        ["completed: Adds b.", "pushStarted, unreviewed", "pushed, created: true"]
    );
    assert_eq!(remote.tree("agent/work"), remote.tree_with("main", &[("b", Some("b\n"))]));

    // Where nothing was changed nothing is sent, and the user's own push is one that was read.
    engine.instruct(id, "Look again.").await.unwrap();
    rest(&engine, id).await;
    let agent = engine.at_rest(id).await.unwrap();
    assert_eq!((agent.status, agent.activity.as_deref()), (Status::Completed, Some("Looked.")));
    engine.close().await;
}
