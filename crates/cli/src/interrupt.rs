//! What asks the program to end, which is heard also where it comes while nobody waits for it: Ctrl-C, and on
//! Unix the request to terminate and the end of the terminal.
//!
//! From the first listener on, the system no longer ends the program by itself, so that one that was made
//! anew for each wait would let an interrupt between two of them go by.

use crate::exit::Exit;
use crate::print;
use std::future::pending;
use std::process;
#[cfg(unix)]
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC as Stream, ctrl_c};
use tokio::sync::mpsc;

/// The interrupt that comes from its making on.
pub(crate) struct Interrupts {
    told: mpsc::Receiver<()>,
    heard: bool,
}

impl Interrupts {
    /// Listens from now on, as long as the program runs: another Ctrl-C ends it at once, also while it closes.
    pub(crate) fn listen() -> Self {
        let (tell, told) = mpsc::channel(1);
        tokio::spawn(pass_on(Sources::listen(), tell));
        Self { told, heard: false }
    }

    /// Waits for it.
    pub(crate) async fn next(&mut self) {
        if self.told.recv().await.is_none() {
            pending().await
        }
        self.heard = true;
    }

    /// Whether one came that was waited for, after which nothing new is begun.
    pub(crate) fn were_heard(&self) -> bool {
        self.heard
    }
}

/// Passes the first one on. What is done about it may wait for a container engine, a server or a keychain, so
/// that whoever presses Ctrl-C again has waited long enough. Only that counts: the system may well ask twice.
async fn pass_on(mut sources: Sources, tell: mpsc::Sender<()>) {
    sources.any().await;
    let _ = tell.try_send(());
    next_of(&mut sources.ctrl_c).await;
    print::aside("Ended at once; what was at work is put in order at the next start.");
    process::exit(Exit::Interrupted as i32)
}

/// Where it can come from. What the system allows no listener for ends the program as usual.
struct Sources {
    ctrl_c: Option<Stream>,
    terminate: Option<Stream>,
    hang_up: Option<Stream>,
}

impl Sources {
    #[cfg(unix)]
    fn listen() -> Self {
        Self {
            ctrl_c: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
            // What was started to outlive its terminal goes on: a listener would undo that.
            hang_up: if outlives_its_terminal() { None } else { signal(SignalKind::hangup()).ok() },
        }
    }

    #[cfg(windows)]
    fn listen() -> Self {
        Self { ctrl_c: ctrl_c().ok(), terminate: None, hang_up: None }
    }

    async fn any(&mut self) {
        tokio::select! {
            () = next_of(&mut self.ctrl_c) => {}
            () = next_of(&mut self.terminate) => {}
            () = next_of(&mut self.hang_up) => {}
        }
    }
}

/// Waits for the next one of a stream, which ends, and is missing, only where nothing more can come.
async fn next_of(stream: &mut Option<Stream>) {
    let came = match stream {
        Some(stream) => stream.recv().await,
        None => None,
    };
    if came.is_none() {
        pending().await
    }
}

/// Whether the end of the terminal is ignored, as `nohup` has it, or cannot be known to be heard.
#[cfg(unix)]
fn outlives_its_terminal() -> bool {
    std::fs::read_to_string("/proc/self/status").map_or(true, |status| ignores_hang_up(&status))
}

/// Whether the ignored signals in a process's status hold the first, which is that of the terminal's end.
#[cfg(unix)]
fn ignores_hang_up(status: &str) -> bool {
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_none_or(|mask| mask & 1 == 1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::ignores_hang_up;

    #[test]
    fn what_was_started_to_outlive_its_terminal_is_told_apart() {
        let status = |mask| format!("Name:\tanchorctl\nSigBlk:\t0000000000000000\nSigIgn:\t{mask}\n");
        assert!(ignores_hang_up(&status("0000000000001001")));
        assert!(!ignores_hang_up(&status("0000000000001000")));
        assert!(ignores_hang_up("Name:\tanchorctl\n"));
    }
}
