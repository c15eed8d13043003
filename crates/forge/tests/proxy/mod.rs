//! A proxy and an authority of one's own, and a process that is told of them: the environment says both, so
//! each case asks in a process of its own.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Names the host for a process that asks.
const ASK: &str = "ANCHORHOLD_TEST_ASK";

/// The host to ask, where this process was made to ask.
pub fn told() -> Option<String> {
    std::env::var(ASK).ok()
}

/// Runs one test of this program in another process, with only these settings for the network, and returns
/// what it printed after `said: `.
pub async fn ask_with(test: &'static str, settings: &[(&str, &str)]) -> String {
    let mut ask = Command::new(std::env::current_exe().unwrap());
    ask.args(["--exact", test, "--nocapture"]);
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
pub fn authority() -> TempDir {
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

/// A proxy that leads every name through TLS to a stand-in, and remembers what it was asked.
pub async fn proxy(authority: &TempDir, behind: SocketAddr) -> (String, Arc<Mutex<Vec<String>>>) {
    let read = |name: &str| std::fs::read(authority.path().join(name)).unwrap();
    let identity = native_tls::Identity::from_pkcs8(&read("server.pem"), &read("server.key")).unwrap();
    let acceptor = tokio_native_tls::TlsAcceptor::from(native_tls::TlsAcceptor::new(identity).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.unwrap());
            }
            log.lock().unwrap().push(String::from_utf8_lossy(&head).lines().next().unwrap().to_owned());
            client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
            let Ok(mut client) = acceptor.accept(client).await else { continue };
            let mut server = TcpStream::connect(behind).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        }
    });
    (address, asked)
}
