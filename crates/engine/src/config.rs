//! Everything that the engine needs from outside: paths, a clock and an identity are passed in.

use anchorhold_domain::Timestamp;
use anchorhold_model::Places;
use anchorhold_sandbox::Endpoint;
use anchorhold_syntax::Program;
use std::path::PathBuf;
use std::time::Duration;

/// Who commits; `None` in [`Config`] means the user's git configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name in commits.
    pub name: String,
    /// The address in commits.
    pub email: String,
}

/// How long trouble with a model's provider is borne, and when what was given up is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often a request is made before something else is done.
    pub tries: u32,
    /// The longest that can be waited after the first failure; it doubles with each.
    pub first_wait: Duration,
    /// The longest wait between two tries that the provider did not ask for.
    pub longest_wait: Duration,
    /// How long the first pause for the provider lasts; each one that follows without an answer in between
    /// is twice as long.
    pub first_pause: Duration,
    /// The longest such pause.
    pub longest_pause: Duration,
    /// How long at most nobody looks at the clock while an agent waits for its time: so late it goes on
    /// after the machine was suspended or its clock set.
    pub look: Duration,
    /// How often GitHub is asked what came back for a pull request.
    pub feedback: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 6,
            first_wait: Duration::from_secs(4),
            longest_wait: Duration::from_secs(60),
            first_pause: Duration::from_secs(300),
            longest_pause: Duration::from_secs(3600),
            look: Duration::from_secs(60),
            feedback: Duration::from_secs(60),
        }
    }
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
    /// How many agents run at once, whatever the settings say; `None` means what they say.
    pub slots: Option<usize>,
    /// Who commits.
    pub identity: Option<Identity>,
    /// Whether tokens of sign-ins rest in memory alone where the user does not say, so that accounts end with the
    /// program.
    pub session_only: bool,
    /// Says whether the system hands links of this program's scheme to it; it may block.
    pub deep_links: fn() -> bool,
    /// A GitHub of the tests on this machine; a build without debug assertions has none.
    #[cfg(debug_assertions)]
    pub stand_in: Option<std::net::SocketAddr>,
    /// Whether agents that a crash interrupted go on by themselves, and those that an earlier process left
    /// paused until a time. Those that this process works for do in any case.
    pub resume_interrupted: bool,
    /// How long trouble with a model's provider is borne.
    pub patience: Patience,
    /// Where model servers on this machine are looked for.
    pub model_servers: Places,
    /// What is started to parse what agents write; `None` means that nothing is parsed. A program that calls
    /// [`crate::serve_if_asked`] before anything else can name itself ([`Program::this`]).
    pub parser: Option<Program>,
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
            slots: None,
            identity: None,
            session_only: std::env::var_os("ANCHORHOLD_SIGN_IN").is_some_and(|wish| wish == "session"),
            deep_links: || false,
            #[cfg(debug_assertions)]
            stand_in: std::env::var("ANCHORHOLD_FORGE_STAND_IN").ok().and_then(|at| at.parse().ok()),
            resume_interrupted: true,
            patience: patience(),
            model_servers: Places::from_environment(|variable| std::env::var(variable).ok()),
            parser: None,
            clock: now,
        }
    }
}

/// The usual one. A build with debug assertions can be told how often to ask GitHub, for tests of programs
/// that wait for an answer.
fn patience() -> Patience {
    let usual = Patience::default();
    #[cfg(debug_assertions)]
    if let Some(every) =
        std::env::var("ANCHORHOLD_FORGE_STAND_IN_EVERY_MS").ok().and_then(|every| every.parse().ok())
    {
        return Patience { feedback: Duration::from_millis(every), ..usual };
    }
    usual
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
