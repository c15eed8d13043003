//! The server of `tests/github`, one process for all tests of this program.

use anchorhold_forge::Forge;
use anchorhold_forge::sign_in::Host;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Keeps the process: it ends with its input, and so with this program.
static SERVER: OnceLock<(String, Child)> = OnceLock::new();

/// The address of the server, without a path.
pub fn url() -> &'static str {
    &SERVER.get_or_init(start).0
}

/// A connection to it, as it is made to GitHub.
pub async fn forge() -> Forge {
    let url = tokio::task::spawn_blocking(url).await.unwrap();
    let address = url.strip_prefix("http://").unwrap().parse().unwrap();
    Forge::at(&Host::on_this_machine(address).unwrap(), Some("gho_S3CRET")).await.unwrap()
}

fn start() -> (String, Child) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/github");
    let server = Command::new("node")
        .arg("serve.js")
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut server = server.expect("node is missing: run `cargo xtask setup`");
    let mut url = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut url).unwrap();
    assert!(url.starts_with("http://"), "the contract server did not start: run `cargo xtask setup`");
    (url.trim().to_owned(), server)
}
