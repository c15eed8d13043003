//! The engine: opening, parking and removing cells.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use anchorhold_bridge::Quotas;
use bollard::errors::Error as EngineError;
use bollard::models::{ContainerInspectResponse, VolumeCreateRequest};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, InspectContainerOptions, ListContainersOptionsBuilder,
    ListVolumesOptionsBuilder, RemoveContainerOptionsBuilder, RemoveVolumeOptionsBuilder,
    StartContainerOptions,
};

use crate::attach::Pipe;
use crate::cell::{self, Cell};
use crate::container::{self, LABEL_AGENT};
use crate::endpoint::Endpoint;
use crate::error::SandboxError;
use crate::line::{self, Line};
use crate::report::ContainerFacts;

/// How long one answer of the engine may take; removing a large volume holds it for minutes.
pub(crate) const TIMEOUT_SECONDS: u64 = 300;

/// How often, and how long apart, a container is looked at while its state cannot be read.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// A container engine that answers.
#[derive(Clone)]
pub struct Docker {
    client: bollard::Docker,
    endpoint: Endpoint,
}

/// What a cell is opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellSpec {
    /// The agent's id, part of the names of container and volume.
    pub agent: String,
    /// The data folder that owns the agent, as a label.
    pub home: String,
    /// The limits that the bridge enforces.
    pub quotas: Quotas,
}

impl Docker {
    pub(crate) fn new(client: bollard::Docker, endpoint: Endpoint) -> Self {
        Self { client, endpoint }
    }

    /// Checks that the engine still answers.
    pub async fn ping(&self) -> Result<(), SandboxError> {
        self.client.ping().await.map(drop).map_err(|error| self.failed("ask the container engine", error))
    }

    /// The engine's version.
    pub async fn version(&self) -> Result<String, SandboxError> {
        let version = self.client.version().await;
        let version =
            version.map_err(|error| self.failed("ask the container engine for its version", error))?;
        Ok(version.version.unwrap_or_default())
    }

    /// Opens an agent's cell: the one that still runs, or a new container on its volume, old or new.
    pub async fn open(&self, spec: &CellSpec) -> Result<Cell, SandboxError> {
        let image = self.ensure_image().await?;
        let name = container::name(&spec.agent);
        if let Some(found) = self.inspect(&name).await? {
            if !is_ours(found.config.as_ref().and_then(|config| config.labels.as_ref()), spec) {
                return Err(SandboxError::NameTaken { name });
            }
            if is_running(&found) && is_as_wanted(&found, spec, &image) {
                match self.attach_again(&name).await {
                    Ok(cell) => return Ok(cell),
                    Err(error) => tracing::info!(%error, name, "the running cell is made anew"),
                }
            }
            self.remove_container(&name).await?;
        }
        self.ensure_volume(spec, &name).await?;
        self.create(spec, &name, &image).await
    }

    /// Ends an agent's container and keeps its volume.
    pub async fn park(&self, agent: &str) -> Result<(), SandboxError> {
        for id in self.containers_of(agent).await? {
            self.remove_container(&id).await?;
        }
        Ok(())
    }

    /// Removes everything of an agent's; nothing being there is fine.
    pub async fn remove(&self, agent: &str) -> Result<(), SandboxError> {
        self.park(agent).await?;
        for name in self.volumes_of(agent).await? {
            let options = RemoveVolumeOptionsBuilder::new().force(true).build();
            match self.client.remove_volume(&name, Some(options)).await {
                Ok(()) => {}
                Err(error) if Self::is_not_found(&error) => {}
                Err(error) => return Err(self.failed(format!("remove the volume {name}"), error)),
            }
        }
        Ok(())
    }

