//! A real `sshd` and a real `ssh-agent`, each with keys of its own and apart from the user's.
//!
//! The server runs in the foreground as whoever runs the tests, on a free port of this machine, and
//! lets in only the keys that a test authorises. Both are ended by the process that was started.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::git;
use crate::group::{ATTEMPTS, Group, free_port, program, wait_until};

/// A running ssh server that serves git repositories; dropping it ends it.
pub struct SshServer {
    root: PathBuf,
    user: String,
    port: u16,
    /// Keys, configuration and log, removed last.
    place: TempDir,
    _sshd: Group,
}

/// A running ssh agent; dropping it ends it.
pub struct SshAgent {
    place: TempDir,
    _agent: Group,
}

impl SshServer {
    /// Serves the bare repositories in `root`, a folder that exists.
    ///
    /// # Errors
    /// When sshd, ssh-keygen or git is missing, or the server does not come up.
    pub fn start(root: &Path) -> Result<Self> {
        Self::start_with(root, "PubkeyAuthentication yes\nPasswordAuthentication no\n")
    }

    /// Does the same for passwords only, none of which it takes.
    ///
    /// # Errors
    /// As [`SshServer::start`].
    pub fn start_for_passwords(root: &Path) -> Result<Self> {
        Self::start_with(root, "PubkeyAuthentication no\nPasswordAuthentication yes\n")
    }

    fn start_with(root: &Path, methods: &str) -> Result<Self> {
        let sshd = program("sshd", "openssh-server")?;
        let root = root.canonicalize().with_context(|| format!("find {}", root.display()))?;
        let user = output(Command::new("id").arg("-un"))?;
        if rustix::process::geteuid().is_root() {
            // Debian's package leaves it to the service manager to make this folder.
            fs::create_dir_all("/run/sshd").context("make /run/sshd")?;
        }
        let place = tempfile::Builder::new().prefix("ss").tempdir()?;
        make_key(&place.path().join("host"))?;
        fs::write(place.path().join("authorized_keys"), "")?;
        for _ in 0..ATTEMPTS {
            let port = free_port()?;
            let config = place.path().join("sshd_config");
            fs::write(&config, configuration(place.path(), port, methods))?;
            let log = fs::File::create(place.path().join("log"))?;
            let mut sshd = Group::start(
                Command::new(&sshd).args(["-D", "-e", "-f"]).arg(&config).stdin(Stdio::null()).stderr(log),
            )?;
            let mut gone = false;
            wait_until("sshd listens", || {
                gone = sshd.has_ended();
                gone || greets(port)
            })?;
            if !gone && !sshd.has_ended() {
                return Ok(Self { root, user, port, place, _sshd: sshd });
            }
        }
        let log = fs::read_to_string(place.path().join("log")).unwrap_or_default();
        bail!("start sshd: {log}")
    }

    /// Makes an empty bare repository `<name>.git` and returns its folder.
    ///
    /// # Errors
    /// When git fails.
    pub fn create_repository(&self, name: &str) -> Result<PathBuf> {
        let path = self.root.join(format!("{name}.git"));
        git(&self.root, &["init", "--quiet", "--bare", "--initial-branch=main", &path.to_string_lossy()])?;
        Ok(path)
    }

    /// Lets in whoever holds the key of this public one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn authorize(&self, public_key: &str) -> Result<()> {
        Ok(fs::write(self.place.path().join("authorized_keys"), public_key)?)
    }

    /// Returns the URL of a repository.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        format!("ssh://{}@{}{}/{name}.git", self.user, self.host(), self.root.display())
    }

    /// Returns the server's host and port.
    #[must_use]
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the only user.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns what stands in `known_hosts` of somebody who knows this server.
    ///
    /// # Errors
    /// When the key cannot be read.
    pub fn known_hosts(&self) -> Result<String> {
        let key = fs::read_to_string(self.place.path().join("host.pub"))?;
        Ok(self.known_hosts_with(&key))
    }

    /// Returns what stands in `known_hosts` of somebody to whom this server once showed `public_key`.
    #[must_use]
    pub fn known_hosts_with(&self, public_key: &str) -> String {
        format!("[127.0.0.1]:{} {}\n", self.port, public_key.trim_end())
    }

    /// Returns what the server wrote down; every step of a sign-in is in it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(self.place.path().join("log"))?)
    }
}

impl SshAgent {
    /// Starts an agent without a key.
    ///
    /// # Errors
    /// When ssh-agent is missing or does not come up.
    pub fn start() -> Result<Self> {
        let agent = program("ssh-agent", "openssh-client")?;
        let place = tempfile::Builder::new().prefix("sa").tempdir()?;
        let socket = place.path().join("s");
        let mut agent =
            Group::start(Command::new(agent).arg("-D").arg("-a").arg(&socket).stderr(Stdio::null()))?;
        let mut gone = false;
        wait_until("ssh-agent listens", || {
            gone = agent.has_ended();
            gone || UnixStream::connect(&socket).is_ok()
        })?;
        ensure!(!gone, "start ssh-agent");
        Ok(Self { place, _agent: agent })
    }

    /// Makes a key, gives it to the agent and returns the public one.
    ///
    /// # Errors
    /// When ssh-keygen or ssh-add fails.
    pub fn add_key(&self) -> Result<String> {
        let key = self.place.path().join("key");
        let public_key = make_key(&key)?;
        let ssh_add = program("ssh-add", "openssh-client")?;
        output(Command::new(ssh_add).arg(&key).env("SSH_AUTH_SOCK", self.socket()))?;
        Ok(public_key)
    }

    /// Returns the value of `SSH_AUTH_SOCK`.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.place.path().join("s")
    }
}

fn make_key(path: &Path) -> Result<String> {
    let ssh_keygen = program("ssh-keygen", "openssh-client")?;
    output(Command::new(ssh_keygen).args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(path))?;
    Ok(fs::read_to_string(path.with_extension("pub"))?)
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("run {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Whether an ssh server answers with its first line.
fn greets(port: u16) -> bool {
    let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).is_ok_and(|_| line.starts_with("SSH-2.0-"))
}

fn configuration(place: &Path, port: u16, methods: &str) -> String {
    let place = place.display();
    // The tests' folders belong to whoever runs them, in whatever mode; the keys in them are theirs.
    format!(
        "ListenAddress 127.0.0.1:{port}\n\
         HostKey {place}/host\n\
         AuthorizedKeysFile {place}/authorized_keys\n\
         PidFile none\n\
         StrictModes no\n\
         UsePAM no\n\
         PermitRootLogin yes\n\
         KbdInteractiveAuthentication no\n\
         {methods}\
         AllowTcpForwarding no\n\
         X11Forwarding no\n\
         PrintMotd no\n\
         SetEnv GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1\n\
         LogLevel DEBUG1\n"
    )
}
