//! The system call filter: an allowlist of what parsing takes.
//!
//! What is not on the list answers `EPERM`, so that the locks can be tried from inside. Nothing that takes
//! a path, an address or a process; memory is never executable.

use std::collections::BTreeMap;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use super::LockError;

const ALLOWED: [libc::c_long; 21] = [
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_read,
    libc::SYS_restart_syscall,
    // Without it the standard library's handler of a fault returns to the fault for ever.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_yield,
    libc::SYS_sigaltstack,
    libc::SYS_write,
    libc::SYS_writev,
];

/// Installs the filter on every thread; false where the kernel has no filters.
pub(super) fn restrict() -> Result<bool, LockError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().map(|number| (*number, Vec::new())).collect();
    let not_executable =
        SeccompRule::new(vec![argument(2, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), 0)?])?;
    rules.insert(libc::SYS_mmap, vec![not_executable.clone()]);
    rules.insert(libc::SYS_mprotect, vec![not_executable]);
    // The standard library's debug builds ask whether a descriptor is open before they close it.
    rules.insert(
        libc::SYS_fcntl,
        vec![SeccompRule::new(vec![argument(1, SeccompCmpOp::Eq, libc::F_GETFD as u64)?])?],
    );
    // An abort is a signal to the process itself, and without it goes round in a circle; to no other.
    let own = u64::from(std::process::id());
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![argument(0, SeccompCmpOp::Eq, own)?])?]);
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Errno(libc::EPERM as u32),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    // What was accepted is tried afterwards, so that nothing else has to be told apart here.
    Ok(seccompiler::apply_filter_all_threads(&program).is_ok())
}

fn argument(index: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value)
}
