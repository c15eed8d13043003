//! What all agents of one data folder share.

use super::choice::{check_choice, key_owner, needs_key};
use super::mentionable::Mentionable;
use super::prices::Prices;
use crate::accounts::Accounts;
use crate::alarm::Alarm;
use crate::config::Identity;
use crate::delivery::Watching;
use crate::folder::DataFolder;
use crate::gate::Gates;
use crate::ledger::Ledger;
use crate::log::Log;
use crate::resident::Resident;
use crate::slots::Slots;
use crate::{Config, EngineError, demo};
use anchorhold_bridge::Quotas;
use anchorhold_domain::{AgentId, ModelChoice, Settings};
use anchorhold_model::{Connections, Model, ModelInfo, RemoteModel, ScriptedServer, address, models_at};
use anchorhold_repo::{Mirror, Mirrors, Remote};
use anchorhold_sandbox::{CellSpec, Docker, Endpoint, Kept, Reaped, Surroundings};
use anchorhold_secrets::{SecretName, Secrets};
use anchorhold_store::Store;
use anchorhold_syntax::Parser;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell, watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// How long a program that ends waits for removals; most take a second.
const SETTLE_PATIENCE: Duration = Duration::from_secs(5);
/// How long a model server on this machine is given to tell of its models before a run begins.
const SERVER_PATIENCE: Duration = Duration::from_millis(500);

pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) folder: DataFolder,
    pub(crate) store: Store,
    pub(crate) secrets: Secrets,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) prices: Prices,
    pub(crate) residents: Mutex<HashMap<AgentId, Arc<Resident>>>,
    /// What holds for all agents, as last kept.
    pub(crate) settings: watch::Sender<Settings>,
    pub(crate) slots: Arc<Slots>,
    pub(crate) gates: Gates,
    pub(crate) alarm: Arc<Alarm>,
    pub(crate) watching: Arc<Watching>,
    /// Counts appends, so that a list can be told to look again.
    pub(crate) changed: watch::Sender<u64>,
    /// What all agents used today.
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tasks: TaskTracker,
    /// Ends what waits for a shutdown where nobody closes the folder.
    _end: DropGuard,
    pub(crate) mentionable: Mentionable,
    /// Parses what agents write, in processes of its own.
    pub(crate) parser: Option<Parser>,
    mirrors: Arc<Mirrors>,
    docker: Mutex<Known>,
    connections: OnceCell<Connections>,
    scripted: OnceCell<ScriptedServer>,
}

