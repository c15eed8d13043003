//! The kernel: mounts, name spaces, and the parts of it that were holes before.
//!
//! What would harm the machine is aimed at nothing: it counts as a success to get past the kernel's
//! check of rights to its check of the nonsense that was asked.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};

use libc::{c_int, c_long};

use crate::Layer::*;
use crate::ground::{Attack, Ground};
use crate::system::{call, descriptor, errno};

const NONE: &[c_int] = &[libc::ENOSYS];

pub const ATTACKS: &[Attack] = &[
    Attack::new(
        "mount a file system",
        "files of any kind, hidden rules",
        &[Seccomp, Landlock, GivenUp, Capabilities, User],
        mount,
    )
    .prepared(mount_point),
    Attack::new(
        "the same by the new calls (fsopen)",
        "files of any kind",
        &[Seccomp, Landlock, GivenUp, Capabilities, User],
        fsopen,
    )
    .prepared(mount_point),
    Attack::new(
        "copy a mount (open_tree)",
        "a mount without its rules",
        &[Seccomp, GivenUp, Capabilities, User],
        open_tree,
    ),
    Attack::new("unmount", "what a mount hides", &[Seccomp, GivenUp, Capabilities, User], unmount)
        .prepared(mount_point),
    Attack::new("leave for a name space of its own (unshare)", "rights in it", &[Seccomp], unshare),
    Attack::new("start a process in a user name space", "root in it", &[Seccomp], clone_user),
    Attack::new(
        "enter a name space (setns)",
        "another container",
        &[Seccomp, GivenUp, Capabilities, User],
        setns,
    )
    .prepared(open_name_space),
    Attack::new("io_uring", "calls that no filter sees", &[Seccomp], io_uring).absent(NONE),
    Attack::new("load a program into the kernel (bpf)", "the kernel", &[Seccomp], bpf).absent(NONE),
    Attack::new("keep a key in the kernel (add_key)", "memory outside the limits", &[Seccomp], add_key)
        .absent(NONE),
    Attack::new("ask for a key (request_key)", "a program run by the kernel", &[Seccomp], request_key)
        .absent(NONE),
    Attack::new("reach the session's keys (keyctl)", "others' keys", &[Seccomp], keyctl).absent(NONE),
    Attack::new("handle page faults (userfaultfd)", "races won in the kernel", &[Seccomp], userfaultfd)
        .absent(NONE),
    Attack::new("count events (perf_event_open)", "others' secrets by their timing", &[Seccomp], perf)
        .absent(NONE),
    Attack::new(
        "watch all files (fanotify)",
        "others' files",
        &[Seccomp, GivenUp, Capabilities, User],
        fanotify,
    )
    .absent(NONE),
    Attack::new(
        "open a file by its number (open_by_handle_at)",
        "any file of the disk",
        &[Seccomp, GivenUp, Capabilities, User],
        by_handle,
    )
    .prepared(take_handle),
    Attack::new("load a kernel module", "the kernel", &[Seccomp], module).seldom(NONE),
    Attack::new("load another kernel (kexec)", "the machine", &[Seccomp], kexec).seldom(NONE),
    Attack::new("add swap", "the machine's memory", &[Seccomp, GivenUp, Capabilities, User], swap)
        .absent(NONE),
    Attack::new("restart the machine", "the machine", &[Seccomp, GivenUp, Capabilities, User], reboot),
    Attack::new(
        "name the machine anew",
        "what others believe",
        &[Seccomp, GivenUp, Capabilities, User],
        host_name,
    ),
    Attack::new("set the clock", "what others believe", &[Seccomp, GivenUp, Capabilities, User], clock),
    Attack::new("read the kernel's log", "addresses and names", &[Seccomp], kernel_log).absent(NONE),
    #[cfg(target_arch = "x86_64")]
    Attack::new("reach the machine's ports (iopl)", "the machine", &[Seccomp], ports).seldom(NONE),
    #[cfg(target_arch = "x86_64")]
    Attack::new(
        "call by the 32-bit table",
        "what a filter of 64-bit numbers lets through",
        &[Seccomp],
        old_table,
    ),
    Attack::new("type into a terminal (TIOCSTI)", "commands of whoever sits there", &[Seccomp], type_in)
        .prepared(open_terminal)
        .absent(&[libc::EIO]),
    Attack::new("be told of a folder's changes by a signal (fcntl)", "signals to others", &[Seccomp], notify)
        .prepared(open_folder),
    Attack::new("put a further filter on (seccomp)", "answers in the kernel's place", &[Seccomp], filter),
];

