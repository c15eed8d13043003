//! Opening a cell: the one that still runs, or a new container on the volume, old or new.
//!
//! The engine is asked as little as can be, since each question is on the way to the first answer:
//! the container is created at once, and looked at only where its name is taken.

use std::collections::HashMap;

use bollard::models::{ContainerInspectResponse, Volume, VolumeCreateRequest};
use bollard::query_parameters::{CreateContainerOptionsBuilder, StartContainerOptions};

use crate::arch::{self, Arch};
use crate::attach::Pipe;
use crate::cell::{self, Cell};
use crate::container;
use crate::docker::{CellSpec, Docker};
use crate::error::SandboxError;
use crate::image::Image;
use crate::line::{self, Line};
use crate::owners::{self, Claim};
use crate::report::ContainerFacts;

/// How often a container that has the name is taken away before that is given up.
const TRIES: usize = 3;
/// What a kernel says of a program for another machine.
const OTHER_MACHINE: &str = "exec format error";

/// How a cell is entered.
pub(crate) struct Entry {
    pub(crate) claim: Claim,
    /// Whether its removal was called off, so that nobody knows what is still in it.
    pub(crate) taken_back: bool,
}

impl Docker {
    /// Opens an agent's cell: the one that still runs, or a new container on its volume, old or new.
    ///
    /// A cell has one owner: another is refused with [`SandboxError::CellInUse`] until the first has
    /// closed or dropped its cell, or the cell has ended.
    pub async fn open(&self, spec: &CellSpec) -> Result<Cell, SandboxError> {
        let taken_back = self.state().freeing.stop(&spec.home, &spec.agent).await;
        let claim = owners::take(spec).await?;
        self.enter(spec, &container::names(spec), Entry { claim, taken_back }).await
    }

    /// Opens a cell that was claimed, on the first of these volumes that is ours or nobody's.
    pub(crate) async fn enter(
        &self,
        spec: &CellSpec,
        names: &[String],
        entry: Entry,
    ) -> Result<Cell, SandboxError> {
        let (image, volume) = tokio::try_join!(self.image(), self.ensure_volume(spec, names))?;
        let taken_back = entry.taken_back;
        let way = Way { docker: self, spec, name: &volume.name, volume: &volume, image: &image, taken_back };
        for _ in 0..TRIES {
            let cell = match way.create().await? {
                Created::New => Some(way.start().await?),
                Created::NameTaken => way.take_over().await?,
            };
            if let Some(cell) = cell {
                cell.hold(entry.claim);
                return Ok(cell);
            }
        }
        Err(SandboxError::NameTaken { name: volume.name })
    }

    /// Makes the volume, or finds it; one that is not ours stays as it is.
    ///
    /// Before the container is created, since the engine gives an empty volume that it mounts the
    /// owner of the image's folder. Not along with the container: Podman drops the labels then.
    async fn ensure_volume(&self, spec: &CellSpec, names: &[String]) -> Result<Volume, SandboxError> {
        for name in names {
            let request = VolumeCreateRequest {
                name: Some(name.clone()),
                labels: Some(container::labels(spec)),
                ..VolumeCreateRequest::default()
            };
            let volume = self.client().create_volume(request).await;
            let volume = volume.map_err(|error| self.failed(format!("create the volume {name}"), error))?;
            if is_ours(Some(&volume.labels), spec) {
                return Ok(volume);
            }
        }
        Err(SandboxError::NameTaken { name: names.first().cloned().unwrap_or_default() })
    }
}

enum Created {
    New,
    NameTaken,
}

/// What one opening is about.
struct Way<'a> {
    docker: &'a Docker,
    spec: &'a CellSpec,
    /// The container's name, which is the volume's too.
    name: &'a str,
    volume: &'a Volume,
    image: &'a Image,
    taken_back: bool,
}

