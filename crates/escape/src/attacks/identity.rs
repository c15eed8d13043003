//! Rights: becoming somebody else, or more than one is.

use std::io;

use crate::Layer::*;
use crate::ground::{Attack, Ground};
use crate::system::{call, open};

pub const ATTACKS: &[Attack] = &[
    Attack::new(
        "become another user (setuid)",
        "that user's files",
        &[Seccomp, GivenUp, Capabilities, User],
        set_user,
    ),
    Attack::new(
        "become another group (setgid)",
        "that group's files",
        &[Seccomp, GivenUp, Capabilities, User],
        set_group,
    ),
    Attack::new(
        "join groups (setgroups)",
        "those groups' files",
        &[Seccomp, GivenUp, Capabilities, User],
        set_groups,
    ),
    Attack::new(
        "take the right to administer (capset)",
        "root's rights",
        &[Seccomp, GivenUp, Capabilities, User],
        set_capabilities,
    ),
    Attack::new(
        "change the root folder (chroot)",
        "set-id programs deceived",
        &[Seccomp, GivenUp, Capabilities, User],
        chroot,
    ),
    Attack::new(
        "exchange the root folder (pivot_root)",
        "another root",
        &[Seccomp, GivenUp, Capabilities, User],
        pivot_root,
    ),
    Attack::new("let itself be looked into (prctl)", "a way in for others", &[Seccomp], dumpable),
    Attack::new("keep capabilities over a change of user (prctl)", "root's rights", &[Seccomp], keep),
    Attack::new(
        "raise its priority",
        "the host's processor",
        &[Seccomp, GivenUp, Capabilities, User],
        priority,
    ),
    Attack::new("hold very many files open", "the host's file table", &[OpenFiles], open_files),
];

const OTHER: usize = 1234;

fn set_user(_: &Ground) -> io::Result<()> {
    call(libc::SYS_setresuid, [OTHER, OTHER, OTHER]).map(drop)
}

fn set_group(_: &Ground) -> io::Result<()> {
    call(libc::SYS_setresgid, [OTHER, OTHER, OTHER]).map(drop)
}

fn set_groups(_: &Ground) -> io::Result<()> {
    let groups = [OTHER as libc::gid_t];
    call(libc::SYS_setgroups, [1, groups.as_ptr() as usize]).map(drop)
}

fn set_capabilities(_: &Ground) -> io::Result<()> {
    // Version 3, this process; the right to administer, effective and permitted.
    let header = [0x2008_0522_u32, 0];
    const ADMINISTER: u32 = 1 << 21;
    let wanted = [ADMINISTER, ADMINISTER, 0, 0, 0, 0];
    call(libc::SYS_capset, [header.as_ptr() as usize, wanted.as_ptr() as usize]).map(drop)
}

fn chroot(_: &Ground) -> io::Result<()> {
    call(libc::SYS_chroot, [c"/workspace".as_ptr() as usize]).map(drop)
}

fn pivot_root(_: &Ground) -> io::Result<()> {
    // Paths that are not there, which is only said to those who may.
    let nothing = c"/nothing".as_ptr() as usize;
    match call(libc::SYS_pivot_root, [nothing, nothing]) {
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(()),
        outcome => outcome.map(drop),
    }
}

fn dumpable(_: &Ground) -> io::Result<()> {
    call(libc::SYS_prctl, [libc::PR_SET_DUMPABLE as usize, 1, 0, 0, 0]).map(drop)
}

fn keep(_: &Ground) -> io::Result<()> {
    call(libc::SYS_prctl, [libc::PR_SET_KEEPCAPS as usize, 1, 0, 0, 0]).map(drop)
}

fn priority(_: &Ground) -> io::Result<()> {
    call(libc::SYS_setpriority, [libc::PRIO_PROCESS as usize, 0, -5_isize as usize]).map(drop)
}

/// Twice as many as a cell may.
fn open_files(_: &Ground) -> io::Result<()> {
    let files: io::Result<Vec<_>> = (0..2048).map(|_| open(c"/workspace", libc::O_PATH)).collect();
    files.map(drop)
}
