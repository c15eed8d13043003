//! What a cell's container is made of. Every line takes something away.

use std::collections::HashMap;

use anchorhold_bridge::Quotas;
use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigLogConfig, Mount, MountType, MountVolumeOptions,
    ResourcesUlimits,
};
use sha2::{Digest, Sha256};

use crate::docker::CellSpec;
use crate::image::{PROGRAM, UID, WORKSPACE};

/// Says which agent a container or volume belongs to, and that it is ours.
pub(crate) const LABEL_AGENT: &str = "dev.anchorhold.agent";
/// Says which data folder it belongs to, by that one's id.
pub(crate) const LABEL_HOME: &str = "dev.anchorhold.home-id";
/// Says to people where that folder is. Nothing is found by it.
pub(crate) const LABEL_PLACE: &str = "dev.anchorhold.home";

/// The most memory, in bytes.
pub(crate) const MEMORY_BYTES: i64 = 256 * 1024 * 1024;
/// One is enough for the bridge; the engine's own start-up needs a few for a moment.
pub(crate) const PIDS: i64 = 8;
/// Counted over all cells of an engine, which share a user; it bounds them where the engine has no
/// control groups to count with. Podman would otherwise set millions, which not every kernel lets it.
const NPROC: i64 = 1024;

/// The names that an agent's container and volume may have; the first that nobody else has is theirs.
///
/// A data folder that was moved or copied has the agents of the one before, and an id of its own.
pub(crate) fn names(spec: &CellSpec) -> [String; 2] {
    let home = Sha256::digest(spec.home.as_bytes());
    let home: String = home.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    [format!("anchorhold-{}", spec.agent), format!("anchorhold-{}-{home}", spec.agent)]
}

/// What carries these labels is a cell's. The same agent in a copy of the data folder has a cell of its own.
pub(crate) fn owned(spec: &CellSpec) -> [(&str, &str); 2] {
    [(LABEL_AGENT, &spec.agent), (LABEL_HOME, &spec.home)]
}

pub(crate) fn labels(spec: &CellSpec) -> HashMap<String, String> {
    let [agent, home] = owned(spec);
    let labels = [agent, home, (LABEL_PLACE, &spec.place)];
    labels.map(|(label, value)| (label.to_owned(), value.to_owned())).into()
}

/// The bridge's arguments.
pub(crate) fn arguments(quotas: &Quotas) -> Vec<String> {
    let quotas = serde_json::json!(quotas).to_string();
    ["--root", WORKSPACE, "--quotas", &quotas].map(str::to_owned).to_vec()
}

pub(crate) fn body(spec: &CellSpec, name: &str, image: &str) -> ContainerCreateBody {
    ContainerCreateBody {
        image: Some(image.to_owned()),
        entrypoint: Some(vec![PROGRAM.to_owned()]),
        cmd: Some(arguments(&spec.quotas)),
        user: Some(format!("{UID}:{UID}")),
        labels: Some(labels(spec)),
        env: Some(Vec::new()),
        network_disabled: Some(true),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        open_stdin: Some(true),
        // The bridge outlives a host that dies, and is found again.
        stdin_once: Some(false),
        tty: Some(false),
        host_config: Some(host_config(spec, name)),
        ..ContainerCreateBody::default()
    }
}

fn host_config(spec: &CellSpec, volume: &str) -> HostConfig {
    HostConfig {
        network_mode: Some("none".into()),
        cap_drop: Some(vec!["ALL".into()]),
        readonly_rootfs: Some(true),
        security_opt: Some(vec!["no-new-privileges".into()]),
        pids_limit: Some(PIDS),
        memory: Some(MEMORY_BYTES),
        memory_swap: Some(MEMORY_BYTES),
        ipc_mode: Some("none".into()),
        init: Some(false),
        log_config: Some(HostConfigLogConfig { typ: Some("none".into()), config: None }),
        tmpfs: Some(HashMap::from([("/tmp".to_owned(), "rw,noexec,nosuid,nodev,size=16m".to_owned())])),
        ulimits: Some(vec![ulimit("nofile", 1024), ulimit("core", 0), ulimit("nproc", NPROC)]),
        mounts: Some(vec![Mount {
            typ: Some(MountType::VOLUME),
            source: Some(volume.to_owned()),
            target: Some(WORKSPACE.into()),
            read_only: Some(false),
            // A volume that was removed meanwhile is made with the container, and is ours from then on.
            volume_options: Some(MountVolumeOptions {
                labels: Some(labels(spec)),
                ..MountVolumeOptions::default()
            }),
            ..Mount::default()
        }]),
        ..HostConfig::default()
    }
}

fn ulimit(name: &str, limit: i64) -> ResourcesUlimits {
    ResourcesUlimits { name: Some(name.into()), soft: Some(limit), hard: Some(limit) }
}
