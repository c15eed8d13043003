//! Each way to sign in, and each way in which it comes to nothing.

use crate::harness::github::{CLIENT, CLIENT_SECRET, NARROW, PASTED};
use crate::harness::{GitHub, House, soon};
use anchorhold_domain::{ForgeApp, LinkedAccount, SignInProgress, SignInWay};
use anchorhold_engine::{Config, Engine};
use anchorhold_secrets::{SecretName, Secrets};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::Receiver;

/// A setup whose only GitHub is the one of the test; nothing of it is kept in a keychain.
pub fn config(house: &House, github: &GitHub) -> Config {
    let mut config = house.config();
    (config.session_only, config.stand_in, config.identity) = (true, Some(github.address), None);
    config
}

/// The app of the test, with its secret.
pub async fn set_app(engine: &Engine, github: &GitHub) {
    let app = ForgeApp {
        host: github.host(),
        client_id: CLIENT.to_owned(),
        slug: Some("anchorhold".to_owned()),
        oauth_app: false,
        has_secret: true,
    };
    engine.set_forge_app(app, Some(CLIENT_SECRET.to_owned())).await.unwrap();
}

/// Signs in with a code that is entered at once.
pub async fn by_code(engine: &Engine, github: &GitHub) -> LinkedAccount {
    set_app(engine, github).await;
    github.rules().entered = true;
    ended(engine.sign_in(&github.host(), SignInWay::Code, None, None)).await.unwrap()
}

/// How a sign-in ends: the account, or the code of what went wrong.
pub async fn ended(mut steps: Receiver<SignInProgress>) -> Result<LinkedAccount, String> {
    loop {
        match soon("a step", steps.recv()).await {
            Some(SignInProgress::SignedIn { account }) => return Ok(account),
            Some(SignInProgress::Failed { fault }) => {
                assert!(fault.hint.is_some(), "{fault:?}");
                return Err(fault.code);
            }
            Some(_) => {}
            None => panic!("it ended without a word"),
        }
    }
}

async fn address(steps: &mut Receiver<SignInProgress>) -> String {
    match soon("the page", steps.recv()).await {
        Some(SignInProgress::Browser { address, .. }) => address,
        other => panic!("{other:?}"),
    }
}

