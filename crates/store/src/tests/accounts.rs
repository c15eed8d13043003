//! Who is signed in, and in the name of which app.

use super::*;
use crate::KeptAccount;
use anchorhold_domain::{Fault, ForgeApp, LinkedAccount, SignInWay};

fn account(host: &str, number: i64, chosen: bool) -> KeptAccount {
    KeptAccount {
        account: LinkedAccount {
            key: format!("{host}/{number}"),
            host: host.to_owned(),
            login: "ada".to_owned(),
            name: "Ada \u{1F511}".to_owned(),
            email: "7+ada@users.noreply.github.com".to_owned(),
            emails: vec!["7+ada@users.noreply.github.com".to_owned(), "ada@example.com".to_owned()],
            way: SignInWay::Code,
            chosen,
            session_only: false,
            expires_at: Some(Timestamp(7)),
            lacks: vec!["repo".to_owned()],
            trouble: Some(Fault { code: "c".to_owned(), message: "m".to_owned(), hint: None }),
        },
        client_id: Some("Iv23li".to_owned()),
        signed_in_at: Timestamp(number),
    }
}

async fn chosen(store: &Store) -> Vec<String> {
    let all = store.accounts().await.unwrap();
    all.into_iter().filter(|kept| kept.account.chosen).map(|kept| kept.account.key).collect()
}

#[tokio::test]
async fn an_account_comes_back_as_it_was_kept_also_over_a_restart() {
    let home = home().await;
    let mut second = account("ghe.example.com", 2, true);
    second.account.way = SignInWay::Gh;
    (second.account.trouble, second.account.expires_at, second.client_id) = (None, None, None);
    second.account.session_only = true;
    let all = [second, account("github.com", 1, true)];
    for kept in &all {
        home.store.put_account(kept).await.unwrap();
    }
    assert_eq!(home.store.accounts().await.unwrap(), all);
    home.store.close().await;
    let again = Store::open(&home.folder.path().join("anchorhold.db")).await.unwrap();
    assert_eq!(again.accounts().await.unwrap(), all);
}

#[tokio::test]
async fn on_each_host_one_account_is_chosen_and_another_takes_its_place() {
    let home = home().await;
    for number in 1..=3 {
        home.store.put_account(&account("github.com", number, number != 2)).await.unwrap();
    }
    home.store.put_account(&account("ghe.example.com", 1, true)).await.unwrap();
    assert_eq!(chosen(&home.store).await, ["ghe.example.com/1", "github.com/3"]);
    home.store.delete_account("github.com/1").await.unwrap();
    assert_eq!(chosen(&home.store).await, ["ghe.example.com/1", "github.com/3"]);
    home.store.delete_account("github.com/3").await.unwrap();
    assert_eq!(chosen(&home.store).await, ["ghe.example.com/1", "github.com/2"]);
    for key in ["github.com/2", "github.com/2", "ghe.example.com/1"] {
        home.store.delete_account(key).await.unwrap();
    }
    assert_eq!(home.store.accounts().await.unwrap(), []);
}

#[tokio::test]
async fn what_changes_of_an_account_changes_alone_and_one_of_a_session_ends_with_it() {
    let home = home().await;
    let mut expected = [account("github.com", 1, true), account("github.com", 2, false)];
    expected[1].account.session_only = true;
    for kept in &expected {
        home.store.put_account(kept).await.unwrap();
    }
    home.store.choose_account("github.com/2").await.unwrap();
    home.store.choose_account("github.com/9").await.unwrap();
    home.store.set_account_email("github.com/1", "ada@example.com").await.unwrap();
    home.store.set_account_trouble("github.com/1", None).await.unwrap();
    expected[0].account.email = "ada@example.com".to_owned();
    expected[0].account.trouble = None;
    (expected[0].account.chosen, expected[1].account.chosen) = (false, true);
    assert_eq!(home.store.accounts().await.unwrap(), expected);
    home.store.delete_session_accounts().await.unwrap();
    expected[0].account.chosen = true;
    assert_eq!(home.store.accounts().await.unwrap(), expected[..1]);
}

#[tokio::test]
async fn the_app_of_a_host_is_the_one_that_was_kept_last() {
    let home = home().await;
    let app = |client_id: &str, slug: Option<&str>| ForgeApp {
        host: "github.com".to_owned(),
        client_id: client_id.to_owned(),
        slug: slug.map(str::to_owned),
        oauth_app: slug.is_none(),
        has_secret: slug.is_some(),
    };
    home.store.put_forge_app(&app("one", None)).await.unwrap();
    home.store.put_forge_app(&app("two", Some("anchorhold"))).await.unwrap();
    assert_eq!(home.store.forge_apps().await.unwrap(), [app("two", Some("anchorhold"))]);
    home.store.delete_forge_app("github.com").await.unwrap();
    assert_eq!(home.store.forge_apps().await.unwrap(), []);
}

#[tokio::test]
async fn a_row_that_does_not_fit_is_named() {
    let home = home().await;
    home.store.put_account(&account("github.com", 1, true)).await.unwrap();
    damage(&home.store, "UPDATE accounts SET emails = 'no json'").await;
    assert_eq!(code(home.store.accounts().await), "store_corrupt");
}
