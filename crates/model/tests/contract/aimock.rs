//! The mock of the providers in `tests/models`, one process for all tests of this program.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Keeps the process: it ends with its input, and so with this program.
static SERVER: OnceLock<(String, Child)> = OnceLock::new();

/// The key that it takes.
pub const KEY: &str = "right-key";

/// The address of the mock, without a path.
pub fn url() -> &'static str {
    &SERVER.get_or_init(start).0
}

fn start() -> (String, Child) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models");
    let server = Command::new("node")
        .arg("serve.js")
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut server = server.expect("node is missing: run `cargo xtask setup`");
    let mut url = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut url).unwrap();
    assert!(url.starts_with("http://"), "the model servers did not start: run `cargo xtask setup`");
    (url.trim().to_owned(), server)
}
