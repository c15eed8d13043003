//! Which way it was that led to no engine, read from what the layers below say.

use std::error::Error;
use std::io;

use bollard::errors::Error as Bollard;

use super::ssh::SshEnded;
use crate::endpoint::{Endpoint, EndpointError};
use crate::error::SandboxError;

/// ssh's own failures end it so; any other status is the other machine's command's.
const SSH_FAILED: i32 = 255;
/// How much of a wrong answer is shown.
const SHOWN_CHARS: usize = 120;

/// Whether a request was given up before it was sent, for a reason that its connection has kept.
pub(super) fn says_nothing(error: &Bollard) -> bool {
    chain(error).any(|cause| cause.to_string().ends_with("(Canceled)"))
}

/// Words the failure of the first question to an engine: what answers may be something else.
pub(super) fn no_engine(endpoint: &Endpoint, error: Bollard) -> SandboxError {
    let not_docker = |said: String| EndpointError::NotDocker { endpoint: endpoint.clone(), said }.into();
    match &error {
        Bollard::DockerResponseServerError { status_code: 400, message }
            if message.contains("HTTPS server") =>
        {
            EndpointError::TlsNeeded { endpoint: endpoint.clone() }.into()
        }
        Bollard::DockerResponseServerError { status_code, message } if *status_code < 500 => {
            let line = message.lines().next().unwrap_or_default();
            let shown: String =
                line.chars().filter(|letter| !letter.is_control()).take(SHOWN_CHARS).collect();
            not_docker(format!("HTTP {status_code}: {shown}"))
        }
        Bollard::JsonDataError { .. } | Bollard::JsonSerdeError { .. } => {
            not_docker("its answer to /version is not JSON".to_owned())
        }
        Bollard::APIVersionParseError {} => not_docker("it does not say which API it has".to_owned()),
        other if innermost(other).starts_with("invalid HTTP") => not_docker(innermost(other)),
        _ => SandboxError::engine(endpoint, super::ATTEMPT, error),
    }
}

/// The ways that are not the engine's doing: TLS, ssh, the network.
pub(crate) fn unreachable(endpoint: &Endpoint, error: &Bollard) -> Option<SandboxError> {
    let found = match endpoint {
        Endpoint::Ssh(_) => return ended(error).map(|ended| ssh(endpoint, ended)),
        Endpoint::Tls { certificates, .. } => {
            certificate_file(error).or_else(|| tls(endpoint, certificates.has_client(), &innermost(error)))
        }
        Endpoint::Tcp(_) | Endpoint::Unix(_) | Endpoint::Pipe(_) => None,
    };
    found.or_else(|| no_way(endpoint, error)).map(SandboxError::from)
}

fn no_way(endpoint: &Endpoint, error: &Bollard) -> Option<EndpointError> {
    use io::ErrorKind::{HostUnreachable, NetworkUnreachable, TimedOut};
    let found = system(error)?;
    let far = matches!(found.kind(), HostUnreachable | NetworkUnreachable | TimedOut);
    far.then(|| EndpointError::HostUnreachable { endpoint: endpoint.clone(), said: found.to_string() })
}

fn certificate_file(error: &Bollard) -> Option<EndpointError> {
    match error {
        Bollard::CertPathError { path }
        | Bollard::CertParseError { path }
        | Bollard::CertMultipleKeys { path, .. } => {
            Some(EndpointError::CertificateMissing { file: path.clone() })
        }
        _ => None,
    }
}

/// The TLS library is another crate's, so that its words are all there is to go by; a test holds
/// them to what they are.
fn tls(endpoint: &Endpoint, shown: bool, said: &str) -> Option<EndpointError> {
    let (endpoint, said) = (endpoint.clone(), said.to_owned());
    if said.starts_with("invalid peer certificate") {
        return Some(EndpointError::CertificateUntrusted { endpoint, said });
    }
    // The alerts that are about the client's certificate all have it or its authority in their names.
    if said.starts_with("received fatal alert")
        && (said.contains("Certificate") || said.contains("UnknownCA"))
    {
        let said = if shown { said } else { "none was shown".to_owned() };
        return Some(EndpointError::ClientRefused { endpoint, said });
    }
    let about_tls =
        ["received fatal alert", "received corrupt message", "peer is incompatible", "peer misbehaved"];
    about_tls
        .iter()
        .any(|words| said.starts_with(words))
        .then_some(EndpointError::TlsFailed { endpoint, said })
}

fn ssh(endpoint: &Endpoint, ended: &SshEnded) -> SandboxError {
    let endpoint = endpoint.clone();
    let (said, all) = (ended.line(), ended.said.as_str());
    let says = |words: &[&str]| words.iter().any(|words| all.contains(words));
    let failed: EndpointError = match ended.status {
        None if ended.is_missing => EndpointError::SshMissing { endpoint },
        Some(SSH_FAILED) if says(&["ost key verification failed", "HOST IDENTIFICATION"]) => {
            EndpointError::SshHostKey { endpoint, said }
        }
        Some(SSH_FAILED) if says(&["Permission denied", "Too many authentication failures"]) => {
            EndpointError::SshRefused { endpoint, said }
        }
        Some(SSH_FAILED) if says(&["Could not resolve hostname"]) => EndpointError::HostUnknown { endpoint },
        Some(SSH_FAILED) => EndpointError::HostUnreachable { endpoint, said },
        // What the docker command over there says of its engine, in older and newer words.
        _ if says(&["permission denied while trying to connect", "connect: permission denied"]) => {
            return SandboxError::EngineForbidden { endpoint };
        }
        _ if says(&[
            "Cannot connect to the Docker daemon",
            "connect: no such file",
            "connect: connection refused",
        ]) =>
        {
            return SandboxError::EngineStopped { endpoint };
        }
        _ => EndpointError::SshFailed { endpoint, said },
    };
    failed.into()
}

/// What an error says at its bottom, where the layers above only repeat it or add their names.
fn innermost(error: &Bollard) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

fn system(error: &Bollard) -> Option<&io::Error> {
    chain(error).filter_map(|error| error.downcast_ref::<io::Error>()).last()
}

fn ended(error: &Bollard) -> Option<&SshEnded> {
    chain(error).find_map(|error| error.downcast_ref::<SshEnded>())
}

/// An error and what is under it, with what the system's errors wrap.
fn chain(error: &Bollard) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: Option<&(dyn Error + 'static)> = Some(error);
    std::iter::successors(first, |error: &&(dyn Error + 'static)| {
        let error: &(dyn Error + 'static) = *error;
        if let Some(Bollard::IOError { err }) = error.downcast_ref::<Bollard>() {
            return Some(err as &(dyn Error + 'static));
        }
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}
