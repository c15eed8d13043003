//! The address of a repository, read once and valid from then on.
//!
//! It never holds a secret: an address with a password in it is refused, since addresses end up in
//! logs, on screens and in process lists.

use std::fmt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use url::{Host, Url};

use crate::error::{RepoError, Result};

/// A repository's address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Remote {
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// `https`, or `http` on this machine.
    Http {
        url: String,
        host: String,
    },
    Ssh {
        url: String,
        host: String,
    },
    Local {
        path: PathBuf,
    },
}

impl Remote {
    /// Reads an address.
    ///
    /// Accepted are `https://…`, `http://…` on this machine, `ssh://…`, `user@host:path`, `file:///…`,
    /// an absolute path or one that starts with `.` or `~`, and `owner/name` for GitHub. A relative path becomes
    /// absolute here, so that the address means the same from every folder.
    ///
    /// # Errors
    /// [`RepoError::InvalidRemote`], with any password removed from what it quotes.
    pub fn parse(address: &str) -> Result<Self> {
        let address = address.trim();
        let refuse = |reason| RepoError::InvalidRemote { address: without_secret(address), reason };
        if address.is_empty() {
            return Err(refuse("it is empty"));
        }
        if address.chars().any(char::is_control) {
            return Err(refuse("it holds control characters"));
        }
        let place = if address.contains("://") {
            from_url(address).map_err(refuse)?
        } else if looks_like_path(address) {
            local(Path::new(address)).map_err(refuse)?
        } else if let Some((user_host, path)) = address.split_once(':') {
            scp_like(user_host, path).map_err(refuse)?
        } else if let Some((owner, name)) = address.split_once('/') {
            shorthand(owner, name).map_err(refuse)?
        } else {
            return Err(refuse("it is neither a URL nor a path nor owner/name"));
        };
        Ok(Self { place })
    }

    /// Returns the server, with its port unless it is the usual one; `None` for a local repository.
    ///
    /// This is the scope of [`crate::Credentials`].
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        match &self.place {
            Place::Http { host, .. } | Place::Ssh { host, .. } => Some(host),
            Place::Local { .. } => None,
        }
    }

    /// Returns the address as people read it; it holds no secret.
    #[must_use]
    pub fn display(&self) -> String {
        match &self.place {
            Place::Http { url, .. } | Place::Ssh { url, .. } => url.clone(),
            Place::Local { path } => path.display().to_string(),
        }
    }

    /// Returns the name of the mirror's folder: readable, unique, the same on every start.
    #[must_use]
    pub fn slug(&self) -> String {
        let address = self.display();
        let trimmed = address.trim_end_matches('/').trim_end_matches(".git");
        let mut readable: Vec<&str> =
            trimmed.rsplit(['/', '\\', ':']).filter(|part| !part.is_empty()).take(2).collect();
        readable.reverse();
        let readable: String =
            readable
                .join("-")
                .chars()
                .map(|c| {
                    if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
                        c.to_ascii_lowercase()
                    } else {
                        '-'
                    }
                })
                .take(48)
                .collect();
        let digest = Sha256::digest(address.as_bytes());
        let hash: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("{}-{hash}", readable.trim_matches('-'))
    }

    /// Returns owner and name if this is a repository on `github.com`.
    #[must_use]
    pub fn github(&self) -> Option<(String, String)> {
        let path = match &self.place {
            Place::Http { url, host } | Place::Ssh { url, host } if host == "github.com" => {
                Url::parse(url).ok()?.path().to_owned()
            }
            _ => return None,
        };
        let (owner, name) = path.trim_matches('/').split_once('/')?;
        Some((owner.to_owned(), name.trim_end_matches(".git").to_owned()))
    }

    /// Returns the folder of a local repository.
    pub(crate) fn local_path(&self) -> Option<&Path> {
        match &self.place {
            Place::Local { path } => Some(path),
            Place::Http { .. } | Place::Ssh { .. } => None,
        }
    }

    /// Returns whether the address is reached by ssh.
    pub(crate) fn is_ssh(&self) -> bool {
        matches!(self.place, Place::Ssh { .. })
    }

    /// Returns name and port of the server if it is reached by ssh.
    pub(crate) fn ssh_server(&self) -> Option<(String, u16)> {
        let Place::Ssh { url, .. } = &self.place else { return None };
        let url = Url::parse(url).ok()?;
        let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
        Some((host, url.port().unwrap_or(22)))
    }

    /// Returns the user in the address, empty if there is none.
    pub(crate) fn user(&self) -> String {
        match &self.place {
            Place::Ssh { url, .. } => {
                Url::parse(url).map(|url| url.username().to_owned()).unwrap_or_default()
            }
            Place::Http { .. } | Place::Local { .. } => String::new(),
        }
    }

    /// Returns what the git library is given.
    pub(crate) fn transport_url(&self) -> Result<String> {
        match &self.place {
            Place::Http { url, .. } | Place::Ssh { url, .. } => Ok(url.clone()),
            Place::Local { path } => {
                path.to_str().map(str::to_owned).ok_or_else(|| RepoError::InvalidRemote {
                    address: path.display().to_string(),
                    reason: "a local path must be valid UTF-8",
                })
            }
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display())
    }
}

