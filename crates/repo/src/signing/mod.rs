//! Signing commits as the user's own git would: with the same program, key and format.
//!
//! The program gets the bytes of a commit on its standard input, no shell and no secret in its
//! arguments, and only those variables of the environment that it needs: keys for models and tokens
//! for servers are not among them. Nothing asks on a terminal, since there may be none. Formats other
//! than SSH and OpenPGP are said to be impossible rather than left out in silence.

mod config;
mod program;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anchorhold_domain::Signing;
use tempfile::NamedTempFile;

use crate::aside::Cancellation;
use crate::error::{RepoError, Result};
use crate::said::plain_words;
pub use config::{SigningConfig, signing};

/// How long a signature may take: somebody may have to find a passphrase, or to touch a key.
const PATIENCE: Duration = Duration::from_secs(120);
/// The namespace of git's SSH signatures (`gpg-interface.c` in git).
const SSH_NAMESPACE: &str = "git";

/// What signs commits for the user.
///
/// Made by [`SigningConfig::signer`]. It holds no secret: the key stays with the program.
#[derive(Debug, Clone)]
pub struct Signer {
    program: PathBuf,
    key: Key,
    limit: Duration,
    cancellation: Cancellation,
}

/// Which key, in the form in which its program takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    /// A file with a private key, or with a public one whose other half the ssh agent has.
    SshFile { path: PathBuf, named: String },
    /// A public key, whose other half the ssh agent has.
    SshLiteral { line: String },
    /// What GnuPG looks for among its keys.
    Gpg { user: String, named: Option<String> },
}

impl Signer {
    /// Gives the program so long instead of two minutes.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Ends the program when `cancellation` says so.
    #[must_use]
    pub fn unless(self, cancellation: &Cancellation) -> Self {
        Self { cancellation: cancellation.clone(), ..self }
    }

    /// Says what it signs with.
    #[must_use]
    pub fn describe(&self) -> Signing {
        match &self.key {
            Key::SshFile { named, .. } => Signing::Ssh { key: named.clone() },
            Key::SshLiteral { line } => Signing::Ssh { key: line.clone() },
            Key::Gpg { named, .. } => Signing::Gpg { key: named.clone() },
        }
    }

    /// Signs `content` and returns the signature as it goes into a commit.
    ///
    /// # Errors
    /// [`RepoError::SigningFailed`] with the program's own words, and [`RepoError::SigningTimedOut`]
    /// if it did not answer, or [`RepoError::Cancelled`]; the program is ended then.
    pub fn sign(&self, content: &[u8]) -> Result<String> {
        match &self.key {
            Key::SshFile { path, .. } => self.sign_with_ssh(path, false, content),
            Key::SshLiteral { line } => {
                // The program takes a key from a file only. This is the public half.
                let file = NamedTempFile::new().and_then(|mut file| {
                    writeln!(file, "{line}")?;
                    Ok(file.into_temp_path())
                });
                let file = file.map_err(|error| self.failed(format!("write the public key: {error}")))?;
                self.sign_with_ssh(&file, true, content)
            }
            Key::Gpg { user, .. } => {
                let mut command = Command::new(&self.program);
                command.args(["--status-fd=2", "-bsau"]).arg(user);
                let (signature, said) = self.run(command, content)?;
                // As git does: the exit status alone does not say that something was signed.
                if !said.lines().any(|line| line.starts_with("[GNUPG:] SIG_CREATED ")) {
                    return Err(self.failed(words(&said)));
                }
                self.checked(signature, "-----BEGIN PGP ")
            }
        }
    }

    fn sign_with_ssh(&self, key: &Path, agent: bool, content: &[u8]) -> Result<String> {
        let mut command = Command::new(&self.program);
        command.args(["-Y", "sign", "-n", SSH_NAMESPACE, "-f"]).arg(key);
        if agent {
            command.arg("-U");
        }
        // Without it the passphrase of a key would be asked for on whatever terminal we were started from.
        command.env("SSH_ASKPASS_REQUIRE", "force");
        let (signature, _) = self.run(command, content)?;
        self.checked(signature, "-----BEGIN SSH SIGNATURE-----")
    }

    /// Runs the program and returns what it printed and said, if it says that all went well.
    fn run(&self, command: Command, content: &[u8]) -> Result<(String, String)> {
        let ended = program::run(command, content, self.limit, &self.cancellation);
        let ended = ended.map_err(|failure| match failure {
            program::Failure::Start(error) => self.failed(format!("start it: {error}")),
            program::Failure::Cancelled => {
                RepoError::Cancelled { attempt: format!("sign a commit with {}", self.name()) }
            }
            program::Failure::Late => {
                RepoError::SigningTimedOut { program: self.name(), seconds: self.limit.as_secs() }
            }
        })?;
        let said = String::from_utf8_lossy(&ended.said).into_owned();
        if ended.status.success() {
            return Ok((String::from_utf8_lossy(&ended.printed).into_owned(), said));
        }
        let words = words(&said);
        Err(self.failed(if words.is_empty() { ended.status.to_string() } else { words }))
    }

    fn checked(&self, signature: String, begin: &str) -> Result<String> {
        // Line endings of Windows would become part of the signature.
        let signature = signature.replace("\r\n", "\n");
        if signature.starts_with(begin) && !signature.contains('\0') {
            Ok(signature.trim_end().to_owned())
        } else {
            Err(self.failed("it printed no signature".to_owned()))
        }
    }

    fn failed(&self, reason: String) -> RepoError {
        RepoError::SigningFailed { program: self.name(), reason }
    }

    fn name(&self) -> String {
        self.program.display().to_string()
    }
}

/// Returns what a program said to people, without what it said to programs.
fn words(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.starts_with("[GNUPG:] ")).collect();
    plain_words(lines.join("\n").as_bytes())
}
