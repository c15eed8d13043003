//! What a start makes of agents that it finds, one by one.

use crate::harness::{House, errand, told};
use anchorhold_domain::{EventKind, NewAgent, Status};
use std::collections::HashMap;
use std::fs;

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_log_is_broken_keeps_no_other_from_its_work_and_the_folder_opens() {
    const SPOILT: &[u8] = b"\"planted-91c2\"";
    let house = House::new();
    let engine = house.open().await;
    let mut agents = Vec::new();
    for name in ["Broken", "Whole"] {
        let new = NewAgent { name: name.to_owned(), ..errand("octo/hello", anchorhold_engine::scripted()) };
        agents.push(engine.create(new).await.unwrap().id);
    }
    engine.close().await;
    drop(engine);
    let [broken, whole] = agents[..] else { panic!("{agents:?}") };
    for id in [broken, whole] {
        house.leave(id, vec![EventKind::StartRequested, EventKind::CloneStarted]).await;
    }
    house.leave(broken, vec![EventKind::Noted { message: "planted-91c2".to_owned() }]).await;
    // As by a disk that loses bits: what is there is no JSON any more.
    let database = house.home().join("anchorhold.db");
    let mut bytes = fs::read(&database).unwrap();
    let place = bytes.windows(SPOILT.len()).position(|bytes| bytes == SPOILT).unwrap();
    bytes[place] = b'x';
    fs::write(&database, bytes).unwrap();

    let engine = house.open().await;
    assert_eq!(told(&engine, whole).await.last().unwrap(), "clone cancelled: Interrupted");
    let standing = engine.agents().await.unwrap().into_iter().map(|agent| (agent.id, agent.status));
    let standing: HashMap<_, _> = standing.collect();
    assert_eq!(standing, HashMap::from([(broken, Status::Cloning), (whole, Status::Idle)]));
    assert_eq!(engine.resume(broken).await.unwrap_err().code(), "store_corrupt");
    engine.close().await;
}
