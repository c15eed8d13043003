//! The engine: the connection to it, and what is known over that connection.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anchorhold_bridge::Quotas;
use bollard::errors::Error as EngineError;
use bollard::models::{ContainerInspectResponse, ContainerSummary};
use bollard::query_parameters::{InspectContainerOptions, ListContainersOptionsBuilder};
use tokio::sync::Mutex;

use crate::endpoint::Endpoint;
use crate::error::SandboxError;
use crate::image::Image;
use crate::remove::{Freeing, labelled};

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
    state: Arc<State>,
}

/// What the clones of a connection share.
#[derive(Default)]
pub(crate) struct State {
    /// The image, once the engine was asked for it.
    pub(crate) image: Mutex<Option<Image>>,
    /// The volumes that are being removed.
    pub(crate) freeing: Freeing,
}

/// What a cell is opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellSpec {
    /// The agent's id, part of the name of container and volume.
    pub agent: String,
    /// The id of the data folder that owns the agent.
    pub home: String,
    /// Where that folder is, for people alone: another machine can have one there too.
    pub place: String,
    /// The limits that the bridge enforces.
    pub quotas: Quotas,
}

impl Docker {
    pub(crate) fn new(client: bollard::Docker, endpoint: Endpoint) -> Self {
        Self { client, endpoint, state: Arc::default() }
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

    /// Where it listens.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) fn client(&self) -> &bollard::Docker {
        &self.client
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn failed(&self, attempt: impl Into<String>, error: EngineError) -> SandboxError {
        SandboxError::engine(&self.endpoint, attempt, error)
    }

    pub(crate) fn is_not_found(error: &EngineError) -> bool {
        matches!(error, EngineError::DockerResponseServerError { status_code: 404, .. })
    }

    /// Whether something is in the way: a name that is taken, a thing that is in use. Podman has no
    /// status of its own for that.
    pub(crate) fn is_conflict(error: &EngineError) -> bool {
        match error {
            EngineError::DockerResponseServerError { status_code: 409, .. } => true,
            EngineError::DockerResponseServerError { status_code: 500, message } => {
                message.contains("already in use")
            }
            _ => false,
        }
    }

    pub(crate) async fn inspect(&self, name: &str) -> Result<Option<ContainerInspectResponse>, SandboxError> {
        match readable(|| self.client.inspect_container(name, None::<InspectContainerOptions>)).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if Self::is_not_found(&error) => Ok(None),
            Err(error) => Err(self.failed(format!("look for the container {name}"), error)),
        }
    }

    /// Every container with these labels, running or not.
    pub(crate) async fn containers(
        &self,
        labels: &[(&str, &str)],
    ) -> Result<Vec<ContainerSummary>, SandboxError> {
        let filters = labelled(labels);
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let found = readable(|| self.client.list_containers(Some(options.clone()))).await;
        found.map_err(|error| self.failed("list the containers of cells", error))
    }
}

/// Asks again while an answer cannot be read.
///
/// Between its end and its clean-up, Podman calls a container `stopped`, a word that Docker's API does
/// not have; no event tells of the end of that state.
async fn readable<T, F>(ask: impl Fn() -> F) -> Result<T, EngineError>
where
    F: Future<Output = Result<T, EngineError>>,
{
    let mut looks = 1;
    loop {
        match ask().await {
            Err(EngineError::JsonDataError { .. }) if looks < LOOKS => {
                tokio::time::sleep(BETWEEN_LOOKS).await;
                looks += 1;
            }
            answer => return answer,
        }
    }
}
