//! The locks that the program puts on itself before it reads a byte, and the proof that they hold.
//!
//! Landlock first, then seccomp, since the filter allows no further Landlock call. Both bind the
//! calling thread and what it would start, so the program must still be single-threaded. A kernel
//! without Landlock is reported; without seccomp, or with a Landlock that does not hold, the program
//! must not serve.

pub mod drop;
pub mod landlock;
pub mod probe;
pub mod seccomp;

use std::os::fd::BorrowedFd;

use crate::protocol::LockReport;

/// Why the program must not serve.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The process could still gain privileges.
    #[error("give up gaining privileges")]
    NoNewPrivileges(#[source] std::io::Error),
    /// The process would keep capabilities.
    #[error("give up capabilities")]
    Capabilities(#[source] std::io::Error),
    /// The ruleset was not accepted although the kernel has Landlock.
    #[error("restrict the file system with landlock")]
    Landlock(#[from] ::landlock::RulesetError),
    /// The filter could not be built.
    #[error("build the system call filter")]
    Filter(#[from] seccompiler::BackendError),
    /// The filter was not accepted.
    #[error("install the system call filter")]
    Seccomp(#[from] seccompiler::Error),
    /// A lock is in place and something that it forbids still worked.
    #[error("the locks do not hold: {} still works", .0.join(", "))]
    DoesNotHold(Vec<String>),
}

/// Locks the calling thread in, leaving only what lies beneath `root`, and tries the locks.
pub fn seal(root: BorrowedFd<'_>) -> Result<LockReport, LockError> {
    rustix::thread::set_no_new_privs(true).map_err(|error| LockError::NoNewPrivileges(error.into()))?;
    drop::privileges().map_err(LockError::Capabilities)?;
    let landlock = landlock::restrict(root)?;
    seccomp::restrict()?;
    let (held, broken) = probe::attempt_all(landlock.is_some());
    if !broken.is_empty() {
        return Err(LockError::DoesNotHold(broken));
    }
    Ok(LockReport { seccomp: true, landlock, refused: held })
}
