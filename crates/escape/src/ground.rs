//! What an attack finds: the workspace, another process of the same user, and what was prepared for it.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where the workspace is.
pub const WORKSPACE: &str = "/workspace";
/// What the other process remembers.
pub const SECRET: [u8; 16] = *b"a victim's words";

/// What the test tells the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The bridge's layers to put on; the engine's are the container's.
    pub layers: Vec<crate::Layer>,
    /// A port on the host's loopback that somebody listens on.
    pub port: u16,
    /// An abstract socket in the host's network that somebody listens on.
    pub socket: String,
}

/// The ground that an attack stands on.
pub struct Ground {
    /// The test's word.
    pub plan: Plan,
    /// Another process of the same user, outside the locks.
    pub victim: libc::pid_t,
    /// Where the victim keeps [`SECRET`].
    pub buffer: usize,
    /// The engine's process that started this container; 0 where the container cannot see it.
    pub engine: libc::pid_t,
    /// What was opened for the attack before the locks: a folder of the workspace first.
    pub held: Vec<OwnedFd>,
}

impl Ground {
    /// A path in the workspace.
    pub fn path(name: &str) -> PathBuf {
        Path::new(WORKSPACE).join(name)
    }

    /// What was opened for the attack.
    pub fn held(&self) -> io::Result<&OwnedFd> {
        self.held.last().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// An attack and what is known of it.
pub struct Attack {
    /// What is tried.
    pub name: &'static str,
    /// What it would give.
    pub gives: &'static str,
    /// The layers each of which stops it alone, as measured.
    pub stopped_by: &'static [crate::Layer],
    /// By which errors a kernel says that it has no such thing at all.
    pub absent: &'static [i32],
    /// Whether the kernel of the last measurement said so, and there was nothing to compare with.
    pub seldom: bool,
    /// Makes everything ready before the locks.
    pub prepare: fn(&mut Ground) -> io::Result<()>,
    /// Tries it behind the locks. That it ends the process with [`crate::run::RAN`] is a success too.
    pub attempt: fn(&Ground) -> io::Result<()>,
    /// Whether only root could prepare it, so that with the product's layers there is nothing to try.
    pub needs_root: bool,
    /// Whether it is a success to hold the process up for ever.
    pub blocks: bool,
}

impl Attack {
    pub(crate) const fn new(
        name: &'static str,
        gives: &'static str,
        stopped_by: &'static [crate::Layer],
        attempt: fn(&Ground) -> io::Result<()>,
    ) -> Self {
        Self {
            name,
            gives,
            stopped_by,
            absent: &[],
            seldom: false,
            prepare: |_| Ok(()),
            attempt,
            needs_root: false,
            blocks: false,
        }
    }

    pub(crate) const fn prepared(self, prepare: fn(&mut Ground) -> io::Result<()>) -> Self {
        Self { prepare, ..self }
    }

    pub(crate) const fn absent(self, absent: &'static [i32]) -> Self {
        Self { absent, ..self }
    }

    pub(crate) const fn seldom(self, absent: &'static [i32]) -> Self {
        Self { absent, seldom: true, ..self }
    }

    pub(crate) const fn needs_root(self) -> Self {
        Self { needs_root: true, ..self }
    }

    pub(crate) const fn blocks(self) -> Self {
        Self { blocks: true, ..self }
    }
}
