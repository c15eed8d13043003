//! A process of its own for what reads the user's home folder and environment.
//!
//! The git library takes `known_hosts` from `HOME`, the agent from `SSH_AUTH_SOCK` and extra
//! certificates from `SSL_CERT_FILE`. A test cannot change those for itself, so it runs itself a second
//! time: the file of such a test has a test `visit` that calls [`answer`].

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anchorhold_repo::{Credentials, FetchWish, Mirrors, Remote, RepoError};
use anchorhold_testkit::SshAgent;
use tempfile::TempDir;

use super::{commit_file, keep_going};

const PLACE: &str = "ANCHORHOLD_VISIT_PLACE";
const VERB: &str = "ANCHORHOLD_VISIT_VERB";
const ADDRESS: &str = "ANCHORHOLD_VISIT_ADDRESS";
const PASSWORD: &str = "ANCHORHOLD_VISIT_PASSWORD";

/// What a machine may have set, and a visitor has only where a test says so.
const INHERITED: [&str; 8] = [
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_GLOBAL",
];

/// A user with a home folder.
pub struct Visitor {
    place: TempDir,
    variables: Vec<(&'static str, OsString)>,
    password: String,
}

impl Visitor {
    /// Nobody known: an empty home folder, no agent and no password.
    pub fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join("home/.ssh")).unwrap();
        Self { place, variables: Vec::new(), password: String::new() }
    }

    pub fn knowing(self, known_hosts: &str) -> Self {
        fs::write(self.known_hosts(), known_hosts).unwrap();
        self
    }

    pub fn with_agent(mut self, agent: &SshAgent) -> Self {
        self.variables.push(("SSH_AUTH_SOCK", agent.socket().into()));
        self
    }

    pub fn trusting(mut self, certificate: PathBuf) -> Self {
        self.variables.push(("SSL_CERT_FILE", certificate.into()));
        self
    }

    pub fn with_password(mut self, password: &str) -> Self {
        self.password = password.to_owned();
        self
    }

    pub fn with(mut self, variable: &'static str, value: &str) -> Self {
        self.variables.push((variable, value.into()));
        self
    }

    /// Has this in the user's git configuration.
    pub fn configured(self, text: &str) -> Self {
        fs::write(self.place.path().join("home/.gitconfig"), text).unwrap();
        self
    }

    /// Names a proxy in git's configuration.
    pub fn proxied_by(self, port: u16) -> Self {
        self.configured(&format!("[http]\n\tproxy = http://127.0.0.1:{port}\n"))
    }

    /// Takes agent and certificates away again; the mirrors stay.
    pub fn forgetting(mut self) -> Self {
        self.variables.clear();
        self
    }

    pub fn known_hosts(&self) -> PathBuf {
        self.place.path().join("home/.ssh/known_hosts")
    }

    /// Does `verb` at `address`, and returns what came of it.
    pub fn does(&self, verb: &str, address: &str) -> String {
        let mut command = Command::new(std::env::current_exe().unwrap());
        for variable in INHERITED {
            command.env_remove(variable).env_remove(variable.to_lowercase());
        }
        let output = command
            .args(["--exact", "--nocapture", "visit"])
            .env("HOME", self.place.path().join("home"))
            .env(PLACE, self.place.path())
            .env(VERB, verb)
            .env(ADDRESS, address)
            .env(PASSWORD, &self.password)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        fs::read_to_string(self.place.path().join("outcome")).unwrap()
    }
}

/// Does what a [`Visitor`] asked for; asked nothing, there is nothing to do.
pub fn answer() {
    let Some(place) = std::env::var_os(PLACE) else { return };
    let variable = |name| std::env::var(name).unwrap();
    let outcome = match act(place.as_ref(), &variable(VERB), &variable(ADDRESS), &variable(PASSWORD)) {
        Ok(done) => done,
        Err(error) => format!("{}: {error}\nhint: {}", error.code(), error.hint().unwrap()),
    };
    fs::write(Path::new(&place).join("outcome"), outcome).unwrap();
}

fn act(place: &Path, verb: &str, address: &str, password: &str) -> Result<String, RepoError> {
    let remote = Remote::parse(address)?;
    let credentials = match password {
        "" => Credentials::none(),
        password => Credentials::https(remote.host().unwrap(), user_of(address), password),
    };
    if verb == "connect unchecked" {
        return Ok(connect_unchecked(address));
    }
    let mirror = Mirrors::new(place.join("mirrors")).open(&remote)?;
    if let Some(commit) = verb.strip_prefix("push ") {
        mirror.push("agent/x", commit, &credentials, None, &["main"])?;
        return Ok(format!("pushed {commit}"));
    }
    if verb == "branches" {
        return Ok(mirror.branches(&credentials)?.names.join(" "));
    }
    let mut wish = FetchWish::whole("main");
    if verb == "fetch quickly" {
        wish.patience.waits.fill(Duration::from_millis(1));
    }
    let base = mirror.fetch_wish(&wish, &credentials, &mut keep_going)?;
    if verb.starts_with("fetch") {
        return Ok(format!("fetched {}", base.commit));
    }
    let commit = commit_file(&mirror, &base, "b.txt", "new\n");
    if verb == "prepare" {
        return Ok(commit);
    }
    assert_eq!(verb, "push");
    mirror.push("agent/x", &commit, &credentials, None, &["main"])?;
    Ok(format!("pushed {commit}"))
}

/// The user in an ssh address, else the one of the http server.
fn user_of(address: &str) -> &str {
    let user = address.strip_prefix("ssh://").and_then(|rest| rest.split_once('@'));
    user.map_or("ada", |(user, _)| user)
}

/// Connects with the git library alone and takes whatever key or certificate the server shows.
fn connect_unchecked(address: &str) -> String {
    let mut asked = 0;
    let mut callbacks = git2::RemoteCallbacks::new();
    callbacks.certificate_check(|_, _| Ok(git2::CertificateCheckStatus::CertificateOk));
    callbacks.credentials(|_, user, allowed| {
        asked += 1;
        match allowed.contains(git2::CredentialType::SSH_KEY) {
            _ if asked > 1 => Err(git2::Error::from_str("enough")),
            true => git2::Cred::ssh_key_from_agent(user.unwrap()),
            false => git2::Cred::userpass_plaintext(user_of(address), &std::env::var(PASSWORD).unwrap()),
        }
    });
    let mut remote = git2::Remote::create_detached(address).unwrap();
    match remote.connect_auth(git2::Direction::Fetch, Some(callbacks), None) {
        Ok(_) => "connected".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Runs a program of the ssh suite.
pub fn run(program: &str, arguments: &[&OsStr]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
