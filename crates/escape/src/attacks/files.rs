//! Files outside the workspace, and files that are no files, by the one way to open them that the
//! filter allows.

use std::ffi::{CStr, CString};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::AsRawFd;

use crate::Layer::*;
use crate::ground::{Attack, Ground, WORKSPACE};
use crate::system::{call, open, open_at, read_some, without_effect};

const CREATE: i32 = libc::O_WRONLY | libc::O_CREAT;
const HERE: usize = libc::AT_FDCWD as usize;

pub const ATTACKS: &[Attack] = &[
    Attack::new("read a file outside", "its content", &[Landlock], read_left).prepared(leave_file),
    Attack::new("list the root folder", "the image", &[Landlock], list_root),
    Attack::new("go through /proc/self/root", "the root folder", &[Landlock], proc_self_root),
    Attack::new("go upwards from the workspace by ..", "the root folder", &[Landlock], upwards),
    Attack::new(
        "read what the kernel tells of the machine (/proc)",
        "hardware, mounts, load",
        &[Landlock],
        kernel_facts,
    ),
    Attack::new("read what the kernel tells of devices (/sys)", "hardware", &[Landlock], device_facts),
    Attack::new("use an open folder that was left behind", "what lies in it", &[Landlock], left_behind)
        .prepared(leave_behind),
    Attack::new("plant a file in the root folder", "a changed image", &[Landlock, User, ReadOnlyRoot], plant),
    Attack::new("write a file in /tmp", "room outside the quota", &[Landlock], write_tmp),
    Attack::new("write a file in /dev/shm", "memory outside the quota", &[Landlock, Ipc], write_shm),
    Attack::new("make a folder outside", "a changed system", &[Landlock], make_folder),
    Attack::new("make a symlink outside", "a changed system", &[Landlock], make_symlink),
    Attack::new("remove a file outside", "a changed system", &[Landlock], remove).prepared(leave_file),
    Attack::new("move a file outside", "a changed system", &[Landlock], rename).prepared(leave_file),
    Attack::new(
        "write a setting of the kernel (/proc/sys)",
        "the host",
        &[Landlock, User, MaskedPaths],
        core_pattern,
    ),
    Attack::new("press the kernel's keys (/proc/sysrq-trigger)", "the machine", &[Landlock], sysrq)
        .seldom(&[libc::ENOENT]),
    Attack::new("read the kernel's memory (/proc/kcore)", "all secrets", &[Landlock], kcore)
        .seldom(&[libc::ENOENT]),
    Attack::new(
        "make a node of a device and read it",
        "the host's disks and log",
        &[Seccomp, Landlock, GivenUp, Capabilities, User, Devices],
        device,
    )
    .prepared(remove_device),
    Attack::new(
        "read a node of a device that is there",
        "the host's disks and log",
        &[Devices],
        device_there,
    )
    .prepared(leave_device)
    .needs_root(),
    Attack::new(
        "make a node of no device by a rename (whiteout)",
        "a file that is none",
        &[Seccomp],
        whiteout,
    )
    .prepared(leave_source),
    Attack::new("make a pipe (mknod)", "readers that wait for ever", &[Seccomp, Landlock], fifo),
    Attack::new("make a socket file (mknod)", "a way to talk", &[Seccomp, Landlock], socket_file),
    Attack::new("give a file a second name (link)", "room outside the quota", &[Seccomp], link)
        .prepared(leave_source),
    Attack::new("give a file without a name one (linkat)", "a file nobody checked", &[Seccomp], link_open),
    Attack::new(
        "give a file away (chown)",
        "files of others",
        &[Seccomp, GivenUp, Capabilities, User],
        chown,
    )
    .prepared(leave_source),
    Attack::new("hide words beside a file (setxattr)", "room outside the quota", &[Seccomp], attribute)
        .prepared(leave_source)
        .absent(&[libc::EOPNOTSUPP]),
];

fn read_left(_: &Ground) -> io::Result<()> {
    read_some(LEFT)
}

fn list_root(_: &Ground) -> io::Result<()> {
    list(&open(c"/", libc::O_RDONLY | libc::O_DIRECTORY)?)
}

fn list(folder: &impl AsRawFd) -> io::Result<()> {
    let mut entries = [0_u8; 1024];
    let arguments = [folder.as_raw_fd() as usize, entries.as_mut_ptr() as usize, entries.len()];
    match call(libc::SYS_getdents64, arguments)? {
        0 => Err(without_effect()),
        _ => Ok(()),
    }
}

fn proc_self_root(_: &Ground) -> io::Result<()> {
    list(&open(c"/proc/self/root/", libc::O_RDONLY | libc::O_DIRECTORY)?)
}

fn upwards(ground: &Ground) -> io::Result<()> {
    let folder = ground.held.first().ok_or(io::ErrorKind::NotFound)?.as_raw_fd();
    list(&open_at(folder, c"../..", libc::O_RDONLY | libc::O_DIRECTORY, 0)?)
}

fn kernel_facts(_: &Ground) -> io::Result<()> {
    read_some(c"/proc/cpuinfo")
}

fn device_facts(_: &Ground) -> io::Result<()> {
    read_some(c"/sys/devices/system/cpu/online")
}

fn leave_behind(ground: &mut Ground) -> io::Result<()> {
    leave_file(ground)?;
    ground.held.push(File::open("/tmp")?.into());
    Ok(())
}

fn left_behind(ground: &Ground) -> io::Result<()> {
    let mut byte = [0];
    let mut file = open_at(ground.held()?.as_raw_fd(), c"left", libc::O_RDONLY, 0)?;
    file.read_exact(&mut byte)
}

