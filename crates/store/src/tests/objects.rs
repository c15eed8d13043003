//! What git has in no file yet of agents' checkpoints.

use super::*;
use anchorhold_domain::ToolOutcome;

/// An agent whose edits are checkpoints.
async fn running(store: &Store, number: u32, name: &str) -> Agent {
    let known = create(store, number, name).await;
    let cloned = EventKind::Cloned {
        base_commit: "c0".to_owned(),
        base_tree: "t0".to_owned(),
        files: 0,
        kib: 0,
        notes: vec![],
    };
    advance(store, &known, 2, vec![EventKind::StartRequested, EventKind::CloneStarted, cloned]).await
}

fn edited(checkpoint: Option<&str>) -> Vec<EventKind> {
    vec![EventKind::ToolFinished {
        call: "call_1".to_owned(),
        outcome: ToolOutcome::Ok,
        result: String::new(),
        result_blob: None,
        duration_ms: 0,
        edited: vec![],
        checkpoint: checkpoint.map(str::to_owned),
        files_changed: 1,
        shown: vec![],
    }]
}

async fn edit(store: &Store, known: &Agent, checkpoint: &str, objects: &[u8]) -> Agent {
    let objects = Blob::of(objects.to_vec()).await.unwrap();
    store.append_with(known, edited(Some(checkpoint)), &[], Some(&objects), Timestamp(3)).await.unwrap().0
}

#[tokio::test]
async fn objects_are_kept_with_the_event_that_names_their_checkpoint_until_they_are_forgotten() {
    let home = home().await;
    let store = &home.store;
    assert_eq!(store.agents_with_pending_objects().await.unwrap(), []);
    let first = running(store, 1, "first").await;
    let second = running(store, 2, "second").await;
    let large = vec![7; 100_000];
    let first = edit(store, &first, "k1", b"one").await;
    let between = advance(store, &first, 3, edited(None)).await;
    let last = edit(store, &between, "k2", &large).await;
    edit(store, &second, "k1", b"one").await;

    // Also for who opens the store next.
    let anew = Store::open(&home.folder.path().join("anchorhold.db")).await.unwrap();
    for store in [store, &anew] {
        assert_eq!(store.agents_with_pending_objects().await.unwrap(), [first.id, second.id]);
        assert_eq!(store.pending_objects(first.id).await.unwrap(), [b"one".to_vec(), large.clone()]);
        assert_eq!(store.pending_objects(second.id).await.unwrap(), [b"one"]);
    }
    store.forget_pending_objects(first.id, between.last_seq).await.unwrap();
    assert_eq!(store.pending_objects(first.id).await.unwrap(), [large]);
    store.forget_pending_objects(first.id, last.last_seq).await.unwrap();
    assert_eq!(store.agents_with_pending_objects().await.unwrap(), [second.id]);
    store.verify(first.id).await.unwrap();
}

#[tokio::test]
async fn objects_of_what_was_not_written_are_not_kept() {
    let home = home().await;
    let store = &home.store;
    let known = running(store, 1, "late").await;
    let objects = Blob::of(b"objects".to_vec()).await.unwrap();
    // Somebody else advances the agent, as far as this append would.
    let other = advance(store, &known, 3, edited(Some("k1"))).await;
    let late = store.append_with(&known, edited(Some("k2")), &[], Some(&objects), Timestamp(3)).await;
    assert_eq!(code(late), "conflict");
    // An event that names no checkpoint.
    store.append_with(&other, vec![noted("x")], &[], None, Timestamp(3)).await.unwrap();
    assert_eq!(store.agents_with_pending_objects().await.unwrap(), []);
}

#[tokio::test]
async fn objects_whose_row_is_damaged_are_refused() {
    for sql in [
        "UPDATE pending_objects SET length = 1",
        "UPDATE pending_objects SET length = 1 << 62",
        "UPDATE pending_objects SET zstd = x'00'",
        "UPDATE pending_objects SET hash = 'abc'",
        "UPDATE pending_objects SET zstd = (SELECT zstd FROM pending_objects ORDER BY seq LIMIT 1)",
    ] {
        let home = home().await;
        let known = running(&home.store, 1, "damaged").await;
        let known = edit(&home.store, &known, "k1", b"left").await;
        edit(&home.store, &known, "k2", b"rite").await;
        damage(&home.store, sql).await;
        assert_eq!(code(home.store.pending_objects(known.id).await), "store_corrupt", "{sql}");
    }
}