/// What the kernel says once it finds that we may: the nonsense is the only thing wrong.
fn let_through(outcome: io::Result<usize>, nonsense: &[c_int]) -> io::Result<()> {
    match outcome {
        Err(error) if nonsense.iter().any(|number| error.raw_os_error() == Some(*number)) => Ok(()),
        outcome => outcome.map(drop),
    }
}

fn mount_point(_: &mut Ground) -> io::Result<()> {
    std::fs::create_dir_all(Ground::path("mount"))
}

fn mount(_: &Ground) -> io::Result<()> {
    let (kind, target) = (c"tmpfs".as_ptr() as usize, c"/workspace/mount".as_ptr() as usize);
    call(libc::SYS_mount, [kind, target, kind, 0, 0]).map(drop)
}

fn fsopen(_: &Ground) -> io::Result<()> {
    let made = descriptor(libc::SYS_fsopen, [c"tmpfs".as_ptr() as usize, 1])?;
    const CREATE: usize = 6;
    call(libc::SYS_fsconfig, [made.as_raw_fd() as usize, CREATE, 0, 0, 0])?;
    let mount = descriptor(libc::SYS_fsmount, [made.as_raw_fd() as usize, 1, 0])?;
    let empty = c"".as_ptr() as usize;
    let here = c"/workspace/mount".as_ptr() as usize;
    const FROM_DESCRIPTOR: usize = 4;
    let target = libc::AT_FDCWD as usize;
    call(libc::SYS_move_mount, [mount.as_raw_fd() as usize, empty, target, here, FROM_DESCRIPTOR]).map(drop)
}

fn open_tree(_: &Ground) -> io::Result<()> {
    const CLONE: usize = 1;
    descriptor(libc::SYS_open_tree, [libc::AT_FDCWD as usize, c"/workspace".as_ptr() as usize, CLONE])
        .map(drop)
}

fn unmount(_: &Ground) -> io::Result<()> {
    // No mount is there, which is only said to those who may unmount.
    let_through(call(libc::SYS_umount2, [c"/workspace/mount".as_ptr() as usize, 0]), &[libc::EINVAL])
}

fn unshare(_: &Ground) -> io::Result<()> {
    call(libc::SYS_unshare, [libc::CLONE_NEWNS as usize])
        .or_else(|_| call(libc::SYS_unshare, [(libc::CLONE_NEWUSER | libc::CLONE_NEWNS) as usize]))
        .map(drop)
}

fn clone_user(_: &Ground) -> io::Result<()> {
    let flags = libc::CLONE_NEWUSER | libc::SIGCHLD;
    if call(libc::SYS_clone, [flags as usize, 0, 0, 0, 0])? == 0 {
        // SAFETY: ends the child, which shares nothing.
        unsafe { libc::_exit(0) };
    }
    Ok(())
}

fn open_name_space(ground: &mut Ground) -> io::Result<()> {
    ground.held.push(File::open("/proc/self/ns/uts")?.into());
    Ok(())
}

fn setns(ground: &Ground) -> io::Result<()> {
    call(libc::SYS_setns, [ground.held()?.as_raw_fd() as usize, 0]).map(drop)
}

fn io_uring(_: &Ground) -> io::Result<()> {
    let parameters = [0_u8; 120];
    descriptor(libc::SYS_io_uring_setup, [1, parameters.as_ptr() as usize]).map(drop)
}

