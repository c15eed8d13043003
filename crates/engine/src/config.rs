//! Everything that the engine needs from outside: paths, a clock and an identity are passed in.

use anchorhold_domain::Timestamp;
use anchorhold_model::Places;
use anchorhold_sandbox::Endpoint;
use std::path::PathBuf;

/// Who commits; `None` in [`Config`] means the user's git configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name in commits.
    pub name: String,
    /// The address in commits.
    pub email: String,
}

/// How an engine is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data folder; it is made if it is not there.
    pub home: PathBuf,
    /// What is said of this process to another that wants the same folder.
    pub program: String,
    /// How the container engine is reached; `None` means what `engine` says.
    pub endpoint: Option<Endpoint>,
    /// The engine that the user chose, by an address or a Docker context's name; `None` means the one
    /// that the environment, Docker's contexts or what is there name, in that order.
    pub engine: Option<String>,
    /// How many agents run at once; others wait.
    pub slots: usize,
    /// Who commits.
    pub identity: Option<Identity>,
    /// Whether agents that a crash interrupted go on by themselves.
    pub resume_interrupted: bool,
    /// Where model servers on this machine are looked for.
    pub model_servers: Places,
    /// The time now.
    pub clock: fn() -> Timestamp,
}

impl Config {
    /// The usual setup over a data folder.
    #[must_use]
    pub fn new(home: PathBuf, program: &str) -> Self {
        Self {
            home,
            program: program.to_owned(),
            endpoint: None,
            engine: None,
            slots: 4,
            identity: None,
            resume_interrupted: true,
            model_servers: Places::from_environment(|variable| std::env::var(variable).ok()),
            clock: now,
        }
    }
}

/// Returns the data folder that the environment names: `ANCHORHOLD_HOME`, else the system's place
/// for a program's data; `None` where the system has none.
#[must_use]
pub fn home_from_environment() -> Option<PathBuf> {
    match std::env::var_os("ANCHORHOLD_HOME").filter(|path| !path.is_empty()) {
        Some(path) => Some(PathBuf::from(path)),
        None => dirs::data_local_dir().map(|path| path.join("anchorhold")),
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
