//! What a cell is promised to be, held against what was measured in it.
//!
//! One small function a promise. What the engine says stands beside the measure and decides nothing:
//! an engine may be mistaken about itself.

use anchorhold_bridge::{LockReport, Measured, MountPoint, Quotas};

use crate::container::{MEMORY_BYTES, PIDS};
use crate::image::{UID, WORKSPACE};
use crate::report::{CellReport, Fact, Verdict};

/// What must have been tried after locking, and refused.
const RUNNING: [&str; 3] = ["run a program", "make a file in memory", "map executable memory"];
const STARTING: [&str; 1] = ["start a process"];
const TALKING: [&str; 2] = ["open a network socket", "open a unix socket"];

/// Files with the container's own names, which every engine mounts one by one.
const OWN_FILES: [&str; 7] = [
    "/etc/group",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/passwd",
    "/etc/resolv.conf",
    "/run/.containerenv",
    "/etc/mtab",
];
/// Folders in memory that are the container's own, and how many entries they have: Podman's `/run`
/// has its mark and a folder for secrets.
const OWN_MEMORY: [(&str, u32); 3] = [("/tmp", 0), ("/var/tmp", 0), ("/run", 2)];
/// Devices that hold nobody's data.
const USUAL_DEVICES: [&str; 9] =
    ["console", "full", "null", "ptmx", "random", "stdin", "tty", "urandom", "zero"];
/// Variables that every engine sets, none of which is a secret.
const USUAL_VARIABLES: [&str; 5] = ["PATH", "HOSTNAME", "HOME", "TERM", "container"];
/// Files that every engine puts into the image or that are the container's own name.
const USUAL_FILES: [&str; 7] = [
    "/.dockerenv",
    "/etc/group",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/passwd",
    "/etc/resolv.conf",
    "/run/.containerenv",
];

/// Every fact about a cell, the promises first.
pub(crate) fn facts(report: &CellReport) -> Vec<Fact> {
    vec![
        network(report),
        processes(report),
        programs(report),
        mounts(report),
        devices(report),
        secrets(report),
        root(report),
        user(report),
        limits(report),
        quotas(report),
        filter(report),
        file_rules(report),
        told("tried and refused", report.locks.refused.join(", ")),
        told("bridge", format!("{} for {}", report.bridge_version, report.arch)),
    ]
}

fn network(report: &CellReport) -> Fact {
    let Measured { interfaces, interfaces_down, reaches_out, .. } = &report.measured;
    let silent = refused(&report.locks, &TALKING);
    let mut measured = Vec::new();
    if !interfaces.is_empty() {
        measured.push(format!("interfaces {}", interfaces.join(", ")));
    }
    // A kernel with drivers for tunnels makes them in every namespace: without a capability they are no way out.
    if !interfaces_down.is_empty() {
        measured.push(format!("down and of no use: {}", interfaces_down.join(", ")));
    }
    if *reaches_out {
        measured.push("a way to addresses outside".to_owned());
    }
    measured.push(if silent { "sockets are refused" } else { "sockets can be opened" }.to_owned());
    promise("network", "none", measured.join("; "), interfaces.is_empty() && !reaches_out && silent)
        .beside(report.container.as_ref().map(|container| container.network.clone()))
}

fn processes(report: &CellReport) -> Fact {
    let alone = report.measured.other_processes == 0;
    let single = refused(&report.locks, &STARTING);
    let others = match report.measured.other_processes {
        0 => "alone".to_owned(),
        others => format!("{others} others are visible"),
    };
    let starting = if single { "starting one is refused" } else { "another can be started" };
    promise("processes", "one", format!("{others}; {starting}"), alone && single)
}

fn programs(report: &CellReport) -> Fact {
    let programs = &report.measured.programs;
    let still = refused(&report.locks, &RUNNING);
    let found = match programs.as_slice() {
        [] => "no program but the bridge".to_owned(),
        programs => format!("also {}", programs.join(", ")),
    };
    let running = if still { "running one is refused" } else { "one can be run" };
    promise("execution", "none", format!("{found}; {running}"), programs.is_empty() && still)
}

fn mounts(report: &CellReport) -> Fact {
    let mounts = &report.measured.mounts;
    let foreign: Vec<&MountPoint> =
        mounts.iter().filter(|mount| mount.target != WORKSPACE && !is_the_containers_own(mount)).collect();
    let workspaces = mounts.iter().filter(|mount| mount.target == WORKSPACE).count();
    let measured = match foreign.as_slice() {
        [] if workspaces == 1 => format!("its own volume at {WORKSPACE} and nothing else"),
        [] => format!("{workspaces} mounts at {WORKSPACE}"),
        foreign => foreign
            .iter()
            .map(|mount| format!("{} ({})", mount.target, mount.kind))
            .collect::<Vec<_>>()
            .join(", "),
    };
    promise("host mounts", "none", measured, foreign.is_empty() && workspaces == 1)
        .beside(report.container.as_ref().map(|container| list(&container.mounts)))
}

/// Whether every engine makes this mount and it brings nothing of the host's along.
fn is_the_containers_own(mount: &MountPoint) -> bool {
    let target = mount.target.as_str();
    let in_memory = |(place, most): &(&str, u32)| {
        *place == target && mount.kind == "tmpfs" && mount.whole && mount.entries <= *most
    };
    target == "/" || OWN_FILES.contains(&target) || OWN_MEMORY.iter().any(in_memory)
}

