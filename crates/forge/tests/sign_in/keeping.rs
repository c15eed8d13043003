//! Staying signed in.

use super::fake::{Fake, Reply};
use super::time::{Still, clock, seconds, start};
use anchorhold_forge::sign_in::{Again, AppKind, Host, Keeper, SaveError, SignIn, SignInError, Tokens};
use anchorhold_secrets::Secret;
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What was put to rest, in its order.
type Saved = Arc<Mutex<Vec<String>>>;

/// Tokens as the first that the stand-in hands out, eight hours from now.
fn first(fake: &Fake) -> Tokens {
    fake.rules().issue();
    let secret = |text: &str| Secret::new(text.to_owned());
    Tokens {
        access: secret("ghu_S3CRET1"),
        access_expires_at: Some(start() + seconds(28800)),
        refresh: Some(secret("ghr_S3CRET1")),
        refresh_expires_at: Some(start() + seconds(15897600)),
        scopes: Vec::new(),
    }
}

async fn keep(fake: &Fake, tokens: Tokens) -> (Keeper, Saved) {
    let saved = Saved::default();
    let (keeping, resting) = (Arc::clone(&saved), tokens.clone());
    let save = move |tokens: Tokens| {
        keeping.lock().unwrap().push(tokens.access.expose().to_owned());
        async { Ok(()) }
    };
    // At rest is what nobody else changed.
    let load = move || std::future::ready(Some(resting.clone()));
    (Keeper::new(fake.sign_in().await, tokens, save, load), saved)
}