fn plant(_: &Ground) -> io::Result<()> {
    open_at(libc::AT_FDCWD, c"/planted", CREATE, 0o644).map(drop)
}

fn write_tmp(_: &Ground) -> io::Result<()> {
    open_at(libc::AT_FDCWD, c"/tmp/planted", CREATE, 0o644).map(drop)
}

fn write_shm(_: &Ground) -> io::Result<()> {
    open_at(libc::AT_FDCWD, c"/dev/shm/planted", CREATE, 0o644).map(drop)
}

fn make_folder(_: &Ground) -> io::Result<()> {
    call(libc::SYS_mkdirat, [HERE, c"/tmp/folder".as_ptr() as usize, 0o755]).map(drop)
}

fn make_symlink(_: &Ground) -> io::Result<()> {
    let (target, path) = (c"/".as_ptr() as usize, c"/tmp/symlink".as_ptr() as usize);
    call(libc::SYS_symlinkat, [target, HERE, path]).map(drop)
}

const LEFT: &CStr = c"/tmp/left";

fn leave_file(_: &mut Ground) -> io::Result<()> {
    fs::write("/tmp/left", "words")
}

fn remove(_: &Ground) -> io::Result<()> {
    call(libc::SYS_unlinkat, [HERE, LEFT.as_ptr() as usize, 0]).map(drop)
}

fn rename(_: &Ground) -> io::Result<()> {
    let (from, to) = (LEFT.as_ptr() as usize, c"/tmp/moved".as_ptr() as usize);
    call(libc::SYS_renameat2, [HERE, from, HERE, to, 0]).map(drop)
}

/// The program that the kernel runs, outside every container, when a process crashes.
fn core_pattern(_: &Ground) -> io::Result<()> {
    open(c"/proc/sys/kernel/core_pattern", libc::O_WRONLY).map(drop)
}

fn sysrq(_: &Ground) -> io::Result<()> {
    open(c"/proc/sysrq-trigger", libc::O_WRONLY).map(drop)
}

fn kcore(_: &Ground) -> io::Result<()> {
    read_some(c"/proc/kcore")
}

const DEVICE: &CStr = c"/workspace/device";

fn remove_device(_: &mut Ground) -> io::Result<()> {
    let _ = fs::remove_file(Ground::path("device"));
    Ok(())
}

/// The kernel's log, which has the same number everywhere and takes no harm.
fn make_device() -> io::Result<()> {
    let (mode, number) = ((libc::S_IFCHR | 0o600) as usize, libc::makedev(1, 11) as usize);
    call(libc::SYS_mknodat, [HERE, DEVICE.as_ptr() as usize, mode, number]).map(drop)
}

fn device(ground: &Ground) -> io::Result<()> {
    make_device()?;
    device_there(ground)
}

fn leave_device(ground: &mut Ground) -> io::Result<()> {
    remove_device(ground)?;
    make_device()
}

fn device_there(_: &Ground) -> io::Result<()> {
    let mut record = [0; 8192];
    open(DEVICE, libc::O_RDONLY | libc::O_NONBLOCK)?.read(&mut record).map(drop)
}

fn leave_source(ground: &mut Ground) -> io::Result<()> {
    for name in ["source", "moved", "second"] {
        let _ = fs::remove_file(Ground::path(name));
    }
    ground.held.push(File::create(Ground::path("source"))?.into());
    Ok(())
}

const SOURCE: &CStr = c"/workspace/source";

fn whiteout(_: &Ground) -> io::Result<()> {
    let to = c"/workspace/moved".as_ptr() as usize;
    call(libc::SYS_renameat2, [HERE, SOURCE.as_ptr() as usize, HERE, to, libc::RENAME_WHITEOUT as usize])
        .map(drop)
}

fn fifo(_: &Ground) -> io::Result<()> {
    make_node("pipe", libc::S_IFIFO)
}

fn socket_file(_: &Ground) -> io::Result<()> {
    make_node("socket", libc::S_IFSOCK)
}

fn make_node(name: &str, kind: u32) -> io::Result<()> {
    let path = CString::new(format!("{WORKSPACE}/{name}"))?;
    call(libc::SYS_mknodat, [HERE, path.as_ptr() as usize, (kind | 0o600) as usize, 0]).map(drop)
}

fn link(_: &Ground) -> io::Result<()> {
    let to = c"/workspace/second".as_ptr() as usize;
    call(libc::SYS_linkat, [HERE, SOURCE.as_ptr() as usize, HERE, to, 0]).map(drop)
}

fn link_open(_: &Ground) -> io::Result<()> {
    let file = open_at(libc::AT_FDCWD, c"/workspace", libc::O_TMPFILE | libc::O_RDWR, 0o600)?;
    let path = CString::new(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    let to = c"/workspace/nameless".as_ptr() as usize;
    let arguments = [HERE, path.as_ptr() as usize, HERE, to, libc::AT_SYMLINK_FOLLOW as usize];
    call(libc::SYS_linkat, arguments).map(drop)
}

fn chown(_: &Ground) -> io::Result<()> {
    call(libc::SYS_fchownat, [HERE, SOURCE.as_ptr() as usize, 1234, 1234, 0]).map(drop)
}

fn attribute(ground: &Ground) -> io::Result<()> {
    let file = ground.held()?.as_raw_fd() as usize;
    let (name, words) = (c"user.words".as_ptr() as usize, c"words".as_ptr() as usize);
    call(libc::SYS_fsetxattr, [file, name, words, 5, 0]).map(drop)
}
