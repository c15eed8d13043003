//! Throwaway containers for the tests that take a cell's walls away: another program in the place of
//! the bridge, in the product's own container with some of its layers removed. Never in the product.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use anchorhold_bridge::Quotas;
use bollard::models::{ContainerCreateBody, HostConfig, VolumeCreateRequest};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, CreateImageOptionsBuilder, RemoveContainerOptionsBuilder,
    RemoveImageOptionsBuilder, RemoveVolumeOptionsBuilder, StartContainerOptions,
};
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

use crate::container;
use crate::docker::{CellSpec, Docker};
use crate::error::{Ending, SandboxError};
use crate::image::image_tar;

const REPOSITORY: &str = "anchorhold/trial";
/// Numbers what is made, so that trials side by side stay apart.
static NEXT: AtomicU64 = AtomicU64::new(0);
/// More than any program that is tried has to say.
const MOST_OUTPUT: u64 = 16 * 1024 * 1024;

/// Whatever an attack has a use for. Not `ALL`: an engine cannot give what it was not given itself.
const CAPABILITIES: [&str; 21] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_ADMIN",
    "NET_RAW",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_TIME",
];

/// A layer that the engine puts around a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// No network; without it, the host's.
    Network,
    /// No capabilities; without it, nearly all of them.
    Capabilities,
    /// A user that is nobody; without it, root.
    User,
    /// Nothing gains privileges by running.
    NoNewPrivileges,
    /// The engine's own filter of system calls, and its AppArmor profile where it has one.
    Profile,
    /// A root file system that cannot be written.
    ReadOnlyRoot,
    /// Hidden and write-protected parts of `/proc`.
    MaskedPaths,
    /// No devices but the harmless ones; without it, all that can be made.
    Devices,
    /// The most processes.
    Pids,
    /// The most memory.
    Memory,
    /// The most open files.
    OpenFiles,
    /// Nothing in `/tmp` can be run.
    TmpNoexec,
    /// No `/dev/shm`.
    Ipc,
    /// No processes to be seen but its own; without it, the host's.
    PidNamespace,
}

/// An image with a program of the test's own, on an engine.
pub struct Trial {
    docker: Docker,
    image: String,
}

/// What a program said and how it ended.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Its output.
    pub output: Vec<u8>,
    /// How it ended, with the last of its error output.
    pub ending: Ending,
}

impl Trial {
    /// Imports an image with `program` where the bridge would be.
    pub async fn new(docker: &Docker, program: &[u8]) -> Result<Self, SandboxError> {
        let failed = |error: io::Error| SandboxError::EngineFailed {
            attempt: "make the image of a trial".into(),
            source: Box::new(error),
        };
        // The folder is everybody's, so that root can use it without the right to overrule modes.
        let tar = image_tar(program, 0o777).map_err(failed)?;
        let hash: String = Sha256::digest(program).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let tag = format!("{hash}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let options = CreateImageOptionsBuilder::new().from_src("-").repo(REPOSITORY).tag(&tag).build();
        docker
            .client()
            .create_image(Some(options), Some(bollard::body_full(tar.into())), None)
            .try_collect::<Vec<_>>()
            .await
            .map_err(|error| docker.failed("import the image of a trial", error))?;
        Ok(Self { docker: docker.clone(), image: format!("{REPOSITORY}:{tag}") })
    }

    /// Runs the program to its end in a cell's container without some layers, and removes that.
    pub async fn run(&self, arguments: &[String], without: &[Layer]) -> Result<Verdict, SandboxError> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let spec = CellSpec {
            agent: format!("{}-{number}", self.image.trim_start_matches("anchorhold/").replace(':', "-")),
            home: "trial".into(),
            place: "trial".into(),
            quotas: Quotas::default(),
        };
        let [name, _] = container::names(&spec);
        let mut body = container::body(&spec, &name, &self.image);
        body.cmd = Some(arguments.to_vec());
        for layer in without {
            take_away(&mut body, *layer);
        }
        let outcome = self.run_to_its_end(&name, &spec, body).await;
        let client = self.docker.client();
        let container = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        let _ = client.remove_container(&name, Some(container)).await;
        let volume = RemoveVolumeOptionsBuilder::new().force(true).build();
        let _ = client.remove_volume(&name, Some(volume)).await;
        outcome
    }

    /// Removes the image.
    pub async fn remove(self) -> Result<(), SandboxError> {
        let options = RemoveImageOptionsBuilder::new().force(true).build();
        let removed = self.docker.client().remove_image(&self.image, Some(options), None).await;
        removed.map(drop).map_err(|error| self.docker.failed("remove the image of a trial", error))
    }

    async fn run_to_its_end(
        &self,
        name: &str,
        spec: &CellSpec,
        body: ContainerCreateBody,
    ) -> Result<Verdict, SandboxError> {
        let client = self.docker.client();
        let volume = VolumeCreateRequest {
            name: Some(name.to_owned()),
            labels: Some(container::labels(spec)),
            ..VolumeCreateRequest::default()
        };
        let failed = |attempt: &str| {
            let attempt = format!("{attempt} {name}");
            move |error| self.docker.failed(attempt, error)
        };
        client.create_volume(volume).await.map_err(failed("create the volume"))?;
        let options = CreateContainerOptionsBuilder::new().name(name).build();
        client.create_container(Some(options), body).await.map_err(failed("create the container"))?;
        let pipe = self.docker.attach(name).await?;
        client
            .start_container(name, None::<StartContainerOptions>)
            .await
            .map_err(failed("start the container"))?;
        let mut output = Vec::new();
        let read = pipe.reader.take(MOST_OUTPUT).read_to_end(&mut output).await;
        read.map_err(|error| SandboxError::EngineFailed {
            attempt: format!("read the output of {name}"),
            source: Box::new(error),
        })?;
        let ending = self.docker.clone().epilogue(name.to_owned(), pipe.said).await;
        Ok(Verdict { output, ending })
    }
}

fn take_away(body: &mut ContainerCreateBody, layer: Layer) {
    let host: &mut HostConfig = body.host_config.get_or_insert_default();
    let options = host.security_opt.get_or_insert_default();
    match layer {
        Layer::Network => {
            body.network_disabled = Some(false);
            host.network_mode = Some("host".into());
        }
        Layer::Capabilities => {
            host.cap_drop = None;
            host.cap_add = Some(CAPABILITIES.map(str::to_owned).to_vec());
        }
        Layer::User => body.user = Some("0:0".into()),
        Layer::NoNewPrivileges => options.retain(|option| option != "no-new-privileges"),
        Layer::Profile => {
            options.extend(["seccomp=unconfined", "apparmor=unconfined"].map(str::to_owned));
        }
        Layer::ReadOnlyRoot => host.readonly_rootfs = Some(false),
        Layer::MaskedPaths => {
            host.masked_paths = Some(Vec::new());
            host.readonly_paths = Some(Vec::new());
        }
        Layer::Devices => host.device_cgroup_rules = Some(vec!["a *:* rwm".into()]),
        Layer::Pids => host.pids_limit = None,
        Layer::Memory => {
            host.memory = None;
            host.memory_swap = None;
        }
        Layer::OpenFiles => host.ulimits = None,
        Layer::TmpNoexec => {
            for options in host.tmpfs.iter_mut().flat_map(|tmpfs| tmpfs.values_mut()) {
                *options = options.replace("noexec", "exec");
            }
        }
        Layer::Ipc => host.ipc_mode = Some("private".into()),
        Layer::PidNamespace => host.pid_mode = Some("host".into()),
    }
}
