//! Running a program that may never end: with input, bounded output and a time limit.
//!
//! When its time is up, or nobody wants it any more, the program is ended with all that it started. Nothing waits for it after that.

use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::aside::Cancellation;

/// The most that is kept of each output; a signature has about 1 KiB.
const MOST_KEPT: u64 = 64 * 1024;
/// How often one looks whether a program that closed its outputs has ended, too.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// How often one looks whether a program that says nothing is still wanted.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// What the program gets of our environment, by name: where things are, whom to ask, which language.
const PASSED_ON: [&str; 39] = [
    "APPDATA",
    "COMSPEC",
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "GNUPGHOME",
    "GPG_TTY",
    "HOME",
    "HOMEDRIVE",
    "HOMEPATH",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
    "LOCALAPPDATA",
    "LOGNAME",
    "PATH",
    "PATHEXT",
    "PINENTRY_USER_DATA",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "SHELL",
    "SSH_ASKPASS",
    "SSH_AUTH_SOCK",
    "SSH_SK_HELPER",
    "SSH_SK_PROVIDER",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TERM",
    "TMP",
    "TMPDIR",
    "USER",
    "USERPROFILE",
    "WAYLAND_DISPLAY",
    "WINDIR",
    "XAUTHORITY",
    "XDG_DATA_DIRS",
    "XDG_RUNTIME_DIR",
];

/// How a program ended, and what it left.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// Its standard output.
    pub(super) printed: Vec<u8>,
    /// Its standard error.
    pub(super) said: Vec<u8>,
}

/// Why there is no [`Ended`].
#[derive(Debug)]
pub(super) enum Failure {
    /// It could not be started or read.
    Start(io::Error),
    /// It did not end in time.
    Late,
    /// Nobody wants it to end any more.
    Cancelled,
}

/// How long a program may take.
struct Patience<'a> {
    until: Instant,
    cancellation: &'a Cancellation,
}

impl Patience<'_> {
    fn check(&self) -> std::result::Result<(), Failure> {
        if self.cancellation.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        if Instant::now() >= self.until { Err(Failure::Late) } else { Ok(()) }
    }
}

/// Runs `command` with `input` until it ends, `limit` has passed or it is cancelled.
pub(super) fn run(
    mut command: Command,
    input: &[u8],
    limit: Duration,
    cancellation: &Cancellation,
) -> std::result::Result<Ended, Failure> {
    let patience = Patience { until: Instant::now() + limit, cancellation };
    patience.check()?;
    let kept: Vec<_> =
        command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
    command.env_clear();
    command.envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.envs(kept.into_iter().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    lead_a_group(&mut command);
    let mut running = Running { child: command.spawn().map_err(Failure::Start)? };
    let child = &mut running.child;
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Failure::Start(io::Error::other("its pipes are missing")));
    };
    let printed = read(stdout).map_err(Failure::Start)?;
    let said = read(stderr).map_err(Failure::Start)?;
    let input = input.to_vec();
    // The three threads end with the program, or with the pipes that are closed when it is ended.
    thread::Builder::new()
        .name("signing input".to_owned())
        // A program that does not read to the end has its reason, and says it.
        .spawn(move || {
            let _ = stdin.write_all(&input);
        })
        .map_err(Failure::Start)?;
    let printed = wait(&printed, &patience)?;
    let said = wait(&said, &patience)?;
    loop {
        if let Some(status) = running.child.try_wait().map_err(Failure::Start)? {
            return Ok(Ended { status, printed, said });
        }
        patience.check()?;
        thread::sleep(LOOK_EVERY);
    }
}

/// Reads a pipe to its end on a thread of its own, keeping the beginning.
fn read(mut pipe: impl Read + Send + 'static) -> io::Result<Receiver<Vec<u8>>> {
    let (told, hears) = sync_channel(1);
    thread::Builder::new().name("signing output".to_owned()).spawn(move || {
        let mut kept = Vec::new();
        let _ = pipe.by_ref().take(MOST_KEPT).read_to_end(&mut kept);
        let _ = io::copy(&mut pipe, &mut io::sink());
        let _ = told.send(kept);
    })?;
    Ok(hears)
}

fn wait(hears: &Receiver<Vec<u8>>, patience: &Patience<'_>) -> std::result::Result<Vec<u8>, Failure> {
    loop {
        patience.check()?;
        let left = patience.until.saturating_duration_since(Instant::now());
        match hears.recv_timeout(left.min(ASK_EVERY)) {
            Ok(read) => return Ok(read),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(Failure::Late),
        }
    }
}

/// A program that does not outlive its caller's interest in it.
struct Running {
    child: Child,
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        end_group(&mut self.child);
        let _ = self.child.wait();
    }
}

/// Makes the program and all that it starts one group, which can be ended together.
#[cfg(unix)]
fn lead_a_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn lead_a_group(_: &mut Command) {}

#[cfg(unix)]
fn end_group(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // It is not waited for yet, so that its number still means this group.
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
}

#[cfg(not(unix))]
fn end_group(child: &mut Child) {
    let _ = child.kill();
}
