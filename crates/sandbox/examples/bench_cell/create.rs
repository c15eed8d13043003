//! From nothing to a bridge that answers, beside what the engine takes for an empty container.
//!
//! The baseline is the least that can be asked of the engine: an image of one static program, created,
//! attached to and started, with no network, limit, volume, label or check. Two more are for
//! orientation: one with our limits and a volume, to tell the engine's price for them from ours, and
//! one with a network namespace set up, which is what an engine does when nothing is said.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use anchorhold_sandbox::{Docker, Endpoint};
use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigLogConfig, Mount, MountType, ResourcesUlimits,
    VolumeCreateRequest,
};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, CreateImageOptionsBuilder,
    RemoveContainerOptionsBuilder, RemoveImageOptions, RemoveVolumeOptions, StartContainerOptions,
};
use futures_util::{StreamExt, TryStreamExt};
use tokio::io::AsyncWriteExt;

use crate::row::{Row, Times};
use crate::{Failure, Plan, spec};

const IMAGE: &str = "anchorhold-bench/empty";
const CONNECT_SECONDS: u64 = 120;

pub async fn measure(docker: &Docker, plan: &Plan) -> Result<(), Failure> {
    let plain = Plain::new(plan).await?;
    let mut contestants = Contestant::ALL.map(|contestant| (contestant, Times::default()));
    for run in 0..=plan.runs {
        eprintln!("create {run} of {}", plan.runs);
        // Whoever comes next bears what the engine still clears up of the one before.
        contestants.rotate_left(1);
        for (contestant, times) in &mut contestants {
            let took = match contestant {
                Contestant::Ours => ours(docker, run).await?,
                other => plain.run(run, *other).await?,
            };
            if run > 0 {
                times.add(took);
            }
        }
    }
    plain.remove().await?;
    let median = |wanted: Contestant| {
        let found = contestants.iter().find(|(contestant, _)| *contestant == wanted);
        found.map_or(f64::NAN, |(_, times)| times.median())
    };
    let against = |contestant, name| {
        Row::new("create to first answer", "ms", median(Contestant::Ours)).against(name, median(contestant))
    };
    against(Contestant::Least, "empty image: create, attach, start").most_times(1.1).tell();
    against(Contestant::Limited, "the same with our limits and a volume").tell();
    against(Contestant::Networked, "the same with a network namespace set up").tell();
    Ok(())
}

async fn ours(docker: &Docker, run: usize) -> Result<Duration, Failure> {
    let spec = spec(run);
    let began = Instant::now();
    let cell = docker.open(&spec).await?;
    let took = began.elapsed();
    cell.close().await;
    docker.remove(&spec.home, &spec.agent).await?;
    Ok(took)
}

/// The image holds the program and an empty folder, so its size is the program's.
pub async fn size(image: &str) -> Result<(), Failure> {
    let bytes = client().await?.inspect_image(image).await?.size.unwrap_or_default();
    Row::new("the bridge's program", "MB", bytes as f64 / 1e6).most(2.5).tell();
    Ok(())
}

/// What is created.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Contestant {
    Ours,
    Least,
    Limited,
    Networked,
}

impl Contestant {
    const ALL: [Self; 4] = [Self::Ours, Self::Least, Self::Limited, Self::Networked];
}

/// The engine without us.
struct Plain {
    client: bollard::Docker,
}

impl Plain {
    async fn new(plan: &Plan) -> Result<Self, Failure> {
        let client = client().await?;
        let program = fs::read(&plan.echo)?;
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o555);
        header.set_size(program.len() as u64);
        tar.append_data(&mut header, "echo", program.as_slice())?;
        let options = CreateImageOptionsBuilder::new().from_src("-").repo(IMAGE).tag("latest").build();
        client
            .create_image(Some(options), Some(bollard::body_full(tar.into_inner()?.into())), None)
            .try_collect::<Vec<_>>()
            .await?;
        Ok(Self { client })
    }

    /// How long until it was started; then it must answer.
    async fn run(&self, number: usize, kind: Contestant) -> Result<Duration, Failure> {
        let name = format!("anchorhold-bench-{}-{number}", std::process::id());
        let began = Instant::now();
        if kind == Contestant::Limited {
            let volume = VolumeCreateRequest { name: Some(name.clone()), ..VolumeCreateRequest::default() };
            self.client.create_volume(volume).await?;
        }
        let options = CreateContainerOptionsBuilder::new().name(&name).build();
        self.client.create_container(Some(options), body(&name, kind)).await?;
        let options = AttachContainerOptionsBuilder::new().stream(true).stdin(true).stdout(true).build();
        let mut attached = self.client.attach_container(&name, Some(options)).await?;
        self.client.start_container(&name, None::<StartContainerOptions>).await?;
        let started = began.elapsed();
        attached.input.write_all(b"hello\n").await?;
        attached.output.next().await.ok_or("the empty container said nothing")??;
        let options = RemoveContainerOptionsBuilder::new().force(true).build();
        self.client.remove_container(&name, Some(options)).await?;
        if kind == Contestant::Limited {
            self.client.remove_volume(&name, None::<RemoveVolumeOptions>).await?;
        }
        Ok(started)
    }

    async fn remove(self) -> Result<(), Failure> {
        self.client.remove_image(IMAGE, None::<RemoveImageOptions>, None).await?;
        Ok(())
    }
}

async fn client() -> Result<bollard::Docker, Failure> {
    let endpoint = Endpoint::from_environment()?;
    let path =
        endpoint.path().ok_or("measure an engine behind a local socket")?.to_string_lossy().into_owned();
    let client = bollard::Docker::connect_with_unix(&path, CONNECT_SECONDS, bollard::API_DEFAULT_VERSION)?;
    Ok(client.negotiate_version().await?)
}

fn body(name: &str, kind: Contestant) -> ContainerCreateBody {
    let bare = HostConfig { network_mode: Some("none".into()), ..HostConfig::default() };
    ContainerCreateBody {
        image: Some(IMAGE.into()),
        entrypoint: Some(vec!["/echo".into()]),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        open_stdin: Some(true),
        network_disabled: Some(kind != Contestant::Networked),
        host_config: Some(if kind == Contestant::Limited { as_ours(name, bare) } else { bare }),
        ..ContainerCreateBody::default()
    }
}

/// What a cell's container is given, as far as it could cost time.
fn as_ours(name: &str, bare: HostConfig) -> HostConfig {
    let ulimit = |name: &str, limit| ResourcesUlimits {
        name: Some(name.into()),
        soft: Some(limit),
        hard: Some(limit),
    };
    HostConfig {
        cap_drop: Some(vec!["ALL".into()]),
        readonly_rootfs: Some(true),
        security_opt: Some(vec!["no-new-privileges".into()]),
        pids_limit: Some(8),
        memory: Some(256 * 1024 * 1024),
        memory_swap: Some(256 * 1024 * 1024),
        ipc_mode: Some("none".into()),
        init: Some(false),
        log_config: Some(HostConfigLogConfig { typ: Some("none".into()), config: None }),
        tmpfs: Some(HashMap::from([("/tmp".to_owned(), "rw,noexec,nosuid,nodev,size=16m".to_owned())])),
        ulimits: Some(vec![ulimit("nofile", 1024), ulimit("core", 0)]),
        mounts: Some(vec![Mount {
            typ: Some(MountType::VOLUME),
            source: Some(name.to_owned()),
            target: Some("/workspace".into()),
            ..Mount::default()
        }]),
        ..bare
    }
}
