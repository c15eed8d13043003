//! The engine of the tests, reached over a real ssh server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anchorhold_sandbox::{Docker, Endpoint, Ssh};
use anchorhold_testkit::SshServer;
use tempfile::TempDir;

use crate::{a_cell_lives, fault, socket};

/// Another machine, with a user that has a key, and what that user's ssh is told.
struct Site {
    server: SshServer,
    dir: TempDir,
    public_key: String,
}

impl Site {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = SshServer::start(dir.path()).unwrap();
        let public_key = make_key(&dir.path().join("key"));
        let site = Self { server, dir, public_key };
        site.know(&site.server.known_hosts().unwrap());
        site.engine_at(&socket());
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// What the user knows of other machines.
    fn know(&self, known_hosts: &str) {
        fs::write(self.path("known_hosts"), known_hosts).unwrap();
        let config = format!(
            "Host *\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile /dev/null\n  IdentityFile {}\n  \
             IdentitiesOnly yes\n  IdentityAgent none\n",
            self.path("known_hosts").display(),
            self.path("key").display()
        );
        fs::write(self.path("config"), config).unwrap();
    }

    /// Lets the user in, with the engine over there behind `socket`.
    fn engine_at(&self, socket: &str) {
        self.in_surroundings(&format!("DOCKER_HOST=unix://{socket}"));
    }

    /// Lets the user in, and runs what is asked for in an environment.
    fn in_surroundings(&self, variables: &str) {
        let command = format!(r#"exec env {variables} /bin/sh -c \"$SSH_ORIGINAL_COMMAND\""#);
        self.server.authorize(&format!("command=\"{command}\" {}", self.public_key)).unwrap();
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint::Ssh(Ssh {
            host: "127.0.0.1".into(),
            user: Some(self.server.user().to_owned()),
            port: Some(self.server.port()),
            config: Some(self.path("config")),
        })
    }

    async fn refused(&self) -> (&'static str, String) {
        let (code, message, hint) = fault(&self.endpoint()).await;
        assert!(!hint.is_empty());
        (code, message)
    }
}

fn make_key(path: &Path) -> String {
    let _ = fs::remove_file(path);
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status();
    assert!(made.expect("ssh-keygen, from the package openssh-client").success());
    fs::read_to_string(path.with_extension("pub")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_behind_ssh_opens_cells_over_few_connections() {
    let site = Site::start();
    let docker = Docker::connect(&site.endpoint()).await.unwrap();
    a_cell_lives(&docker, "ssh").await;
    // Of some twenty-five requests; five is usual. An attached connection is not used again, and one
    // that is not free yet when the next request begins is joined by another.
    let sign_ins = site.server.log().unwrap().matches("Accepted publickey").count();
    assert!(sign_ins <= 12, "{sign_ins}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_ssh_does_not_know_is_not_signed_in_to() {
    let site = Site::start();
    let address = site.endpoint().address();
    let untrusted = format!(
        "reach the container engine at {address}: ssh does not know that machine (Host key verification failed.)"
    );
    site.know("");
    assert_eq!(site.refused().await, ("engine_ssh_host_key", untrusted.clone()));
    let other = make_key(&site.path("other"));
    site.know(&site.server.known_hosts_with(&other));
    assert_eq!(site.refused().await, ("engine_ssh_host_key", untrusted));
    assert!(!site.server.log().unwrap().contains("Accepted publickey"));
    assert!(
        !fs::read_to_string(site.path("known_hosts")).unwrap().contains(&site.server.known_hosts().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_machine_does_not_take_is_told_apart_from_an_engine_that_is_stopped() {
    let site = Site::start();
    let address = site.endpoint().address();
    site.server.authorize("").unwrap();
    let (code, message) = site.refused().await;
    assert_eq!(code, "engine_ssh_refused");
    let user = site.server.user();
    let words = format!(
        "reach the container engine at {address}: ssh is not let in ({user}@127.0.0.1: Permission denied (publickey).)"
    );
    assert_eq!(message, words);

    site.engine_at("/nowhere/docker.sock");
    let words = format!("reach the container engine at {address}: it is not running");
    assert_eq!(site.refused().await, ("engine_stopped", words));

    site.in_surroundings("PATH=/nowhere");
    let (code, message) = site.refused().await;
    assert_eq!(code, "engine_ssh_failed");
    assert!(message.contains("docker: not found"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_is_off_or_unknown_says_so() {
    let site = Site::start();
    let endpoint = |host: &str, port: u16| {
        Endpoint::Ssh(Ssh {
            host: host.into(),
            user: None,
            port: Some(port),
            config: Some(site.path("config")),
        })
    };
    // Nobody listens on the first port.
    let (code, message, _) = fault(&endpoint("127.0.0.1", 1)).await;
    assert_eq!(code, "engine_host_unreachable", "{message}");
    assert!(message.contains("Connection refused"), "{message}");
    // The name ends in one that is kept free of names for good.
    let (code, message, _) = fault(&endpoint("nowhere.invalid", 22)).await;
    assert_eq!(code, "engine_host_unknown", "{message}");
}