/// Returns the host of `url` in the form of [`Remote::host`].
pub(crate) fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?.to_ascii_lowercase();
    // The URL library drops the usual port of https and http by itself, but does not know ssh's.
    Some(match url.port() {
        Some(22) if url.scheme() == "ssh" => host,
        Some(port) => format!("{host}:{port}"),
        None => host,
    })
}

fn from_url(address: &str) -> std::result::Result<Place, &'static str> {
    let mut url = Url::parse(address).map_err(|_| "it is not a valid URL")?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("a repository's URL has no ? and no #");
    }
    match url.scheme() {
        "https" | "http" => {
            if !url.username().is_empty() || url.password().is_some() {
                return Err("it holds credentials");
            }
            if url.scheme() == "http" && !is_this_machine(&url) {
                return Err("plain http is for this machine only: use https");
            }
            if url.path().trim_matches('/').is_empty() {
                return Err("it names no repository");
            }
            let host = host_of(&url).ok_or("it names no server")?;
            Ok(Place::Http { url: url.to_string().trim_end_matches('/').to_owned(), host })
        }
        "ssh" => {
            if url.password().is_some() {
                return Err("it holds a password");
            }
            if url.path().trim_matches('/').is_empty() {
                return Err("it names no repository");
            }
            if url.username().is_empty() {
                url.set_username("git").map_err(|()| "it names no server")?;
            }
            let host = host_of(&url).ok_or("it names no server")?;
            if host.starts_with('-') {
                return Err("a host name does not start with -");
            }
            Ok(Place::Ssh { url: url.to_string(), host })
        }
        "file" => local(
            &url.to_file_path()
                .map_err(|()| "a file URL names an absolute path, as in file:///home/ada/code")?,
        ),
        _ => Err("only https, ssh and file URLs are supported"),
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn looks_like_path(address: &str) -> bool {
    address.starts_with(['/', '.', '~', '\\']) || Path::new(address).is_absolute()
}

fn local(path: &Path) -> std::result::Result<Place, &'static str> {
    let path = match path.strip_prefix("~") {
        Ok(rest) => std::env::home_dir().ok_or("the home folder is unknown")?.join(rest),
        Err(_) => path.to_owned(),
    };
    // Lexical, because the folder may not exist yet when the address is typed.
    let path = std::path::absolute(&path).map_err(|_| "the current folder is unknown")?;
    Ok(Place::Local { path: path.canonicalize().unwrap_or(path) })
}

fn scp_like(user_host: &str, path: &str) -> std::result::Result<Place, &'static str> {
    let (user, host) = user_host.split_once('@').unwrap_or(("git", user_host));
    if !user_host.contains('@') && path.contains('@') {
        return Err("it holds a password");
    }
    if user.is_empty() || host.is_empty() || path.starts_with(':') || path.trim_matches('/').is_empty() {
        return Err("it is not of the form user@host:path");
    }
    if user.contains(':') || host.contains(['/', '@']) || host.starts_with('-') {
        return Err("it is not of the form user@host:path");
    }
    // A relative path starts at the user's home folder, which a URL spells as `/~/`; servers that
    // host repositories take both forms, and only the plain one is understood by all of them.
    from_url(&format!("ssh://{user}@{host}/{}", path.trim_start_matches('/')))
}

fn shorthand(owner: &str, name: &str) -> std::result::Result<Place, &'static str> {
    let name = name.trim_end_matches(".git");
    let fits = |part: &str| {
        !part.is_empty()
            && part.len() <= 100
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    if !fits(owner) || !fits(name) {
        return Err("it is neither a URL nor a path nor owner/name");
    }
    from_url(&format!("https://github.com/{owner}/{name}.git"))
}

/// Cuts everything between the scheme and an `@`, where a password would be.
fn without_secret(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            match rest.get(..end).and_then(|authority| authority.rfind('@')) {
                Some(at) => format!("{scheme}://…{}", rest.get(at..).unwrap_or_default()),
                None => address.to_owned(),
            }
        }
        None => match (address.rfind('@'), address.find(':')) {
            (Some(at), Some(colon)) if colon < at => {
                format!("…{}", address.get(at..).unwrap_or_default())
            }
            _ => address.to_owned(),
        },
    }
}
