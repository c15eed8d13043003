//! The system call filter: an allowlist of what reading and writing files takes.
//!
//! What is not on the list answers `EPERM` rather than ending the process, so that the locks can be
//! tried from inside and a bug becomes a refusal the host can read. No `openat`: every path goes
//! through `openat2`, whose flags the program sets. Memory is never executable.

use std::collections::BTreeMap;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use super::LockError;

const ALLOWED: [libc::c_long; 37] = [
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fchmod,
    libc::SYS_fstat,
    libc::SYS_ftruncate,
    libc::SYS_futex,
    libc::SYS_getdents64,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_mkdirat,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_newfstatat,
    libc::SYS_openat2,
    libc::SYS_pread64,
    libc::SYS_read,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_renameat2,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    libc::SYS_statx,
    libc::SYS_symlinkat,
    libc::SYS_unlinkat,
    libc::SYS_write,
    libc::SYS_writev,
];

/// Installs the filter on the calling thread.
pub fn restrict() -> Result<(), LockError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().map(|number| (*number, Vec::new())).collect();
    let not_executable =
        SeccompRule::new(vec![argument(2, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), 0)?])?;
    rules.insert(libc::SYS_mmap, vec![not_executable.clone()]);
    rules.insert(libc::SYS_mprotect, vec![not_executable]);
    // A rename may refuse to replace, and nothing else: it could leave a device node behind (whiteout).
    let other_flags = u64::from(!libc::RENAME_NOREPLACE);
    let plain = SeccompRule::new(vec![argument(4, SeccompCmpOp::MaskedEq(other_flags), 0)?])?;
    rules.insert(libc::SYS_renameat2, vec![plain]);
    // The standard library's debug builds ask whether a descriptor is open before they close it.
    let questions = [libc::F_GETFD, libc::F_GETFL]
        .into_iter()
        .map(|command| SeccompRule::new(vec![argument(1, SeccompCmpOp::Eq, command as u64)?]))
        .collect::<Result<Vec<_>, _>>()?;
    rules.insert(libc::SYS_fcntl, questions);

    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Errno(libc::EPERM as u32),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)?;
    Ok(())
}

fn argument(index: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value)
}
