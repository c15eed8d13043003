//! What the user's git configuration says about signing.
//!
//! Only the system's and the user's own files are read, never those of a repository: a repository could
//! name a program. Settings under `includeIf "gitdir:…"` do not count either, as there is no folder.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};

use anchorhold_domain::{Fault, Signing};
use git2::{Config, ErrorCode};

use super::{Key, PATIENCE, Signer};
use crate::aside::Cancellation;
use crate::error::{RepoError, Result};

/// Where programs are besides `PATH`, which is short for a program that was not started from a shell.
const USUAL_FOLDERS: [&str; 4] =
    ["/usr/local/bin", "/opt/homebrew/bin", "/usr/local/MacGPG2/bin", "/usr/bin"];

/// The settings that decide whether and how commits are signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SigningConfig {
    wanted: bool,
    format: Option<String>,
    key: Option<String>,
    gpg: Option<String>,
    ssh: Option<String>,
    key_command: bool,
    /// The setting that cannot be read.
    unreadable: Option<&'static str>,
}

/// Says how a commit by `email` would be signed, as the user's git configuration has it.
#[must_use]
pub fn signing(email: &str) -> Signing {
    SigningConfig::of_user().signing(email)
}

impl SigningConfig {
    /// Reads the system's and the user's configuration.
    #[must_use]
    pub fn of_user() -> Self {
        Config::open_default().map(|config| Self::read(&config)).unwrap_or_else(|_| Self::broken("all of it"))
    }

    /// Reads one file in place of them.
    #[must_use]
    pub fn of_file(path: &Path) -> Self {
        Config::open(path).map(|config| Self::read(&config)).unwrap_or_else(|_| Self::broken("all of it"))
    }

    /// Says how a commit by `email` would be signed.
    #[must_use]
    pub fn signing(&self, email: &str) -> Signing {
        match self.signer(email) {
            Ok(None) => Signing::Off,
            Ok(Some(signer)) => signer.describe(),
            Err(error) => Signing::Impossible {
                fault: Fault {
                    code: error.code().to_owned(),
                    message: error.to_string(),
                    hint: error.hint(),
                },
            },
        }
    }

    /// Returns what signs a commit by `email`; `None` where the user does not sign.
    ///
    /// # Errors
    /// [`RepoError::SigningImpossible`] where the user does, and it cannot be done.
    pub fn signer(&self, email: &str) -> Result<Option<Signer>> {
        if let Some(setting) = self.unreadable {
            return impossible(
                format!("{setting} cannot be read"),
                "mend the setting in your git configuration",
            );
        }
        if !self.wanted {
            return Ok(None);
        }
        let (key, program) = match self.format.as_deref().unwrap_or("openpgp") {
            "openpgp" => (self.gpg_key(email)?, self.gpg.as_deref().unwrap_or("gpg")),
            "ssh" => (self.ssh_key()?, self.ssh.as_deref().unwrap_or("ssh-keygen")),
            "x509" => {
                return impossible(
                    "gpg.format is x509, which is not supported".to_owned(),
                    "set gpg.format to ssh or openpgp, or commit.gpgsign to false",
                );
            }
            other => {
                return impossible(
                    format!("gpg.format is {other:?}, which git does not know"),
                    "set gpg.format to ssh or openpgp",
                );
            }
        };
        Ok(Some(Signer {
            program: find(program)?,
            key,
            limit: PATIENCE,
            cancellation: Cancellation::default(),
        }))
    }

    fn read(config: &Config) -> Self {
        let text = |name| match config.get_string(name) {
            Ok(value) if value.is_empty() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(_) => Err(name),
        };
        let wanted = match config.get_bool("commit.gpgsign") {
            Err(error) if error.code() == ErrorCode::NotFound => Ok(false),
            other => other.map_err(|_| "commit.gpgsign"),
        };
        let read = || {
            // Git reads both names into one setting; the one that names the format is the newer.
            let gpg = match text("gpg.openpgp.program")? {
                Some(program) => Some(program),
                None => text("gpg.program")?,
            };
            Ok(Self {
                wanted: wanted?,
                format: text("gpg.format")?,
                key: text("user.signingkey")?,
                gpg,
                ssh: text("gpg.ssh.program")?,
                key_command: text("gpg.ssh.defaultKeyCommand")?.is_some(),
                unreadable: None,
            })
        };
        read().unwrap_or_else(Self::broken)
    }

    fn broken(setting: &'static str) -> Self {
        Self { unreadable: Some(setting), ..Self::default() }
    }

    fn gpg_key(&self, email: &str) -> Result<Key> {
        // In angle brackets it is that address and no other that contains it.
        let user = self.key.clone().unwrap_or_else(|| format!("<{email}>"));
        if user.starts_with('-') {
            return impossible(
                format!("user.signingkey is {user:?}, which is no key"),
                "set user.signingkey to the id of your key, as `gpg --list-secret-keys` shows it",
            );
        }
        Ok(Key::Gpg { user, named: self.key.clone() })
    }

    fn ssh_key(&self) -> Result<Key> {
        let Some(named) = self.key.clone() else {
            return match self.key_command {
                true => impossible(
                    "the key is chosen by gpg.ssh.defaultKeyCommand, which is not run here".to_owned(),
                    "set user.signingkey to the key that the command prints",
                ),
                false => impossible(
                    "gpg.format is ssh, but user.signingkey is not set".to_owned(),
                    "set user.signingkey to the path of your ssh key",
                ),
            };
        };
        // The second form is the older one, which git still takes.
        let literal = named.strip_prefix("key::").or_else(|| named.starts_with("ssh-").then_some(&*named));
        if let Some(line) = literal {
            return Ok(Key::SshLiteral { line: line.to_owned() });
        }
        let path = expand(&named);
        if !path.is_absolute() || !path.is_file() {
            return impossible(
                format!("the key {named} of user.signingkey is not there"),
                "set user.signingkey to the whole path of your ssh key",
            );
        }
        Ok(Key::SshFile { path, named })
    }
}

fn impossible<T>(reason: String, hint: &'static str) -> Result<T> {
    Err(RepoError::SigningImpossible { reason, hint })
}

/// Finds a program as a shell would, so that one that is missing is told before a push.
fn find(program: &str) -> Result<PathBuf> {
    let path = expand(program);
    let is_bare = path.components().count() == 1 && !program.contains(std::path::MAIN_SEPARATOR);
    let found = if is_bare {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&folders)
            .filter(|folder| folder.is_absolute())
            .chain(USUAL_FOLDERS.map(PathBuf::from))
            .flat_map(|folder| [folder.join(format!("{program}{EXE_SUFFIX}")), folder.join(program)])
            .find(|file| file.is_file())
    } else {
        Some(path).filter(|path| path.is_absolute() && path.is_file())
    };
    match found {
        Some(found) => Ok(found),
        None => impossible(
            format!("there is no program {program}"),
            "install it, or name it by its whole path in gpg.program or gpg.ssh.program",
        ),
    }
}

/// Puts the home folder in place of a leading `~`.
fn expand(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
