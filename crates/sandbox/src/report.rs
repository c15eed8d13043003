//! What a cell can and cannot do: what the bridge measured and what the engine says of the container.

use anchorhold_bridge::{Hello, Quotas};
use bollard::models::ContainerInspectResponse;
use serde::Serialize;

/// The facts of one cell, to be shown and logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CellReport {
    /// The bridge's version.
    pub bridge_version: String,
    /// The machine the bridge was built for.
    pub arch: String,
    /// The user the bridge runs as, by its own word.
    pub uid: u32,
    /// Whether the bridge's system call filter was tried and held.
    pub seccomp: bool,
    /// Landlock's version in force; none makes it a *reduced* cell.
    pub landlock: Option<u32>,
    /// What the bridge tried after locking, and was refused.
    pub refused: Vec<String>,
    /// The limits that the bridge enforces.
    pub quotas: Quotas,
    /// What the engine says; none without a container.
    pub container: Option<ContainerFacts>,
}

/// The engine's word on a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerFacts {
    /// The network's name; `none` is no network.
    pub network: String,
    /// The user, as `uid:gid`.
    pub user: String,
    /// Whether the root file system is read-only.
    pub read_only_root: bool,
    /// The capabilities taken away.
    pub dropped_capabilities: Vec<String>,
    /// The capabilities given; there should be none.
    pub added_capabilities: Vec<String>,
    /// The engine's security options in force.
    pub security_options: Vec<String>,
    /// The mounts, as `type:target`.
    pub mounts: Vec<String>,
    /// The most memory, in bytes.
    pub memory_bytes: Option<u64>,
    /// The most processes.
    pub pids: Option<u64>,
}

impl CellReport {
    pub(crate) fn new(hello: &Hello, container: Option<ContainerFacts>) -> Self {
        Self {
            bridge_version: hello.version.clone(),
            arch: hello.arch.clone(),
            uid: hello.uid,
            seccomp: hello.locks.seccomp,
            landlock: hello.locks.landlock,
            refused: hello.locks.refused.clone(),
            quotas: hello.quotas,
            container,
        }
    }
}

impl CellReport {
    /// The facts by name, in words for people.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let held = |holds: bool| if holds { "holds" } else { "does not hold" }.to_owned();
        let mut facts = vec![
            ("bridge", format!("{} for {}", self.bridge_version, self.arch)),
            ("system call filter", held(self.seccomp)),
            (
                "file rules",
                self.landlock.map_or_else(
                    || "the kernel has no Landlock; reduced".to_owned(),
                    |version| format!("Landlock version {version} holds"),
                ),
            ),
            ("tried and refused", self.refused.join(", ")),
            ("runs as", format!("user {}", self.uid)),
        ];
        if let Some(container) = &self.container {
            facts.extend(container.facts());
        }
        facts
    }
}

impl ContainerFacts {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let list = |items: &[String]| {
            if items.is_empty() { "none".to_owned() } else { items.join(", ") }
        };
        let limit = |limit: Option<u64>| limit.map_or_else(|| "no limit".to_owned(), |n| n.to_string());
        let memory =
            self.memory_bytes.map_or_else(|| "no limit".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
        vec![
            ("network", self.network.clone()),
            ("capabilities given", list(&self.added_capabilities)),
            ("capabilities dropped", list(&self.dropped_capabilities)),
            ("root file system", if self.read_only_root { "read-only" } else { "writable" }.to_owned()),
            ("mounts", list(&self.mounts)),
            ("memory", memory),
            ("processes", limit(self.pids)),
        ]
    }
}

impl ContainerFacts {
    pub(crate) fn new(inspected: ContainerInspectResponse) -> Self {
        let host = inspected.host_config.unwrap_or_default();
        let limit = |value: Option<i64>| value.and_then(|v| u64::try_from(v).ok()).filter(|v| *v > 0);
        Self {
            network: host.network_mode.unwrap_or_default(),
            user: inspected.config.and_then(|config| config.user).unwrap_or_default(),
            read_only_root: host.readonly_rootfs.unwrap_or_default(),
            dropped_capabilities: host.cap_drop.unwrap_or_default(),
            added_capabilities: host.cap_add.unwrap_or_default(),
            security_options: host.security_opt.unwrap_or_default(),
            mounts: inspected
                .mounts
                .unwrap_or_default()
                .into_iter()
                .map(|mount| {
                    let kind = mount.typ.map(|kind| kind.to_string()).unwrap_or_default();
                    format!("{kind}:{}", mount.destination.unwrap_or_default())
                })
                .collect(),
            memory_bytes: limit(host.memory),
            pids: limit(host.pids_limit),
        }
    }
}
