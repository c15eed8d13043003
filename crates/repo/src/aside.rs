//! Work of the library that its caller may leave behind.
//!
//! A server that says nothing is waited for inside of the library, where nobody is heard. So the library gets
//! a thread, and who does not want to wait any more goes: the thread ends when the server says something or
//! the library's own time is up.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::error::{RepoError, Result};

/// How often one looks whether the work is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Tells work that blocks that nobody wants it any more. Clones are one.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// Ends the work soon; it cannot be taken back.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work is to end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Does `work` on a thread of its own and waits for it until `leave` says that nobody does any more.
///
/// # Errors
/// Those of `work`, and [`RepoError::Cancelled`] where it was left behind or never begun.
pub(crate) fn aside<T: Send + 'static>(
    attempt: &str,
    leave: impl Fn() -> bool,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let cancelled = || Err(RepoError::Cancelled { attempt: attempt.to_owned() });
    if leave() {
        return cancelled();
    }
    let (ends, ended) = mpsc::channel::<()>();
    let thread = thread::Builder::new()
        .name("push".to_owned())
        .spawn(move || {
            // Dropped when this ends, however it ends.
            let _ends = ends;
            work()
        })
        .map_err(|source| RepoError::Thread { attempt: attempt.to_owned(), source })?;
    while ended.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
        if leave() {
            return cancelled();
        }
    }
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}
