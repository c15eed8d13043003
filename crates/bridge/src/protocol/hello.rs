//! Who a bridge is: its locks, what it measured, and what it keeps to.

use serde::{Deserialize, Serialize};

use crate::quota::Quotas;

/// Who the bridge is and how it is locked in, measured by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    /// The bridge's version.
    pub version: String,
    /// The machine it was built for, such as `x86_64`.
    pub arch: String,
    /// Its process id, 1 in a container.
    pub pid: u32,
    /// The user it runs as.
    pub uid: u32,
    /// How it is locked in.
    pub locks: LockReport,
    /// What it found around itself before it locked itself in.
    pub measured: Measured,
    /// The limits it enforces.
    pub quotas: Quotas,
    /// What the workspace holds.
    pub usage: Usage,
    /// Whether a whole import is in the workspace.
    pub imported: bool,
}

/// The locks that were tried and held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockReport {
    /// Whether the system call filter holds; a bridge without it does not serve.
    pub seccomp: bool,
    /// Landlock's version in force; none where the kernel has no Landlock.
    pub landlock: Option<u32>,
    /// What was tried after locking and refused.
    pub refused: Vec<String>,
}

/// What the program found around itself before it locked itself in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    /// The network interfaces beside the loopback that are up, or not known to be down.
    pub interfaces: Vec<String>,
    /// Those that are down, and that it had no capability to bring up.
    pub interfaces_down: Vec<String>,
    /// Whether the kernel knew a way to an address outside.
    pub reaches_out: bool,
    /// How many other processes it could see.
    pub other_processes: u32,
    /// The programs in the root file system beside the one that runs; at most a few are named.
    pub programs: Vec<String>,
    /// The other files there that are not empty; at most a few are named.
    pub files: Vec<String>,
    /// What is mounted, without the kernel's own file systems in their usual places.
    pub mounts: Vec<MountPoint>,
    /// The device files in `/dev`.
    pub devices: Vec<String>,
    /// Whether the root file system could be written or is not mounted read-only.
    pub root_writable: bool,
    /// The names of the environment's variables; their values stay where they are.
    pub environment: Vec<String>,
    /// The group it runs as.
    pub gid: u32,
    /// The capabilities that it had or could take up, one bit each.
    pub capabilities: u64,
    /// Whether the engine had ruled out that running a program gives it more.
    pub no_new_privileges: bool,
    /// Whether a system call filter of the engine's was in force.
    pub engine_filter: bool,
    /// The most memory, in bytes, as the kernel told it.
    pub memory_bytes: Option<u64>,
    /// The most processes, as the kernel told it.
    pub pids: Option<u64>,
}

/// Something that is mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountPoint {
    /// Where.
    pub target: String,
    /// The kind of file system, such as `ext4`.
    pub kind: String,
    /// Whether it is a whole file system rather than a part of one.
    pub whole: bool,
    /// Whether it can be written to.
    pub writable: bool,
    /// How many entries a folder that is mounted has; at most [`MountPoint::MOST_ENTRIES`] are counted.
    pub entries: u32,
}

impl MountPoint {
    /// How far entries are counted.
    pub const MOST_ENTRIES: u32 = 16;
}

/// How much of the quotas is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// All content, in bytes.
    pub bytes: u64,
    /// Files, symlinks and folders.
    pub files: u64,
}
