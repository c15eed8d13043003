//! Addresses as `DOCKER_HOST` writes them.

use std::net::IpAddr;

use super::{Certificates, Endpoint, EndpointError, Host, Ssh};
use crate::error::SandboxError;

/// Docker's port without TLS.
const PLAIN_PORT: u16 = 2375;
/// Docker's port with TLS.
const TLS_PORT: u16 = 2376;

impl Endpoint {
    /// Reads an address as `DOCKER_HOST` writes it, without certificates:
    /// `unix:///path/to/docker.sock`, `npipe:////./pipe/docker_engine`, `tcp://127.0.0.1:2375`,
    /// `ssh://user@host`.
    ///
    /// # Errors
    /// [`EndpointError::Unsupported`], and [`EndpointError::Unencrypted`] for TCP to another machine.
    pub fn parse(address: &str) -> Result<Self, SandboxError> {
        Self::parse_with(address, None)
    }

    /// Does the same where TCP is to speak TLS with these certificates.
    ///
    /// # Errors
    /// [`EndpointError::Unsupported`], and [`EndpointError::Unencrypted`] for TCP to another machine
    /// without certificates.
    pub fn parse_with(address: &str, certificates: Option<Certificates>) -> Result<Self, SandboxError> {
        let unsupported =
            |reason| SandboxError::from(EndpointError::Unsupported { address: address.to_owned(), reason });
        match address.split_once("://") {
            Some(("unix", path)) if path.starts_with('/') => Ok(Self::socket(path)),
            Some(("unix", _)) => Err(unsupported("a socket's path begins with /")),
            Some(("npipe", path)) if is_pipe(path) => Ok(Self::Pipe(path.replace('\\', "/"))),
            Some(("npipe", _)) => Err(unsupported("a pipe is named //./pipe/NAME")),
            Some(("tcp", rest)) => {
                let port = if certificates.is_some() { TLS_PORT } else { PLAIN_PORT };
                let host = host(rest, port).map_err(unsupported)?;
                match certificates {
                    Some(certificates) => Ok(Self::Tls { host, certificates }),
                    None if host.is_loopback() => Ok(Self::Tcp(host)),
                    None => Err(EndpointError::Unencrypted { address: address.to_owned() }.into()),
                }
            }
            Some(("ssh", rest)) => ssh(rest).map(Self::Ssh).map_err(unsupported),
            _ => Err(unsupported("it begins with unix://, npipe://, tcp:// or ssh://")),
        }
    }
}

impl Host {
    /// Whether it is this machine, whatever names are looked up.
    pub(super) fn is_loopback(&self) -> bool {
        self.name == "localhost" || self.name.parse().is_ok_and(|number: IpAddr| number.is_loopback())
    }
}

/// Only a local pipe: one on another machine would send the user's Windows sign-in there.
fn is_pipe(path: &str) -> bool {
    let path = path.replace('\\', "/");
    path.strip_prefix("//./pipe/").is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

fn host(rest: &str, usual: u16) -> Result<Host, &'static str> {
    let (name, port) = name_and_port(rest.strip_suffix('/').unwrap_or(rest))?;
    Ok(Host { name, port: port.unwrap_or(usual) })
}

fn ssh(rest: &str) -> Result<Ssh, &'static str> {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains('/') {
        return Err(
            "an ssh address ends with the host or port; the engine's socket is the other machine's own",
        );
    }
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, _)) if user.contains(':') => {
            return Err("a password in an address would not stay secret");
        }
        Some((user, rest)) => (Some(user), rest),
        None => (None, rest),
    };
    // Both become arguments of a program, and ssh puts them into commands of its configuration.
    if user.is_some_and(|user| !is_word(user, "._-+")) {
        return Err("the user's name has letters, digits and . _ - + only");
    }
    let (host, port) = name_and_port(rest)?;
    Ok(Ssh { host, user: user.map(str::to_owned), port, config: None })
}