impl Way<'_> {
    async fn create(&self) -> Result<Created, SandboxError> {
        let create = || {
            let options = CreateContainerOptionsBuilder::new().name(self.name).build();
            let body = container::body(self.spec, self.name, &self.image.name);
            self.docker.client().create_container(Some(options), body)
        };
        let created = match create().await {
            // The image was removed since it was looked for.
            Err(error) if Docker::is_not_found(&error) => {
                self.docker.import(self.image).await?;
                create().await
            }
            outcome => outcome,
        };
        match created {
            Ok(_) => Ok(Created::New),
            Err(error) if Docker::is_conflict(&error) => Ok(Created::NameTaken),
            Err(error) => Err(self.docker.failed(format!("create the container {}", self.name), error)),
        }
    }

    async fn start(&self) -> Result<Cell, SandboxError> {
        let (docker, name) = (self.docker, self.name);
        let starting = async {
            // Before the start, or the first words could be lost.
            let pipe = docker.attach(name).await?;
            let started = docker.client().start_container(name, None::<StartContainerOptions>).await;
            started.map_err(|error| docker.failed(format!("start the container {name}"), error))?;
            self.greet(pipe).await
        };
        let started = starting.await;
        if started.is_err() {
            // A bridge that will not serve is of no use, and what it said is in the error.
            if let Err(error) = docker.remove_container(name).await {
                tracing::warn!(%error, name, "a container that does not serve is left behind");
            }
        }
        started.map_err(|error| told_by_machine(error, self.image.bridge.arch))
    }

    /// Deals with the container that has the name: goes on in it, or takes it away.
    async fn take_over(&self) -> Result<Option<Cell>, SandboxError> {
        let name = self.name;
        let Some(found) = self.docker.inspect(name).await? else { return Ok(None) };
        if !is_ours(found.config.as_ref().and_then(|config| config.labels.as_ref()), self.spec) {
            return Err(SandboxError::NameTaken { name: name.to_owned() });
        }
        // One whose removal was called off is busy with emptying.
        if is_running(&found) && self.is_as_wanted(&found) && !self.taken_back {
            match self.attach_again().await {
                Ok(cell) => return Ok(Some(cell)),
                Err(error) => tracing::info!(%error, name, "the running cell is made anew"),
            }
        }
        self.docker.remove_container(name).await?;
        Ok(None)
    }

    async fn attach_again(&self) -> Result<Cell, SandboxError> {
        let mut pipe = self.docker.attach(self.name).await?;
        line::find_rhythm(&mut pipe.reader, &mut pipe.writer).await?;
        self.greet(pipe).await
    }

    async fn greet(&self, pipe: Pipe) -> Result<Cell, SandboxError> {
        let epilogue = self.docker.clone().epilogue(self.name.to_owned(), pipe.said);
        let line = Line::new(pipe.reader, pipe.writer, epilogue);
        // The engine is asked of the container while the bridge locks itself in and counts.
        let (hello, found) = tokio::join!(cell::hello(&line), self.docker.inspect(self.name));
        let mut hello = hello?;
        arch::confirm(self.image.bridge.arch, &hello.arch)?;
        hello.imported &= !self.taken_back;
        let found = found?.unwrap_or_default();
        let id = found.id.clone().unwrap_or_default();
        let volume = Some(self.told_apart());
        let cell = Cell::new(line, id, volume, hello, self.spec.quotas, Some(ContainerFacts::new(found)));
        // Before anything is put into it: a cell that can do more than was promised is no cell.
        match cell.report().broken() {
            broken if broken.is_empty() => Ok(cell),
            broken => Err(SandboxError::NotAsPromised { broken }),
        }
    }

    /// Tells the volume from one of the same name that is in another engine, or that was made later.
    fn told_apart(&self) -> String {
        let made = self.volume.created_at.as_deref().unwrap_or_default();
        format!("{} {made}", self.docker.endpoint().address())
    }

    /// Whether a running container is the one that would be made now.
    fn is_as_wanted(&self, found: &ContainerInspectResponse) -> bool {
        found.config.as_ref().is_some_and(|config| {
            // Podman spells the registry out.
            config.image.as_deref().map(|name| name.trim_start_matches("docker.io/"))
                == Some(self.image.name.as_str())
                && config.cmd.as_deref() == Some(container::arguments(&self.spec.quotas).as_slice())
        })
    }
}

/// Says of a program that the kernel could not read that the machine is another one.
fn told_by_machine(error: SandboxError, wanted: Arch) -> SandboxError {
    if error.to_string().contains(OTHER_MACHINE) {
        return SandboxError::ArchDiffers {
            wanted: wanted.name().to_owned(),
            found: "another machine".to_owned(),
        };
    }
    error
}

fn is_ours(labels: Option<&HashMap<String, String>>, spec: &CellSpec) -> bool {
    let carries = |(label, value): (&str, &str)| labels?.get(label).map(|found| found == value);
    container::owned(spec).into_iter().all(|label| carries(label) == Some(true))
}

fn is_running(found: &ContainerInspectResponse) -> bool {
    found.state.as_ref().and_then(|state| state.running) == Some(true)
}
