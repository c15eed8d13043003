//! The locks, attacked from inside, and the same attacks without them.
//!
//! Both locks bind a thread, so each test seals a thread of its own and attacks from there.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use anchorhold_bridge::LockReport;
use anchorhold_bridge::lock::{probe, seal};

/// Runs `attack` on a thread of its own, sealed to an empty folder or not at all.
fn run<T: Send + 'static>(sealed: bool, attack: impl FnOnce() -> T + Send + 'static) -> T {
    let folder = tempfile::tempdir().unwrap();
    let root = File::open(folder.path()).unwrap();
    std::thread::spawn(move || {
        if sealed {
            seal(root.as_fd()).unwrap();
        }
        attack()
    })
    .join()
    .unwrap()
}

/// What happens with the locks, and without.
#[track_caller]
fn check(attack: fn() -> io::Result<()>) {
    let outcome = run(true, attack);
    assert!(outcome.is_err(), "it works although the locks are on");
    run(false, attack).unwrap();
}

fn outcome(value: libc::c_long) -> io::Result<libc::c_long> {
    if value < 0 { Err(io::Error::last_os_error()) } else { Ok(value) }
}

#[test]
fn a_program_cannot_be_run() {
    check(|| {
        let program = CString::new("/bin/true")?;
        let arguments = [program.as_ptr(), std::ptr::null()];
        // SAFETY: a plain fork whose child only executes or ends.
        let child = unsafe { libc::syscall(libc::SYS_clone, libc::c_long::from(libc::SIGCHLD), 0, 0, 0, 0) };
        if child == 0 {
            // SAFETY: the strings and the array outlive the call; on failure the child ends.
            unsafe {
                libc::execv(program.as_ptr(), arguments.as_ptr());
                libc::_exit(1);
            }
        }
        let child = outcome(child)?;
        let mut status = 0;
        // SAFETY: waits for the child just made.
        outcome(unsafe { libc::waitpid(child as libc::pid_t, &raw mut status, 0) }.into())?;
        if status == 0 { Ok(()) } else { Err(io::ErrorKind::Other.into()) }
    });
}

#[test]
fn execve_is_refused_by_itself_too() {
    let errno = |sealed| {
        run(sealed, || {
            let none: *const *const libc::c_char = std::ptr::null();
            // SAFETY: the path is valid and names nothing, so the call always returns.
            outcome(unsafe { libc::syscall(libc::SYS_execve, c"/nothing".as_ptr(), none, none) })
                .unwrap_err()
                .raw_os_error()
        })
    };
    assert_eq!(errno(true), Some(libc::EPERM));
    assert_eq!(errno(false), Some(libc::ENOENT));
}

#[test]
fn a_process_cannot_be_started() {
    check(|| {
        // SAFETY: a plain fork whose child ends at once.
        let child = unsafe { libc::syscall(libc::SYS_clone, libc::c_long::from(libc::SIGCHLD), 0, 0, 0, 0) };
        if child == 0 {
            // SAFETY: ends the child.
            unsafe { libc::_exit(0) };
        }
        let child = outcome(child)?;
        // SAFETY: waits for the child just made, whose status is not wanted.
        outcome(unsafe { libc::waitpid(child as libc::pid_t, std::ptr::null_mut(), 0) }.into())?;
        Ok(())
    });
}

#[test]
fn a_thread_cannot_be_started() {
    check(|| std::thread::Builder::new().spawn(|| {}).map(drop));
}

#[test]
fn no_socket_can_be_opened() {
    check(|| std::net::TcpListener::bind("127.0.0.1:0").map(drop));
    check(|| std::os::unix::net::UnixDatagram::unbound().map(drop));
}

#[test]
fn no_file_can_be_made_in_memory() {
    check(|| {
        // SAFETY: the name is a valid string.
        outcome(unsafe { libc::syscall(libc::SYS_memfd_create, c"x".as_ptr(), 0) })?;
        Ok(())
    });
}

#[test]
fn memory_cannot_be_made_executable() {
    check(|| {
        let map = |protection| {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            // SAFETY: a new anonymous mapping overlaps nothing.
            unsafe { libc::mmap(std::ptr::null_mut(), 4096, protection, flags, -1, 0) }
        };
        let page = map(libc::PROT_READ | libc::PROT_WRITE);
        assert_ne!(page, libc::MAP_FAILED);
        // SAFETY: changes only the page that was just mapped, which nothing uses.
        outcome(unsafe { libc::mprotect(page, 4096, libc::PROT_READ | libc::PROT_EXEC) }.into())?;
        Ok(())
    });
}

#[test]
fn nothing_outside_can_be_opened_not_even_by_openat2() {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
    check(|| File::open("/etc/passwd").map(drop));
    // This one is Landlock's alone; a kernel without it has the empty image and the path rules.
    let attack = || openat2(CWD, "/etc/passwd", OFlags::RDONLY, Mode::empty(), ResolveFlags::empty()).is_ok();
    let folder = tempfile::tempdir().unwrap();
    let root = File::open(folder.path()).unwrap();
    let report = |root: File| -> LockReport {
        std::thread::spawn(move || seal(root.as_fd()).unwrap()).join().unwrap()
    };
    assert_eq!(run(true, attack), report(root).landlock.is_none());
    assert!(run(false, attack));
}

#[test]
fn the_probes_hold_with_the_locks_and_fail_without() {
    let (held, broken) = run(true, || probe::attempt_all(false));
    assert_eq!((held.len(), broken.len()), (probe::ATTEMPTS.len() - 1, 0));
    let (held, broken) = run(false, || probe::attempt_all(true));
    assert_eq!((held.len(), broken.len()), (0, probe::ATTEMPTS.len()));
}
