//! The engine, opened when the page first needs it.
//!
//! The window shows at once, and a data folder that cannot be opened is a message in it with a way to
//! try again, rather than a program that does not start.

use anchorhold_domain::Fault;
use anchorhold_engine::{Config, Engine};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OnceCell};

/// The engine over one data folder, as soon as it could be opened.
#[derive(Debug)]
pub struct Opened {
    config: Mutex<Config>,
    engine: OnceCell<Engine>,
}

impl Opened {
    /// An engine that is opened with these settings at the first command.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config: Mutex::new(config), engine: OnceCell::new() }
    }

    /// The engine; one that could not be opened is tried again.
    pub(crate) async fn get(&self) -> Result<&Engine, Fault> {
        let opening = async || open(self.config.lock().await.clone()).await;
        self.engine.get_or_try_init(opening).await
    }

    /// Takes what was chosen in an earlier run, before anything is opened.
    pub(crate) fn remember_engine(&self, choice: Option<String>) {
        self.config.blocking_lock().engine = choice;
    }

    /// Uses another container engine from now on, also once the data folder is opened.
    pub(crate) async fn choose_engine(&self, choice: Option<String>) -> Result<(), Fault> {
        self.config.lock().await.engine.clone_from(&choice);
        match self.engine.get() {
            Some(engine) => engine.choose_engine(choice).await.map_err(|error| error.fault()),
            None => Ok(()),
        }
    }

    /// Ends the work going on and waits for it.
    pub async fn close(&self) {
        if let Some(engine) = self.engine.get() {
            engine.close().await;
        }
    }
}

/// Opens the engine on a thread of its own, since migrating a database takes as long as it takes.
async fn open(config: Config) -> Result<Engine, Fault> {
    let runtime = Handle::current();
    let opening = tokio::task::spawn_blocking(move || runtime.block_on(Engine::open(config)));
    match opening.await {
        Ok(opened) => opened.map_err(|error| error.fault()),
        Err(error) => Err(Fault {
            code: "internal".to_owned(),
            message: format!("open the data folder: {error}"),
            hint: None,
        }),
    }
}
