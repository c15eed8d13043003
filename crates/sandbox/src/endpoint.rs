//! Where the container engine listens.

use std::path::{Path, PathBuf};

use crate::error::SandboxError;

const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// How to reach a container engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    socket: PathBuf,
}

impl Endpoint {
    /// The engine that `DOCKER_HOST` names, else the usual socket.
    pub fn from_environment() -> Result<Self, SandboxError> {
        match std::env::var("DOCKER_HOST") {
            Ok(host) if !host.is_empty() => Self::parse(&host),
            _ => Ok(Self::socket(DEFAULT_SOCKET)),
        }
    }

    /// Reads an address as `DOCKER_HOST` writes it: `unix:///path/to/docker.sock`.
    pub fn parse(host: &str) -> Result<Self, SandboxError> {
        match host.strip_prefix("unix://") {
            Some(path) if !path.is_empty() => Ok(Self::socket(path)),
            _ => Err(SandboxError::EndpointUnsupported { host: host.to_owned() }),
        }
    }

    /// The engine behind a Unix socket.
    pub fn socket(path: impl Into<PathBuf>) -> Self {
        Self { socket: path.into() }
    }

    /// The socket's path.
    pub fn path(&self) -> &Path {
        &self.socket
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn only_local_sockets_are_understood() {
        let parsed = Endpoint::parse("unix:///run/user/1000/docker.sock").unwrap();
        assert_eq!(parsed, Endpoint::socket("/run/user/1000/docker.sock"));
        let error = Endpoint::parse("tcp://10.0.0.1:2375").unwrap_err();
        assert_eq!(error.code(), "engine_endpoint_unsupported");
    }
}
