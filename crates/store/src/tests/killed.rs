//! A process that is killed in the middle loses nothing it was told is recorded.

use super::*;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

const FOLDER: &str = "ANCHORHOLD_KILLED_TEST_FOLDER";

/// Runs itself a second time as the process that is killed, which the variable tells apart.
#[tokio::test]
async fn what_a_killed_process_recorded_is_there_afterwards() {
    if let Some(path) = std::env::var_os(FOLDER) {
        append_until_killed(path.as_ref()).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("anchorhold.db");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "tests::killed::what_a_killed_process_recorded_is_there_afterwards"])
        .env(FOLDER, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .filter_map(|line| line.unwrap().strip_prefix("recorded ")?.parse::<u32>().ok())
        .nth(29)
        .expect("thirty appends are recorded");
    child.kill().unwrap();
    child.wait().unwrap();

    let store = Store::open(&path).await.unwrap();
    let found = store.agents().await.unwrap().remove(0);
    assert!(found.last_seq >= told, "{} is before {told}", found.last_seq);
    store.verify(found.id).await.unwrap();
    advance(&store, &found, 3, vec![noted("after")]).await;
}

async fn append_until_killed(path: &std::path::Path) -> ! {
    let store = Store::open(path).await.unwrap();
    let mut known = create(&store, 1, "mortal").await;
    loop {
        known = advance(&store, &known, 2, vec![noted("one"), noted("two")]).await;
        println!("\nrecorded {}", known.last_seq);
    }
}
