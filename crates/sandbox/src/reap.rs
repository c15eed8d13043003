//! What an earlier process left behind: containers, volumes and images that nobody needs any more.
//!
//! Only ours: by label, and of the data folder with this id. What this process has opened itself is left alone,
//! so that agents may start meanwhile.

use std::collections::HashMap;

use bollard::models::{ContainerSummary, ImageSummary};
use bollard::query_parameters::{ListImagesOptionsBuilder, RemoveImageOptionsBuilder};

use crate::arch::BRIDGES;
use crate::container::{LABEL_AGENT, LABEL_HOME};
use crate::docker::Docker;
use crate::error::SandboxError;
use crate::image::{LABEL_IMAGE, LABEL_IMAGE_BRIDGE, REPOSITORY, is_our_tag, name_of};
use crate::owners;
use crate::remove::labelled;

/// An agent that exists, as far as its cell goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The agent's id. Its volume stays.
    pub agent: String,
    /// Whether it runs, or will at once. Its container then stays as well.
    pub running: bool,
}

/// What was of no use any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reaped {
    /// The containers that were removed, by id.
    pub containers: Vec<String>,
    /// The volumes whose removal has begun, by name; see [`Docker::settle`].
    pub volumes: Vec<String>,
    /// The images that were removed, by name, or by id where they had none.
    pub images: Vec<String>,
}

impl Docker {
    /// Removes what an earlier process left of the data folder with this id: containers of agents that do not
    /// run, volumes of agents that are gone, and images of other versions that nothing uses.
    ///
    /// What cannot be removed is logged and left for the next time.
    pub async fn reap(&self, home: &str, keep: &[Kept]) -> Result<Reaped, SandboxError> {
        Ok(Reaped {
            containers: self.reap_containers(home, keep).await?,
            volumes: self.reap_volumes(home, keep).await?,
            images: self.reap_images().await?,
        })
    }

    async fn reap_containers(&self, home: &str, keep: &[Kept]) -> Result<Vec<String>, SandboxError> {
        let found = self.containers(&[(LABEL_HOME, home)]).await?;
        let mut reaped = Vec::new();
        for (agent, id) in found.into_iter().filter_map(agent_and_id) {
            if keep.iter().any(|kept| kept.running && kept.agent == agent) {
                continue;
            }
            // Nobody takes the cell while its container is removed.
            let _taking = owners::nobody_takes().await;
            if owners::was_here(home, &agent) {
                continue;
            }
            match self.remove_container(&id).await {
                Ok(()) => reaped.push(id),
                Err(error) => tracing::warn!(%error, agent, "a container that nobody needs is left"),
            }
        }
        Ok(reaped)
    }

    async fn reap_volumes(&self, home: &str, keep: &[Kept]) -> Result<Vec<String>, SandboxError> {
        let mut reaped = Vec::new();
        for volume in self.volumes(&[(LABEL_HOME, home)]).await? {
            let Some(agent) = volume.labels.get(LABEL_AGENT) else { continue };
            if keep.iter().any(|kept| kept.agent == *agent) || owners::was_here(home, agent) {
                continue;
            }
            reaped.push(volume.name.clone());
            self.free(volume);
        }
        Ok(reaped)
    }

    /// Never by force: the engine refuses where a container uses the image, of whatever data folder.
    async fn reap_images(&self) -> Result<Vec<String>, SandboxError> {
        let wanted: Vec<String> = BRIDGES.iter().map(|bridge| name_of(*bridge)).collect();
        let named = HashMap::from([("reference".to_owned(), vec![REPOSITORY.to_owned()])]);
        let mut nameless = labelled(&[(LABEL_IMAGE, LABEL_IMAGE_BRIDGE)]);
        nameless.insert("dangling".to_owned(), vec!["true".to_owned()]);

        let mut old: Vec<String> = Vec::new();
        for image in self.images(named).await? {
            let ours = image.labels.get(LABEL_IMAGE).is_some_and(|label| label == LABEL_IMAGE_BRIDGE);
            // By name, so that a name that somebody else gave to the same image stays.
            old.extend(image.repo_tags.into_iter().filter(|name| {
                let tag = name.strip_prefix(REPOSITORY).and_then(|rest| rest.strip_prefix(':'));
                tag.is_some_and(|tag| ours || is_our_tag(tag)) && !wanted.contains(name)
            }));
        }
        old.extend(self.images(nameless).await?.into_iter().map(|image| image.id));

        let mut reaped = Vec::new();
        for name in old {
            let options = RemoveImageOptionsBuilder::new().force(false).build();
            match self.client().remove_image(&name, Some(options), None).await {
                Ok(_) => reaped.push(name),
                Err(error) if Self::is_conflict(&error) => tracing::debug!(name, "an old image is in use"),
                Err(error) if Self::is_not_found(&error) => {}
                Err(error) => tracing::warn!(%error, name, "an old image is left"),
            }
        }
        Ok(reaped)
    }

    async fn images(&self, filters: HashMap<String, Vec<String>>) -> Result<Vec<ImageSummary>, SandboxError> {
        let options = ListImagesOptionsBuilder::new().filters(&filters).build();
        let found = self.client().list_images(Some(options)).await;
        found.map_err(|error| self.failed("list the bridge's images", error))
    }
}

fn agent_and_id(container: ContainerSummary) -> Option<(String, String)> {
    let agent = container.labels?.remove(LABEL_AGENT)?;
    Some((agent, container.id?))
}
