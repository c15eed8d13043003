//! A proxy, and an authority of one's own.

use super::fake::Fake;
use super::proxy::{ask_with, authority, proxy, told};
use super::time::clock;
use anchorhold_forge::sign_in::{Access, AppKind, Host, SignIn};
use serde_json::json;

const ASKS: &str = "network::a_code_is_asked_for_at_the_host";

#[tokio::test]
async fn a_code_is_asked_for_at_the_host() {
    let fake = Fake::start().await;
    let mut app = fake.app(AppKind::GitHubApp);
    let told = told();
    if let Some(host) = &told {
        app.host = Host::new(host).unwrap();
    }
    let said = match SignIn::new(app, clock()).await.unwrap().device(Access::default()).await {
        Ok(flow) => flow.code().user_code.clone(),
        Err(error) => error.code().to_owned(),
    };
    println!("\nsaid: {said}");
    assert!(told.is_some() || said == "WDJB-MJHT");
}

#[tokio::test]
async fn a_proxy_and_an_authority_of_ones_own_are_used_and_an_unknown_one_is_sent_nothing() {
    let (authority, fake) = (authority(), Fake::start().await);
    fake.rules().device.insert("verification_uri", json!("https://github.example/login/device"));
    let (proxy, asked) = proxy(&authority, fake.host.name().parse().unwrap()).await;
    let file = authority.path().join("ca.pem");
    let settings = [("HTTPS_PROXY", proxy.as_str()), ("SSL_CERT_FILE", file.to_str().unwrap())];
    assert_eq!(ask_with(ASKS, &settings[..1]).await, "sign_in_offline");
    assert_eq!(fake.asked().len(), 0);
    assert_eq!(ask_with(ASKS, &settings).await, "WDJB-MJHT");
    assert_eq!(*asked.lock().unwrap(), ["CONNECT github.example:443 HTTP/1.1"; 2]);
    assert_eq!(ask_with(ASKS, &[("HTTPS_PROXY", "http://127.0.0.1:1")]).await, "sign_in_offline");
}