fn name_and_port(text: &str) -> Result<(String, Option<u16>), &'static str> {
    let (name, port) = match text.strip_prefix('[').map(|text| text.split_once(']')) {
        Some(Some((name, ""))) => (name, None),
        Some(Some((name, rest))) => (name, rest.strip_prefix(':').map(Some).ok_or("a port follows a colon")?),
        Some(None) => return Err("a bracket is not closed"),
        None => text.rsplit_once(':').map_or((text, None), |(name, port)| (name, Some(port))),
    };
    let is_host = match text.starts_with('[') {
        true => name.parse::<IpAddr>().is_ok(),
        false => is_word(name, "._-"),
    };
    if !is_host {
        return Err("the host is a name, or a number (IPv6 in brackets)");
    }
    let port =
        port.map(|port| port.parse::<u16>().ok().filter(|port| *port > 0).ok_or("the port is a number"));
    Ok((name.to_owned(), port.transpose()?))
}

fn is_word(text: &str, also: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || also.contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: &str) {
        let outcome = match Endpoint::parse(address) {
            Ok(endpoint) => format!("{endpoint:?}"),
            Err(error) => error.code().to_owned(),
        };
        assert_eq!(outcome, expected, "{address}");
    }

    #[test]
    fn each_kind_of_address_is_understood() {
        check("unix:///run/user/1000/docker.sock", r#"Unix("/run/user/1000/docker.sock")"#);
        check("npipe:////./pipe/docker_engine", r#"Pipe("//./pipe/docker_engine")"#);
        check(r"npipe://\\.\pipe\docker_engine", r#"Pipe("//./pipe/docker_engine")"#);
        check("tcp://127.0.0.1", r#"Tcp(Host { name: "127.0.0.1", port: 2375 })"#);
        check("tcp://localhost:1/", r#"Tcp(Host { name: "localhost", port: 1 })"#);
        check("tcp://[::1]:23", r#"Tcp(Host { name: "::1", port: 23 })"#);
        check("ssh://build", r#"Ssh(Ssh { host: "build", user: None, port: None, config: None })"#);
        check(
            "ssh://ada@build.example:2222",
            r#"Ssh(Ssh { host: "build.example", user: Some("ada"), port: Some(2222), config: None })"#,
        );
    }

    #[test]
    fn an_engine_on_another_machine_is_not_spoken_to_in_the_clear() {
        for address in
            ["tcp://10.0.0.1:2375", "tcp://engine.example", "tcp://localhost.example:1", "tcp://[::2]:1"]
        {
            check(address, "engine_unencrypted");
        }
    }

    #[test]
    fn nothing_else_is_understood() {
        for address in [
            "",
            "docker.sock",
            "http://127.0.0.1:2375",
            "unix://docker.sock",
            "npipe:////server/pipe/docker_engine",
            "npipe:////./pipe/",
            "npipe:////./pipe/../x",
            "tcp://",
            "tcp://127.0.0.1:x",
            "tcp://127.0.0.1:0",
            "tcp://user@127.0.0.1:1",
            "tcp://[::1",
            "tcp://::1:1",
            "ssh://",
            "ssh://-oProxyCommand=x",
            "ssh://-l@host",
            "ssh://host:-1",
            "ssh://ada:secret@host",
            "ssh://$(x)@host",
            "ssh://a;b",
            "ssh://host/run/docker.sock",
        ] {
            check(address, "engine_endpoint_unsupported");
        }
    }

    #[test]
    fn an_address_is_written_as_it_is_read() {
        for address in [
            "unix:///run/docker.sock",
            "npipe:////./pipe/docker_engine",
            "tcp://127.0.0.1:2375",
            "tcp://[::1]:2375",
            "ssh://ada@build.example:2222",
            "ssh://build",
        ] {
            let written = Endpoint::parse(address).map(|endpoint| endpoint.address());
            assert_eq!(written.ok().as_deref(), Some(address));
        }
    }
}
