//! Measures one append: the log's entry and the agent's row, in one commit that survives a power
//! cut. `cargo run -p anchorhold-store --example append -- <folder>`; the folder tells which disk.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement, not the product")]

use anchorhold_domain::{
    Agent, AgentId, Delivery, EventKind, FileRules, InstructionId, Limits, ModelChoice, NewAgent, Timestamp,
};
use anchorhold_store::Store;
use std::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let parent = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = tempfile::tempdir_in(parent).unwrap();
    let store = Store::open(&folder.path().join("anchorhold.db")).await.unwrap();
    let new = NewAgent {
        name: "measured".to_owned(),
        task: "append".to_owned(),
        github_repo: "octo/hello".to_owned(),
        source_branch: "main".to_owned(),
        target_branch: "agent/append".to_owned(),
        history_depth: None,
        model: ModelChoice {
            provider: "scripted".to_owned(),
            name: "none".to_owned(),
            base_url: None,
            wire: None,
            effort: None,
        },
        fallback: None,
        limits: Limits::default(),
        files: FileRules::default(),
        delivery: Delivery::default(),
    };
    let mut agent = Agent::new(AgentId(uuid::Uuid::now_v7()), new, "local".to_owned(), Timestamp(0));
    let instruction = InstructionId(uuid::Uuid::now_v7());
    let created = EventKind::Created { task: "append".to_owned(), instruction, agent: None };
    store.create(&agent, created, vec![]).await.unwrap();

    let mut micros = Vec::new();
    for _ in 0..2_000 {
        let kinds = vec![EventKind::Noted { message: "x".repeat(1_000) }];
        let start = Instant::now();
        agent = store.append(&agent, kinds, Timestamp(0)).await.unwrap().0;
        micros.push(start.elapsed().as_micros());
    }
    micros.sort_unstable();
    println!("append of 1 KB: p50 {} us, p99 {} us", micros[1_000], micros[1_980]);
}
