//! Runs other programs, and says what was attempted and what to do when one fails.

use anyhow::{Context, Result, bail};
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
};

/// Folders that Debian leaves out of an ordinary user's `PATH`.
const ADMIN_FOLDERS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Makes a command that runs in the checkout.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(crate::paths::root());
    command
}

/// Makes a call of the Cargo that started this program.
pub fn cargo() -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Makes a call of npm in `folder`, quiet about what is not an error.
pub fn npm(folder: &Path) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(folder).env("npm_config_fund", "false").env("npm_config_audit", "false");
    command
}

/// Runs `command` with its output on the terminal.
///
/// # Errors
/// When it cannot be started or fails; the message is `attempt`, the command line and `advice`.
pub fn run(command: &mut Command, attempt: &str, advice: &str) -> Result<()> {
    let status = start(command, attempt, advice)?;
    if status.success() {
        return Ok(());
    }
    bail!("{attempt}: `{}` ended with {}\n  {advice}", line(command), outcome(status));
}

/// Runs `command` and returns what it printed.
///
/// # Errors
/// As [`run`]; the message also holds what the command wrote to its standard error.
pub fn read(command: &mut Command, attempt: &str, advice: &str) -> Result<String> {
    let output =
        command.output().with_context(|| format!("{attempt}: start `{}`\n  {advice}", line(command)))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    bail!(
        "{attempt}: `{}` ended with {}\n{}\n  {advice}",
        line(command),
        outcome(output.status),
        said.trim()
    );
}

/// Runs `command` with its output on the terminal and returns how it ended.
///
/// # Errors
/// When it cannot be started.
pub fn start(command: &mut Command, attempt: &str, advice: &str) -> Result<ExitStatus> {
    command.status().with_context(|| format!("{attempt}: start `{}`\n  {advice}", line(command)))
}

/// Finds a program by name as the shell would, and in the administrator's folders.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(ADMIN_FOLDERS.iter().map(PathBuf::from))
        .map(|folder| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
        .find(|candidate| candidate.is_file())
}

/// The command line as a person would type it.
pub fn line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy();
            if word.is_empty() || word.contains([' ', '\n', '"', '$']) {
                format!("'{word}'")
            } else {
                word.into_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn outcome(status: ExitStatus) -> String {
    status.code().map_or_else(|| status.to_string(), |code| format!("status {code}"))
}
