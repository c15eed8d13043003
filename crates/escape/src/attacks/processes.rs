//! Processes: making more of them, and reaching others.

use std::ffi::CString;
use std::io::{self, Read, Seek, SeekFrom};

use libc::c_int;

use crate::Layer::*;
use crate::ground::{Attack, Ground, SECRET};
use crate::system::{call, descriptor, open, read_some, without_effect};

/// More than a cell may have, and few enough for any machine.
const MANY: usize = 64;
const NEW_PROCESS: usize = libc::SIGCHLD as usize;

pub const ATTACKS: &[Attack] = &[
    #[cfg(target_arch = "x86_64")]
    Attack::new("fork", "a second process", &[Seccomp], fork),
    #[cfg(target_arch = "x86_64")]
    Attack::new("vfork", "a second process", &[Seccomp], vfork),
    Attack::new("clone", "a second process", &[Seccomp], clone),
    Attack::new("clone3", "a second process", &[Seccomp], clone3).absent(&[libc::ENOSYS]),
    Attack::new("start a thread", "races against the bridge's own checks", &[Seccomp], thread),
    Attack::new("start very many processes", "the host's process table", &[Seccomp, Pids], fork_bomb),
    Attack::new("trace another process", "its memory and its rights", &[Seccomp, Landlock], trace),
    Attack::new("ask to be traced", "a process steered by its parent", &[Seccomp], traced),
    Attack::new("read another process's memory", "its secrets", &[Seccomp, Landlock], read_memory),
    Attack::new("write another process's memory", "its obedience", &[Seccomp, Landlock], write_memory),
    Attack::new("take another process's open file", "its files", &[Seccomp, Landlock], take_file)
        .absent(&[libc::ENOSYS]),
    Attack::new("signal another process (kill)", "its end", &[Seccomp, Landlock], kill),
    Attack::new("signal another process (tgkill)", "its end", &[Seccomp, Landlock], tgkill),
    Attack::new("signal another process (queued)", "its end", &[Seccomp, Landlock], sigqueue),
    Attack::new("signal another process (pidfd)", "its end", &[Seccomp, Landlock], pidfd_signal)
        .absent(&[libc::ENOSYS]),
    Attack::new("read /proc/N/environ of another process", "its secrets", &[Landlock], environment),
    Attack::new("read /proc/N/mem of another process", "its secrets", &[Landlock], proc_memory),
    Attack::new("enter /proc/N/root of another process", "its files", &[Landlock], proc_root),
    Attack::new(
        "read the environment of a process of the host's",
        "the host's secrets",
        &[Landlock, PidNamespace],
        host_process,
    ),
    Attack::new(
        "enter the root of a process of the host's",
        "the host's files",
        &[Landlock, PidNamespace],
        host_root,
    ),
];

/// The child of whatever made one ends at once.
fn process(outcome: io::Result<usize>) -> io::Result<()> {
    if let Ok(0) = outcome {
        // SAFETY: ends the child, which shares nothing that matters.
        unsafe { libc::_exit(0) };
    }
    outcome.map(drop)
}

#[cfg(target_arch = "x86_64")]
fn fork(_: &Ground) -> io::Result<()> {
    process(call(libc::SYS_fork, []))
}

#[cfg(target_arch = "x86_64")]
fn vfork(_: &Ground) -> io::Result<()> {
    let outcome: i64;
    // SAFETY: the child shares our memory and stack, and ends by the next instructions, touching
    // neither; we go on when it has.
    unsafe {
        std::arch::asm!(
            "syscall", "test rax, rax", "jnz 2f", "mov eax, 60", "xor edi, edi", "syscall", "2:",
            inlateout("rax") libc::SYS_vfork => outcome, out("rcx") _, out("r11") _, out("rdi") _,
        );
    }
    if outcome < 0 { Err(io::Error::from_raw_os_error(-outcome as c_int)) } else { Ok(()) }
}

fn clone(_: &Ground) -> io::Result<()> {
    process(call(libc::SYS_clone, [NEW_PROCESS, 0, 0, 0, 0]))
}

fn clone3(_: &Ground) -> io::Result<()> {
    // The fifth of eight numbers is the signal for the parent.
    let arguments: [u64; 8] = [0, 0, 0, 0, libc::SIGCHLD as u64, 0, 0, 0];
    process(call(libc::SYS_clone3, [arguments.as_ptr() as usize, size_of_val(&arguments)]))
}

fn thread(_: &Ground) -> io::Result<()> {
    let thread = std::thread::Builder::new().spawn(|| {})?;
    thread.join().map_err(|_| without_effect())
}

fn fork_bomb(_: &Ground) -> io::Result<()> {
    for _ in 0..MANY {
        if call(libc::SYS_clone, [NEW_PROCESS, 0, 0, 0, 0])? == 0 {
            loop {
                // SAFETY: waits for the signal by which the suite ends the whole group.
                unsafe { libc::pause() };
            }
        }
    }
    Ok(())
}

