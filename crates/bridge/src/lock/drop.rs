//! Lets go of what the program was given and does not need, whatever the engine promised to take.

use std::io;

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit};
use rustix::thread::{CapabilitySet, CapabilitySets};

/// Closes every descriptor but the three standard streams, and takes no permission from new files:
/// their modes are those that git knows.
pub fn inherited() {
    // SAFETY: nothing in this process has opened a descriptor of its own yet. A kernel without the
    // call has them closed by the engine alone.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    rustix::process::umask(Mode::empty());
}

/// Gives up all capabilities for good, and being looked into or dumped.
pub fn privileges() -> io::Result<()> {
    // Fails where there never were any to bound, and then there is nothing to do.
    for capability in CapabilitySet::all().iter() {
        let _ = rustix::thread::remove_capability_from_bounding_set(capability);
    }
    let none = CapabilitySet::empty();
    rustix::thread::set_capabilities(
        None,
        CapabilitySets { effective: none, permitted: none, inheritable: none },
    )?;
    // A kernel older than 4.3 has no such set.
    let _ = rustix::thread::clear_ambient_capability_set();
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(())
}
