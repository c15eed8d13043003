//! Raw system calls, as an attacker makes them, and the few bytes of machine code to prove that
//! something ran.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use libc::{c_int, c_long};

/// The status with which everything ends that an attack managed to run.
pub const RAN: i32 = 99;

/// Makes a system call.
///
/// Safe to call only because this program is the attacker: each caller hands over pointers that
/// outlive the call, and a process that it damages is a child made for that one attack.
pub fn call<const N: usize>(number: c_long, arguments: [usize; N]) -> io::Result<usize> {
    let mut all = arguments.iter().copied().chain(std::iter::repeat(0));
    let mut next = || all.next().unwrap_or_default();
    let (a, b, c, d, e, f) = (next(), next(), next(), next(), next(), next());
    // SAFETY: see above.
    let outcome = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    if outcome == -1 { Err(io::Error::last_os_error()) } else { Ok(outcome as usize) }
}

/// A call that answers with a new descriptor.
pub fn descriptor<const N: usize>(number: c_long, arguments: [usize; N]) -> io::Result<OwnedFd> {
    let descriptor = call(number, arguments)?;
    // SAFETY: the kernel just made it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as RawFd) })
}

/// An error with this number.
pub fn errno(number: c_int) -> io::Error {
    io::Error::from_raw_os_error(number)
}

/// A success that did not have the effect that was wanted.
pub fn without_effect() -> io::Error {
    errno(libc::EBADE)
}

#[repr(C)]
struct How {
    flags: u64,
    mode: u64,
    resolve: u64,
}

/// Opens a path by the one call that the bridge's filter allows, without any of the bridge's rules.
pub fn open(path: &CStr, flags: c_int) -> io::Result<File> {
    open_at(libc::AT_FDCWD, path, flags, 0)
}

/// The same, from a folder, with a mode for what is made.
pub fn open_at(folder: RawFd, path: &CStr, flags: c_int, mode: u32) -> io::Result<File> {
    let how = How { flags: (flags | libc::O_CLOEXEC) as u64, mode: mode.into(), resolve: 0 };
    let arguments = [folder as usize, path.as_ptr() as usize, &raw const how as usize, size_of::<How>()];
    Ok(descriptor(libc::SYS_openat2, arguments)?.into())
}

/// Opens a path and reads some of it, which must be something.
pub fn read_some(path: &CStr) -> io::Result<()> {
    use std::io::Read;
    let mut bytes = [0; 64];
    match open(path, libc::O_RDONLY)?.read(&mut bytes)? {
        0 => Err(without_effect()),
        _ => Ok(()),
    }
}

/// Runs a program by its path; answers only when that failed.
pub fn execute(path: &CStr, argument: &CStr) -> io::Result<()> {
    let words = [path.as_ptr(), argument.as_ptr(), std::ptr::null()];
    let environment: [*const libc::c_char; 1] = [std::ptr::null()];
    let arguments = [path.as_ptr() as usize, words.as_ptr() as usize, environment.as_ptr() as usize];
    call(libc::SYS_execve, arguments).map(drop)
}

/// Runs a program by `execveat`; answers only when that failed.
pub fn execute_at(folder: &impl AsRawFd, path: &CStr, flags: c_int) -> io::Result<()> {
    let words = [c"program".as_ptr(), std::ptr::null()];
    let environment: [*const libc::c_char; 1] = [std::ptr::null()];
    let arguments = [
        folder.as_raw_fd() as usize,
        path.as_ptr() as usize,
        words.as_ptr() as usize,
        environment.as_ptr() as usize,
        flags as usize,
    ];
    call(libc::SYS_execveat, arguments).map(drop)
}

/// Maps a page.
pub fn map(protection: c_int, flags: c_int, file: RawFd) -> io::Result<*mut u8> {
    let arguments = [0, 4096, protection as usize, flags as usize, file as usize, 0];
    call(libc::SYS_mmap, arguments).map(|address| address as *mut u8)
}

/// Writes [`CODE`] to a page that can be written.
pub fn write_code(page: *mut u8) {
    // SAFETY: the page was just mapped, is longer than the code, and nothing else uses it.
    unsafe { std::ptr::copy_nonoverlapping(CODE.as_ptr(), page, CODE.len()) };
}

/// Calls the code on a page; where the page is not executable the kernel ends this process.
pub fn run_code(page: *const u8) -> io::Result<()> {
    #[cfg(target_arch = "aarch64")]
    // SAFETY: makes the written instructions visible, touching nothing.
    unsafe {
        std::arch::asm!("dc cvau, {0}", "dsb ish", "ic ivau, {0}", "dsb ish", "isb", in(reg) page);
    }
    // SAFETY: the page holds CODE, a whole function.
    let code: extern "C" fn() -> i32 = unsafe { std::mem::transmute(page) };
    if code() == RAN { Ok(()) } else { Err(without_effect()) }
}

/// A function that answers [`RAN`].
#[cfg(target_arch = "x86_64")]
pub const CODE: [u8; 6] = [0xb8, 99, 0, 0, 0, 0xc3];
/// A function that answers [`RAN`].
#[cfg(target_arch = "aarch64")]
pub const CODE: [u8; 8] = [0x60, 0x0c, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6];

/// Ends the process with [`RAN`].
#[cfg(target_arch = "x86_64")]
const EXIT: [u8; 12] = [0xbf, 99, 0, 0, 0, 0xb8, 231, 0, 0, 0, 0x0f, 0x05];
/// Ends the process with [`RAN`].
#[cfg(target_arch = "aarch64")]
const EXIT: [u8; 12] = [0x60, 0x0c, 0x80, 0xd2, 0xc8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4];
#[cfg(target_arch = "x86_64")]
const MACHINE: u16 = 62;
#[cfg(target_arch = "aarch64")]
const MACHINE: u16 = 183;

/// The smallest program that ends with [`RAN`]: one header, one segment, three instructions.
pub fn tiny_program() -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    const HEADERS: u64 = 64 + 56;
    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    let half = |elf: &mut Vec<u8>, value: u16| elf.extend_from_slice(&value.to_le_bytes());
    let word = |elf: &mut Vec<u8>, value: u32| elf.extend_from_slice(&value.to_le_bytes());
    let long = |elf: &mut Vec<u8>, value: u64| elf.extend_from_slice(&value.to_le_bytes());
    half(&mut elf, 2); // an executable
    half(&mut elf, MACHINE);
    word(&mut elf, 1);
    long(&mut elf, BASE + HEADERS); // where it begins
    long(&mut elf, 64); // where the segments are described
    long(&mut elf, 0);
    word(&mut elf, 0);
    for value in [64, 56, 1, 0, 0, 0] {
        half(&mut elf, value);
    }
    let length = HEADERS + EXIT.len() as u64;
    word(&mut elf, 1); // a segment to load
    word(&mut elf, 5); // to read and to run
    for value in [0, BASE, BASE, length, length, 4096] {
        long(&mut elf, value);
    }
    elf.extend_from_slice(&EXIT);
    elf
}
