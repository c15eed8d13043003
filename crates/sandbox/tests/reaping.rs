//! What an earlier process left behind is removed, and nothing else; on a real engine.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod harness;

use anchorhold_sandbox::{CellSpec, Kept};
use bollard::query_parameters::StartContainerOptions;
use harness::{answers, clear, containers, docker, engine, leave, remove, settle, spec, unique, volumes};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_left_is_removed_and_what_is_needed_or_another_s_stays() {
    let (docker, engine) = (docker().await, engine().await);
    let image = docker.ensure_image().await.unwrap();
    let (home, other_home) = (unique("home"), unique("other home"));
    let [gone, idle, busy, others] = ["gone", "idle", "busy", "others"].map(unique);
    let mut left = Vec::new();
    for agent in [&gone, &idle, &busy] {
        left.push(leave(&engine, &image, &home, agent).await);
    }
    left.push(leave(&engine, &image, &other_home, &others).await);
    engine.start_container(&left[1], None::<StartContainerOptions>).await.unwrap();

    let keep = [Kept { agent: idle.clone(), running: false }, Kept { agent: busy.clone(), running: true }];
    let reaped = docker.reap(&home, &keep).await.unwrap();
    assert_eq!((reaped.containers.len(), reaped.volumes.as_slice()), (2, &left[..1]));
    settle(&docker).await;
    assert_eq!(containers(&engine, &home).await, [busy.as_str()]);
    assert_eq!(volumes(&engine, &home).await, [busy.as_str(), idle.as_str()]);
    assert_eq!(containers(&engine, &other_home).await, [others.as_str()]);
    assert_eq!(volumes(&engine, &other_home).await, [others.as_str()]);

    let again = docker.reap(&home, &keep).await.unwrap();
    assert_eq!((again.containers.len(), again.volumes.len()), (0, 0));
    clear(&engine, &left.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_this_process_has_open_is_left_alone() {
    let (docker, engine, spec) = (docker().await, engine().await, spec("mine"));
    let cell = docker.open(&spec).await.unwrap();
    let reaped = docker.reap(&spec.home, &[]).await.unwrap();
    assert_eq!((reaped.containers.len(), reaped.volumes.len()), (0, 0));
    assert!(answers(&cell).await);
    assert_eq!(volumes(&engine, &spec.home).await, [spec.agent.as_str()]);
    remove(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn data_folders_of_one_path_neither_see_nor_reap_each_others_cells() {
    let (docker, engine) = (docker().await, engine().await);
    let [here, there] = ["here", "there"].map(spec);
    assert_eq!(here.place, there.place);
    let cells = [docker.open(&here).await.unwrap(), docker.open(&there).await.unwrap()];
    for spec in [&here, &there] {
        assert_eq!(containers(&engine, &spec.home).await, [spec.agent.as_str()]);
        assert_eq!(volumes(&engine, &spec.home).await, [spec.agent.as_str()]);
    }

    // Another process, for which nothing of either was opened here.
    let third = unique("home");
    let reaped = docker.reap(&third, &[]).await.unwrap();
    assert_eq!((reaped.containers.len(), reaped.volumes.len()), (0, 0));
    // A copy of the first one's folder, in the same place of another machine.
    let copy = CellSpec { home: third, ..here.clone() };
    docker.park(&copy).await.unwrap();
    remove(&docker, &copy).await;
    let other = docker.open(&copy).await.unwrap();
    assert!(other.fresh());
    for cell in cells.iter().chain([&other]) {
        assert!(answers(cell).await);
    }
    for spec in [&here, &there, &copy] {
        remove(&docker, spec).await;
    }
}
