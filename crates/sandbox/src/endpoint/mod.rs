//! Where a container engine listens, and which of several is meant.
//!
//! Nothing here connects. Docker's own environment variables and contexts are read as the `docker`
//! command reads them, so that both speak to the same engine.

mod address;
mod candidates;
mod choice;
mod context;
mod error;
mod surroundings;

use std::fmt;
use std::path::{Path, PathBuf};

pub use choice::{Chosen, Origin};
pub use context::Context;
pub use error::EndpointError;
pub use surroundings::Surroundings;

use crate::error::SandboxError;

/// How to reach a container engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A Unix socket on this machine.
    Unix(PathBuf),
    /// A named pipe of Windows, as `//./pipe/docker_engine`.
    Pipe(String),
    /// TCP without encryption, to this machine alone.
    Tcp(Host),
    /// TCP with TLS.
    Tls {
        /// Where it listens.
        host: Host,
        /// What both sides prove themselves with.
        certificates: Certificates,
    },
    /// The engine that the `docker` command on another machine reaches.
    Ssh(Ssh),
}

/// A name or number of a machine, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The name or number; an IPv6 number without its brackets.
    pub name: String,
    /// The port.
    pub port: u16,
}

/// A folder with `ca.pem`, which the engine's certificate is checked against, and the client's own
/// `cert.pem` and `key.pem`, both of which may be missing where the engine asks for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificates(PathBuf);

/// Another machine, as the `ssh` program is told of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ssh {
    /// The machine, by a name that ssh or its configuration knows.
    pub host: String,
    /// The user; none leaves it to ssh.
    pub user: Option<String>,
    /// The port; none leaves it to ssh.
    pub port: Option<u16>,
    /// Another file than the user's own configuration of ssh.
    pub config: Option<PathBuf>,
}

/// An engine that can be chosen.
#[derive(Debug)]
pub struct FoundEngine {
    /// What it is called, such as a context's name or `Docker`.
    pub name: String,
    /// What to say to choose it: a context's name or an address.
    pub choice: String,
    /// How it is reached, where that can be read.
    pub endpoint: Result<Endpoint, SandboxError>,
}

impl Endpoint {
    /// The engine that this process's environment means.
    pub fn from_environment() -> Result<Self, SandboxError> {
        Ok(Self::choose(None, &Surroundings::current())?.endpoint)
    }

    /// The engine behind a Unix socket.
    pub fn socket(path: impl Into<PathBuf>) -> Self {
        Self::Unix(path.into())
    }

    /// The socket's path, where it is a Unix socket.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Unix(path) => Some(path),
            Self::Pipe(_) | Self::Tcp(_) | Self::Tls { .. } | Self::Ssh(_) => None,
        }
    }

    /// The address as `DOCKER_HOST` writes it.
    #[must_use]
    pub fn address(&self) -> String {
        match self {
            Self::Unix(path) => format!("unix://{}", path.display()),
            Self::Pipe(path) => format!("npipe://{path}"),
            Self::Tcp(host) | Self::Tls { host, .. } => format!("tcp://{host}"),
            Self::Ssh(ssh) => {
                let user = ssh.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
                let port = ssh.port.map(|port| format!(":{port}")).unwrap_or_default();
                format!("ssh://{user}{}{port}", bracketed(&ssh.host))
            }
        }
    }

    /// Whether the engine runs on another machine, as far as the address tells.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        match self {
            Self::Unix(_) | Self::Pipe(_) | Self::Tcp(_) => false,
            Self::Tls { host, .. } => !host.is_loopback(),
            Self::Ssh(_) => true,
        }
    }
}

/// A path for what lies in a file system, an address for the rest.
impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(formatter),
            Self::Pipe(path) => formatter.write_str(path),
            Self::Tcp(_) | Self::Tls { .. } | Self::Ssh(_) => formatter.write_str(&self.address()),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", bracketed(&self.name), self.port)
    }
}

fn bracketed(name: &str) -> String {
    if name.contains(':') { format!("[{name}]") } else { name.to_owned() }
}

impl Certificates {
    /// The certificates in a folder.
    ///
    /// # Errors
    /// [`EndpointError::CertificateMissing`] where there is no authority, or half of the client's pair.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Result<Self, SandboxError> {
        let found = Self(folder.into());
        let missing = match (found.ca().exists(), found.cert().exists(), found.key().exists()) {
            (true, true, true) | (true, false, false) => return Ok(found),
            (false, ..) => found.ca(),
            (true, false, true) => found.cert(),
            (true, true, false) => found.key(),
        };
        Err(EndpointError::CertificateMissing { file: missing }.into())
    }

    /// What the engine's certificate is checked against.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    /// The client's certificate.
    #[must_use]
    pub fn cert(&self) -> PathBuf {
        self.0.join("cert.pem")
    }

    /// The client's key.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.0.join("key.pem")
    }

    /// The first file that cannot be read or holds nothing of the kind. A client's broken pair would
    /// otherwise just not be shown, and the engine be blamed for refusing it.
    pub(crate) fn unreadable(&self) -> Option<PathBuf> {
        let client = [self.cert(), self.key()].into_iter().filter(|_| self.has_client());
        let broken =
            |file: &PathBuf| !std::fs::read_to_string(file).is_ok_and(|text| text.contains("-----BEGIN "));
        std::iter::once(self.ca()).chain(client).find(broken)
    }

    /// Whether the client has a certificate to show.
    #[must_use]
    pub fn has_client(&self) -> bool {
        self.cert().exists()
    }
}
