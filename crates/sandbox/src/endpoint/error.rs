//! What can be wrong with an address, and each way that leads to no engine.

use std::path::PathBuf;
use std::time::Duration;

use super::Endpoint;

/// Why an engine cannot be reached where it is said to be.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// An address that is not understood.
    #[error("use the container engine at {address}: {reason}")]
    Unsupported {
        /// The address.
        address: String,
        /// What is asked of an address.
        reason: &'static str,
    },
    /// TCP without TLS to another machine.
    #[error("use the container engine at {address}: it would be spoken to unencrypted, over the network")]
    Unencrypted {
        /// The address.
        address: String,
    },
    /// No context has that name.
    #[error("use the container engine {name}: there is no Docker context of that name")]
    ContextUnknown {
        /// The name.
        name: String,
    },
    /// A file of Docker's contexts or configuration cannot be used.
    #[error("read Docker's {}: {reason}", .file.display())]
    ContextBroken {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// TLS is asked for, and a file for it is not there or of no use.
    #[error("read the certificate or key {}", .file.display())]
    CertificateMissing {
        /// The file.
        file: PathBuf,
    },
    /// The engine's certificate was not signed by the authority, or is for another name.
    #[error("use the container engine at {endpoint}: its certificate is not trusted ({said})")]
    CertificateUntrusted {
        /// Where it listens.
        endpoint: Endpoint,
        /// What the TLS library says.
        said: String,
    },
    /// The engine wants a certificate that the client has not.
    #[error("use the container engine at {endpoint}: it does not take this client's certificate ({said})")]
    ClientRefused {
        /// Where it listens.
        endpoint: Endpoint,
        /// What the TLS library says, or that none was shown.
        said: String,
    },
    /// TLS failed for another reason.
    #[error("use the container engine at {endpoint}: TLS failed ({said})")]
    TlsFailed {
        /// Where it listens.
        endpoint: Endpoint,
        /// What the TLS library says.
        said: String,
    },
    /// The engine speaks TLS, and was spoken to without.
    #[error("use the container engine at {endpoint}: it speaks TLS only")]
    TlsNeeded {
        /// Where it listens.
        endpoint: Endpoint,
    },
    /// No machine has that name.
    #[error("find the container engine at {endpoint}: no machine of that name is known")]
    HostUnknown {
        /// Where it was looked for.
        endpoint: Endpoint,
    },
    /// No way leads to that machine.
    #[error("reach the container engine at {endpoint}: {said}")]
    HostUnreachable {
        /// Where it was looked for.
        endpoint: Endpoint,
        /// What the system says.
        said: String,
    },
    /// The `ssh` program is not installed.
    #[error("reach the container engine at {endpoint}: there is no ssh program")]
    SshMissing {
        /// Where it was looked for.
        endpoint: Endpoint,
    },
    /// The other machine is not the one that is known, or is not known at all.
    #[error("reach the container engine at {endpoint}: ssh does not know that machine ({said})")]
    SshHostKey {
        /// Where it was looked for.
        endpoint: Endpoint,
        /// What ssh says.
        said: String,
    },
    /// The other machine does not let this user in.
    #[error("reach the container engine at {endpoint}: ssh is not let in ({said})")]
    SshRefused {
        /// Where it was looked for.
        endpoint: Endpoint,
        /// What ssh says.
        said: String,
    },
    /// ssh, or the `docker` command over there, failed for another reason.
    #[error("reach the container engine at {endpoint}: {said}")]
    SshFailed {
        /// Where it was looked for.
        endpoint: Endpoint,
        /// What ssh says, or the command at its other end.
        said: String,
    },
    /// Something answers, and it is no container engine.
    #[error("use the container engine at {endpoint}: what answers there is none ({said})")]
    NotDocker {
        /// Where it listens.
        endpoint: Endpoint,
        /// What is wrong with the answer.
        said: String,
    },
    /// The engine's interface is older than any that was tried.
    #[error("use the container engine at {endpoint}: its API is version {found}, and {needed} is needed")]
    TooOld {
        /// Where it listens.
        endpoint: Endpoint,
        /// The engine's version of the API.
        found: String,
        /// The oldest that will do.
        needed: String,
    },
    /// Nothing came back.
    #[error("reach the container engine at {endpoint}: no answer within {} s", .after.as_secs())]
    Silent {
        /// Where it was looked for.
        endpoint: Endpoint,
        /// How long it was waited for.
        after: Duration,
    },
}

