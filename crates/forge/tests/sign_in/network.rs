//! Proxies and certificate authorities of one's own. The environment says both, so each case asks in a
//! process of its own: this program, told to run one test of this file.

use super::fake::Fake;
use super::time::clock;
use anchorhold_forge::sign_in::{Access, AppKind, Host, SignIn};
use serde_json::json;
use std::process::Command;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Names the host for a process that asks.
const ASK: &str = "ANCHORHOLD_TEST_SIGN_IN";

#[tokio::test]
async fn a_code_is_asked_for_at_the_host() {
    let fake = Fake::start().await;
    let mut app = fake.app(AppKind::GitHubApp);
    let told = std::env::var(ASK);
    if let Ok(host) = &told {
        app.host = Host::new(host).unwrap();
    }
    let said = match SignIn::new(app, clock()).await.unwrap().device(Access::default()).await {
        Ok(flow) => flow.code().user_code.clone(),
        Err(error) => error.code().to_owned(),
    };
    println!("\nsaid: {said}");
    assert!(told.is_ok() || said == "WDJB-MJHT");
}

/// Asks in another process with only these settings for the network, and returns what came of it.
async fn ask_with(settings: &[(&str, &str)]) -> String {
    let mut ask = Command::new(std::env::current_exe().unwrap());
    ask.args(["--exact", "network::a_code_is_asked_for_at_the_host", "--nocapture"]);
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
        ask.env_remove(name).env_remove(name.to_lowercase());
    }
    ask.env(ASK, "github.example").envs(settings.iter().copied());
    let output = tokio::task::spawn_blocking(move || ask.output()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = text.lines().find_map(|line| line.strip_prefix("said: "));
    said.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr))).to_owned()
}

/// An authority with a certificate for `github.example`.
fn authority() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let make = |arguments: &str| {
        let made = Command::new("openssl").args(arguments.split(' ')).current_dir(folder.path()).output();
        let made = made.expect("openssl is missing: run `cargo xtask setup`");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    let common = "req -x509 -newkey rsa:2048 -nodes -days 2";
    make(&format!("{common} -subj /CN=authority -keyout ca.key -out ca.pem"));
    make(&format!(
        "{common} -subj /CN=github.example -addext subjectAltName=DNS:github.example \
         -addext basicConstraints=CA:FALSE -CA ca.pem -CAkey ca.key -keyout server.key -out server.pem"
    ));
    folder
}

/// A proxy that leads every name through TLS to the stand-in, and remembers what it was asked.
async fn proxy(authority: &TempDir, fake: &Fake) -> (String, Arc<Mutex<Vec<String>>>) {
    let read = |name: &str| std::fs::read(authority.path().join(name)).unwrap();
    let identity = native_tls::Identity::from_pkcs8(&read("server.pem"), &read("server.key")).unwrap();
    let acceptor = tokio_native_tls::TlsAcceptor::from(native_tls::TlsAcceptor::new(identity).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (log, behind) = (Arc::clone(&asked), fake.host.name().to_owned());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.unwrap());
            }
            log.lock().unwrap().push(String::from_utf8_lossy(&head).lines().next().unwrap().to_owned());
            client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
            let Ok(mut client) = acceptor.accept(client).await else { continue };
            let mut server = TcpStream::connect(&behind).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        }
    });
    (address, asked)
}

#[tokio::test]
async fn a_proxy_and_an_authority_of_ones_own_are_used_and_an_unknown_one_is_sent_nothing() {
    let (authority, fake) = (authority(), Fake::start().await);
    fake.rules().device.insert("verification_uri", json!("https://github.example/login/device"));
    let (proxy, asked) = proxy(&authority, &fake).await;
    let file = authority.path().join("ca.pem");
    let settings = [("HTTPS_PROXY", proxy.as_str()), ("SSL_CERT_FILE", file.to_str().unwrap())];
    assert_eq!(ask_with(&settings[..1]).await, "sign_in_offline");
    assert_eq!(fake.asked().len(), 0);
    assert_eq!(ask_with(&settings).await, "WDJB-MJHT");
    assert_eq!(*asked.lock().unwrap(), ["CONNECT github.example:443 HTTP/1.1"; 2]);
    assert_eq!(ask_with(&[("HTTPS_PROXY", "http://127.0.0.1:1")]).await, "sign_in_offline");
}