fn bpf(_: &Ground) -> io::Result<()> {
    // An array of one number.
    let mut map = [0_u32; 32];
    map[..4].copy_from_slice(&[2, 4, 4, 1]);
    descriptor(libc::SYS_bpf, [0, map.as_ptr() as usize, size_of_val(&map)]).map(drop)
}

/// The keys of this process alone.
const OWN_KEYS: usize = -2_isize as usize;

fn add_key(_: &Ground) -> io::Result<()> {
    let (kind, name) = (c"user".as_ptr() as usize, c"escape".as_ptr() as usize);
    call(libc::SYS_add_key, [kind, name, name, 6, OWN_KEYS]).map(drop)
}

fn request_key(_: &Ground) -> io::Result<()> {
    let (kind, name) = (c"user".as_ptr() as usize, c"escape-that-is-not-there".as_ptr() as usize);
    let_through(call(libc::SYS_request_key, [kind, name, 0, 0]), &[libc::ENOKEY])
}

fn keyctl(_: &Ground) -> io::Result<()> {
    const GET_KEYRING: usize = 0;
    call(libc::SYS_keyctl, [GET_KEYRING, OWN_KEYS, 1]).map(drop)
}

fn userfaultfd(_: &Ground) -> io::Result<()> {
    const USER_MODE_ONLY: usize = 1;
    descriptor(libc::SYS_userfaultfd, [USER_MODE_ONLY]).map(drop)
}

fn perf(_: &Ground) -> io::Result<()> {
    // How long this process has run: a software event, user mode only.
    let mut event = [0_u64; 16];
    event[0] = 1 | (size_of_val(&event) as u64) << 32;
    event[1] = 1;
    event[5] = 1 << 5 | 1 << 6;
    descriptor(libc::SYS_perf_event_open, [event.as_ptr() as usize, 0, usize::MAX, usize::MAX, 0]).map(drop)
}

fn fanotify(_: &Ground) -> io::Result<()> {
    descriptor(libc::SYS_fanotify_init, [0, 0]).map(drop)
}

#[repr(C)]
struct Handle {
    bytes: u32,
    kind: i32,
    content: [u8; 128],
}

fn name_to_handle(path: &std::ffi::CStr) -> io::Result<Handle> {
    let mut handle = Handle { bytes: 128, kind: 0, content: [0; 128] };
    let mut mount: c_int = 0;
    let arguments = [
        libc::AT_FDCWD as usize,
        path.as_ptr() as usize,
        &raw mut handle as usize,
        &raw mut mount as usize,
        0,
    ];
    call(libc::SYS_name_to_handle_at, arguments)?;
    Ok(handle)
}

fn take_handle(ground: &mut Ground) -> io::Result<()> {
    ground.held.push(File::open(crate::ground::WORKSPACE)?.into());
    Ok(())
}

fn by_handle(ground: &Ground) -> io::Result<()> {
    let handle = name_to_handle(c"/workspace")?;
    let disk = ground.held()?.as_raw_fd() as usize;
    descriptor(libc::SYS_open_by_handle_at, [disk, &raw const handle as usize, libc::O_RDONLY as usize])
        .map(drop)
}

fn module(_: &Ground) -> io::Result<()> {
    let nothing = [0_u8; 64];
    let outcome = call(libc::SYS_init_module, [nothing.as_ptr() as usize, 64, c"".as_ptr() as usize]);
    let_through(outcome, &[libc::ENOEXEC])
}

fn kexec(_: &Ground) -> io::Result<()> {
    let_through(call(libc::SYS_kexec_load, [0, 0, 0, usize::MAX]), &[libc::EINVAL])
}

fn swap(_: &Ground) -> io::Result<()> {
    let_through(call(libc::SYS_swapon, [c"/nothing".as_ptr() as usize, 0]), &[libc::ENOENT])
}

