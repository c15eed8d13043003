//! A real engine behind TLS, with certificates that a test made.

use std::fs;
use std::path::Path;

use anchorhold_sandbox::{Certificates, Docker, Endpoint};
use tempfile::TempDir;

use crate::dockerd::{Authority, TlsEngine};
use crate::{a_cell_lives, fault};

struct Site {
    engine: TlsEngine,
    authority: Authority,
    stranger: Authority,
    _dir: TempDir,
}

impl Site {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::new(dir.path().join("authority"));
        let stranger = Authority::new(dir.path().join("stranger"));
        let engine = TlsEngine::start(&authority, &authority.vouch_for("server"));
        Self { engine, authority, stranger, _dir: dir }
    }

    fn with(&self, folder: &Path) -> Endpoint {
        let certificates = Certificates::in_folder(folder).unwrap();
        Endpoint::parse_with(&self.engine.address, Some(certificates)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_behind_tls_opens_cells() {
    let site = Site::start();
    let docker = Docker::connect(&site.with(&site.authority.vouch_for("client"))).await.unwrap();
    a_cell_lives(&docker, "tls").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_side_refuses_a_certificate_that_the_other_side_should_not_have() {
    let site = Site::start();
    let address = &site.engine.address;
    let client = site.authority.vouch_for("client");

    let wrong = site.stranger.vouch_for("wrong");
    let (code, message, _) = fault(&site.with(&wrong)).await;
    assert_eq!(code, "engine_certificate_untrusted");
    assert_eq!(
        message,
        format!(
            "use the container engine at {address}: its certificate is not trusted (invalid peer certificate: UnknownIssuer)"
        )
    );

    // It trusts the engine, which does not trust it.
    fs::copy(site.authority.certificate(), wrong.join("ca.pem")).unwrap();
    let (code, message, _) = fault(&site.with(&wrong)).await;
    assert_eq!(code, "engine_client_refused", "{message}");
    let refused =
        format!("use the container engine at {address}: it does not take this client's certificate");
    assert!(message.starts_with(&refused) && !message.contains("none was shown"), "{message}");

    // Nothing to show at all.
    let bare = site.authority.vouch_for("bare");
    fs::remove_file(bare.join("cert.pem")).unwrap();
    fs::remove_file(bare.join("key.pem")).unwrap();
    let (code, message, _) = fault(&site.with(&bare)).await;
    assert_eq!((code, message), ("engine_client_refused", format!("{refused} (none was shown)")));

    // The certificate is for a number, not for the name of the same machine.
    let certificates = Certificates::in_folder(&client).unwrap();
    let elsewhere = format!("tcp://localhost:{}", site.engine.port);
    let elsewhere = Endpoint::parse_with(&elsewhere, Some(certificates)).unwrap();
    assert_eq!(fault(&elsewhere).await.0, "engine_certificate_untrusted");

    assert_eq!(fault(&Endpoint::parse(address).unwrap()).await.0, "engine_tls_needed");

    fs::write(client.join("key.pem"), "no key").unwrap();
    let (code, message, _) = fault(&site.with(&client)).await;
    let file = client.join("key.pem");
    assert_eq!(
        (code, message),
        ("engine_certificate_missing", format!("read the certificate or key {}", file.display()))
    );
}
