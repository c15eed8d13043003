use anchorhold_bridge::{LockReport, Measured, MountPoint, Quotas};

use super::*;

fn mount(target: &str, kind: &str) -> MountPoint {
    MountPoint { target: target.into(), kind: kind.into(), whole: true, writable: true, entries: 0 }
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

/// A cell as it is measured in a container that is what was asked for.
fn sealed() -> CellReport {
    CellReport {
        bridge_version: "0.1.0".into(),
        arch: "x86_64".into(),
        uid: 65532,
        measured: Measured {
            interfaces: Vec::new(),
            interfaces_down: Vec::new(),
            reaches_out: false,
            other_processes: 0,
            programs: Vec::new(),
            files: strings(&["/etc/hosts"]),
            mounts: vec![mount("/", "overlay"), mount("/workspace", "ext4"), mount("/tmp", "tmpfs")],
            devices: strings(&["null", "zero"]),
            root_writable: false,
            environment: strings(&["PATH", "HOSTNAME"]),
            gid: 65532,
            capabilities: 0,
            no_new_privileges: true,
            engine_filter: true,
            memory_bytes: Some(256 << 20),
            pids: Some(8),
        },
        locks: LockReport {
            seccomp: true,
            landlock: Some(7),
            refused: [&RUNNING[..], &STARTING[..], &TALKING[..]]
                .concat()
                .iter()
                .map(|s| (*s).into())
                .collect(),
        },
        quotas: Quotas::default(),
        said_quotas: Quotas::default(),
        container: None,
    }
}

/// Changes one thing and says which facts no longer hold.
#[track_caller]
fn check(change: impl FnOnce(&mut CellReport), expected: &[&str]) {
    let mut report = sealed();
    change(&mut report);
    let lines: Vec<String> =
        report.broken().into_iter().map(|fact| format!("{}: {}", fact.name, fact.measured)).collect();
    assert_eq!(lines, expected);
}

#[test]
fn a_sealed_cell_keeps_every_promise() {
    check(|_| {}, &[]);
    assert!(facts(&sealed()).iter().all(|fact| matches!(fact.verdict, Verdict::Holds | Verdict::Told)));
}

#[test]
fn whatever_a_cell_can_do_beyond_the_promise_breaks_it() {
    check(
        |report| report.measured.interfaces = strings(&["eth0"]),
        &["network: interfaces eth0; sockets are refused"],
    );
    check(
        |report| report.measured.reaches_out = true,
        &["network: a way to addresses outside; sockets are refused"],
    );
    check(
        |report| report.measured.other_processes = 3,
        &["processes: 3 others are visible; starting one is refused"],
    );
    check(
        |report| report.measured.programs = strings(&["/bin/sh"]),
        &["execution: also /bin/sh; running one is refused"],
    );
    check(|report| report.measured.mounts.push(mount("/home", "ext4")), &["host mounts: /home (ext4)"]);
    check(
        |report| report.measured.mounts.push(mount("/workspace", "ext4")),
        &["host mounts: 2 mounts at /workspace"],
    );
    check(|report| report.measured.mounts.clear(), &["host mounts: 0 mounts at /workspace"]);
    check(|report| report.measured.devices.push("vda".into()), &["devices of the host: vda"]);
    check(
        |report| report.measured.environment.push("GITHUB_TOKEN".into()),
        &["secrets: variables GITHUB_TOKEN"],
    );
    check(
        |report| report.measured.files.push("/run/secrets/key".into()),
        &["secrets: files /run/secrets/key"],
    );
    check(|report| report.measured.root_writable = true, &["root file system: writable"]);
    check(|report| report.uid = 0, &["user: user 0:65532, no capabilities, can gain none"]);
    check(
        |report| report.measured.capabilities = 1 << 21,
        &["user: user 65532:65532, capabilities 0x200000, can gain none"],
    );
    check(
        |report| report.measured.no_new_privileges = false,
        &["user: user 65532:65532, no capabilities, can gain privileges"],
    );
    check(|report| report.measured.memory_bytes = Some(1 << 40), &["limits: 1048576 MiB, 8 processes"]);
    check(|report| report.measured.pids = Some(9), &["limits: 256 MiB, 9 processes"]);
    check(
        |report| report.said_quotas.search_ms += 1,
        &["workspace: 2048 MiB, 200000 files and folders, not all as told"],
    );
    check(
        |report| report.locks.seccomp = false,
        &["system call filter: does not hold, and the engine's own is in force"],
    );
}

#[test]
fn an_interface_that_is_down_is_no_way_out() {
    let tunnels = |report: &mut CellReport| report.measured.interfaces_down = strings(&["tunl0", "sit0"]);
    check(tunnels, &[]);
    let mut report = sealed();
    tunnels(&mut report);
    let network = facts(&report).into_iter().find(|fact| fact.name == "network").map(|fact| fact.measured);
    assert_eq!(network.as_deref(), Some("down and of no use: tunl0, sit0; sockets are refused"));
    let up = |report: &mut CellReport| {
        tunnels(report);
        report.measured.interfaces = strings(&["eth0"]);
    };
    check(up, &["network: interfaces eth0; down and of no use: tunl0, sit0; sockets are refused"]);
}

#[test]
fn a_folder_in_memory_is_the_containers_own_only_while_nothing_is_in_it() {
    let run = |entries| MountPoint { entries, ..mount("/run", "tmpfs") };
    check(|report| report.measured.mounts.push(run(2)), &[]);
    check(|report| report.measured.mounts.push(run(3)), &["host mounts: /run (tmpfs)"]);
    let part = MountPoint { whole: false, ..mount("/tmp", "tmpfs") };
    check(|report| report.measured.mounts.push(part), &["host mounts: /tmp (tmpfs)"]);
    check(|report| report.measured.mounts.push(mount("/tmp", "ext4")), &["host mounts: /tmp (ext4)"]);
}

#[test]
fn a_lock_that_was_not_tried_does_not_count() {
    for attempt in [&RUNNING[..], &STARTING[..], &TALKING[..]].concat() {
        let mut report = sealed();
        report.locks.refused.retain(|refused| refused != attempt);
        assert_eq!(report.broken().len(), 1, "{attempt}");
    }
}

#[test]
fn what_others_stand_in_for_is_reduced_and_not_broken() {
    let mut report = sealed();
    report.locks.landlock = None;
    report.measured.memory_bytes = None;
    let reduced: Vec<&str> = facts(&report)
        .into_iter()
        .filter(|fact| fact.verdict == Verdict::Reduced)
        .map(|fact| fact.name)
        .collect();
    assert_eq!(reduced, ["limits", "file rules"]);
    assert_eq!(report.broken(), []);
}
