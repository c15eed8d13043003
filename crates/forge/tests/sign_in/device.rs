//! Signing in with a code on another page.

use super::fake::{CLIENT, DEVICE, Fake, Reply};
use super::time::{Still, after, clock, seconds, start};
use anchorhold_forge::sign_in::{Access, AppKind, Progress, SignIn, SignInError, Tokens};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

const ACCESS: Access = Access { workflows: false };

fn tokens(progress: Progress) -> Tokens {
    match progress {
        Progress::SignedIn(tokens) => tokens,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_entered_after_a_while_signs_in_and_slow_down_is_obeyed() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    let mut flow = fake.sign_in().await.device(ACCESS).await.unwrap();
    let shown = flow.code().clone();
    assert_eq!(shown.user_code, "WDJB-MJHT");
    assert_eq!(shown.address.as_str(), format!("{}/login/device", fake.host.web()));
    assert_eq!(shown.expires_at - Instant::now(), seconds(900));
    assert!(matches!(after(seconds(5), flow.next()).await, Ok(Progress::Waiting)));
    assert!(matches!(after(seconds(5), flow.next()).await, Ok(Progress::Waiting)));
    fake.refuse(["slow_down"]);
    let slowed = after(seconds(5), flow.next()).await.unwrap();
    assert!(matches!(slowed, Progress::SlowedDown(interval) if interval == seconds(10)), "{slowed:?}");
    fake.reply([Reply::Json(200, json!({ "error": "slow_down", "interval": 25 }))]);
    let slowed = after(seconds(10), flow.next()).await.unwrap();
    assert!(matches!(slowed, Progress::SlowedDown(interval) if interval == seconds(25)), "{slowed:?}");
    fake.rules().entered = true;
    let began = Instant::now();
    let tokens = tokens(after(seconds(25), flow.next()).await.unwrap());
    assert_eq!(tokens.access.expose(), "ghu_S3CRET1");
    assert_eq!(tokens.refresh.unwrap().expose(), "ghr_S3CRET1");
    let elapsed = |at: Option<std::time::SystemTime>| at.unwrap().duration_since(start()).unwrap().as_secs();
    let now = seconds(50).as_secs();
    assert_eq!(
        (elapsed(tokens.access_expires_at), elapsed(tokens.refresh_expires_at)),
        (now + 28800, now + 15897600)
    );
    assert!(began.elapsed() >= seconds(25));
    let asked = fake.asked();
    assert_eq!(asked[0].form, [("client_id".to_owned(), CLIENT.to_owned())].into());
    assert!(asked.iter().all(|asked| !asked.form.contains_key("client_secret")));
    assert_eq!(asked[1].form["device_code"], DEVICE);
    assert_eq!(asked.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_network_that_breaks_in_the_middle_does_not_end_it() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    let mut flow = fake.sign_in().await.device(ACCESS).await.unwrap();
    fake.reply([Reply::Break, Reply::Json(502, json!({})), Reply::Break, Reply::Break, Reply::Break]);
    for (wait, next) in [(5, 10), (10, 20), (20, 40), (40, 60), (60, 60)] {
        let progress = after(seconds(wait), flow.next()).await.unwrap();
        assert!(matches!(progress, Progress::Unreachable(again) if again == seconds(next)), "{progress:?}");
    }
    assert!(matches!(after(seconds(60), flow.next()).await, Ok(Progress::Waiting)));
    fake.rules().entered = true;
    assert_eq!(tokens(after(seconds(5), flow.next()).await.unwrap()).access.expose(), "ghu_S3CRET1");
}

#[tokio::test(start_paused = true)]
async fn each_way_to_end_without_tokens_is_told_apart() {
    let cases = [
        ("access_denied", "sign_in_denied"),
        ("expired_token", "sign_in_code_expired"),
        ("token_expired", "sign_in_code_expired"),
        ("incorrect_device_code", "sign_in_code_expired"),
        ("device_flow_disabled", "sign_in_device_flow_disabled"),
        ("unsupported_grant_type", "sign_in_device_flow_disabled"),
        ("incorrect_client_credentials", "sign_in_app_unknown"),
        ("something_new", "sign_in_refused"),
    ];
    for (error, code) in cases {
        let _still = Still::hold();
        let fake = Fake::start().await;
        let flow = fake.sign_in().await.device(ACCESS).await.unwrap();
        fake.refuse([error]);
        let refused = after(seconds(5), flow.wait(|_| {})).await.unwrap_err();
        assert_eq!(refused.code(), code, "{error}");
        assert!(
            !refused.hint().is_empty() && refused.to_string().starts_with("sign in with a code on 127.0.0.1")
        );
        assert_eq!(fake.asked_for_tokens(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_is_not_asked_for_beyond_its_end() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    fake.rules().device.insert("expires_in", json!(8));
    let mut flow = fake.sign_in().await.device(ACCESS).await.unwrap();
    assert!(matches!(after(seconds(5), flow.next()).await, Ok(Progress::Waiting)));
    // The first wait took a hundredth more.
    let ended = after(Duration::from_millis(2990), flow.next()).await.unwrap_err();
    assert_eq!((ended.code(), fake.asked_for_tokens()), ("sign_in_code_expired", 1));
}

#[tokio::test(start_paused = true)]
async fn dropping_it_ends_it_at_once_and_a_dropped_wait_can_be_taken_up() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    let mut flow = fake.sign_in().await.device(ACCESS).await.unwrap();
    assert!(tokio::time::timeout(seconds(0), flow.next()).await.is_err());
    tokio::time::advance(seconds(3)).await;
    assert!(matches!(after(seconds(2), flow.next()).await, Ok(Progress::Waiting)));
    let waiting = tokio::spawn(flow.wait(|_| {}));
    tokio::task::yield_now().await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    tokio::time::advance(seconds(60)).await;
    tokio::task::yield_now().await;
    assert_eq!(fake.asked_for_tokens(), 1);
}

#[tokio::test]
async fn a_code_for_another_host_and_one_that_nobody_can_enter_are_not_shown() {
    let fake = Fake::start().await;
    let wrong: [(&str, Value); 5] = [
        ("verification_uri", json!("https://github.example/login/device")),
        ("verification_uri", json!("javascript:alert(1)")),
        ("verification_uri", json!("anchorhold://oauth/callback")),
        ("user_code", json!("<b>WDJB</b>")),
        ("user_code", json!("")),
    ];
    for (name, value) in wrong {
        fake.rules().device = [(name, value.clone())].into();
        let refused = fake.sign_in().await.device(ACCESS).await.unwrap_err();
        assert_eq!(refused.code(), "sign_in_answer_unreadable", "{value}");
    }
}

#[tokio::test]
async fn an_app_that_github_does_not_know_is_told_as_such() {
    let fake = Fake::start().await;
    let mut app = fake.app(AppKind::GitHubApp);
    app.client_id = "Iv23liOther".to_owned();
    let refused = SignIn::new(app, clock()).await.unwrap().device(ACCESS).await.unwrap_err();
    assert!(matches!(refused, SignInError::AppUnknown { .. }), "{refused:?}");
}

#[tokio::test]
async fn scopes_are_asked_for_a_classic_app_alone_and_workflows_only_when_chosen() {
    let fake = Fake::start().await;
    for (kind, workflows) in
        [(AppKind::GitHubApp, true), (AppKind::OAuthApp, false), (AppKind::OAuthApp, true)]
    {
        let sign_in = SignIn::new(fake.app(kind), clock()).await.unwrap();
        sign_in.device(Access { workflows }).await.unwrap();
    }
    let asked: Vec<_> = fake.asked().iter().map(|asked| asked.form.get("scope").cloned()).collect();
    assert_eq!(asked, [None, Some("repo".to_owned()), Some("repo workflow".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed_with_a_secret() {
    let _still = Still::hold();
    let (fake, other) = (Fake::start().await, Fake::start().await);
    let flow = fake.sign_in().await.device(ACCESS).await.unwrap();
    fake.reply([Reply::Redirect(format!("{}/login/oauth/access_token", other.host.web()))]);
    let refused = after(seconds(5), flow.wait(|_| {})).await.unwrap_err();
    assert_eq!((refused.code(), other.asked().len()), ("sign_in_redirected", 0));
}
