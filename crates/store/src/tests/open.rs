//! Opening: how SQLite is set, and what is kept before a database is changed.

use super::*;
use anchorhold_store_schema::MIGRATOR;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// The migrations there are, and one that is yet to come.
fn later() -> Migrator {
    let next = Migration::new(
        99_990_101_000_000,
        "later".into(),
        MigrationType::Simple,
        "ALTER TABLE blobs ADD COLUMN seen_at INTEGER".into_sql_str(),
        false,
    );
    Migrator::with_migrations(MIGRATOR.iter().cloned().chain([next]).collect())
}

fn names(home: &Home) -> Vec<String> {
    let entries = std::fs::read_dir(home.folder.path()).unwrap();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_store_that_is_closed_and_opened_again_is_the_same() {
    let home = home().await;
    let new = create(&home.store, 1, "lasting").await;
    let known = advance(&home.store, &new, 2, vec![noted("one")]).await;
    home.store.close().await;
    assert_eq!(names(&home), ["anchorhold.db"]);
    let again = Store::open(&home.folder.path().join("anchorhold.db")).await.unwrap();
    assert_eq!(again.agents().await.unwrap(), [known]);
    assert_eq!(again.events(new.id, 0, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn commits_survive_a_power_cut_and_references_hold() {
    let home = home().await;
    let mut found = Vec::new();
    for sql in ["PRAGMA journal_mode", "PRAGMA synchronous", "PRAGMA foreign_keys", "PRAGMA busy_timeout"] {
        let row = sqlx::query(sql).fetch_one(&mut *home.store.writer.lend().await.unwrap()).await.unwrap();
        let value = sqlx::Row::try_get::<String, _>(&row, 0)
            .or_else(|_| sqlx::Row::try_get::<i64, _>(&row, 0).map(|n| n.to_string()))
            .unwrap();
        found.push(value);
    }
    // 2 is FULL: https://sqlite.org/pragma.html#pragma_synchronous
    assert_eq!(found, ["wal", "2", "1", "5000"]);
}

#[tokio::test]
async fn a_copy_is_left_before_an_existing_database_is_changed() {
    let home = home().await;
    let known = create(&home.store, 1, "lasting").await;
    home.store.close().await;
    let path = home.folder.path().join("anchorhold.db");
    let copy = format!("anchorhold.db.before-{}", MIGRATOR.iter().last().unwrap().version);

    let changed = Store::open_with(&path, &later()).await.unwrap();
    assert_eq!(changed.agents().await.unwrap(), std::slice::from_ref(&known));
    changed.close().await;
    assert_eq!(names(&home), ["anchorhold.db", copy.as_str()]);

    // The copy is what the earlier version of the program can go on with.
    let kept = Store::open(&home.folder.path().join(copy)).await.unwrap();
    assert_eq!(kept.agents().await.unwrap(), [known]);
}

#[tokio::test]
async fn a_copy_that_cannot_be_made_whole_leaves_nothing_and_changes_nothing() {
    let home = home().await;
    let known = create(&home.store, 1, "lasting").await;
    home.store.close().await;
    let path = home.folder.path().join("anchorhold.db");
    let copy = format!("anchorhold.db.before-{}", MIGRATOR.iter().last().unwrap().version);
    // Nothing can be given the name of a folder that is not empty.
    std::fs::create_dir_all(home.folder.path().join(&copy).join("in the way")).unwrap();
    assert_eq!(code(Store::open_with(&path, &later()).await), "store_unavailable");
    assert!(!home.folder.path().join("anchorhold.db.before-partial").exists());
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.agents().await.unwrap(), [known]);
}

#[tokio::test]
async fn a_database_of_a_later_version_is_refused_and_left_alone() {
    let home = home().await;
    home.store.close().await;
    let path = home.folder.path().join("anchorhold.db");
    Store::open_with(&path, &later()).await.unwrap().close().await;
    assert_eq!(code(Store::open(&path).await), "store_too_new");
    Store::open_with(&path, &later()).await.unwrap();
}

#[tokio::test]
async fn what_is_not_a_database_or_not_there_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "this is no database, however long it is").unwrap();
    assert_eq!(code(Store::open(&text).await), "store_unavailable");
    assert_eq!(std::fs::read_to_string(&text).unwrap(), "this is no database, however long it is");
    assert_eq!(code(Store::open(&folder.path().join("no/such/folder.db")).await), "store_unavailable");
}