impl EndpointError {
    /// The error's stable name, to branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => "engine_endpoint_unsupported",
            Self::Unencrypted { .. } => "engine_unencrypted",
            Self::ContextUnknown { .. } => "engine_context_unknown",
            Self::ContextBroken { .. } => "engine_context_broken",
            Self::CertificateMissing { .. } => "engine_certificate_missing",
            Self::CertificateUntrusted { .. } => "engine_certificate_untrusted",
            Self::ClientRefused { .. } => "engine_client_refused",
            Self::TlsFailed { .. } => "engine_tls_failed",
            Self::TlsNeeded { .. } => "engine_tls_needed",
            Self::HostUnknown { .. } => "engine_host_unknown",
            Self::HostUnreachable { .. } => "engine_host_unreachable",
            Self::SshMissing { .. } => "engine_ssh_missing",
            Self::SshHostKey { .. } => "engine_ssh_host_key",
            Self::SshRefused { .. } => "engine_ssh_refused",
            Self::SshFailed { .. } => "engine_ssh_failed",
            Self::NotDocker { .. } => "engine_not_docker",
            Self::TooOld { .. } => "engine_too_old",
            Self::Silent { .. } => "engine_silent",
        }
    }

    /// What the user can do now.
    #[must_use]
    pub fn hint(&self) -> String {
        const CERTIFICATES: &str = "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH to the folder of ca.pem, cert.pem \
             and key.pem, or make a Docker context with them";
        match self {
            Self::Unsupported { .. } => "write it as unix:///path/to/docker.sock, npipe:////./pipe/docker_engine, \
                 tcp://host:2376 or ssh://user@host, or name a Docker context"
                .to_owned(),
            Self::Unencrypted { .. } => {
                format!("anybody on the way could take the engine over: use ssh://user@host, or {CERTIFICATES}")
            }
            Self::ContextUnknown { .. } => {
                "`docker context ls` lists the names; choose one, or write an address with ://".to_owned()
            }
            Self::ContextBroken { file, .. } => format!(
                "mend or remove {}, make the context anew with `docker context create`, or choose another engine",
                file.display()
            ),
            Self::CertificateMissing { file } => format!(
                "put ca.pem, and cert.pem and key.pem if the engine asks for them, into {}",
                file.parent().unwrap_or(file).display()
            ),
            Self::CertificateUntrusted { .. } => {
                "check that ca.pem signed the engine's certificate, and that it is for the host in the address".to_owned()
            }
            Self::ClientRefused { .. } => {
                "ask whoever runs the engine for a cert.pem and key.pem that it takes, and put them beside ca.pem".to_owned()
            }
            Self::TlsFailed { .. } => "check that this port of the engine speaks TLS, and its certificates".to_owned(),
            Self::TlsNeeded { .. } => CERTIFICATES.to_owned(),
            Self::HostUnknown { .. } => "check the spelling of the host, and your network".to_owned(),
            Self::HostUnreachable { .. } => "check your network, and the host and port in the address".to_owned(),
            Self::SshMissing { .. } => "install OpenSSH's client, whose program is called ssh".to_owned(),
            Self::SshHostKey { endpoint, .. } => format!(
                "compare the machine's key with what its owner says, and sign in once in a terminal: {}",
                command(endpoint)
            ),
            Self::SshRefused { endpoint, .. } => format!(
                "use a key that ssh finds without asking (an agent, or IdentityFile in ~/.ssh/config), until this \
                 works in a terminal: {}",
                command(endpoint)
            ),
            Self::SshFailed { endpoint, .. } => {
                format!("make this work in a terminal: {} docker version", command(endpoint))
            }
            Self::NotDocker { .. } => "check the port in the address; a container engine has to listen there".to_owned(),
            Self::TooOld { .. } => "update the container engine; Docker 20.10 is the oldest that will do".to_owned(),
            Self::Silent { endpoint, .. } if endpoint.is_remote() => {
                "check the address and your network, and whether the engine is stuck".to_owned()
            }
            Self::Silent { .. } => "the container engine is slow or stuck; try again, or restart it".to_owned(),
        }
    }
}

/// How one would sign in by hand.
fn command(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Ssh(ssh) => {
            let port = ssh.port.map(|port| format!("-p {port} ")).unwrap_or_default();
            let user = ssh.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
            format!("ssh {port}{user}{}", ssh.host)
        }
        Endpoint::Unix(_) | Endpoint::Pipe(_) | Endpoint::Tcp(_) | Endpoint::Tls { .. } => "ssh".to_owned(),
    }
}
