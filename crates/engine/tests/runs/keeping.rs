//! Checkpoints on their way from the log into git.

use crate::harness::{House, Voice, ask, errand, finish, freeze_in_call, rest, turn, write};
use anchorhold_domain::{AgentId, Status};
use anchorhold_engine::Engine;
use anchorhold_store::Store;
use anchorhold_testkit::git;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// What the log holds of an agent's checkpoints that git has in no file.
async fn waiting(house: &House, id: AgentId) -> usize {
    let store = Store::open(&house.home().join("anchorhold.db")).await.unwrap();
    let waiting = store.pending_objects(id).await.unwrap().len();
    store.close().await;
    waiting
}

fn agents_git(house: &House) -> PathBuf {
    let mirror = fs::read_dir(house.home().join("mirrors")).unwrap().next().unwrap().unwrap();
    mirror.path().join("agents.git")
}

/// The packs and loose objects in the repository of the checkpoints.
fn files(house: &House) -> usize {
    let count = git(&agents_git(house), &["count-objects", "-v"]).unwrap();
    let number = |name: &str| -> usize {
        let line = count.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches(": ").parse().unwrap()
    };
    number("count") + number("packs")
}

/// Calls that write 10 MB together, each a file.
fn large() -> Vec<Value> {
    let text = |n| format!("{}\n", char::from(b'a' + n).to_string().repeat(99)).repeat(9_000);
    (0..11).map(|n| write(&format!("f{n}"), &text(n))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_make_no_file_until_the_run_rests_and_then_one_pack() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n"), write("c", "c\n")]),
        turn("", vec![write("d/e", "e\n")]),
        turn("", vec![finish("Done.")]),
    ])
    .await;
    voice.hold_from(3);
    let engine = house.open().await;
    let id = engine.create(errand(&remote.address(), voice.choice())).await.unwrap().id;
    engine.start(id).await.unwrap();
    voice.asked(3).await;
    let before = waiting(&house, id).await;
    assert_eq!((before, files(&house)), (3, 0), "three edits, and no file for any");
    let expected = |files: &[(&str, Option<&str>)]| remote.tree_with("main", files);
    let all = [("b", Some("b\n")), ("c", Some("c\n")), ("d/e", Some("e\n"))];
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), expected(&all), "it is found all the same");
    voice.release();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    engine.close().await;
    assert_eq!((waiting(&house, id).await, files(&house)), (0, 1));
    git(&agents_git(&house), &["fsck", "--strict"]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_in_a_call_leaves_its_checkpoints_in_git_too() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice =
        Voice::playing(vec![turn("", vec![write("b", "b\n")]), turn("", vec![write("c", "c\n")])]).await;
    voice.hold_from(2);
    let engine = house.open().await;
    let id = engine.create(errand(&remote.address(), voice.choice())).await.unwrap().id;
    engine.start(id).await.unwrap();
    // The call begins and cannot end, so that the run is cut off.
    freeze_in_call(&house, &engine, id, &voice, 2, "Write c").await;
    engine.stop(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Paused);
    engine.close().await;
    assert_eq!((waiting(&house, id).await, files(&house)), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn much_that_waits_is_in_git_before_the_run_rests() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", large()), turn("", vec![finish("Done.")])]).await;
    voice.hold_from(2);
    let engine = house.open().await;
    let id = engine.create(errand(&remote.address(), voice.choice())).await.unwrap().id;
    engine.start(id).await.unwrap();
    voice.asked(2).await;
    let waiting = waiting(&house, id).await;
    assert!((1..4).contains(&waiting), "of eleven edits of 900 KB each, after 8 MiB: {waiting}");
    assert_eq!(files(&house), 1);
    voice.release();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_where_git_cannot_take_what_piles_up_and_goes_on_when_it_can() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let first = turn("", vec![write("b", "b\n")]);
    let voice = Voice::playing(vec![first, turn("", large()), turn("", vec![finish("Done.")])]).await;
    voice.hold_from(2);
    let engine = house.open().await;
    let id = engine.create(errand(&remote.address(), voice.choice())).await.unwrap().id;
    engine.start(id).await.unwrap();
    voice.asked(2).await;
    let packs = agents_git(&house).join("objects/pack");
    fs::remove_dir(&packs).unwrap();
    fs::write(&packs, "in the way").unwrap();
    voice.release();
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.error_code.as_deref()), (Status::Error, Some("folder_failed")));
    fs::remove_file(&packs).unwrap();
    fs::create_dir(&packs).unwrap();
    engine.resume(id).await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    engine.close().await;
    assert_eq!(waiting(&house, id).await, 0);
}

/// An agent that made an edit and whose process ended before git had it; and where it was left.
async fn cut_off(house: &House, voice: &Voice) -> AgentId {
    let remote = house.repository(&[("a", "a\n")]);
    let engine = house.open().await;
    let id = engine.create(errand(&remote.address(), voice.choice())).await.unwrap().id;
    engine.start(id).await.unwrap();
    voice.asked(2).await;
    // As it is on the disk at this moment.
    let left = house.place().join("left");
    let copied = std::process::Command::new("cp").arg("-a").arg(house.home()).arg(&left).status();
    assert!(copied.unwrap().success());
    voice.release();
    rest(&engine, id).await;
    engine.close().await;
    drop(engine);
    fs::remove_dir_all(house.home()).unwrap();
    fs::rename(&left, house.home()).unwrap();
    id
}

async fn looking(house: &House) -> Engine {
    let mut config = house.config();
    config.resume_interrupted = false;
    Engine::open(config).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_left_in_the_log_is_in_git_when_the_folder_is_opened() {
    let house = House::new();
    let voice = Voice::playing(vec![turn("", vec![write("b", "b\n")]), turn("", vec![ask("Which?")])]).await;
    voice.hold_from(2);
    let id = cut_off(&house, &voice).await;
    assert_eq!((waiting(&house, id).await, files(&house)), (1, 0), "the control");
    let engine = looking(&house).await;
    assert!(engine.reviewed_tree(id).await.unwrap().is_some());
    engine.close().await;
    assert_eq!((waiting(&house, id).await, files(&house)), (0, 1));
    let refs = git(&agents_git(&house), &["for-each-ref", "--format=%(refname)"]).unwrap();
    assert_eq!(refs, format!("refs/anchorhold/agents/{id}/head"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_checkpoint_is_told_of_and_holds_up_no_other_agent() {
    let house = House::new();
    let voice = Voice::playing(vec![turn("", vec![write("b", "b\n")]), turn("", vec![ask("Which?")])]).await;
    voice.hold_from(2);
    let id = cut_off(&house, &voice).await;
    // As by a disk that loses bits: the compressed bytes begin with the number that every such text does.
    let path = house.home().join("anchorhold.db");
    Store::open(&path).await.unwrap().close().await;
    let mut bytes = fs::read(&path).unwrap();
    let found: Vec<usize> = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, four)| *four == [0x28, 0xb5, 0x2f, 0xfd])
        .map(|(at, _)| at)
        .collect();
    assert!(!found.is_empty());
    for at in found {
        bytes[at] ^= 1;
    }
    fs::write(&path, bytes).unwrap();
    let engine = looking(&house).await;
    engine.resume(id).await.unwrap();
    let agent = rest(&engine, id).await;
    let told = (agent.status, agent.error_code.as_deref());
    assert_eq!(told, (Status::Error, Some("store_corrupt")), "{:?}", agent.error_message);
    engine.close().await;
}
