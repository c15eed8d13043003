//! A full disk: said as such, and nothing recorded before it is lost.

use super::*;

#[tokio::test]
async fn a_full_disk_is_told_apart_and_what_was_recorded_stays() {
    let home = home().await;
    let mut known = create(&home.store, 1, "hoarder").await;
    // SQLite answers a limit on the file's pages as it answers a full disk.
    damage(&home.store, "PRAGMA max_page_count = 40").await;
    let error = loop {
        let kinds = vec![noted("small"), noted("x".repeat(20_000))];
        match home.store.append(&known, kinds, Timestamp(2)).await {
            Ok((after, _)) => known = after,
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), "disk_full");
    assert_eq!(
        error.hint().as_deref(),
        Some("free some space on the disk; everything recorded before is kept")
    );
    assert_eq!(home.store.agent(known.id).await.unwrap(), known);
    home.store.verify(known.id).await.unwrap();

    damage(&home.store, "PRAGMA max_page_count = 4000").await;
    let after = advance(&home.store, &known, 3, vec![noted("there is room again")]).await;
    assert_eq!(after.last_seq, known.last_seq + 1);
}
