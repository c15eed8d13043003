//! The token of an installed `gh`, GitHub's own command line, asked of it as a user would.

use super::error::{Result, SignInError};
use super::host::Host;
use super::tokens::is_token;
use anchorhold_secrets::Secret;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// Longer than a keychain needs that is open; one that asks for its password is not waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest output that is read, in bytes.
const LARGEST: u64 = 8 << 10;

/// The program `gh`.
#[derive(Clone, Debug)]
pub struct Gh {
    program: PathBuf,
    patience: Duration,
}

impl Default for Gh {
    fn default() -> Self {
        Self::at("gh".into(), PATIENCE)
    }
}

impl Gh {
    /// The one that is found as `program`, which is given so much time for each answer.
    #[must_use]
    pub fn at(program: PathBuf, patience: Duration) -> Self {
        Self { program, patience }
    }

    /// Returns its token for `host`, not yet checked.
    ///
    /// # Errors
    /// [`SignInError::GhMissing`], [`SignInError::GhSignedOut`], [`SignInError::GhElsewhere`],
    /// [`SignInError::GhSilent`], [`SignInError::GhBroken`].
    pub async fn token(&self, host: &Host) -> Result<Secret> {
        let name = host.name();
        if let Some(token) = self.ask(name, ["auth", "token", "--hostname", name]).await? {
            return Ok(token);
        }
        // What it has elsewhere is not kept: it only tells which of the two is the matter.
        match self.ask(name, ["auth", "token"]).await? {
            Some(_) => Err(SignInError::GhElsewhere { host: name.to_owned() }),
            None => Err(SignInError::GhSignedOut { host: name.to_owned() }),
        }
    }

    /// Runs it, without a shell; `None` where it says that it has no token. What it prints as an error is not
    /// read.
    async fn ask<S: AsRef<OsStr>>(
        &self,
        host: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<Option<Secret>> {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("GH_PROMPT_DISABLED", "1").env("GH_NO_UPDATE_NOTIFIER", "1");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let run = async {
            let mut child = command.spawn()?;
            let mut printed = String::new();
            if let Some(stdout) = child.stdout.take() {
                stdout.take(LARGEST).read_to_string(&mut printed).await?;
            }
            let printed = Secret::new(printed);
            Ok((child.wait().await?, printed))
        };
        let host = || host.to_owned();
        match timeout(self.patience, run).await {
            Err(_) => Err(SignInError::GhSilent { host: host(), patience: self.patience }),
            Ok(Err(error)) => Err(broken(host(), error)),
            Ok(Ok((status, printed))) => {
                let token = printed.expose().trim();
                Ok((status.success() && is_token(token)).then(|| Secret::new(token.to_owned())))
            }
        }
    }
}

fn broken(host: String, source: std::io::Error) -> SignInError {
    if source.kind() == ErrorKind::NotFound {
        SignInError::GhMissing { host }
    } else {
        SignInError::GhBroken { host, source }
    }
}
