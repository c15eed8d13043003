//! What a cell can and cannot do: what was measured in it, beside what the engine says of it.

use anchorhold_bridge::{Hello, LockReport, Measured, Quotas};
use bollard::models::ContainerInspectResponse;
use serde::Serialize;

use crate::promise;

/// What is known of one cell, to be shown and logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CellReport {
    /// The bridge's version.
    pub bridge_version: String,
    /// The machine the bridge was built for.
    pub arch: String,
    /// The user the bridge runs as, by the kernel's word.
    pub uid: u32,
    /// What the bridge found around itself before it locked itself in.
    pub measured: Measured,
    /// The locks that it tried, and what they refused.
    pub locks: LockReport,
    /// The limits that the bridge was told to enforce.
    pub quotas: Quotas,
    /// The limits that it says it enforces.
    pub said_quotas: Quotas,
    /// What the engine says; none without a container.
    pub container: Option<ContainerFacts>,
}

/// One property of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What was looked at.
    pub name: &'static str,
    /// What every cell is promised to be; none for what is only told.
    pub promised: Option<String>,
    /// What was found by looking and trying from inside.
    pub measured: String,
    /// What the engine says of the container, where it has a word on it.
    pub engine: Option<String>,
    /// How promise and measure compare.
    pub verdict: Verdict,
}

/// How what was promised and what was measured compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The cell is what was promised.
    Holds,
    /// A layer is missing that others stand in for.
    Reduced,
    /// The cell can do more than was promised.
    Broken,
    /// Nothing was promised.
    Told,
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
    pub(crate) fn new(hello: Hello, quotas: Quotas, container: Option<ContainerFacts>) -> Self {
        Self {
            bridge_version: hello.version,
            arch: hello.arch,
            uid: hello.uid,
            measured: hello.measured,
            locks: hello.locks,
            quotas,
            said_quotas: hello.quotas,
            container,
        }
    }

    /// The facts, the promises first.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        promise::facts(self)
    }

    /// The facts in which the cell can do more than was promised.
    #[must_use]
    pub fn broken(&self) -> Vec<Fact> {
        self.facts().into_iter().filter(|fact| fact.verdict == Verdict::Broken).collect()
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