fn devices(report: &CellReport) -> Fact {
    let foreign = beyond(&report.measured.devices, &USUAL_DEVICES);
    let measured = if foreign.is_empty() { "none".to_owned() } else { foreign.join(", ") };
    promise("devices of the host", "none", measured, foreign.is_empty())
}

fn secrets(report: &CellReport) -> Fact {
    let variables = beyond(&report.measured.environment, &USUAL_VARIABLES);
    let files = beyond(&report.measured.files, &USUAL_FILES);
    let mut measured = Vec::new();
    if !variables.is_empty() {
        measured.push(format!("variables {}", variables.join(", ")));
    }
    if !files.is_empty() {
        measured.push(format!("files {}", files.join(", ")));
    }
    let none = measured.is_empty();
    let measured = if none { "no variable and no file but its own".to_owned() } else { measured.join("; ") };
    promise("secrets", "none", measured, none)
}

fn root(report: &CellReport) -> Fact {
    let writable = report.measured.root_writable;
    let words = |writable| if writable { "writable" } else { "read-only" }.to_owned();
    promise("root file system", "read-only", words(writable), !writable)
        .beside(report.container.as_ref().map(|container| words(!container.read_only_root)))
}

fn user(report: &CellReport) -> Fact {
    let Measured { gid, capabilities, no_new_privileges, .. } = report.measured;
    let nobody = u64::from(report.uid) == UID && u64::from(gid) == UID;
    let powerless = capabilities == 0 && no_new_privileges;
    let able = match capabilities {
        0 => "no capabilities".to_owned(),
        some => format!("capabilities {some:#x}"),
    };
    let gaining = if no_new_privileges { "can gain none" } else { "can gain privileges" };
    let measured = format!("user {}:{gid}, {able}, {gaining}", report.uid);
    promise(
        "user",
        format!("user {UID}:{UID}, no capabilities, can gain none"),
        measured,
        nobody && powerless,
    )
    .beside(report.container.as_ref().map(|container| {
        format!(
            "user {}, drops {}, adds {}",
            container.user,
            list(&container.dropped_capabilities),
            list(&container.added_capabilities)
        )
    }))
}

fn limits(report: &CellReport) -> Fact {
    let (memory, pids) = (report.measured.memory_bytes, report.measured.pids);
    let within = |measured: Option<u64>, promised: i64| {
        measured.map(|measured| i64::try_from(measured).is_ok_and(|measured| measured <= promised))
    };
    let mut fact = promise(
        "limits",
        limits_text(u64::try_from(MEMORY_BYTES).ok(), u64::try_from(PIDS).ok()),
        limits_text(memory, pids),
        within(memory, MEMORY_BYTES) != Some(false) && within(pids, PIDS) != Some(false),
    )
    .beside(report.container.as_ref().map(|container| limits_text(container.memory_bytes, container.pids)));
    // Nothing leaves a cell without them, but one agent could slow the others down.
    if fact.verdict == Verdict::Holds && (memory.is_none() || pids.is_none()) {
        fact.verdict = Verdict::Reduced;
    }
    fact
}

fn limits_text(memory: Option<u64>, pids: Option<u64>) -> String {
    let memory =
        memory.map_or_else(|| "no limit of memory".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
    let pids = pids.map_or_else(|| "no limit of processes".to_owned(), |pids| format!("{pids} processes"));
    format!("{memory}, {pids}")
}

fn quotas(report: &CellReport) -> Fact {
    let words = |quotas: &Quotas| format!("{} MiB, {} files and folders", quotas.bytes >> 20, quotas.files);
    let measured = match report.said_quotas == report.quotas {
        true => words(&report.said_quotas),
        false => format!("{}, not all as told", words(&report.said_quotas)),
    };
    promise("workspace", words(&report.quotas), measured, report.said_quotas == report.quotas)
}

fn filter(report: &CellReport) -> Fact {
    let before = if report.measured.engine_filter { ", and the engine's own is in force" } else { "" };
    let held = if report.locks.seccomp { "tried" } else { "does not hold" };
    promise("system call filter", "holds", format!("{held}{before}"), report.locks.seccomp)
}

fn file_rules(report: &CellReport) -> Fact {
    let (measured, verdict) = match report.locks.landlock {
        Some(version) => (format!("Landlock version {version} holds"), Verdict::Holds),
        None => ("the kernel has no Landlock; the bridge's own path rules hold".to_owned(), Verdict::Reduced),
    };
    let promised = Some("hold".to_owned());
    Fact { name: "file rules", promised, measured, engine: None, verdict }
}

fn promise(name: &'static str, promised: impl Into<String>, measured: String, holds: bool) -> Fact {
    let verdict = if holds { Verdict::Holds } else { Verdict::Broken };
    Fact { name, promised: Some(promised.into()), measured, engine: None, verdict }
}

fn told(name: &'static str, measured: String) -> Fact {
    Fact { name, promised: None, measured, engine: None, verdict: Verdict::Told }
}

impl Fact {
    fn beside(self, engine: Option<String>) -> Self {
        Self { engine, ..self }
    }
}

fn refused(locks: &LockReport, attempts: &[&str]) -> bool {
    attempts.iter().all(|attempt| locks.refused.iter().any(|refused| refused == attempt))
}

fn beyond(found: &[String], usual: &[&str]) -> Vec<String> {
    found.iter().filter(|found| !usual.contains(&found.as_str())).cloned().collect()
}

fn list(items: &[String]) -> String {
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

#[cfg(test)]
#[path = "promise_test.rs"]
mod tests;
