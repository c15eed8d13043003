//! Ending cells: at once for whoever asks, and in the background for what takes long.
//!
//! An engine that removes a volume of many files answers nobody else meanwhile, so a volume is first
//! emptied from inside, by the bridge in a last short-lived cell, one volume at a time. What a
//! process that ends leaves over, the next one [reaps](Docker::reap).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anchorhold_bridge::Quotas;
use bollard::models::Volume;
use bollard::query_parameters::{
    ListVolumesOptionsBuilder, RemoveContainerOptionsBuilder, RemoveVolumeOptionsBuilder,
};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::container::{self, LABEL_AGENT, LABEL_HOME, LABEL_PLACE};
use crate::docker::{CellSpec, Docker};
use crate::error::SandboxError;
use crate::open::Entry;
use crate::owners;

/// The volumes that are being removed.
pub(crate) struct Freeing {
    tasks: TaskTracker,
    turn: Semaphore,
    by_cell: Mutex<HashMap<owners::Key, (CancellationToken, JoinHandle<()>)>>,
}

impl Default for Freeing {
    fn default() -> Self {
        let tasks = TaskTracker::new();
        // Closed, it still takes tasks, and can be waited for whenever there are none.
        tasks.close();
        Self { tasks, turn: Semaphore::new(1), by_cell: Mutex::default() }
    }
}

impl Freeing {
    /// Calls off the removal of an agent's volume; false where none was under way.
    pub(crate) async fn stop(&self, home: &str, agent: &str) -> bool {
        let key = owners::key(home, agent);
        let known = self.by_cell.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        let Some((stop, task)) = known else { return false };
        let under_way = !task.is_finished();
        stop.cancel();
        let _ = task.await;
        under_way
    }
}

impl Docker {
    /// Ends an agent's container and keeps its volume.
    pub async fn park(&self, spec: &CellSpec) -> Result<(), SandboxError> {
        let found = self.containers(&container::owned(spec)).await?;
        for id in found.into_iter().filter_map(|container| container.id) {
            self.remove_container(&id).await?;
        }
        owners::release(spec);
        Ok(())
    }

    /// Removes everything of an agent of a data folder; nothing being there is fine.
    ///
    /// The container is gone when this returns; the volume goes in the background, see
    /// [`settle`](Self::settle).
    pub async fn remove(&self, spec: &CellSpec) -> Result<(), SandboxError> {
        self.state().freeing.stop(&spec.home, &spec.agent).await;
        self.park(spec).await?;
        for volume in self.volumes(&container::owned(spec)).await? {
            self.free(volume);
        }
        Ok(())
    }

