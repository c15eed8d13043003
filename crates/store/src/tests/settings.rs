//! What holds for all agents.

use super::*;
use anchorhold_domain::Settings;

#[tokio::test]
async fn settings_are_the_usual_until_they_are_set_and_then_what_was_set_last() {
    let home = home().await;
    assert_eq!(home.store.settings().await.unwrap(), Settings::default());
    let day_limits = Limits { tokens: Some(1), turns: Some(2), seconds: Some(3), money: Some(u32::MAX) };
    for settings in [Settings { slots: 20, day_limits }, Settings { slots: 1, ..Settings::default() }] {
        home.store.set_settings(&settings).await.unwrap();
        assert_eq!(home.store.settings().await.unwrap(), settings);
    }
    home.store.close().await;
    let again = Store::open(&home.folder.path().join("anchorhold.db")).await.unwrap();
    assert_eq!(again.settings().await.unwrap(), Settings { slots: 1, ..Settings::default() });
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_an_error_and_not_the_usual_ones() {
    let home = home().await;
    for sql in [
        "INSERT OR REPLACE INTO settings VALUES (1, 'no json')",
        "INSERT OR REPLACE INTO settings VALUES (1, '{\"slots\":-1,\"dayLimits\":{}}')",
        "INSERT OR REPLACE INTO settings VALUES (1, '{\"slots\":4}')",
    ] {
        damage(&home.store, sql).await;
        assert_eq!(code(home.store.settings().await), "store_corrupt", "{sql}");
    }
    // Setting them anew is the way out.
    home.store.set_settings(&Settings::default()).await.unwrap();
    assert_eq!(home.store.settings().await.unwrap(), Settings::default());
}
