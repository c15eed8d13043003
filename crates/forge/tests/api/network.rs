//! A proxy, and an authority of one's own.

use crate::account::user;
use crate::github::{GitHub, TOKEN};
use crate::proxy::{ask_with, authority, proxy, told};
use anchorhold_forge::Forge;

const ASKS: &str = "network::the_account_is_asked_for_at_the_host";

#[tokio::test]
async fn the_account_is_asked_for_at_the_host() {
    let github = GitHub::start().await;
    github.tell_ok("GET /user", user("octocat"));
    let told = told();
    let forge = match &told {
        Some(host) => Forge::connect(host, Some(TOKEN)).await.unwrap(),
        None => github.forge().await,
    };
    let said = match forge.account().await {
        Ok(account) => account.login,
        Err(error) => error.code().to_owned(),
    };
    println!("\nsaid: {said}");
    assert!(told.is_some() || said == "octocat");
}

#[tokio::test]
async fn a_proxy_and_an_authority_of_ones_own_are_used_and_an_unknown_one_is_sent_nothing() {
    let (authority, github) = (authority(), GitHub::start().await);
    github.tell_ok("GET /user", user("behind-the-proxy"));
    let (proxy, asked) = proxy(&authority, github.host.name().parse().unwrap()).await;
    let file = authority.path().join("ca.pem");
    let settings = [("HTTPS_PROXY", proxy.as_str()), ("SSL_CERT_FILE", file.to_str().unwrap())];
    assert_eq!(ask_with(ASKS, &settings[..1]).await, "forge_offline");
    assert_eq!(github.lines().len(), 0);
    assert_eq!(ask_with(ASKS, &settings).await, "behind-the-proxy");
    assert_eq!(*asked.lock().unwrap(), ["CONNECT github.example:443 HTTP/1.1"; 2]);
    assert_eq!(ask_with(ASKS, &[("HTTPS_PROXY", "http://127.0.0.1:1")]).await, "forge_offline");
}
