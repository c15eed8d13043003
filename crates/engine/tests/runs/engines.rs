//! Agents whose cells are in one container engine and then in another, and data folders that were moved.

use crate::harness::{
    House, Repository, Voice, edit, errand, eventually, finish, rest, soon, start, told, turn, until, write,
};
use anchorhold_domain::{AgentId, EventKind, PauseReason, Status};
use anchorhold_engine::Engine;
use anchorhold_sandbox::Endpoint;
use anchorhold_testkit::{ContainerEngine, EngineOptions};
use std::path::Path;

/// Opens the data folder with its cells in one engine.
async fn on(house: &House, socket: &Path) -> Engine {
    let mut config = house.config();
    config.endpoint = Some(Endpoint::socket(socket));
    Engine::open(config).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_comes_back_to_an_engine_has_what_it_did_in_the_other() {
    let other = ContainerEngine::start(EngineOptions::default()).unwrap();
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "x\ny\n"), finish("Done.")]),
        turn("", vec![edit("b", "x", "X"), write("c", "c\n"), finish("Done.")]),
        turn("", vec![edit("b", "y", "Y"), edit("c", "c", "C"), finish("Done.")]),
    ])
    .await;
    let engine = on(&house, house.docker.path()).await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    engine.close().await;
    drop(engine);

    for socket in [&other.socket(), house.docker.path()] {
        let engine = on(&house, socket).await;
        engine.instruct(id, "More.").await.unwrap();
        assert_eq!(rest(&engine, id).await.status, Status::Completed);
        engine.close().await;
    }
    let engine = house.open().await;
    let files = [("b", Some("X\nY\n")), ("c", Some("C\n"))];
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", &files));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_is_taken_away_from_the_engine_in_which_it_was_opened() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice =
        Voice::playing(vec![turn("", vec![write("b", "b\n")]), turn("", vec![finish("Done.")])]).await;
    voice.hold_from(2);
    let mut config = house.config();
    config.engine = Some(format!("unix://{}", house.docker.path().display()));
    let engine = Engine::open(config).await.unwrap();
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(2).await;
    let nowhere = format!("unix://{}", house.place().join("nowhere.sock").display());
    engine.choose_engine(Some(nowhere)).await.unwrap();
    voice.release();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    soon("the tidying up", engine.at_rest(id)).await.unwrap();
    assert_eq!(house.docker.containers(&house.home()).unwrap().len(), 0);
    engine.close().await;
}

/// An agent that wrote a file, of a process that has ended, and that edits it at the next instruction.
async fn worked(house: &House) -> (Repository, Voice, AgentId) {
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n"), finish("Done.")]),
        turn("", vec![edit("b", "b", "B"), finish("Done.")]),
    ])
    .await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    engine.close().await;
    (remote, voice, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_works_on_after_its_data_folder_was_moved() {
    let house = House::new();
    let (remote, _voice, id) = worked(&house).await;

    let moved = house.place().join("moved");
    std::fs::rename(house.home(), &moved).unwrap();
    let mut config = house.config();
    config.home.clone_from(&moved);
    let engine = Engine::open(config).await.unwrap();
    engine.instruct(id, "More.").await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, agent.error_message.as_deref()), (Status::Completed, None));
    let files = [("b", Some("B\n"))];
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", &files));
    engine.close().await;
    // What it had before is nobody's now, as is told in the README, and its workspace was made anew.
    let [before, after] = [house.home(), moved.clone()].map(|home| house.docker.volumes(&home).unwrap());
    assert_eq!((before, after.len()), (vec![format!("anchorhold-{id}")], 1));
    house.docker.remove_all_of(&moved).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_in_the_place_of_a_data_folder_leaves_the_first_ones_cells_alone() {
    let house = House::new();
    let (_remote, _voice, id) = worked(&house).await;
    let first = house.docker.volumes(&house.home()).unwrap();

    // As a second machine has it, that has its folder under the same path and uses the same engine.
    let away = house.place().join("away");
    std::fs::rename(house.home(), &away).unwrap();
    let copied = std::process::Command::new("cp").arg("-a").args([&away, &house.home()]).status().unwrap();
    assert!(copied.success());
    let engine = house.open().await;
    engine.instruct(id, "More.").await.unwrap();
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let both = house.docker.volumes(&house.home()).unwrap();
    assert!(both.len() == 2 && both.contains(&first[0]), "{both:?}");
    engine.delete(id).await.unwrap();
    engine.close().await;
    drop(engine);
    let left = || house.docker.volumes(&house.home()).unwrap();
    eventually("its own volume is removed, and no other", || left() == first).await;

    // Back in its place the first one has what it had.
    std::fs::remove_dir_all(house.home()).unwrap();
    std::fs::rename(&away, house.home()).unwrap();
    let engine = house.open().await;
    engine.delete(id).await.unwrap();
    engine.close().await;
    eventually("nothing is left in the container engine", || house.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_agent_waits_for_a_container_engine_that_comes_up_later() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![write("b", "b\n"), finish("Done.")])]).await;
    voice.hold_from(1);
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    voice.asked(1).await;
    engine.close().await;
    drop(engine);
    voice.release();

    let late = house.place().join("late.sock");
    for pauses in [true, false] {
        let engine = on(&house, &late).await;
        let noted = format!("note: find a container engine at {}; it is waited for", late.display());
        let waits = || async { told(&engine, id).await.last() == Some(&noted) };
        until(&engine, id, "waits", |agent| agent.status == Status::Running).await;
        soon("it is said", async {
            let mut updates = engine.watch(id, 0).await.unwrap();
            while !waits().await {
                updates.recv().await.unwrap();
            }
        })
        .await;
        if pauses {
            engine.pause(id).await.unwrap();
            let agent = rest(&engine, id).await;
            assert_eq!((agent.status, agent.pause_reason), (Status::Paused, Some(PauseReason::User)));
            engine.close().await;
            drop(engine);
            house.leave(id, vec![EventKind::Resumed]).await;
            continue;
        }
        std::os::unix::fs::symlink(house.docker.path(), &late).unwrap();
        assert_eq!(rest(&engine, id).await.status, Status::Completed);
        engine.close().await;
    }
}