    /// Waits until the removals under way are done, or the time is up; says whether they are.
    ///
    /// What is left then is done by the next process, which [reaps](Self::reap) at its start.
    pub async fn settle(&self, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.state().freeing.tasks.wait()).await.is_ok()
    }

    /// Empties and removes a volume in the background, when those before it are done.
    pub(crate) fn free(&self, volume: Volume) {
        let label = |name| volume.labels.get(name).map_or("", String::as_str);
        let key = owners::key(label(LABEL_HOME), label(LABEL_AGENT));
        let stop = CancellationToken::new();
        let (docker, stopped) = (self.clone(), stop.clone());
        let freeing = &self.state().freeing;
        let task = freeing.tasks.spawn(async move {
            let turn = stopped.run_until_cancelled(docker.state().freeing.turn.acquire()).await;
            let Some(Ok(_turn)) = turn else { return };
            if let Err(error) = docker.empty_and_remove(&volume, &stopped).await {
                let name = &volume.name;
                tracing::warn!(%error, name, "a volume is not removed; the next start tries again");
            }
        });
        let mut known = freeing.by_cell.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (_, task)| !task.is_finished());
        known.insert(key, (stop, task));
    }

    /// A stop takes effect between two things that the engine is asked for: one that is cut off in the
    /// middle goes on behind our back, and its container would have the name of the next cell.
    async fn empty_and_remove(&self, volume: &Volume, stop: &CancellationToken) -> Result<(), SandboxError> {
        if let Some(spec) = spec_of(volume) {
            match self.empty(&spec, &volume.name, stop).await {
                Ok(entries) => tracing::debug!(agent = spec.agent, entries, "a volume is emptied"),
                // Slow, and better than to keep for ever what no bridge can empty.
                Err(error) if is_the_cells_own(&error) => {
                    tracing::info!(%error, agent = spec.agent, "a volume is removed without emptying it");
                }
                Err(error) => return Err(error),
            }
        }
        if stop.is_cancelled() {
            return Ok(());
        }
        let options = RemoveVolumeOptionsBuilder::new().force(true).build();
        match self.client().remove_volume(&volume.name, Some(options)).await {
            Ok(()) => Ok(()),
            Err(error) if Self::is_not_found(&error) => Ok(()),
            Err(error) => Err(self.failed(format!("remove the volume {}", volume.name), error)),
        }
    }

    /// Has the bridge empty a workspace, in a cell that ends with it.
    async fn empty(
        &self,
        spec: &CellSpec,
        volume: &str,
        stop: &CancellationToken,
    ) -> Result<u64, SandboxError> {
        let claim = owners::take(spec).await?;
        let entry = Entry { claim, taken_back: false };
        let emptied = match self.enter(spec, &[volume.to_owned()], entry).await {
            Ok(cell) => stop.run_until_cancelled(cell.empty()).await.unwrap_or(Ok(0)),
            Err(error) => Err(error),
        };
        self.park(spec).await?;
        emptied
    }

    /// Kills rather than stops: the bridge is the container's first process and `stop` would wait
    /// out its whole timeout.
    pub(crate) async fn remove_container(&self, name: &str) -> Result<(), SandboxError> {
        let options = RemoveContainerOptionsBuilder::new().force(true).build();
        match self.client().remove_container(name, Some(options)).await {
            Ok(()) => Ok(()),
            Err(error) if Self::is_not_found(&error) => Ok(()),
            Err(error) => Err(self.failed(format!("remove the container {name}"), error)),
        }
    }

    /// The volumes with these labels.
    pub(crate) async fn volumes(&self, labels: &[(&str, &str)]) -> Result<Vec<Volume>, SandboxError> {
        let options = ListVolumesOptionsBuilder::new().filters(&labelled(labels)).build();
        let found = self.client().list_volumes(Some(options)).await;
        let found = found.map_err(|error| self.failed("list the cell's volumes", error))?;
        Ok(found.volumes.unwrap_or_default())
    }
}

/// The filter for what carries all of these labels.
pub(crate) fn labelled(labels: &[(&str, &str)]) -> HashMap<String, Vec<String>> {
    let labels = labels.iter().map(|(label, value)| format!("{label}={value}")).collect();
    HashMap::from([("label".to_owned(), labels)])
}

/// The cell that a volume belongs to; none for one that no cell would mount.
fn spec_of(volume: &Volume) -> Option<CellSpec> {
    let label = |name| volume.labels.get(name).cloned();
    let spec = CellSpec {
        agent: label(LABEL_AGENT)?,
        home: label(LABEL_HOME)?,
        place: label(LABEL_PLACE).unwrap_or_default(),
        quotas: Quotas::default(),
    };
    container::names(&spec).contains(&volume.name).then_some(spec)
}

/// Whether an error comes from the cell, and would come again, rather than from the engine.
fn is_the_cells_own(error: &SandboxError) -> bool {
    matches!(
        error,
        SandboxError::CellEnded(_)
            | SandboxError::BridgeRefusedToServe { .. }
            | SandboxError::NotAsPromised { .. }
            | SandboxError::BridgeMissing { .. }
            | SandboxError::EngineArchUnsupported { .. }
            | SandboxError::ArchDiffers { .. }
            | SandboxError::Frame(_)
            | SandboxError::UnexpectedAnswer { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_cell_itself_is_keeps_no_volume_and_what_an_engine_says_does() {
        assert!(is_the_cells_own(&SandboxError::NotAsPromised { broken: Vec::new() }));
        assert!(is_the_cells_own(&SandboxError::BridgeRefusedToServe { said: String::new() }));
        assert!(!is_the_cells_own(&SandboxError::EngineHungUp { attempt: String::new() }));
    }
}
