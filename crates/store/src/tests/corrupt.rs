//! A damaged database is said to be damaged; nothing is guessed.

use super::*;

/// An agent with three events, whose database is then damaged.
async fn damaged(statements: &[&'static str]) -> (Home, AgentId) {
    let home = home().await;
    let new = create(&home.store, 1, "hurt").await;
    advance(&home.store, &new, 2, vec![noted("one"), noted("two")]).await;
    home.store.verify(new.id).await.unwrap();
    // One connection holds the pragma and runs what follows.
    damage(&home.store, "PRAGMA ignore_check_constraints = ON").await;
    damage(&home.store, "DROP TRIGGER events_stay_as_they_are").await;
    damage(&home.store, "DROP TRIGGER events_are_kept").await;
    for sql in statements {
        damage(&home.store, sql).await;
    }
    (home, new.id)
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_an_error_that_names_it() {
    for (sql, found) in [
        ("UPDATE agents SET status = 'SLEEPING'", "column status holds read \"SLEEPING\" as a status"),
        ("UPDATE agents SET pause_reason = 'LUNCH'", "column pause_reason holds LUNCH"),
        ("UPDATE agents SET waiting = 2", "column waiting holds 2"),
        ("UPDATE agents SET requests = -1", "column requests holds -1"),
        ("UPDATE agents SET limit_turns = 4294967296", "column limit_turns holds 4294967296"),
        ("UPDATE agents SET agent_port = 65536", "column agent_port holds 65536"),
    ] {
        let (home, id) = damaged(&[sql]).await;
        let error = home.store.agent(id).await.unwrap_err();
        assert_eq!(error.to_string(), format!("read agents {id}: {found}"));
        assert_eq!(code(home.store.agents().await), "store_corrupt");
    }
}

#[tokio::test]
async fn an_event_that_does_not_fit_is_an_error() {
    for sql in [
        "UPDATE events SET payload = 'no json' WHERE seq = 2",
        "UPDATE events SET payload = '{\"type\":\"unheardOf\"}' WHERE seq = 2",
        "UPDATE events SET type = 'resumed' WHERE seq = 2",
    ] {
        let (home, id) = damaged(&[sql]).await;
        assert_eq!(code(home.store.events(id, 0, 10).await), "store_corrupt", "{sql}");
        assert_eq!(code(home.store.verify(id).await), "store_corrupt", "{sql}");
    }
}

#[tokio::test]
async fn a_row_that_its_log_does_not_explain_is_found() {
    for sql in [
        "UPDATE agents SET status = 'RUNNING'",
        "UPDATE agents SET files_changed = 1",
        "UPDATE agents SET task = 'another task'",
        "UPDATE agents SET last_seq = 9",
        "DELETE FROM events WHERE seq = 3",
        "DELETE FROM events WHERE seq = 2",
        "DELETE FROM events WHERE seq = 1",
        "UPDATE events SET payload = '{\"type\":\"resumed\"}', type = 'resumed' WHERE seq = 2",
        "UPDATE events SET at = 77 WHERE seq = 3",
    ] {
        let (home, id) = damaged(&[sql]).await;
        assert_eq!(code(home.store.verify(id).await), "store_corrupt", "{sql}");
    }
}
