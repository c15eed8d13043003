//! The façade: every verb of every face is a method of [`Engine`].

mod accounts;
mod agents;
mod checkpoints;
mod choice;
mod control;
mod disclosed;
mod mentionable;
mod models;
mod offered;
mod offers;
mod prices;
mod queue;
mod recover;
mod released;
mod settings;
mod shared;
mod test_model;
mod watch;

pub(crate) use choice::{owner_at, shown};
pub use models::{CatalogueInfo, KeyState, ModelOption, ModelPrice, ModelTest, ProviderOption};
pub use offers::{EngineState, EngineStatus};
pub(crate) use queue::hears_at_once;
pub(crate) use shared::Shared;

use crate::folder::DataFolder;
use crate::resident::{Resident, Work};
use crate::{Config, EngineError};
use anchorhold_domain::AgentId;
use std::sync::Arc;

/// The engine over one data folder. Clones share it.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Shared>,
}

impl Engine {
    /// Opens the data folder, takes it for this process and brings interrupted agents in order.
    ///
    /// # Errors
    /// [`EngineError::FolderInUse`] where another process has the folder, and those of the store.
    pub async fn open(config: Config) -> Result<Self, EngineError> {
        let folder = DataFolder::open(&config.home, &config.program)?;
        let (clock, look) = (config.clock, config.patience.look);
        let engine = Self { shared: Arc::new(Shared::open(folder, config).await?) };
        if let Err(error) = engine.recover().await {
            // Agents that go on already would hold the folder, where nobody could see or stop them.
            engine.close().await;
            return Err(error);
        }
        let (alarm, end) = (Arc::clone(&engine.shared.alarm), engine.shared.shutdown.clone());
        let ringing = crate::alarm::ring(Arc::downgrade(&engine.shared), alarm, clock, look, end);
        engine.shared.tasks.spawn(ringing);
        let (watching, end) = (Arc::clone(&engine.shared.watching), engine.shared.shutdown.clone());
        let watch = crate::delivery::watch(Arc::downgrade(&engine.shared), watching, end);
        engine.shared.tasks.spawn(watch);
        Ok(engine)
    }

    /// The engine over what a task of its own still holds.
    pub(crate) fn over(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Ends the work going on, waits for it and lets go of the folder; agents at work go on when it is
    /// opened again. A push on its way is broken off: a silent server, or a key that waits for its user, holds
    /// nobody who quits, and the next start finds out what arrived.
    pub async fn close(&self) {
        self.shared.shutdown.cancel();
        let residents: Vec<Arc<Resident>> = self.shared.residents.lock().await.values().cloned().collect();
        // Before anything else, since the work of an agent is held while its push is prepared.
        residents.iter().for_each(|resident| resident.pushes.close());
        for resident in residents {
            let work = resident.work.lock().await.take();
            finish(work).await;
        }
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
        self.shared.accounts.close().await;
        self.shared.settle().await;
        if let Some(parser) = &self.shared.parser {
            parser.close().await;
        }
        self.shared.store.close().await;
        self.shared.folder.release();
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) async fn resident(&self, id: AgentId) -> Result<Arc<Resident>, EngineError> {
        self.shared.resident(id).await
    }
}

/// Waits for work to end; a panic in it was already reported by the runtime.
pub(crate) async fn finish(work: Option<Work>) {
    if let Some(work) = work {
        let _ = work.task.await;
    }
}