fn reason(result: Result<Secret, SignInError>) -> Again {
    match result {
        Err(SignInError::SignInAgain { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

/// Polls until the question for new tokens is out, and leaves the answer to come.
async fn poll_until_asked<T: std::fmt::Debug>(fake: &Fake, asking: &mut (impl Future<Output = T> + Unpin)) {
    while fake.asked().is_empty() {
        tokio::select! {
            biased;
            token = &mut *asking => panic!("{token:?} was there before it was asked for"),
            () = tokio::task::yield_now() => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_refreshed_five_minutes_before_its_end_and_not_sooner() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    let (keeper, saved) = keep(&fake, first(&fake)).await;
    tokio::time::advance(seconds(28800 - 301)).await;
    assert_eq!(keeper.token().await.unwrap().expose(), "ghu_S3CRET1");
    assert_eq!(fake.asked().len(), 0);
    tokio::time::advance(seconds(1)).await;
    assert_eq!(keeper.token().await.unwrap().expose(), "ghu_S3CRET2");
    assert_eq!(*saved.lock().unwrap(), ["ghu_S3CRET2"]);
    tokio::time::advance(seconds(28800)).await;
    assert_eq!(keeper.token().await.unwrap().expose(), "ghu_S3CRET3");
}

#[tokio::test(start_paused = true)]
async fn however_many_ask_at_once_it_is_refreshed_once() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    let (keeper, saved) = keep(&fake, first(&fake)).await;
    tokio::time::advance(seconds(28800)).await;
    let refused = Secret::new("ghu_S3CRET1".to_owned());
    let asking: Vec<_> = (0..20)
        .map(|number| {
            let (keeper, refused) = (keeper.clone(), refused.clone());
            tokio::spawn(async move {
                if number % 2 == 0 { keeper.token().await } else { keeper.after_refusal(&refused).await }
            })
        })
        .collect();
    for asked in asking {
        assert_eq!(asked.await.unwrap().unwrap().expose(), "ghu_S3CRET2");
    }
    assert_eq!((fake.asked().len(), saved.lock().unwrap().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_was_used_elsewhere_means_to_sign_in_again_and_is_not_sent_twice() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    let (keeper, saved) = keep(&fake, first(&fake)).await;
    fake.rules().issue();
    tokio::time::advance(seconds(28800)).await;
    for _ in 0..3 {
        assert_eq!(reason(keeper.token().await), Again::RefreshSpent);
    }
    assert_eq!((fake.asked().len(), saved.lock().unwrap().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_another_process_used_is_replaced_by_what_that_one_put_to_rest() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    let ours = first(&fake);
    fake.rules().issue();
    let secret = |text: &str| Some(Secret::new(text.to_owned()));
    let theirs = |lives| Tokens {
        access: Secret::new("ghu_S3CRET2".to_owned()),
        access_expires_at: Some(start() + seconds(lives)),
        refresh: secret("ghr_S3CRET2"),
        ..ours.clone()
    };
    let keep = async |lives| {
        let theirs = theirs(lives);
        let load = move || std::future::ready(Some(theirs.clone()));
        Keeper::new(fake.sign_in().await, ours.clone(), |_| async { Ok(()) }, load)
    };
    // One whose token holds, and one whose token has to be refreshed in its turn.
    let (holds, ends) = (keep(2 * 28800).await, keep(28800).await);
    tokio::time::advance(seconds(28800)).await;
    assert_eq!(holds.token().await.unwrap().expose(), "ghu_S3CRET2");
    assert_eq!(fake.asked().len(), 1);
    assert_eq!(ends.token().await.unwrap().expose(), "ghu_S3CRET3");
    assert_eq!(fake.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_closed_has_put_to_rest_what_it_asked_for_and_asks_no_more() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    let (keeper, saved) = keep(&fake, first(&fake)).await;
    tokio::time::advance(seconds(28800)).await;
    let mut asking = Box::pin(keeper.token());
    poll_until_asked(&fake, &mut asking).await;
    assert!(keeper.close().await);
    assert_eq!(*saved.lock().unwrap(), ["ghu_S3CRET2"]);
    assert_eq!(asking.await.unwrap().expose(), "ghu_S3CRET2");
    tokio::time::advance(seconds(28800)).await;
    assert_eq!(keeper.token().await.unwrap_err().code(), "sign_in_interrupted");
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn new_tokens_are_put_to_rest_before_anybody_has_them_and_again_where_that_failed() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    let (full, tries) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let save = {
        let (full, tries) = (Arc::clone(&full), Arc::clone(&tries));
        move |tokens: Tokens| {
            assert_eq!(tokens.refresh.unwrap().expose(), "ghr_S3CRET2");
            tries.fetch_add(1, Ordering::Relaxed);
            let full = full.load(Ordering::Relaxed);
            async move { if full { Err(SaveError::from("no keychain")) } else { Ok(()) } }
        }
    };
    let keeper = Keeper::new(fake.sign_in().await, first(&fake), save, || async { None });
    tokio::time::advance(seconds(28800)).await;
    assert_eq!(keeper.token().await.unwrap_err().code(), "sign_in_not_saved");
    // Nor does it end with them.
    assert!(!keeper.close().await);
    full.store(false, Ordering::Relaxed);
    for _ in 0..2 {
        assert_eq!(keeper.token().await.unwrap().expose(), "ghu_S3CRET2");
    }
    assert_eq!((fake.asked().len(), tries.load(Ordering::Relaxed)), (1, 3));
}

#[tokio::test]
async fn a_refusal_is_met_with_one_refresh_and_a_second_one_with_none() {
    let fake = Fake::start().await;
    let (keeper, _) = keep(&fake, first(&fake)).await;
    let before = keeper.token().await.unwrap();
    let next = keeper.after_refusal(&before).await.unwrap();
    assert_eq!(next.expose(), "ghu_S3CRET2");
    // Who comes late with the earlier one takes what is there.
    assert_eq!(keeper.after_refusal(&before).await.unwrap().expose(), "ghu_S3CRET2");
    assert_eq!(reason(keeper.after_refusal(&next).await), Again::Revoked);
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn a_token_that_was_taken_in_between_is_worth_another_refresh() {
    let fake = Fake::start().await;
    let (keeper, _) = keep(&fake, first(&fake)).await;
    let one = keeper.token().await.unwrap();
    let two = keeper.after_refusal(&one).await.unwrap();
    keeper.accepted(&two).await;
    let three = keeper.after_refusal(&two).await.unwrap();
    assert_eq!(three.expose(), "ghu_S3CRET3");
    // What is said of an earlier one is not said of this one.
    keeper.accepted(&two).await;
    assert_eq!(reason(keeper.after_refusal(&three).await), Again::Revoked);
    assert_eq!(fake.asked().len(), 2);
}

#[tokio::test]
async fn a_lasting_token_that_is_refused_means_to_sign_in_again() {
    let fake = Fake::start().await;
    let token = Secret::new("ghp_S3CRET".to_owned());
    let (keeper, _) = keep(&fake, Tokens::lasting(token.clone())).await;
    assert_eq!(keeper.token().await.unwrap().expose(), "ghp_S3CRET");
    assert_eq!(reason(keeper.after_refusal(&token).await), Again::Revoked);
    assert_eq!(fake.asked().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn without_a_network_a_token_is_used_to_its_end_and_refreshed_when_there_is_one() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    let (keeper, _) = keep(&fake, first(&fake)).await;
    fake.reply([Reply::Break, Reply::Json(503, json!({}))]);
    tokio::time::advance(seconds(28800 - 60)).await;
    assert_eq!(keeper.token().await.unwrap().expose(), "ghu_S3CRET1");
    tokio::time::advance(seconds(60)).await;
    assert_eq!(keeper.token().await.unwrap_err().code(), "sign_in_status");
    assert_eq!(keeper.token().await.unwrap().expose(), "ghu_S3CRET2");
}

#[tokio::test(start_paused = true)]
async fn what_has_ended_for_good_is_not_sent() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    let (keeper, _) = keep(&fake, first(&fake)).await;
    let mut bare = first(&fake);
    bare.refresh = None;
    let (without, _) = keep(&fake, bare).await;
    tokio::time::advance(seconds(15897600)).await;
    assert_eq!(reason(keeper.token().await), Again::RefreshSpent);
    assert_eq!(reason(without.token().await), Again::Expired);
    assert_eq!(fake.asked().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_stops_waiting_in_the_middle_of_a_refresh_does_not_lose_the_new_tokens() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    let (keeper, saved) = keep(&fake, first(&fake)).await;
    tokio::time::advance(seconds(28800)).await;
    let mut asking = Box::pin(keeper.token());
    poll_until_asked(&fake, &mut asking).await;
    drop(asking);
    assert_eq!(keeper.token().await.unwrap().expose(), "ghu_S3CRET2");
    assert_eq!((fake.asked().len(), saved.lock().unwrap().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_a_code_gave_is_refreshed_without_a_secret() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    let mut app = fake.app(AppKind::GitHubApp);
    app.client_secret = None;
    let sign_in = SignIn::new(app, clock()).await.unwrap();
    let keeper = Keeper::new(sign_in, first(&fake), |_| async { Ok(()) }, || async { None });
    tokio::time::advance(seconds(28800)).await;
    assert_eq!(keeper.token().await.unwrap().expose(), "ghu_S3CRET2");
    assert!(!fake.asked()[0].form.contains_key("client_secret"));
}

#[test]
fn tokens_come_back_from_rest_as_they_were_and_a_bare_one_is_a_lasting_one() {
    let host = Host::new("github.com").unwrap();
    let mut tokens = Tokens::lasting(Secret::new("gho_S3CRET".to_owned()));
    tokens.scopes = vec!["repo".to_owned()];
    let full = Tokens {
        access_expires_at: Some(start()),
        refresh: Some(Secret::new("ghr_S3CRET".to_owned())),
        refresh_expires_at: Some(start() + seconds(9)),
        ..tokens.clone()
    };
    let shape = |tokens: &Tokens| {
        let refresh = tokens.refresh.as_ref().map(|token| token.expose().to_owned());
        (
            tokens.access.expose().to_owned(),
            tokens.access_expires_at,
            refresh,
            tokens.refresh_expires_at,
            tokens.scopes.clone(),
        )
    };
    for kept in [tokens, full] {
        let back = Tokens::from_secret(&host, &kept.to_secret(&host).unwrap()).unwrap();
        assert_eq!(shape(&back), shape(&kept));
    }
    let bare = Tokens::from_secret(&host, &Secret::new("ghp_S3CRET".to_owned())).unwrap();
    assert_eq!(shape(&bare), ("ghp_S3CRET".to_owned(), None, None, None, Vec::new()));
    let later = r#"{"version":2,"access":"ghp_S3CRET","access_expires_at":null,"refresh":null,"refresh_expires_at":null,"scopes":[]}"#;
    let broken = later.replace("version\":2", "version\":1").replace("ghp_S3CRET", "ghp S3CRET");
    for wrong in ["", "a b", "{", "{\"access\":\"ghp_S3CRET\"}", later, &broken] {
        let refused = Tokens::from_secret(&host, &Secret::new(wrong.to_owned())).unwrap_err();
        assert_eq!(refused.code(), "sign_in_kept_unreadable", "{wrong}");
        assert!(!format!("{refused} {refused:?}").contains("S3CRET"));
    }
}