fn reboot(_: &Ground) -> io::Result<()> {
    // Without its magic numbers the call never does anything.
    let_through(call(libc::SYS_reboot, [0, 0, 0, 0]), &[libc::EINVAL])
}

fn host_name(_: &Ground) -> io::Result<()> {
    // Aimed at an address that cannot be read.
    let_through(call(libc::SYS_sethostname, [1, 4]), &[libc::EFAULT])
}

fn clock(_: &Ground) -> io::Result<()> {
    // SAFETY: plain data, for which all zeroes is a value: slew by nothing.
    let mut nothing: libc::timex = unsafe { std::mem::zeroed() };
    nothing.modes = libc::ADJ_OFFSET_SINGLESHOT;
    call(libc::SYS_adjtimex, [&raw mut nothing as usize]).map(drop)
}

fn kernel_log(_: &Ground) -> io::Result<()> {
    const READ_ALL: usize = 3;
    let text = [0_u8; 64];
    call(libc::SYS_syslog, [READ_ALL, text.as_ptr() as usize, text.len()]).map(drop)
}

#[cfg(target_arch = "x86_64")]
fn ports(_: &Ground) -> io::Result<()> {
    call(libc::SYS_iopl, [3]).map(drop)
}

/// Asks for the process's own number through the gate of 32-bit programs, where every call has
/// another number.
#[cfg(target_arch = "x86_64")]
fn old_table(_: &Ground) -> io::Result<()> {
    const OWN_NUMBER: i64 = 20;
    let outcome: i64;
    // SAFETY: the call takes nothing and changes nothing.
    unsafe {
        std::arch::asm!("int 0x80", inlateout("rax") OWN_NUMBER => outcome, out("r8") _, out("r9") _,
            out("r10") _, out("r11") _);
    }
    if outcome as u32 == std::process::id() { Ok(()) } else { Err(errno(-outcome as c_int)) }
}

fn open_terminal(ground: &mut Ground) -> io::Result<()> {
    // SAFETY: plain calls; the descriptors are new and owned at once.
    unsafe {
        libc::setsid();
        let master = libc::open(c"/dev/ptmx".as_ptr(), libc::O_RDWR);
        if master < 0 {
            return Err(io::Error::last_os_error());
        }
        let unlocked: c_int = 0;
        libc::ioctl(master, libc::TIOCSPTLCK, &raw const unlocked);
        let terminal = libc::ioctl(master, libc::TIOCGPTPEER, libc::O_RDWR);
        if terminal < 0 {
            return Err(io::Error::last_os_error());
        }
        libc::ioctl(terminal, libc::TIOCSCTTY, 0);
        ground.held.extend([master, terminal].map(|it| std::os::fd::OwnedFd::from_raw_fd(it)));
    }
    Ok(())
}

fn type_in(ground: &Ground) -> io::Result<()> {
    let letter = b"x";
    let terminal = ground.held()?.as_raw_fd() as usize;
    call(libc::SYS_ioctl, [terminal, libc::TIOCSTI as usize, letter.as_ptr() as usize]).map(drop)
}

fn open_folder(ground: &mut Ground) -> io::Result<()> {
    ground.held.push(File::open(crate::ground::WORKSPACE)?.into());
    Ok(())
}

fn notify(ground: &Ground) -> io::Result<()> {
    const CREATED: usize = 4;
    call(libc::SYS_fcntl, [ground.held()?.as_raw_fd() as usize, libc::F_NOTIFY as usize, CREATED]).map(drop)
}

fn filter(_: &Ground) -> io::Result<()> {
    let mut allow =
        libc::sock_filter { code: libc::BPF_RET as u16, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW };
    let program = libc::sock_fprog { len: 1, filter: &raw mut allow };
    let set: c_long = libc::SECCOMP_SET_MODE_FILTER.into();
    call(libc::SYS_seccomp, [set as usize, 0, &raw const program as usize]).map(drop)
}
