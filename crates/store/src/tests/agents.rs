//! Agents: their names, their lists, and what happens to both when one is deleted.

use super::*;

#[tokio::test]
async fn a_name_is_taken_until_its_agent_is_deleted() {
    let home = home().await;
    let first = create(&home.store, 1, "renamer").await;
    let second = agent(2, "renamer");
    assert_eq!(code(home.store.create(&second, created(), vec![]).await), "name_taken");
    assert_eq!(code(home.store.agent(second.id).await), "agent_not_found");

    let first = advance(&home.store, &first, 3, vec![EventKind::Deleted]).await;
    home.store.create(&second, created(), vec![]).await.unwrap();

    let restored = home.store.append(&first, vec![EventKind::Restored], Timestamp(4)).await;
    assert_eq!(code(restored), "name_taken");
    assert_eq!(home.store.agent(first.id).await.unwrap(), first);
}

#[tokio::test]
async fn lists_are_newest_first_and_the_deleted_stand_apart() {
    let home = home().await;
    let oldest = create(&home.store, 1, "oldest").await;
    let middle = create(&home.store, 2, "middle").await;
    let newest = create(&home.store, 3, "newest").await;
    assert_eq!(home.store.agents().await.unwrap(), [newest.clone(), middle.clone(), oldest.clone()]);

    let newest = advance(&home.store, &newest, 4, vec![EventKind::Deleted]).await;
    let oldest = advance(&home.store, &oldest, 5, vec![EventKind::Deleted]).await;
    assert_eq!(home.store.agents().await.unwrap(), [middle]);
    assert_eq!(home.store.deleted_agents().await.unwrap(), [oldest, newest.clone()]);
    assert_eq!(home.store.agent(newest.id).await.unwrap(), newest);
}

#[tokio::test]
async fn a_name_that_is_taken_is_said_with_what_to_do() {
    let home = home().await;
    create(&home.store, 1, "renamer").await;
    let error = home.store.create(&agent(2, "renamer"), created(), vec![]).await.unwrap_err();
    assert_eq!(error.to_string(), "name an agent \"renamer\": another one has that name");
    assert_eq!(error.hint().as_deref(), Some("choose another name, or delete the agent that has it"));
}
