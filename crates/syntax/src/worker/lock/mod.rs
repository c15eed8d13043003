//! The locks that the worker puts on itself before it reads a byte.
//!
//! On Linux: no other descriptor, no capabilities and no way to gain any, a Landlock that allows no file
//! and no port, a filter of system calls that leaves reading, writing, memory and the end, and limits. A
//! kernel without Landlock or without filters is reported, and the process serves all the same; locks that
//! are there and do not hold end it. On other Unix systems: no other descriptor, and the limits. On Windows
//! it is a process of its own with an empty environment, and nothing more.

#[cfg(unix)]
mod limits;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod seccomp;

pub use crate::wire::Hello;

/// Why the worker must not serve.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// A limit was not accepted, or something could not be given up.
    #[error("give up what is not needed")]
    Given(#[from] std::io::Error),
    /// The ruleset was not accepted although the kernel has Landlock.
    #[cfg(target_os = "linux")]
    #[error("restrict the file system with landlock")]
    Landlock(#[from] ::landlock::RulesetError),
    /// The filter could not be built.
    #[cfg(target_os = "linux")]
    #[error("build the system call filter")]
    Filter(#[from] seccompiler::BackendError),
    /// A lock is in place and something that it forbids still worked.
    #[error("the locks do not hold: {} still works", .0.join(", "))]
    DoesNotHold(Vec<String>),
}

/// Locks the process in; answers with what could not be done.
///
/// # Errors
/// Where the worker must not serve.
#[cfg(target_os = "linux")]
pub fn lock_in() -> Result<Hello, LockError> {
    linux::lock_in()
}

/// Locks the process in as far as this system knows how.
///
/// # Errors
/// Where a limit was not accepted.
#[cfg(not(target_os = "linux"))]
pub fn lock_in() -> Result<Hello, LockError> {
    #[cfg(unix)]
    limits::set(None)?;
    let missing = vec!["this system has no locks that a process can put on itself".to_owned()];
    Ok(Hello { missing, refused: Vec::new() })
}
