//! What the program finds around itself before it locks itself in: measured by looking and trying,
//! never read from what the host asked the engine for.
//!
//! Once the locks are on none of this can be seen any more, so it comes first. It reads what the
//! kernel and the image hold, and no byte of input.

mod files;
mod identity;
mod limits;
mod mounts;
mod network;

use std::path::Path;

use crate::protocol::Measured;

/// Measures everything; `root` is the folder that will be served.
pub fn surroundings(root: &Path) -> Measured {
    let identity = identity::read();
    let (programs, files) = files::beside(root);
    let interfaces = network::interfaces();
    Measured {
        interfaces: interfaces.up,
        interfaces_down: interfaces.down,
        reaches_out: network::reaches_out(),
        other_processes: identity::other_processes(),
        programs,
        files,
        mounts: mounts::read(),
        devices: files::devices(),
        root_writable: files::root_is_writable(),
        environment: std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect(),
        gid: rustix::process::getgid().as_raw(),
        capabilities: identity.capabilities,
        no_new_privileges: identity.no_new_privileges,
        engine_filter: identity.filtered,
        memory_bytes: limits::memory_bytes(),
        pids: limits::pids(),
    }
}