fn ada(github: &GitHub, way: SignInWay) -> LinkedAccount {
    let noreply = format!("7+ada@users.noreply.{}", github.host());
    LinkedAccount {
        key: format!("{}/7", github.host()),
        host: github.host(),
        login: "ada".to_owned(),
        name: "Ada Harbour".to_owned(),
        email: noreply.clone(),
        emails: vec![noreply, "ada@example.com".to_owned()],
        way,
        chosen: true,
        session_only: true,
        expires_at: None,
        lacks: Vec::new(),
        trouble: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_entered_signs_in_and_the_account_is_listed() {
    let (house, github) = (House::new(), GitHub::start().await);
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    set_app(&engine, &github).await;
    let mut steps = engine.sign_in(&github.host(), SignInWay::Code, None, None);
    match soon("the code", steps.recv()).await {
        Some(SignInProgress::Code { user_code, address, .. }) => assert_eq!(
            (user_code, address),
            ("WDJB-MJHT".to_owned(), format!("http://{}/login/device", github.host()))
        ),
        other => panic!("{other:?}"),
    }
    github.rules().entered = true;
    let account = ended(steps).await.unwrap();
    assert_eq!(account, ada(&github, SignInWay::Code));
    assert_eq!(engine.accounts().await.unwrap(), [account]);
    engine.close().await;

    // What was for one session ends with it.
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    assert_eq!(engine.accounts().await.unwrap(), []);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_nobody_listens_to_any_more_ends() {
    let (house, github) = (House::new(), GitHub::start().await);
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    set_app(&engine, &github).await;
    let mut steps = engine.sign_in(&github.host(), SignInWay::Code, None, None);
    soon("the code", steps.recv()).await.unwrap();
    drop(steps);
    github.rules().entered = true;
    // Closing waits for every task there is.
    soon("it ends", engine.close()).await;
    assert!(github.asked_for_tokens() <= 1);
    assert_eq!(github.rules().issued, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_breaks_meanwhile_is_told_and_does_not_end_the_sign_in() {
    let (house, github) = (House::new(), GitHub::start().await);
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    set_app(&engine, &github).await;
    github.rules().silent = true;
    let mut steps = engine.sign_in(&github.host(), SignInWay::Code, None, None);
    let code = soon("the code", steps.recv()).await.unwrap();
    let broken = soon("a break", steps.recv()).await;
    assert!(matches!(broken, Some(SignInProgress::Unreachable { seconds: 2 })), "{broken:?}");
    github.rules().silent = false;
    // What is to be done is told again.
    assert_eq!(soon("the code again", steps.recv()).await, Some(code));
    github.rules().entered = true;
    assert!(ended(steps).await.is_ok());
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_comes_back_by_a_link_once() {
    let (house, github) = (House::new(), GitHub::start().await);
    let engine = Engine::open(Config { deep_links: || true, ..config(&house, &github) }).await.unwrap();
    set_app(&engine, &github).await;
    let finish = async |callback: &str| engine.finish_sign_in(callback).await.map_err(|error| error.code());
    assert_eq!(
        finish("anchorhold://oauth/callback?code=1&state=2").await,
        Err("sign_in_state_unknown"),
        "nothing was begun"
    );
    let mut steps = engine.sign_in(&github.host(), SignInWay::Browser, None, None);
    let callback = github.consent(&address(&mut steps).await);
    assert!(callback.starts_with("anchorhold://oauth/callback?code="), "{callback}");
    for (wrong, code) in [
        (format!("{callback}x"), "sign_in_state_unknown"),
        (callback.replace("oauth", "agents"), "sign_in_callback_malformed"),
        (format!("{callback}&code=other"), "sign_in_callback_malformed"),
    ] {
        assert_eq!(finish(&wrong).await, Err(code), "{wrong}");
    }
    assert_eq!(finish(&callback).await, Ok(None));
    assert_eq!(ended(steps).await, Ok(ada(&github, SignInWay::Browser)));
    assert_eq!(finish(&callback).await, Err("sign_in_state_used"));
    assert_eq!(github.rules().issued, 1);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_for_a_sign_in_that_was_given_up_signs_nobody_in() {
    let (house, github) = (House::new(), GitHub::start().await);
    let engine = Engine::open(Config { deep_links: || true, ..config(&house, &github) }).await.unwrap();
    set_app(&engine, &github).await;
    let mut steps = engine.sign_in(&github.host(), SignInWay::Browser, None, None);
    let callback = github.consent(&address(&mut steps).await);
    drop(steps);
    // Whether the task has ended by now or hears of it later: nothing is exchanged.
    let told = engine.finish_sign_in(&callback).await.map_err(|error| error.code());
    assert!(matches!(told, Err("sign_in_state_used") | Ok(None)), "{told:?}");
    engine.close().await;
    assert_eq!(github.rules().issued, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_link_can_be_received_the_browser_comes_back_to_a_port() {
    let (house, github) = (House::new(), GitHub::start().await);
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    set_app(&engine, &github).await;
    let mut steps = engine.sign_in(&github.host(), SignInWay::Browser, None, None);
    let callback = github.consent(&address(&mut steps).await);
    let (place, path) = callback.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut browser = TcpStream::connect(place).await.unwrap();
    browser.write_all(format!("GET /{path} HTTP/1.1\r\nHost: {place}\r\n\r\n").as_bytes()).await.unwrap();
    let mut page = String::new();
    soon("the page", browser.read_to_string(&mut page)).await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
    assert_eq!(ended(steps).await, Ok(ada(&github, SignInWay::Browser)));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_token_signs_in_and_one_that_lacks_a_scope_says_so() {
    let (house, github) = (House::new(), GitHub::start().await);
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    let paste = async |token: &str| {
        ended(engine.sign_in(&github.host(), SignInWay::Token, Some(token.to_owned()), None)).await
    };
    assert_eq!(paste(&format!(" {PASTED}\n")).await, Ok(ada(&github, SignInWay::Token)));
    let narrow = LinkedAccount { lacks: vec!["repo".to_owned()], ..ada(&github, SignInWay::Token) };
    assert_eq!(paste(NARROW).await, Ok(narrow.clone()));
    for (token, code) in [
        ("ghp_unknown", "token_refused"),
        ("two words", "token_malformed"),
        ("ghs_an-apps-own", "token_not_a_users"),
        (" ", "sign_in_way_missing"),
    ] {
        assert_eq!(paste(token).await, Err(code.to_owned()), "{token}");
    }
    // What failed changed nothing.
    assert_eq!(engine.accounts().await.unwrap(), [narrow]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_github_refuses_is_told_as_what_it_is() {
    let (house, github) = (House::new(), GitHub::start().await);
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    let code = async |host: &str, way| ended(engine.sign_in(host, way, None, None)).await.unwrap_err();
    for way in [SignInWay::Code, SignInWay::Browser] {
        assert_eq!(code(&github.host(), way).await, "sign_in_way_missing");
    }
    set_app(&engine, &github).await;
    for (refusal, told) in [
        ("access_denied", "sign_in_denied"),
        ("expired_token", "sign_in_code_expired"),
        ("device_flow_disabled", "sign_in_device_flow_disabled"),
        ("incorrect_client_credentials", "sign_in_app_unknown"),
        ("application_suspended", "sign_in_app_suspended"),
    ] {
        github.rules().refuses = Some(refusal);
        assert_eq!(code(&github.host(), SignInWay::Code).await, told);
    }
    assert_eq!(code("not a host", SignInWay::Code).await, "sign_in_host_invalid");
    let host = github.host();
    drop(github);
    assert_eq!(code(&host, SignInWay::Code).await, "sign_in_offline");
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_has_only_what_can_work() {
    let (house, github) = (House::new(), GitHub::start().await);
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    let host = github.host();
    let ways = async || engine.sign_in_offer(&host).await.unwrap().ways;
    assert_eq!(ways().await, [SignInWay::Token, SignInWay::Gh]);
    let app = |has_secret, oauth_app| ForgeApp {
        host: github.host().to_uppercase(),
        client_id: format!(" {CLIENT} "),
        slug: Some("anchorhold".to_owned()),
        oauth_app,
        has_secret,
    };
    engine.set_forge_app(app(true, false), None).await.unwrap();
    assert_eq!(ways().await, [SignInWay::Code, SignInWay::Token, SignInWay::Gh]);
    engine.set_forge_app(app(true, false), Some(CLIENT_SECRET.to_owned())).await.unwrap();
    let all = [SignInWay::Code, SignInWay::Browser, SignInWay::Token, SignInWay::Gh];
    assert_eq!(ways().await, all);
    // The secret stays with the same app, and goes with another one or where it is to go.
    engine.set_forge_app(app(true, true), None).await.unwrap();
    assert_eq!(ways().await, all);
    engine.set_forge_app(ForgeApp { client_id: "other".to_owned(), ..app(true, false) }, None).await.unwrap();
    assert_eq!(ways().await.len(), 3);
    let offer = engine.sign_in_offer(&host).await.unwrap();
    assert_eq!(offer.install_url, Some(format!("http://{host}/github-apps/anchorhold/installations/new")));
    assert!(offer.permissions.iter().any(|asked| asked.name == "contents" && asked.write));
    assert!(offer.permissions.iter().all(|asked| asked.reason.ends_with('.')));
    for wrong in [
        ForgeApp { client_id: "a b".to_owned(), ..app(false, false) },
        ForgeApp { slug: Some("../x".to_owned()), ..app(false, false) },
    ] {
        assert_eq!(engine.set_forge_app(wrong, None).await.unwrap_err().code(), "forge_app_invalid");
    }
    engine.forget_forge_app(&host).await.unwrap();
    assert_eq!((engine.forge_app(&host).await.unwrap(), ways().await.len()), (None, 2));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_not_to_be_remembered_never_reaches_the_keychain_and_ends_with_the_program() {
    let (house, github) = (House::new(), GitHub::start().await);
    // As it is without the environment's word: the keychain is the usual place.
    let config = Config { session_only: false, ..config(&house, &github) };
    let engine = Engine::open(config.clone()).await.unwrap();
    assert!(engine.sign_in_offer(&github.host()).await.unwrap().remembers);
    let pasted = Some(PASTED.to_owned());
    let account = ended(engine.sign_in(&github.host(), SignInWay::Token, pasted, Some(false))).await.unwrap();
    assert_eq!(account, ada(&github, SignInWay::Token));
    assert!(account.session_only);
    // Its token is here, and nowhere that another process could find it.
    assert_eq!(engine.repositories(Some(&account.key), "").await.unwrap().total, 0);
    assert!(github.rules().asked.contains(&("GET /api/v3/user/repos".to_owned(), true)));
    let name = SecretName::Account { key: account.key.clone() };
    assert!(Secrets::system().get(&name).await.unwrap().is_none());
    engine.close().await;

    let engine = Engine::open(config).await.unwrap();
    assert_eq!(engine.accounts().await.unwrap(), []);
    assert_eq!(engine.repositories(Some(&account.key), "").await.unwrap_err().code(), "account_unknown");
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environments_word_is_the_usual_and_not_the_last() {
    let (house, github) = (House::new(), GitHub::start().await);
    let engine = Engine::open(config(&house, &github)).await.unwrap();
    assert!(!engine.sign_in_offer(&github.host()).await.unwrap().remembers);
    let sign_in = async |remember| {
        let pasted = Some(PASTED.to_owned());
        ended(engine.sign_in(&github.host(), SignInWay::Token, pasted, remember)).await
    };
    assert!(sign_in(None).await.unwrap().session_only);
    // It depends on the machine whether there is a keychain that takes it; memory it is not.
    match sign_in(Some(true)).await {
        Ok(account) => {
            assert!(!account.session_only);
            engine.sign_out(&account.key).await.unwrap();
        }
        Err(code) => assert!(code.starts_with("keychain_"), "{code}"),
    }
    engine.close().await;
}
