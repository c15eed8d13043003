//! Tries what the locks forbid, because a lock that was only installed is not known to hold.
//!
//! Each attempt is harmless should it work: a program that does not exist is executed, a child ends
//! at once, a descriptor is closed.

use std::ffi::CStr;

use libc::{c_int, c_long};

/// Something forbidden, and how to try it.
pub struct Attempt {
    /// What is tried, as shown to people.
    pub name: &'static str,
    /// Whether it is Landlock that forbids it, rather than seccomp.
    pub landlock: bool,
    /// Tries it; true means it was refused.
    pub refused: fn() -> bool,
}

/// Everything that is tried before the program serves.
pub const ATTEMPTS: [Attempt; 8] = [
    Attempt { name: "run a program", landlock: false, refused: execute },
    Attempt { name: "start a process", landlock: false, refused: start_process },
    Attempt { name: "open a network socket", landlock: false, refused: network_socket },
    Attempt { name: "open a unix socket", landlock: false, refused: unix_socket },
    Attempt { name: "make a file in memory", landlock: false, refused: memory_file },
    Attempt { name: "map executable memory", landlock: false, refused: executable_memory },
    Attempt { name: "open a path past openat2", landlock: false, refused: plain_open },
    Attempt { name: "open a path outside the workspace", landlock: true, refused: open_outside },
];

/// Tries everything; answers with what was refused and what was not.
pub fn attempt_all(landlock: bool) -> (Vec<String>, Vec<String>) {
    ATTEMPTS
        .iter()
        .filter(|attempt| landlock || !attempt.landlock)
        .map(|attempt| (attempt.name.to_owned(), (attempt.refused)()))
        .fold((Vec::new(), Vec::new()), |(mut held, mut broken), (name, refused)| {
            if refused {
                held.push(name)
            } else {
                broken.push(name)
            }
            (held, broken)
        })
}

fn execute() -> bool {
    let none: *const *const libc::c_char = std::ptr::null();
    // SAFETY: the path is a valid string that names nothing, so even an allowed call returns.
    let outcome = unsafe { libc::syscall(libc::SYS_execve, c"".as_ptr(), none, none) };
    failed_with(outcome, libc::EPERM)
}

fn start_process() -> bool {
    // SAFETY: a plain fork; a child that comes to be ends at once, touching nothing it shares.
    let outcome = unsafe { libc::syscall(libc::SYS_clone, c_long::from(libc::SIGCHLD), 0, 0, 0, 0) };
    if outcome == 0 {
        // SAFETY: ends the child without running anything of the parent's.
        unsafe { libc::_exit(0) };
    }
    if outcome > 0 {
        let mut status: c_int = 0;
        // SAFETY: waits for the child just made; `status` outlives the call.
        unsafe { libc::waitpid(outcome as libc::pid_t, &raw mut status, 0) };
        return false;
    }
    failed_with(outcome, libc::EPERM)
}

fn network_socket() -> bool {
    socket(libc::AF_INET)
}

fn unix_socket() -> bool {
    socket(libc::AF_UNIX)
}

fn socket(family: c_int) -> bool {
    // SAFETY: takes no pointers.
    let outcome = unsafe { libc::syscall(libc::SYS_socket, family, libc::SOCK_STREAM, 0) };
    refused_or_close(outcome, libc::EPERM)
}

fn memory_file() -> bool {
    // SAFETY: the name is a valid string.
    let outcome = unsafe { libc::syscall(libc::SYS_memfd_create, c"probe".as_ptr(), 0) };
    refused_or_close(outcome, libc::EPERM)
}

fn executable_memory() -> bool {
    let protection = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new anonymous mapping overlaps nothing that is in use.
    let page = unsafe { libc::mmap(std::ptr::null_mut(), 4096, protection, flags, -1, 0) };
    if page == libc::MAP_FAILED {
        return true;
    }
    // SAFETY: unmaps exactly what was just mapped.
    unsafe { libc::munmap(page, 4096) };
    false
}

fn plain_open() -> bool {
    let path: &CStr = c"/";
    let flags = libc::O_RDONLY | libc::O_CLOEXEC;
    // SAFETY: the path is a valid string.
    let outcome = unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path.as_ptr(), flags) };
    refused_or_close(outcome, libc::EPERM)
}

fn open_outside() -> bool {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
    openat2(
        CWD,
        c"/",
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::empty(),
    )
    .is_err()
}

/// Whether the call failed, and with the errno that the filter gives.
fn failed_with(outcome: c_long, errno: c_int) -> bool {
    outcome < 0 && std::io::Error::last_os_error().raw_os_error() == Some(errno)
}

fn refused_or_close(outcome: c_long, errno: c_int) -> bool {
    if outcome >= 0 {
        // SAFETY: closes the descriptor that the call just made.
        unsafe { libc::close(outcome as c_int) };
        return false;
    }
    failed_with(outcome, errno)
}
