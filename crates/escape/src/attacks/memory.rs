//! Memory: making code of what was written, and taking more than there is.

use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::Layer::*;
use crate::ground::{Attack, Ground};
use crate::system::{call, map, open, run_code, without_effect, write_code};

const READ_WRITE: i32 = libc::PROT_READ | libc::PROT_WRITE;
const ANONYMOUS: i32 = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
/// Twice what a cell may have.
const TOO_MUCH: usize = 512 * 1024 * 1024;

pub const ATTACKS: &[Attack] = &[
    Attack::new("map memory to write and to run", "any code", &[Seccomp], write_and_run),
    Attack::new("make written memory executable (mprotect)", "any code", &[Seccomp], by_mprotect),
    Attack::new("the same by pkey_mprotect", "any code", &[Seccomp], by_pkey_mprotect),
    Attack::new("attach executable shared memory (shmat)", "any code", &[Seccomp], by_shmat),
    Attack::new("make all that is read executable (personality)", "any code", &[Seccomp], by_personality),
    Attack::new("patch own read-only memory by /proc/self/mem", "any code", &[Landlock], by_proc_mem),
    Attack::new("take more memory than the cell has", "the host's memory", &[Memory], too_much),
];

fn write_and_run(_: &Ground) -> io::Result<()> {
    let page = map(READ_WRITE | libc::PROT_EXEC, ANONYMOUS, -1)?;
    write_code(page);
    run_code(page)
}

fn written() -> io::Result<*mut u8> {
    let page = map(READ_WRITE, ANONYMOUS, -1)?;
    write_code(page);
    Ok(page)
}

fn by_mprotect(_: &Ground) -> io::Result<()> {
    let page = written()?;
    call(libc::SYS_mprotect, [page as usize, 4096, (libc::PROT_READ | libc::PROT_EXEC) as usize])?;
    run_code(page)
}

fn by_pkey_mprotect(_: &Ground) -> io::Result<()> {
    let page = written()?;
    let executable = (libc::PROT_READ | libc::PROT_EXEC) as usize;
    call(libc::SYS_pkey_mprotect, [page as usize, 4096, executable, usize::MAX])?;
    run_code(page)
}

fn by_shmat(_: &Ground) -> io::Result<()> {
    let id = call(libc::SYS_shmget, [libc::IPC_PRIVATE as usize, 4096, 0o700])?;
    let page = call(libc::SYS_shmat, [id, 0, libc::SHM_EXEC as usize]);
    call(libc::SYS_shmctl, [id, libc::IPC_RMID as usize, 0])?;
    let page = page? as *mut u8;
    write_code(page);
    run_code(page)
}

fn by_personality(_: &Ground) -> io::Result<()> {
    call(libc::SYS_personality, [libc::READ_IMPLIES_EXEC as usize])?;
    run_code(written()?)
}

/// Read-only to everybody but the kernel.
static FIXED: [u8; 8] = *b"original";

fn by_proc_mem(_: &Ground) -> io::Result<()> {
    let mut memory = open(c"/proc/self/mem", libc::O_RDWR)?;
    memory.seek(SeekFrom::Start(FIXED.as_ptr() as u64))?;
    memory.write_all(b"replaced")?;
    memory.seek(SeekFrom::Start(FIXED.as_ptr() as u64))?;
    let mut now = [0; 8];
    memory.read_exact(&mut now)?;
    if &now == b"replaced" { Ok(()) } else { Err(without_effect()) }
}

fn too_much(_: &Ground) -> io::Result<()> {
    let flags = (ANONYMOUS | libc::MAP_NORESERVE) as usize;
    let start = call(libc::SYS_mmap, [0, TOO_MUCH, READ_WRITE as usize, flags, usize::MAX, 0])?;
    for page in (0..TOO_MUCH).step_by(4096) {
        // SAFETY: within the mapping just made, which nothing else uses.
        unsafe { ((start + page) as *mut u8).write_volatile(1) };
    }
    Ok(())
}
