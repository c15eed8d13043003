//! Programs that a test starts: found, waited for, and ended with all that they started themselves.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process_group};

/// How long a program may take to come up.
pub(crate) const START_TIMEOUT: Duration = Duration::from_secs(20);
/// Another program can take a free port between our look and the server's start.
pub(crate) const ATTEMPTS: usize = 5;

/// A program with all that it starts.
pub(crate) struct Group {
    child: Child,
    ended: bool,
}

impl Group {
    /// Starts `command`, whose output goes nowhere unless it says where for its errors.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let child = command
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("start {:?}", command.get_program()))?;
        Ok(Self { child, ended: false })
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// Ends it, if that has not happened yet.
    pub(crate) fn end(&mut self) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        // The leader is not waited for yet, so that its number still means this group.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // Nothing can be done about a group that is gone already.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// Finds a program that an ordinary user's `PATH` may not lead to.
pub(crate) fn program(name: &str, package: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/opt/homebrew/bin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(usual)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .with_context(|| format!("{name} is missing: install the package {package}"))
}

/// Looks again and again until `ready` says so.
pub(crate) fn wait_until(what: &str, mut ready: impl FnMut() -> bool) -> Result<()> {
    let begin = Instant::now();
    while !ready() {
        ensure!(begin.elapsed() < START_TIMEOUT, "wait until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Returns a port that nobody listens on at this moment.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