/// The container engine: which one is meant, and the connection to it.
struct Known {
    choice: Option<String>,
    docker: Option<Docker>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) async fn open(folder: DataFolder, config: Config) -> Result<Self, EngineError> {
        let store = Store::open(&folder.database()).await?;
        let mirrors = Arc::new(Mirrors::new(folder.mirrors()));
        let (changed, _) = watch::channel(0);
        let settings = watch::Sender::new(store.settings().await?);
        let ledger = Arc::new(Ledger::open(&store, config.clock).await?);
        let shutdown = CancellationToken::new();
        let secrets = Secrets::system();
        let tasks = TaskTracker::new();
        let accounts = Accounts::open(&config, store.clone(), secrets.clone(), tasks.clone()).await?;
        let shared = Self {
            slots: Slots::new(config.slots, settings.subscribe()),
            settings,
            ledger,
            gates: Gates::default(),
            alarm: Arc::default(),
            watching: Arc::new(Watching::new(config.patience.feedback)),
            _end: shutdown.clone().drop_guard(),
            docker: Mutex::new(Known { choice: config.engine.clone(), docker: None }),
            prices: Prices::new(folder.models()),
            parser: config.parser.clone().map(Parser::new),
            config,
            folder,
            store,
            secrets,
            accounts: Arc::new(accounts),
            residents: Mutex::default(),
            changed,
            shutdown,
            tasks,
            mentionable: Mentionable::default(),
            mirrors,
            connections: OnceCell::new(),
            scripted: OnceCell::new(),
        };
        shared.take_back_all().await?;
        Ok(shared)
    }

    /// Returns the agent's one resident, reading its log the first time.
    pub(crate) async fn resident(&self, id: AgentId) -> Result<Arc<Resident>, EngineError> {
        let mut residents = self.residents.lock().await;
        if let Some(resident) = residents.get(&id) {
            return Ok(Arc::clone(resident));
        }
        let agent = self.store.agent(id).await?;
        let (store, ledger) = (self.store.clone(), Arc::clone(&self.ledger));
        let (changed, alarm) = (self.changed.clone(), Arc::clone(&self.alarm));
        let log = Log::open(store, self.config.clock, agent, changed, ledger, alarm).await?;
        let resident = Arc::new(Resident::new(log));
        residents.insert(id, Arc::clone(&resident));
        Ok(resident)
    }

    /// Returns the connection to the Docker engine, asking it whether it is still there.
    pub(crate) async fn docker(&self) -> Result<Docker, EngineError> {
        let mut known = self.docker.lock().await;
        if let Some(docker) = &known.docker
            && docker.answers().await.is_ok()
        {
            return Ok(docker.clone());
        }
        let endpoint = match &self.config.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => Endpoint::choose(known.choice.as_deref(), &Surroundings::current())?.endpoint,
        };
        let docker = Docker::connect(&endpoint).await?;
        if known.docker.replace(docker.clone()).is_none() {
            self.reap(docker.clone());
        }
        Ok(docker)
    }

    /// The cell of an agent of this data folder.
    pub(crate) fn cell_of(&self, id: AgentId) -> CellSpec {
        let (home, place) = (self.folder.id(), self.folder.place().to_owned());
        CellSpec { agent: id.to_string(), home, place, quotas: Quotas::default() }
    }

    /// Removes in the background what an earlier process left in the container engine, once.
    fn reap(&self, docker: Docker) {
        let (store, home, shutdown) = (self.store.clone(), self.folder.id(), self.shutdown.clone());
        let reaping = async move {
            let agents = store.agents().await?;
            let keep: Vec<Kept> = agents
                .into_iter()
                .map(|agent| Kept { agent: agent.id.to_string(), running: agent.status.is_busy() })
                .collect();
            Ok::<_, EngineError>(docker.reap(&home, &keep).await?)
        };
        self.tasks.spawn(async move {
            match shutdown.run_until_cancelled(reaping).await {
                Some(Ok(reaped)) if reaped == Reaped::default() => {}
                Some(Ok(reaped)) => tracing::info!(?reaped, "what an earlier process left is removed"),
                Some(Err(error)) => {
                    tracing::warn!(error = error.message(), "what an earlier process left stays");
                }
                // The next start does it.
                None => {}
            }
        });
    }

    /// Waits for what is being removed from the container engine, and not for long.
    pub(crate) async fn settle(&self) {
        let docker = self.docker.lock().await.docker.clone();
        if let Some(docker) = docker
            && !docker.settle(SETTLE_PATIENCE).await
        {
            tracing::info!("a deleted agent's files are not all removed; the next start goes on with it");
        }
    }

    /// Means another engine from now on; cells that are open stay where they are.
    pub(crate) async fn choose_engine(&self, choice: Option<String>) {
        let mut known = self.docker.lock().await;
        if known.choice != choice {
            *known = Known { choice, docker: None };
        }
    }

    /// Opens the mirror of a repository, which may put its packs together first.
    pub(crate) async fn mirror(&self, address: &str) -> Result<Mirror, EngineError> {
        let (mirrors, remote) = (Arc::clone(&self.mirrors), Remote::parse(address)?);
        let opening = tokio::task::spawn_blocking(move || mirrors.open(&remote));
        Ok(opening.await.map_err(|_| EngineError::Panicked { verb: "open the mirror" })??)
    }

    /// Returns who commits where no account does: what was configured, or what git says.
    pub(crate) fn identity(&self) -> Result<Identity, EngineError> {
        if let Some(identity) = &self.config.identity {
            return Ok(identity.clone());
        }
        let (name, email) = anchorhold_repo::git_identity().ok_or(EngineError::IdentityMissing)?;
        Ok(Identity { name, email })
    }

    /// Returns what is known of a model. The user's file is looked at each time.
    pub(crate) fn model_info(&self, choice: &ModelChoice) -> ModelInfo {
        self.prices.info(choice)
    }

    /// Prepares the model of an agent; the recording's server is started when it is first needed.
    pub(crate) async fn model(&self, choice: &ModelChoice) -> Result<Box<dyn Model>, EngineError> {
        // An agent may be older than the rules about addresses.
        check_choice(choice)?;
        let mut choice = choice.clone();
        if choice.provider == "scripted" && choice.base_url.is_none() {
            let server = self
                .scripted
                .get_or_try_init(|| async {
                    ScriptedServer::start(demo::trajectory()?, 0).await.map_err(EngineError::Scripted)
                })
                .await?;
            choice.base_url = Some(server.base_url());
        }
        let key = match key_owner(&choice).map(|provider| SecretName::ModelKey { provider }) {
            // A keychain that nobody can reach may hold it: without it nothing needs to be sent.
            Some(name) if needs_key(&choice) => self.secrets.needed(&name).await?,
            Some(name) => self.secrets.get(&name).await?,
            None => None,
        };
        self.ask_for_windows(&choice).await;
        let limit = self.model_info(&choice).output_limit;
        let connections = self.connections.get_or_try_init(connect).await?;
        let model = RemoteModel::new(connections, &choice, key.as_ref().map(|key| key.expose()))?;
        Ok(Box::new(model.with_output_limit(limit)))
    }

    /// Asks a model server on this machine how much its models read; no price list knows it.
    async fn ask_for_windows(&self, choice: &ModelChoice) {
        if matches!(choice.provider.as_str(), "ollama" | "lmstudio" | "llamacpp")
            && let Some(address) = address(choice)
            && let Some(server) = models_at(&choice.provider, &address, SERVER_PATIENCE).await
        {
            self.prices.remember(&server);
        }
    }
}

/// Reading the system's certificates takes tens of milliseconds.
async fn connect() -> Result<Connections, EngineError> {
    let connecting = tokio::task::spawn_blocking(Connections::new);
    Ok(connecting.await.map_err(|_| EngineError::Panicked { verb: "prepare connections" })??)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use crate::{Config, Engine};
    use anchorhold_domain::ModelChoice;

    #[tokio::test]
    async fn an_agent_older_than_the_rules_about_addresses_asks_nobody_in_clear_text() {
        let place = tempfile::tempdir().unwrap();
        let engine = Engine::open(Config::new(place.path().join("home"), "the tests")).await.unwrap();
        let choice = |base_url: &str| ModelChoice {
            provider: "compatible".to_owned(),
            name: "any".to_owned(),
            base_url: Some(base_url.to_owned()),
            wire: None,
            effort: None,
        };
        let far = engine.shared().model(&choice("http://models.example.com/v1")).await;
        assert_eq!(far.err().map(|error| error.code()), Some("address_in_clear"));
        engine.close().await;
    }
}