    /// Where it listens.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) fn client(&self) -> &bollard::Docker {
        &self.client
    }

    pub(crate) fn failed(&self, attempt: impl Into<String>, error: EngineError) -> SandboxError {
        SandboxError::engine(&self.endpoint, attempt, error)
    }

    pub(crate) fn is_not_found(error: &EngineError) -> bool {
        matches!(error, EngineError::DockerResponseServerError { status_code: 404, .. })
    }

    pub(crate) async fn inspect(&self, name: &str) -> Result<Option<ContainerInspectResponse>, SandboxError> {
        let mut looks = 1;
        loop {
            match self.look(name).await {
                // Between its end and its clean-up, Podman calls a container `stopped`, a word that
                // Docker's API does not have; no event tells of the end of that state.
                Err(SandboxError::EngineFailed { source, .. })
                    if looks < LOOKS && is_unreadable(&*source) =>
                {
                    tokio::time::sleep(BETWEEN_LOOKS).await;
                    looks += 1;
                }
                looked => return looked,
            }
        }
    }

    async fn look(&self, name: &str) -> Result<Option<ContainerInspectResponse>, SandboxError> {
        match self.client.inspect_container(name, None::<InspectContainerOptions>).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if Self::is_not_found(&error) => Ok(None),
            Err(error) => Err(self.failed(format!("look for the container {name}"), error)),
        }
    }

    /// Makes the volume, or finds it; a volume of that name that is not ours stays untouched.
    async fn ensure_volume(&self, spec: &CellSpec, name: &str) -> Result<(), SandboxError> {
        let request = VolumeCreateRequest {
            name: Some(name.to_owned()),
            labels: Some(container::labels(spec)),
            ..VolumeCreateRequest::default()
        };
        let volume = self
            .client
            .create_volume(request)
            .await
            .map_err(|error| self.failed(format!("create the volume {name}"), error))?;
        match is_ours(Some(&volume.labels), spec) {
            true => Ok(()),
            false => Err(SandboxError::NameTaken { name: name.to_owned() }),
        }
    }

    async fn create(&self, spec: &CellSpec, name: &str, image: &str) -> Result<Cell, SandboxError> {
        let options = CreateContainerOptionsBuilder::new().name(name).build();
        self.client
            .create_container(Some(options), container::body(spec, image))
            .await
            .map_err(|error| self.failed(format!("create the container {name}"), error))?;
        // Before the start, or the first words could be lost.
        let pipe = self.attach(name).await?;
        self.client
            .start_container(name, None::<StartContainerOptions>)
            .await
            .map_err(|error| self.failed(format!("start the container {name}"), error))?;
        let greeted = self.greet(name, pipe).await;
        if greeted.is_err() {
            // A bridge that will not serve is of no use, and what it said is in the error.
            if let Err(error) = self.remove_container(name).await {
                tracing::warn!(%error, name, "a container that does not serve is left behind");
            }
        }
        greeted
    }

    async fn attach_again(&self, name: &str) -> Result<Cell, SandboxError> {
        let mut pipe = self.attach(name).await?;
        line::find_rhythm(&mut pipe.reader, &mut pipe.writer).await?;
        self.greet(name, pipe).await
    }

    async fn greet(&self, name: &str, pipe: Pipe) -> Result<Cell, SandboxError> {
        let epilogue = self.clone().epilogue(name.to_owned(), pipe.said);
        let line = Line::new(pipe.reader, pipe.writer, epilogue);
        let hello = cell::hello(&line).await?;
        let found = self.inspect(name).await?.unwrap_or_default();
        let id = found.id.clone().unwrap_or_default();
        Ok(Cell::new(line, id, &hello, Some(ContainerFacts::new(found))))
    }

    /// Kills rather than stops: the bridge is the container's first process and `stop` would wait
    /// out its whole timeout.
    async fn remove_container(&self, name: &str) -> Result<(), SandboxError> {
        let options = RemoveContainerOptionsBuilder::new().force(true).build();
        match self.client.remove_container(name, Some(options)).await {
            Ok(()) => Ok(()),
            Err(error) if Self::is_not_found(&error) => Ok(()),
            Err(error) => Err(self.failed(format!("remove the container {name}"), error)),
        }
    }

    async fn containers_of(&self, agent: &str) -> Result<Vec<String>, SandboxError> {
        let options = ListContainersOptionsBuilder::new().all(true).filters(&by_agent(agent)).build();
        let found = self
            .client
            .list_containers(Some(options))
            .await
            .map_err(|error| self.failed("list the cell's containers", error))?;
        Ok(found.into_iter().filter_map(|container| container.id).collect())
    }

    async fn volumes_of(&self, agent: &str) -> Result<Vec<String>, SandboxError> {
        let options = ListVolumesOptionsBuilder::new().filters(&by_agent(agent)).build();
        let found = self
            .client
            .list_volumes(Some(options))
            .await
            .map_err(|error| self.failed("list the cell's volumes", error))?;
        Ok(found.volumes.unwrap_or_default().into_iter().map(|volume| volume.name).collect())
    }
}

fn by_agent(agent: &str) -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![format!("{LABEL_AGENT}={agent}")])])
}

fn is_ours(labels: Option<&HashMap<String, String>>, spec: &CellSpec) -> bool {
    let wanted = container::labels(spec);
    labels.is_some_and(|labels| wanted.iter().all(|(key, value)| labels.get(key) == Some(value)))
}

fn is_unreadable(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(EngineError::JsonDataError { .. }))
}

fn is_running(found: &ContainerInspectResponse) -> bool {
    found.state.as_ref().and_then(|state| state.running) == Some(true)
}

/// Whether a running container is the one that would be made now.
fn is_as_wanted(found: &ContainerInspectResponse, spec: &CellSpec, image: &str) -> bool {
    found.config.as_ref().is_some_and(|config| {
        // Podman spells the registry out.
        config.image.as_deref().map(|name| name.trim_start_matches("docker.io/")) == Some(image)
            && config.cmd.as_deref() == Some(container::arguments(&spec.quotas).as_slice())
    })
}
