//! What a whole run needs: a data folder, a repository, a model that says what was written down.
//!
//! Everything is real except for what the model says: the container engine, git, the store, the
//! HTTP in between. A test waits for events, never for time to pass.
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "each test program uses its part of the fixture"
)]

mod gate;
pub mod github;
mod hub;
mod listener;
mod repository;
mod story;
mod voice;

pub use gate::Gate;
pub use github::GitHub;
pub use hub::StandIn;
pub use listener::Listener;
pub use repository::Repository;
pub use story::story;
pub use voice::{Voice, ask, delete, edit, finish, read, request_of, search, trajectory, turn, write};

use anchorhold_domain::{
    Agent, AgentId, Delivery, EventKind, FileRules, Limits, ModelChoice, NewAgent, PushWish,
};
use anchorhold_engine::{Config, Engine, Identity, ParserProgram};
use anchorhold_store::Store;
use anchorhold_testkit::{DockerSocket, GitServer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// How long something may take before a test gives up on it; no test measures time.
const PATIENCE: Duration = Duration::from_secs(90);

/// The task of every agent here.
pub const TASK: &str = "Do the task.";

/// A data folder, with all that the container engine holds for it.
pub struct House {
    pub docker: DockerSocket,
    place: TempDir,
}

impl House {
    pub fn new() -> Self {
        let docker = DockerSocket::find().unwrap_or_else(|error| panic!("{error:#}"));
        Self { docker, place: tempfile::tempdir().unwrap() }
    }

    /// One whose cells are on an engine of the test's own, which its configuration has to name.
    pub fn on(docker: DockerSocket) -> Self {
        Self { docker, place: tempfile::tempdir().unwrap() }
    }

    pub fn place(&self) -> &Path {
        self.place.path()
    }

    pub fn home(&self) -> PathBuf {
        self.place.path().join("home")
    }

    pub fn config(&self) -> Config {
        let mut config = Config::new(self.home(), "the tests");
        // A run that waits for its provider waits no longer than a test can.
        config.patience.first_wait = Duration::from_millis(20);
        // The engine's tests and the command line's have a program of their own each.
        let program =
            option_env!("CARGO_BIN_EXE_anchorhold-engine-parser").or(option_env!("CARGO_BIN_EXE_anchorctl"));
        config.parser =
            program.map(|path| ParserProgram { patience: PATIENCE, ..ParserProgram::at(path.into()) });
        config.patience.look = Duration::from_millis(20);
        config.patience.feedback = Duration::from_millis(50);
        config.identity = Some(Identity { name: "Grace".to_owned(), email: "grace@example.com".to_owned() });
        config
    }

    pub async fn open(&self) -> Engine {
        Engine::open(self.config()).await.unwrap()
    }

    /// Writes into an agent's log what a process did that ended right after it; no engine has the folder open.
    pub async fn leave(&self, id: AgentId, kinds: Vec<EventKind>) {
        let store = Store::open(&self.home().join("anchorhold.db")).await.unwrap();
        let agent = store.agent(id).await.unwrap();
        store.append(&agent, kinds, agent.updated_at).await.unwrap();
        store.close().await;
    }

    /// Whether the container engine holds nothing for the data folder.
    pub fn is_empty(&self) -> bool {
        // What goes away between being listed and being looked at is an error here.
        self.docker.containers(&self.home()).is_ok_and(|found| found.is_empty())
            && self.docker.volumes(&self.home()).is_ok_and(|found| found.is_empty())
    }

    /// A bare repository with one commit on `main`.
    pub fn repository(&self, files: &[(&str, &str)]) -> Repository {
        Repository::new(&self.place.path().join("remote"), files)
    }

    /// A git server over http, and a repository of that name on it, with one file `a` on `main`.
    pub fn served(&self, name: &str) -> (GitServer, Repository) {
        let root = self.place.path().join("served");
        std::fs::create_dir_all(&root).unwrap();
        let server = GitServer::start(&root).unwrap();
        let remote = Repository::at(server.create_repository(name).unwrap(), &self.place.path().join("work"));
        remote.commit("main", &[("a", "a\n")]);
        (server, remote)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Err(error) = self.docker.remove_all_of(&self.home()) {
            eprintln!("the cells of {} stay: {error:#}", self.home().display());
        }
    }
}

/// An agent to be created, from `main` to `agent/work`.
pub fn errand(repository: &str, model: ModelChoice) -> NewAgent {
    NewAgent {
        name: "Errand".to_owned(),
        task: TASK.to_owned(),
        github_repo: repository.to_owned(),
        source_branch: "main".to_owned(),
        target_branch: "agent/work".to_owned(),
        history_depth: None,
        model,
        fallback: None,
        limits: Limits::default(),
        files: FileRules::default(),
        delivery: Delivery::default(),
    }
}

/// Creates an agent and starts it.
pub async fn start(engine: &Engine, new: NewAgent) -> AgentId {
    let id = engine.create(new).await.unwrap().id;
    engine.start(id).await.unwrap();
    id
}

/// Waits until no task is at work for an agent any more.
pub async fn rest(engine: &Engine, id: AgentId) -> Arc<Agent> {
    until(engine, id, "rests", |agent| !agent.status.is_busy() && !agent.waiting).await
}

/// Waits until an agent fulfils a condition.
pub async fn until(
    engine: &Engine,
    id: AgentId,
    what: &str,
    condition: impl Fn(&Agent) -> bool,
) -> Arc<Agent> {
    match tokio::time::timeout(PATIENCE, engine.wait_for(id, |agent| condition(agent))).await {
        Ok(agent) => agent.unwrap(),
        Err(_) => panic!("the agent never {what}: {:#?}", story(&engine.events(id, 0).await.unwrap())),
    }
}

/// Waits until something comes true that nobody is told of.
pub async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let looking = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, looking).await.is_ok(), "never: {what}");
}

/// Waits for something that must not hang.
pub async fn soon<T>(what: &str, doing: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, doing).await {
        Ok(done) => done,
        Err(_) => panic!("it hangs: {what}"),
    }
}

/// The agent's log, line by line.
pub async fn told(engine: &Engine, id: AgentId) -> Vec<String> {
    story(&engine.events(id, 0).await.unwrap())
}

/// Lets the answer to a request go that was kept back, with the cell frozen before, and waits until the agent
/// stands in the middle of what `doing` says, the last call of that answer. Returns the container.
pub async fn freeze_in_call(
    house: &House,
    engine: &Engine,
    id: AgentId,
    voice: &Voice,
    request: usize,
    doing: &str,
) -> String {
    voice.asked(request).await;
    let container = engine.agent(id).await.unwrap().container_id.clone().unwrap();
    house.docker.freeze(&container).unwrap();
    voice.release();
    until(engine, id, doing, |agent| agent.activity.as_deref() == Some(doing)).await;
    container
}

/// How often a cell was opened.
pub async fn cells(engine: &Engine, id: AgentId) -> usize {
    let events = engine.events(id, 0).await.unwrap();
    events.iter().filter(|event| matches!(event.kind, EventKind::CellOpened { .. })).count()
}

/// Pushes and waits until nothing more is done about it, such as opening a pull request.
pub async fn deliver(engine: &Engine, id: AgentId, wish: PushWish) -> Arc<Agent> {
    engine.push(id, wish).await.unwrap();
    soon("the delivery", engine.at_rest(id)).await.unwrap()
}

/// Pushes and waits for how it ends.
pub async fn push(engine: &Engine, id: AgentId) -> Arc<Agent> {
    engine.push(id, PushWish::default()).await.unwrap();
    rest(engine, id).await
}
