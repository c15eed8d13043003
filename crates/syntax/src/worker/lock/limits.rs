//! What the process may take: memory and processor time, no files, no dump of its memory.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};

/// Beyond what is mapped when it starts. The outline of the largest text stays within it.
#[cfg(target_os = "linux")]
const MEMORY: u64 = 1024 * 1024 * 1024;
/// Whoever asks retires a worker long before. It ends one that nobody asks any more and that never ends.
const SECONDS: u64 = 60;

/// Sets the limits; `mapped` is the address space that is taken already, in bytes, where it is known.
pub(super) fn set(mapped: Option<u64>) -> io::Result<()> {
    // The size of the address space is no limit that every other system keeps.
    #[cfg(not(target_os = "linux"))]
    let _ = mapped;
    #[cfg(not(target_os = "linux"))]
    for descriptor in 3..1024 {
        // SAFETY: nothing in this process has opened a descriptor of its own yet.
        unsafe { libc::close(descriptor) };
    }
    #[cfg(target_os = "linux")]
    limit(Resource::As, mapped.unwrap_or(MEMORY) + MEMORY)?;
    limit(Resource::Cpu, SECONDS)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Core, 0)?;
    limit(Resource::Nofile, 0)?;
    Ok(())
}

fn limit(resource: Resource, most: u64) -> io::Result<()> {
    Ok(setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?)
}

/// How much address space the process has, in bytes; an allocator reserves much more than it uses.
#[cfg(target_os = "linux")]
pub(super) fn mapped() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split(' ').next()?.parse().ok()?;
    // SAFETY: takes no pointers.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    Some(pages * u64::try_from(bytes).ok()?)
}