fn trace(ground: &Ground) -> io::Result<()> {
    let victim = ground.victim as usize;
    call(libc::SYS_ptrace, [libc::PTRACE_ATTACH as usize, victim, 0, 0])?;
    // SAFETY: waits for the victim to stop, then lets it go.
    unsafe { libc::waitpid(ground.victim, std::ptr::null_mut(), libc::__WALL) };
    call(libc::SYS_ptrace, [libc::PTRACE_DETACH as usize, victim, 0, 0]).map(drop)
}

fn traced(_: &Ground) -> io::Result<()> {
    call(libc::SYS_ptrace, [libc::PTRACE_TRACEME as usize, 0, 0, 0]).map(drop)
}

fn across(number: libc::c_long, ground: &Ground, ours: &mut [u8; 16]) -> io::Result<()> {
    let here = libc::iovec { iov_base: ours.as_mut_ptr().cast(), iov_len: 16 };
    let there = libc::iovec { iov_base: ground.buffer as *mut libc::c_void, iov_len: 16 };
    let arguments = [ground.victim as usize, &raw const here as usize, 1, &raw const there as usize, 1, 0];
    match call(number, arguments)? {
        16 => Ok(()),
        _ => Err(without_effect()),
    }
}

fn read_memory(ground: &Ground) -> io::Result<()> {
    let mut read = [0; 16];
    across(libc::SYS_process_vm_readv, ground, &mut read)?;
    if read == SECRET { Ok(()) } else { Err(without_effect()) }
}

fn write_memory(ground: &Ground) -> io::Result<()> {
    let mut words = SECRET;
    across(libc::SYS_process_vm_writev, ground, &mut words)
}

fn victims_descriptor(ground: &Ground) -> io::Result<std::os::fd::OwnedFd> {
    descriptor(libc::SYS_pidfd_open, [ground.victim as usize, 0])
}

fn take_file(ground: &Ground) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let victim = victims_descriptor(ground)?;
    descriptor(libc::SYS_pidfd_getfd, [victim.as_raw_fd() as usize, 0, 0]).map(drop)
}

/// Ignored by whoever gets it, unless asked for.
const SIGNAL: usize = libc::SIGURG as usize;

fn kill(ground: &Ground) -> io::Result<()> {
    call(libc::SYS_kill, [ground.victim as usize, SIGNAL]).map(drop)
}

fn tgkill(ground: &Ground) -> io::Result<()> {
    call(libc::SYS_tgkill, [ground.victim as usize, ground.victim as usize, SIGNAL]).map(drop)
}

fn sigqueue(ground: &Ground) -> io::Result<()> {
    // SAFETY: plain data, for which all zeroes is a value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    info.si_signo = libc::SIGURG;
    info.si_code = libc::SI_QUEUE;
    call(libc::SYS_rt_sigqueueinfo, [ground.victim as usize, SIGNAL, &raw const info as usize]).map(drop)
}

fn pidfd_signal(ground: &Ground) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let victim = victims_descriptor(ground)?;
    call(libc::SYS_pidfd_send_signal, [victim.as_raw_fd() as usize, SIGNAL, 0, 0]).map(drop)
}

fn proc(pid: libc::pid_t, name: &str) -> io::Result<CString> {
    Ok(CString::new(format!("/proc/{pid}/{name}"))?)
}

fn environment(ground: &Ground) -> io::Result<()> {
    open(&proc(ground.victim, "environ")?, libc::O_RDONLY).map(drop)
}

fn proc_memory(ground: &Ground) -> io::Result<()> {
    let mut memory = open(&proc(ground.victim, "mem")?, libc::O_RDONLY)?;
    memory.seek(SeekFrom::Start(ground.buffer as u64))?;
    let mut read = [0; 16];
    memory.read_exact(&mut read)?;
    if read == SECRET { Ok(()) } else { Err(without_effect()) }
}

fn proc_root(ground: &Ground) -> io::Result<()> {
    open(&proc(ground.victim, "root/tmp")?, libc::O_RDONLY | libc::O_DIRECTORY).map(drop)
}

/// A process of the host's, where the container sees one.
fn engines(ground: &Ground, name: &str) -> io::Result<CString> {
    match ground.engine {
        0 => Err(io::Error::from_raw_os_error(libc::ESRCH)),
        pid => proc(pid, name),
    }
}

fn host_process(ground: &Ground) -> io::Result<()> {
    read_some(&engines(ground, "environ")?)
}

fn host_root(ground: &Ground) -> io::Result<()> {
    open(&engines(ground, "root/etc")?, libc::O_RDONLY | libc::O_DIRECTORY).map(drop)
}
