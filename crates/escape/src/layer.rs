//! The layers around a compromised bridge, each of which the suite can take away by itself.

use serde::{Deserialize, Serialize};

/// Something that stops attacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Layer {
    /// The bridge's own system call filter.
    Seccomp,
    /// The bridge's own Landlock rules.
    Landlock,
    /// The bridge gives up all capabilities, whatever it was given.
    GivenUp,
    /// The rules by which the bridge opens every path. They hold a bridge that is honest and lured; a
    /// compromised one does without them.
    Paths,
    /// The container has no network.
    Network,
    /// The container has no capabilities.
    Capabilities,
    /// The container's user is nobody.
    User,
    /// Nothing in the container gains privileges by running.
    NoNewPrivileges,
    /// The engine's own system call filter, where it has one.
    Profile,
    /// The root file system is read-only.
    ReadOnlyRoot,
    /// The engine hides and write-protects parts of `/proc`.
    MaskedPaths,
    /// The container may use no devices but the harmless ones.
    Devices,
    /// The most processes.
    Pids,
    /// The most memory.
    Memory,
    /// The most open files.
    OpenFiles,
    /// Nothing in `/tmp` can be run.
    TmpNoexec,
    /// No memory is shared with others, and there is no `/dev/shm`.
    Ipc,
    /// The container sees no processes but its own.
    PidNamespace,
}

impl Layer {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Seccomp,
        Self::Landlock,
        Self::GivenUp,
        Self::Paths,
        Self::Network,
        Self::Capabilities,
        Self::User,
        Self::NoNewPrivileges,
        Self::Profile,
        Self::ReadOnlyRoot,
        Self::MaskedPaths,
        Self::Devices,
        Self::Pids,
        Self::Memory,
        Self::OpenFiles,
        Self::TmpNoexec,
        Self::Ipc,
        Self::PidNamespace,
    ];

    /// Whether the bridge puts it on itself, rather than the engine on the container.
    #[must_use]
    pub fn is_the_bridges(self) -> bool {
        matches!(self, Self::Seccomp | Self::Landlock | Self::GivenUp | Self::Paths)
    }

    /// Its name, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Seccomp => "bridge's filter",
            Self::Landlock => "Landlock",
            Self::GivenUp => "rights given up",
            Self::Paths => "path rules",
            Self::Network => "no network",
            Self::Capabilities => "no capabilities",
            Self::User => "user nobody",
            Self::NoNewPrivileges => "no new privileges",
            Self::Profile => "engine's filter",
            Self::ReadOnlyRoot => "read-only root",
            Self::MaskedPaths => "masked paths",
            Self::Devices => "no devices",
            Self::Pids => "process limit",
            Self::Memory => "memory limit",
            Self::OpenFiles => "open file limit",
            Self::TmpNoexec => "noexec /tmp",
            Self::Ipc => "no shared memory",
            Self::PidNamespace => "own processes only",
        }
    }

    /// What it is, for people.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Seccomp => "an allowlist of the system calls that reading and writing files takes",
            Self::Landlock => {
                "the kernel opens and changes nothing outside the workspace, runs nothing, reaches nobody"
            }
            Self::GivenUp => "all capabilities given up, and being looked into, whatever the engine gave",
            Self::Paths => {
                "how the bridge opens every path: beneath the workspace, through no link; they hold a bridge \
                            that is honest and lured, a compromised one does without them"
            }
            Self::Network => "a network of its own with nothing in it",
            Self::Capabilities => "none of root's rights, not even for root",
            Self::User => "a user that owns nothing but the workspace",
            Self::NoNewPrivileges => "nothing gains rights by being run",
            Self::Profile => "the engine's own filter of system calls, where it has one; not counted on",
            Self::ReadOnlyRoot => "the image cannot be changed",
            Self::MaskedPaths => "parts of `/proc` hidden or write-protected by the engine",
            Self::Devices => "no devices but the harmless ones",
            Self::Pids => "at most 8 processes",
            Self::Memory => "at most 256 MiB",
            Self::OpenFiles => "at most 1024 open files",
            Self::TmpNoexec => "nothing in `/tmp` can be run",
            Self::Ipc => "no `/dev/shm`",
            Self::PidNamespace => "no processes of others to be seen",
        }
    }
}
