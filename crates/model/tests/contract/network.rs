//! Proxies and certificate authorities of one's own. The environment says both, so each case asks in a
//! process of its own: this program, told to run one test of this file.
#![cfg(target_os = "linux")]

use super::frames::words;
use super::stage::Stage;
use super::support::{choice, conversation, user};
use anchorhold_domain::Wire;
use anchorhold_model::{Connections, Model, RemoteModel};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Names the address for a process that asks.
const ASK: &str = "ANCHORHOLD_TEST_ASK";

#[tokio::test]
async fn a_model_is_asked_at_its_address() {
    let stage = Stage::start([words(Wire::Chat, "Heard.")]).await;
    let told = std::env::var(ASK);
    let choice = choice(Wire::Chat, told.as_deref().unwrap_or(&stage.url));
    let model = RemoteModel::new(&Connections::new().unwrap(), &choice, Some("key")).unwrap();
    let (sender, _receiver) = tokio::sync::mpsc::channel(64);
    let said = match model.answer(&conversation(vec![user("Go")]), &sender).await {
        Ok(answer) => answer.text,
        Err(error) => format!("{:?}: {}", error.class, error.reason),
    };
    println!("\nsaid: {said}");
    assert!(told.is_ok() || said == "Heard.");
}

/// Asks in another process with only these settings for the network, and returns what came of it.
async fn ask_with(url: &str, settings: &[(&str, &str)]) -> String {
    let mut ask = Command::new(std::env::current_exe().unwrap());
    ask.args(["--exact", "network::a_model_is_asked_at_its_address", "--nocapture"]);
    let names = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"];
    for name in names {
        ask.env_remove(name).env_remove(name.to_lowercase());
    }
    ask.env(ASK, url).envs(settings.iter().copied());
    let output = tokio::task::spawn_blocking(move || ask.output()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = text.lines().find_map(|line| line.strip_prefix("said: "));
    said.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr))).to_owned()
}

/// An authority with a certificate for `model.example`.
struct Authority {
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let make = |arguments: &str| {
            let openssl =
                Command::new("openssl").args(arguments.split(' ')).current_dir(folder.path()).output();
            let made = openssl.expect("openssl is missing: run `cargo xtask setup`");
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        };
        let common = "req -x509 -newkey rsa:2048 -nodes -days 2";
        make(&format!("{common} -subj /CN=authority -keyout ca.key -out ca.pem"));
        make(&format!(
            "{common} -subj /CN=model.example -addext subjectAltName=DNS:model.example \
             -addext basicConstraints=CA:FALSE -CA ca.pem -CAkey ca.key -keyout server.key -out server.pem"
        ));
        std::fs::create_dir(folder.path().join("known")).unwrap();
        std::fs::copy(folder.path().join("ca.pem"), folder.path().join("known/ca.pem")).unwrap();
        make("rehash known");
        Self { folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn known(&self) -> PathBuf {
        self.folder.path().join("known")
    }

    /// Puts TLS before a server and returns the port.
    async fn guard(&self, stage: &Stage) -> u16 {
        let read = |name: &str| std::fs::read(self.folder.path().join(name)).unwrap();
        let identity = native_tls::Identity::from_pkcs8(&read("server.pem"), &read("server.key")).unwrap();
        let acceptor = native_tls::TlsAcceptor::new(identity).unwrap();
        let acceptor = tokio_native_tls::TlsAcceptor::from(acceptor);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let behind = stage.url.trim_start_matches("http://").to_owned();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut server = TcpStream::connect(&behind).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
            }
        });
        port
    }
}

/// A proxy that connects every name to one port, or refuses with an answer of its own.
async fn proxy(port: u16, refusal: Option<&'static str>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.unwrap());
            }
            let line = String::from_utf8_lossy(&head).lines().next().unwrap().to_owned();
            log.lock().unwrap().push(line);
            if let Some(refusal) = refusal {
                client.write_all(refusal.as_bytes()).await.unwrap();
                continue;
            }
            client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
            let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        }
    });
    (url, asked)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_proxy_and_an_authority_of_ones_own_are_used() {
    let authority = Authority::new();
    let stage = Stage::start([words(Wire::Chat, "Heard."), words(Wire::Chat, "Heard.")]).await;
    let (proxy, asked) = proxy(authority.guard(&stage).await, None).await;
    for setting in [("SSL_CERT_FILE", authority.file()), ("SSL_CERT_DIR", authority.known())] {
        let settings = [("HTTPS_PROXY", proxy.as_str()), (setting.0, text(&setting.1))];
        assert_eq!(ask_with("https://model.example/v1", &settings).await, "Heard.", "{}", setting.0);
    }
    assert_eq!(*asked.lock().unwrap(), ["CONNECT model.example:443 HTTP/1.1"; 2]);
}

#[tokio::test]
async fn plain_http_goes_through_its_proxy_unless_the_host_is_excepted() {
    let stage = Stage::start([words(Wire::Chat, "Heard."), words(Wire::Chat, "Directly.")]).await;
    let settings = [("HTTP_PROXY", stage.url.as_str())];
    assert_eq!(ask_with("http://model.example", &settings).await, "Heard.");
    assert_eq!(stage.requests()[0]["path"], "http://model.example/v1/chat/completions");
    let settings = [("HTTP_PROXY", "http://127.0.0.1:1"), ("NO_PROXY", "127.0.0.1")];
    assert_eq!(ask_with(&stage.url, &settings).await, "Directly.");
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said_in_words() {
    let authority = Authority::new();
    let stage = Stage::start([]).await;
    let port = authority.guard(&stage).await;
    let (proxy, _) = proxy(port, None).await;
    let unknown = ask_with("https://model.example", &[("HTTPS_PROXY", &proxy)]).await;
    assert!(unknown.starts_with("Network: the server's certificate is from an authority"), "{unknown}");
    let file = authority.file();
    let settings = [("SSL_CERT_FILE", text(&file)), ("HTTPS_PROXY", proxy.as_str())];
    let wrong = ask_with("https://other.example", &settings).await;
    assert!(wrong.starts_with("Network: the server's certificate is for another name"), "{wrong}");
    let plain = ask_with(&stage.url.replace("http:", "https:"), &[]).await;
    assert!(plain.starts_with("Network: the server does not speak TLS"), "{plain}");
}

#[tokio::test]
async fn a_proxy_that_refuses_or_is_down_is_named() {
    let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
    let (proxy, _) = proxy(0, Some(refusal)).await;
    let refused = ask_with("https://model.example", &[("HTTPS_PROXY", &proxy)]).await;
    assert!(refused.starts_with("Network: the proxy wants a name and a password"), "{refused}");
    let down = ask_with("https://model.example", &[("HTTPS_PROXY", "http://127.0.0.1:1")]).await;
    assert!(down.starts_with("Network: ") && down.contains("refused"), "{down}");
}
