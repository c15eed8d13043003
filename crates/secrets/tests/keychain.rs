//! The real keychain of a Linux desktop: what one process keeps, the next one reads.
//!
//! The test starts its own D-Bus and its own gnome-keyring in a folder of its own, so that it
//! neither needs nor touches the keychain of whoever runs it.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

use anchorhold_secrets::{Rest, Secret, SecretName, Secrets};
use std::process::Command;

const STEP: &str = "ANCHORHOLD_KEYCHAIN_TEST_STEP";
const TEST: &str = "what_one_process_keeps_the_next_one_reads_and_deletes";

// An empty password unlocks, and so makes, the login keyring.
const SCRIPT: &str = r#"
set -e
printf '\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
for step in keep read delete miss; do
    ANCHORHOLD_KEYCHAIN_TEST_STEP=$step "$0" --exact "$1" --nocapture
done
"#;

/// Runs itself once per step, each in a process of its own, which the variable tells apart.
#[tokio::test]
async fn what_one_process_keeps_the_next_one_reads_and_deletes() {
    if let Ok(step) = std::env::var(STEP) {
        return take(&step).await;
    }
    for (tool, package) in [("dbus-run-session", "dbus"), ("gnome-keyring-daemon", "gnome-keyring")] {
        let found = Command::new(tool).arg("--version").output();
        assert!(found.is_ok(), "this test needs {tool}: install the package {package}");
    }
    let home = tempfile::tempdir().unwrap();
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", SCRIPT])
        .arg(std::env::current_exe().unwrap())
        .arg(TEST)
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .env("XDG_DATA_HOME", home.path().join("data"))
        .env("XDG_CONFIG_HOME", home.path().join("config"))
        .env("XDG_CACHE_HOME", home.path().join("cache"))
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env_remove("ANCHORHOLD_GIT_TOKEN")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}\n{complaints}");
    assert_eq!(printed.matches("test result: ok. 1 passed").count(), 4, "{printed}\n{complaints}");
}

/// Runs itself in a process that has no D-Bus to reach a keychain over.
#[tokio::test]
async fn where_there_is_no_keychain_nothing_is_found_and_nothing_is_kept() {
    if let Ok(step) = std::env::var(STEP) {
        return take(&step).await;
    }
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "where_there_is_no_keychain_nothing_is_found_and_nothing_is_kept", "--nocapture"])
        .env(STEP, "refuse")
        .env("HOME", home.path())
        .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", home.path().join("no-bus").display()))
        .env_remove("ANCHORHOLD_GIT_TOKEN")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("test result: ok. 1 passed"), "{printed}");
    let left: Vec<_> = std::fs::read_dir(home.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

async fn take(step: &str) {
    let secrets = Secrets::system();
    let name = SecretName::GitToken { host: "git.example.com".to_owned() };
    let read = async || secrets.get(&name).await.unwrap().map(|secret| secret.expose().to_owned());
    match step {
        "keep" => {
            secrets.set(&name, Secret::new("a token \u{1F511}".to_owned()), Rest::Keychain).await.unwrap()
        }
        "read" => assert_eq!(read().await.as_deref(), Some("a token \u{1F511}")),
        "delete" => secrets.delete(&name).await.unwrap(),
        "miss" => assert_eq!(read().await, None),
        "refuse" => {
            let error =
                secrets.set(&name, Secret::new("a token".to_owned()), Rest::Keychain).await.unwrap_err();
            assert_eq!(error.code(), "keychain_unavailable");
            assert_eq!(read().await, None);
        }
        other => panic!("there is no step {other}"),
    }
}
