//! Ctrl-C, which is heard also where it comes while nobody waits for it.
//!
//! From the first listener on, the system no longer ends the program by itself, so that one that was made
//! anew for each wait would let an interrupt between two of them go by.

use std::future::pending;
#[cfg(unix)]
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC as Stream, ctrl_c};

/// The interrupts that come from its making on.
pub(crate) struct Interrupts {
    stream: Option<Stream>,
    heard: bool,
}

impl Interrupts {
    /// Listens from now on. Where the system allows no listener, it ends the program as usual.
    pub(crate) fn listen() -> Self {
        #[cfg(unix)]
        let stream = signal(SignalKind::interrupt());
        #[cfg(windows)]
        let stream = ctrl_c();
        Self { stream: stream.ok(), heard: false }
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        // A stream ends, and there is none, only where nothing more can come.
        let came = match &mut self.stream {
            Some(stream) => stream.recv().await,
            None => None,
        };
        if came.is_none() {
            pending().await
        }
        self.heard = true;
    }

    /// Whether one came that was waited for, after which nothing new is begun.
    pub(crate) fn were_heard(&self) -> bool {
        self.heard
    }
}
