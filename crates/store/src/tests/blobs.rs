//! Blobs: stored once, under the hash of what they say, and checked when read.

use super::*;

#[tokio::test]
async fn a_blob_comes_back_as_it_was_and_is_stored_once() {
    let home = home().await;
    for bytes in [vec![], b"short".to_vec(), b"line\r\n\0\xff".repeat(100_000)] {
        let hash = home.store.put_blob(bytes.clone()).await.unwrap();
        assert_eq!(home.store.put_blob(bytes.clone()).await.unwrap(), hash);
        assert_eq!(home.store.blob(&hash).await.unwrap(), bytes);
    }
    let rows: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM blobs").fetch_one(&home.store.readers).await.unwrap();
    assert_eq!(rows, 3);
}

#[tokio::test]
async fn a_blob_is_found_under_the_sha_256_of_its_content() {
    let home = home().await;
    let hash = home.store.put_blob(b"abc".to_vec()).await.unwrap();
    assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[tokio::test]
async fn a_blob_that_is_not_there_is_not_found() {
    assert_eq!(code(home().await.store.blob("00").await), "result_not_found");
}

#[tokio::test]
async fn a_blob_whose_content_is_another_is_refused() {
    let home = home().await;
    let (left, right) = (b"left".to_vec(), b"rite".to_vec());
    let hash = home.store.put_blob(left).await.unwrap();
    home.store.put_blob(right).await.unwrap();
    damage(&home.store, "UPDATE blobs SET zstd = (SELECT zstd FROM blobs ORDER BY hash LIMIT 1)").await;
    let other = home.store.put_blob(b"rite".to_vec()).await.unwrap();
    let mut codes = [code(home.store.blob(&hash).await), code(home.store.blob(&other).await)];
    codes.sort_unstable();
    assert_eq!(codes, ["ok", "store_corrupt"]);
}

#[tokio::test]
async fn a_blob_whose_row_is_damaged_is_refused() {
    for sql in [
        "UPDATE blobs SET length = 1",
        "UPDATE blobs SET length = 1 << 62",
        "UPDATE blobs SET zstd = x'00'",
        "UPDATE blobs SET zstd = substr(zstd, 1, length(zstd) - 1)",
    ] {
        let home = home().await;
        let hash = home.store.put_blob(b"content".to_vec()).await.unwrap();
        damage(&home.store, sql).await;
        assert_eq!(code(home.store.blob(&hash).await), "store_corrupt", "{sql}");
    }
}

#[tokio::test]
async fn an_event_and_the_long_result_that_it_names_are_stored_together_or_not_at_all() {
    let home = home().await;
    let known = create(&home.store, 1, "reader").await;
    let (seen, unseen) = (Blob::of(b"seen".to_vec()).await.unwrap(), Blob::of(b"unseen".to_vec()).await);
    let unseen = unseen.unwrap();
    let after = home
        .store
        .append_with(&known, vec![noted("one")], std::slice::from_ref(&seen), None, Timestamp(2))
        .await;
    assert_eq!(home.store.blob(seen.hash()).await.unwrap(), b"seen");
    assert_eq!(home.store.agent(known.id).await.unwrap(), after.unwrap().0);
    // Somebody else has advanced the agent since.
    let late = home
        .store
        .append_with(&known, vec![noted("two")], std::slice::from_ref(&unseen), None, Timestamp(3))
        .await;
    assert_eq!(code(late), "conflict");
    assert_eq!(code(home.store.blob(unseen.hash()).await), "result_not_found");
}
