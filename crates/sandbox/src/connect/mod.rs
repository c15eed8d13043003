//! Connecting to an engine, and making sure that it is one.

mod failure;
mod ssh;

use std::io;
use std::time::Duration;

use bollard::API_DEFAULT_VERSION;

use crate::docker::{Docker, TIMEOUT_SECONDS};
use crate::endpoint::{Endpoint, EndpointError, Host};
use crate::error::SandboxError;

pub(crate) use failure::unreachable;

/// How long it may take to reach an engine and have its first answers.
const PATIENCE: Duration = Duration::from_secs(10);
/// Docker 20.10's, the oldest engine that was tried.
const OLDEST_API: (usize, usize) = (1, 41);

impl Docker {
    /// Connects and checks that an engine answers, and that it is recent enough.
    pub async fn connect(endpoint: &Endpoint) -> Result<Self, SandboxError> {
        let connecting = async {
            knock(endpoint).await?;
            let client = first_answer(endpoint).await?;
            recent_enough(endpoint, &client)?;
            client.ping().await.map_err(|error| SandboxError::engine(endpoint, ATTEMPT, error))?;
            Ok(Self::new(client, endpoint.clone()))
        };
        match tokio::time::timeout(PATIENCE, connecting).await {
            Ok(connected) => connected,
            Err(_) => Err(EndpointError::Silent { endpoint: endpoint.clone(), after: PATIENCE }.into()),
        }
    }
}

/// How often an engine is asked before a failure that says nothing of its reason is told as it is.
const ASKED: usize = 4;

/// Asks an engine for its version.
///
/// An engine that does not take our certificate ends the connection a moment after it was made. Where the
/// request was not sent by then it is only told to be cancelled, without the reason; asked again it is.
async fn first_answer(endpoint: &Endpoint) -> Result<bollard::Docker, SandboxError> {
    let mut asked = 1;
    loop {
        match client(endpoint).await?.negotiate_version().await {
            Err(error) if failure::says_nothing(&error) && asked < ASKED => asked += 1,
            answered => return answered.map_err(|error| failure::no_engine(endpoint, error)),
        }
    }
}

const ATTEMPT: &str = "connect to the container engine";

/// Connects once and lets go, since the client's own errors cannot tell a missing socket from a
/// forbidden one, nor a name that nobody knows from a machine that is off.
async fn knock(endpoint: &Endpoint) -> Result<(), SandboxError> {
    let failed =
        |err: io::Error| SandboxError::engine(endpoint, ATTEMPT, bollard::errors::Error::IOError { err });
    match endpoint {
        #[cfg(unix)]
        Endpoint::Unix(path) => tokio::net::UnixStream::connect(path).await.map(drop).map_err(failed),
        #[cfg(windows)]
        Endpoint::Pipe(path) => {
            /// All of a pipe's ends are taken for the moment; the client waits for one.
            const ERROR_PIPE_BUSY: i32 = 231;
            match tokio::net::windows::named_pipe::ClientOptions::new().open(path.replace('/', "\\")) {
                Err(error) if error.raw_os_error() != Some(ERROR_PIPE_BUSY) => Err(failed(error)),
                Ok(_) | Err(_) => Ok(()),
            }
        }
        #[cfg(not(unix))]
        Endpoint::Unix(_) => Err(elsewhere(endpoint, "a Unix socket is of no use on this system")),
        #[cfg(not(windows))]
        Endpoint::Pipe(_) => Err(elsewhere(endpoint, "named pipes are for Windows")),
        Endpoint::Tcp(host) | Endpoint::Tls { host, .. } => {
            let found = tokio::net::lookup_host((host.name.as_str(), host.port)).await;
            let addresses: Vec<_> = match found {
                Ok(found) => found.collect(),
                Err(_) => return Err(EndpointError::HostUnknown { endpoint: endpoint.clone() }.into()),
            };
            tokio::net::TcpStream::connect(addresses.as_slice()).await.map(drop).map_err(failed)
        }
        // Each knock would be a sign-in.
        Endpoint::Ssh(_) => Ok(()),
    }
}

fn elsewhere(endpoint: &Endpoint, reason: &'static str) -> SandboxError {
    EndpointError::Unsupported { address: endpoint.address(), reason }.into()
}

/// Makes the client; nothing is sent yet.
async fn client(endpoint: &Endpoint) -> Result<bollard::Docker, SandboxError> {
    let made = match endpoint {
        #[cfg(unix)]
        Endpoint::Unix(path) => {
            bollard::Docker::connect_with_unix(&path.to_string_lossy(), TIMEOUT_SECONDS, API_DEFAULT_VERSION)
        }
        #[cfg(windows)]
        Endpoint::Pipe(path) => {
            bollard::Docker::connect_with_named_pipe(path, TIMEOUT_SECONDS, API_DEFAULT_VERSION)
        }
        #[cfg(not(unix))]
        Endpoint::Unix(_) => return Err(elsewhere(endpoint, "a Unix socket is of no use on this system")),
        #[cfg(not(windows))]
        Endpoint::Pipe(_) => return Err(elsewhere(endpoint, "named pipes are for Windows")),
        Endpoint::Tcp(host) => {
            bollard::Docker::connect_with_http(&host.to_string(), TIMEOUT_SECONDS, API_DEFAULT_VERSION)
        }
        Endpoint::Tls { host, certificates } => {
            let (host, certificates): (Host, _) = (host.clone(), certificates.clone());
            // The system's certificates are read as well, which takes tens of milliseconds.
            let making = tokio::task::spawn_blocking(move || {
                if let Some(path) = certificates.unreadable() {
                    return Err(bollard::errors::Error::CertPathError { path });
                }
                bollard::Docker::connect_with_ssl(
                    &host.to_string(),
                    &certificates.key(),
                    &certificates.cert(),
                    &certificates.ca(),
                    TIMEOUT_SECONDS,
                    API_DEFAULT_VERSION,
                )
            });
            making
                .await
                .unwrap_or_else(|error| Err(bollard::errors::Error::IOError { err: io::Error::other(error) }))
        }
        Endpoint::Ssh(ssh) => ssh::client(ssh),
    };
    made.map_err(|error| SandboxError::engine(endpoint, ATTEMPT, error))
}

fn recent_enough(endpoint: &Endpoint, client: &bollard::Docker) -> Result<(), SandboxError> {
    let found = client.client_version();
    if (found.major_version, found.minor_version) >= OLDEST_API {
        return Ok(());
    }
    let needed = format!("{}.{}", OLDEST_API.0, OLDEST_API.1);
    Err(EndpointError::TooOld { endpoint: endpoint.clone(), found: found.to_string(), needed }.into())
}
