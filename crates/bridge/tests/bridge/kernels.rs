//! Kernels that lack a lock, and kernels that only pretend to have one.
//!
//! Each is played by a filter on the thread that starts the bridge, which answers the calls that put
//! the locks on. That the same bridge serves without such a filter is the control.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use anchorhold_bridge::exit;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use crate::host::{Bridge, PROGRAM};

/// The call did what it was asked for, says a kernel that did nothing.
const PRETENDS: i32 = 0;

/// Has the kernel answer these calls in this way, for the calling thread and what it starts.
fn answers(calls: &[libc::c_long], errno: i32) {
    let rules = calls.iter().map(|call| (*call, Vec::new())).collect::<BTreeMap<_, _>>();
    let machine = std::env::consts::ARCH.try_into().unwrap();
    let answer = SeccompAction::Errno(errno.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, answer, machine).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
}

fn on_a_kernel<T: Send + 'static>(
    calls: &'static [libc::c_long],
    errno: i32,
    act: impl FnOnce() -> T + Send + 'static,
) -> T {
    let thread = std::thread::spawn(move || {
        answers(calls, errno);
        act()
    });
    thread.join().unwrap()
}

/// The bridge does not serve there, and says why.
#[track_caller]
fn check_refuses(calls: &'static [libc::c_long], errno: i32, expected: &str) {
    let output = on_a_kernel(calls, errno, || {
        let folder = tempfile::tempdir().unwrap();
        let mut bridge = Command::new(PROGRAM);
        bridge.arg("--root").arg(folder.path()).stdin(Stdio::null()).output().unwrap()
    });
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(i32::from(exit::LOCKS)), "{said}");
    assert!(said.contains(expected), "{said}");
    assert_eq!(output.stdout, b"", "nothing was served");
}

#[test]
fn with_both_locks_it_serves_and_says_so() {
    let locks = Bridge::start().hello().locks;
    assert!(locks.seccomp && locks.landlock.is_some());
    assert!(locks.refused.contains(&"open a path outside the workspace".to_owned()));
}

#[test]
fn without_landlock_it_serves_and_says_that_it_has_none() {
    let locks =
        on_a_kernel(&[libc::SYS_landlock_create_ruleset], libc::ENOSYS, || Bridge::start().hello().locks);
    assert_eq!((locks.seccomp, locks.landlock), (true, None));
    assert!(!locks.refused.contains(&"open a path outside the workspace".to_owned()));
    assert!(locks.refused.contains(&"run a program".to_owned()));
}

#[test]
fn a_landlock_that_is_there_and_does_not_hold_is_refused() {
    check_refuses(
        &[libc::SYS_landlock_restrict_self],
        PRETENDS,
        "the locks do not hold: open a path outside the workspace still works",
    );
}

#[test]
fn without_a_system_call_filter_nothing_is_served() {
    check_refuses(&[libc::SYS_seccomp], libc::ENOSYS, "install the system call filter");
}

#[test]
fn a_system_call_filter_that_does_not_hold_is_refused() {
    check_refuses(&[libc::SYS_seccomp], PRETENDS, "the locks do not hold: run a program, start a process");
}
