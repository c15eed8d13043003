//! What the user's ssh files and agent say, so that a refused connection is explained.
//!
//! The git library judges host keys and signs in by itself, but keeps its reasons. The same ssh
//! library is asked here again. Nothing is let through because of an answer found here; only a
//! revoked key, of which the git library knows nothing, is refused because of one.

use std::fs;
use std::path::{Path, PathBuf};

use ssh2::{CheckResult, KnownHostFileKind, Session};

/// How a server's key stands to the user's `known_hosts`, where the git library does not take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostKey {
    /// There is no key for this server.
    Unknown,
    /// There is another one.
    Other,
    /// The key is marked as one that must not be used any more.
    Revoked,
}

/// What the user's ssh agent has to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentKeys {
    /// No agent answers.
    NoAgent,
    /// It holds no key.
    None,
    /// It holds at least one.
    Some,
}

/// Looks up `key`, as the server sent it, in the file that the git library reads too.
pub(crate) fn look_up(host: &str, port: u16, key: &[u8]) -> HostKey {
    let Some(file) = known_hosts() else {
        return HostKey::Unknown;
    };
    if is_revoked(&file, key).unwrap_or(false) {
        return HostKey::Revoked;
    }
    let found = Session::new().and_then(|session| session.known_hosts()).and_then(|mut known| {
        known.read_file(&file, KnownHostFileKind::OpenSSH)?;
        Ok(known.check_port(host, port, key))
    });
    match found {
        Ok(CheckResult::Mismatch) => HostKey::Other,
        Ok(CheckResult::Match | CheckResult::NotFound | CheckResult::Failure) | Err(_) => HostKey::Unknown,
    }
}

/// Asks the agent what it holds.
pub(crate) fn agent_keys() -> AgentKeys {
    let asked = Session::new().and_then(|session| session.agent()).and_then(|mut agent| {
        agent.connect()?;
        agent.list_identities()?;
        agent.identities()
    });
    match asked {
        Ok(keys) if keys.is_empty() => AgentKeys::None,
        Ok(_) => AgentKeys::Some,
        Err(_) => AgentKeys::NoAgent,
    }
}

fn known_hosts() -> Option<PathBuf> {
    Some(std::env::home_dir()?.join(".ssh/known_hosts"))
}

/// Whether a line `@revoked hosts type key` names `key`, for whatever hosts.
///
/// A key that must not be trusted as one server's proves nothing about another one either.
fn is_revoked(file: &Path, key: &[u8]) -> Result<bool, Box<dyn std::error::Error>> {
    const NAME: &str = "revoked";
    let text = fs::read(file)?;
    let mut known = Session::new()?.known_hosts()?;
    for line in String::from_utf8_lossy(&text).lines() {
        let mut words = line.split_whitespace();
        if let (Some("@revoked"), Some(_), Some(kind), Some(revoked)) =
            (words.next(), words.next(), words.next(), words.next())
        {
            // A line that the library cannot read must not hide the next one.
            let line = format!("{NAME} {kind} {revoked}\n");
            let _ = known.read_str(&line, KnownHostFileKind::OpenSSH);
        }
    }
    Ok(matches!(known.check(NAME, key), CheckResult::Match))
}
