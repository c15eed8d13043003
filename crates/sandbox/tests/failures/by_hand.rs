//! What a user may take away behind our back: the container, the volume, the image.

use anchorhold_sandbox::bridge::ChangeStatus;
use anchorhold_testkit::{ContainerEngine, DockerSocket, EngineOptions};

use crate::common::{changed, connect, fill, spec, write};

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_was_removed_is_made_anew_on_its_workspace() {
    let engine = DockerSocket::find().unwrap();
    let docker = connect(engine.path()).await;
    let spec = spec("removed");
    let cell = docker.open(&spec).await.unwrap();
    fill(&cell).await;
    engine.remove_container(cell.container_id()).unwrap();
    let error = write(&cell, "late", b"").await.unwrap_err();
    // The engine kills what it removes, and is asked in between or afterwards.
    let words = error.to_string();
    let told = ["talk to the cell: it was killed (exit 137)", "talk to the cell: its container was removed"];
    assert!(error.code() == "cell_ended" && told.contains(&words.as_str()), "{error}");

    let cell = docker.open(&spec).await.unwrap();
    assert!(!cell.fresh());
    assert_eq!(changed(&cell).await, [("added".to_owned(), ChangeStatus::Added)]);
    docker.remove(&spec.home, &spec.agent).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_that_was_removed_while_the_cell_was_parked_leaves_a_fresh_cell() {
    let engine = DockerSocket::find().unwrap();
    let docker = connect(engine.path()).await;
    let spec = spec("volume-gone");
    let cell = docker.open(&spec).await.unwrap();
    fill(&cell).await;
    docker.park(&spec.home, &spec.agent).await.unwrap();
    engine.remove_volume(&format!("anchorhold-{}", spec.agent)).unwrap();

    let cell = docker.open(&spec).await.unwrap();
    assert!(cell.fresh());
    fill(&cell).await;
    assert_eq!(changed(&cell).await, [("added".to_owned(), ChangeStatus::Added)]);
    docker.remove(&spec.home, &spec.agent).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_was_removed_is_imported_again() {
    let engine = ContainerEngine::start(EngineOptions::default()).unwrap();
    let docker = connect(&engine.socket()).await;
    let spec = spec("image-gone");
    let cell = docker.open(&spec).await.unwrap();
    fill(&cell).await;
    docker.park(&spec.home, &spec.agent).await.unwrap();
    let image = docker.ensure_image().await.unwrap();
    engine.docker().remove_image(&image).unwrap();

    let cell = docker.open(&spec).await.unwrap();
    assert!(!cell.fresh());
    assert_eq!(changed(&cell).await, [("added".to_owned(), ChangeStatus::Added)]);
}
