//! What can go wrong between the host and a cell, and what the user can do about it.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use anchorhold_bridge::{FrameError, Refusal, RefusalCode, exit};

use crate::connect;
use crate::endpoint::{Endpoint, EndpointError};
use crate::report::Fact;

/// A failure of the engine, of a cell, or of what was asked of them.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// No engine is installed, or it listens elsewhere.
    #[error("find a container engine at {endpoint}")]
    EngineMissing {
        /// Where it was looked for.
        endpoint: Endpoint,
    },
    /// The socket is there and nobody answers.
    #[error("reach the container engine at {endpoint}: it is not running")]
    EngineStopped {
        /// Where it was looked for.
        endpoint: Endpoint,
    },
    /// The engine ended while it was at it.
    #[error("{attempt}: the container engine ended in the middle of it")]
    EngineHungUp {
        /// What was attempted.
        attempt: String,
    },
    /// The engine ended under a cell, which may or may not go on.
    #[error("talk to the cell: {0}")]
    EngineLost(Arc<SandboxError>),
    /// This user may not use the engine.
    #[error("use the container engine at {endpoint}: this user is not allowed to")]
    EngineForbidden {
        /// Where it was looked for.
        endpoint: Endpoint,
    },
    /// The address, or the way to it, is no good.
    #[error(transparent)]
    Endpoint(Box<EndpointError>),
    /// The engine answered with an error.
    #[error("{attempt}: {source}")]
    EngineFailed {
        /// What was attempted.
        attempt: String,
        /// What the engine said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The engine's disk is full.
    #[error("{attempt}: the container engine's disk is full")]
    DiskFull {
        /// What was attempted.
        attempt: String,
    },
    /// Somebody else's container or volume has the cell's name.
    #[error("create the cell {name}: something that is not ours has that name")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Somebody in this process speaks to the cell already.
    #[error("open the cell of {agent}: it is open already")]
    CellInUse {
        /// The agent's id.
        agent: String,
    },
    /// This program was built without the bridge for the engine's machine.
    #[error("open a cell: this program carries no bridge for {arch}, which the container engine runs on")]
    BridgeMissing {
        /// The machine.
        arch: String,
    },
    /// No bridge can be built for the engine's machine.
    #[error("open a cell: a container engine on {} is not supported", named(arch))]
    EngineArchUnsupported {
        /// The machine, as the engine names it.
        arch: String,
    },
    /// The program in the cell is for another machine than the engine said it is.
    #[error("open a cell: the container engine says that it runs on {wanted}, and its cell on {found}")]
    ArchDiffers {
        /// What the engine says.
        wanted: String,
        /// What the bridge says.
        found: String,
    },
    /// No answer came in time.
    #[error("{attempt}: no answer within {} s", .after.as_secs())]
    Timeout {
        /// What was attempted.
        attempt: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// The program in the cell is busy with a call for longer than one may take, or the line to it is dead.
    #[error("{attempt}: no answer within {} s", .after.as_secs())]
    CellSilent {
        /// What was attempted.
        attempt: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// The program in the cell ended.
    #[error("talk to the cell: {0}")]
    CellEnded(Ending),
    /// The locks did not hold, so the bridge served nothing.
    #[error("start the cell: the bridge refused to serve: {said}")]
    BridgeRefusedToServe {
        /// What the bridge said.
        said: String,
    },
    /// The cell can do more than was promised, so nothing was put into it.
    #[error("start the cell: it can do more than was promised: {}", differences(.broken))]
    NotAsPromised {
        /// What differs.
        broken: Vec<Fact>,
    },
    /// The bytes on the pipe are not the protocol.
    #[error("talk to the cell: {0}")]
    Frame(#[from] FrameError),
    /// The bridge's answer does not fit the request.
    #[error("talk to the cell: the answer to {request} is {answer}")]
    UnexpectedAnswer {
        /// What was asked.
        request: String,
        /// What came.
        answer: String,
    },
    /// The tree does not go into the cell.
    #[error("fill the workspace: {0}")]
    ImportRefused(#[source] Refusal),
    /// The files to import could not be read.
    #[error("read the files to fill the workspace with")]
    ImportSource(#[source] Box<dyn Error + Send + Sync>),
    /// The tree does not come out of the cell.
    #[error("take the files out of the workspace: {0}")]
    ExportRefused(#[source] Refusal),
    /// What came out of the cell could not be kept.
    #[error("keep the files that come out of the workspace")]
    ExportSink(#[source] Box<dyn Error + Send + Sync>),
    /// The workspace was not emptied.
    #[error("empty the workspace: {0}")]
    EmptyRefused(#[source] Refusal),
}

/// How a cell ended, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    /// The program's exit status, 128 + signal when it was killed.
    pub status: Option<i64>,
    /// Whether the engine saw it go over its memory.
    pub out_of_memory: bool,
    /// Where the pipe ended and the program may not have.
    pub fate: Fate,
    /// What the program last wrote to its error output.
    pub said: String,
}

/// What became of a container whose pipe ended.
#[derive(Clone, Debug, Default)]
pub enum Fate {
    /// It ended, or nothing is known of it.
    #[default]
    Ended,
    /// It is not there any more.
    Removed,
    /// It runs on: only the line to it was cut.
    Running,
    /// The engine cannot be asked, for this reason.
    EngineLost(Arc<SandboxError>),
}

impl std::fmt::Display for Ending {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.status {
            _ if self.out_of_memory => formatter.write_str("it ran out of memory")?,
            None if matches!(self.fate, Fate::Removed) => formatter.write_str("its container was removed")?,
            None if matches!(self.fate, Fate::Running) => {
                formatter.write_str("the line to it was cut, and it still runs")?;
            }
            Some(0) => formatter.write_str("it was closed")?,
            Some(137) => formatter.write_str("it was killed (exit 137)")?,
            Some(status) => write!(formatter, "it ended with exit status {status}")?,
            None => formatter.write_str("it is gone, and the engine does not say why")?,
        }
        if !self.said.is_empty() {
            write!(formatter, " and said: {}", self.said)?;
        }
        Ok(())
    }
}

/// What was promised and what was found, for each broken promise.
fn differences(broken: &[Fact]) -> String {
    let each = |fact: &Fact| {
        let promised = fact.promised.as_deref().unwrap_or("nothing");
        format!("{}: {} (promised: {promised})", fact.name, fact.measured)
    };
    broken.iter().map(each).collect::<Vec<_>>().join("; ")
}

impl From<Ending> for SandboxError {
    fn from(ending: Ending) -> Self {
        if ending.status == Some(i64::from(exit::LOCKS)) {
            return Self::BridgeRefusedToServe { said: ending.said };
        }
        match ending.fate {
            Fate::EngineLost(error) => Self::EngineLost(error),
            Fate::Ended | Fate::Removed | Fate::Running => Self::CellEnded(ending),
        }
    }
}

impl From<EndpointError> for SandboxError {
    fn from(error: EndpointError) -> Self {
        Self::Endpoint(Box::new(error))
    }
}

impl SandboxError {
    /// The error's stable name, to branch on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EngineMissing { .. } => "engine_missing",
            Self::EngineStopped { .. } | Self::EngineHungUp { .. } => "engine_stopped",
            Self::EngineLost(error) => error.code(),
            Self::EngineForbidden { .. } => "engine_forbidden",
            Self::Endpoint(error) => error.code(),
            Self::EngineFailed { .. } => "engine_failed",
            Self::DiskFull { .. } => "disk_full",
            Self::NameTaken { .. } => "cell_name_taken",
            Self::CellInUse { .. } => "cell_in_use",
            Self::BridgeMissing { .. } => "bridge_missing",
            Self::EngineArchUnsupported { .. } => "engine_arch_unsupported",
            Self::ArchDiffers { .. } => "cell_arch_differs",
            Self::Timeout { .. } => "timeout",
            Self::CellSilent { .. } => "cell_silent",
            Self::CellEnded(_) => "cell_ended",
            Self::BridgeRefusedToServe { .. } => "bridge_refused_to_serve",
            Self::NotAsPromised { .. } => "cell_not_as_promised",
            Self::Frame(_) | Self::UnexpectedAnswer { .. } => "cell_protocol",
            Self::ImportRefused(refusal) => match refusal.code {
                RefusalCode::DiskFull => "disk_full",
                _ => "import_refused",
            },
            Self::ImportSource(_) => "import_source",
            Self::ExportRefused(_) => "export_refused",
            Self::ExportSink(_) => "export_sink",
            Self::EmptyRefused(_) => "empty_refused",
        }
    }

    /// Whether the cell or its engine is gone, so that opening it again may help.
    pub fn is_loss(&self) -> bool {
        matches!(
            self,
            Self::CellEnded(_)
                | Self::CellSilent { .. }
                | Self::EngineLost(_)
                | Self::EngineHungUp { .. }
                | Self::EngineStopped { .. }
                | Self::EngineMissing { .. }
        )
    }

    /// Whether the cell is gone because it asked for more memory than it has.
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::CellEnded(ending) if ending.out_of_memory)
    }

    /// Whether the cell may be there still, and does not answer.
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::CellSilent { .. })
    }

    /// What the user can do now, if there is something.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::EngineMissing { .. } => {
                "install Docker, or set DOCKER_HOST to where your engine listens".to_owned()
            }
            Self::EngineStopped { endpoint } if endpoint.is_remote() => {
                "start the container engine on that machine and try again".to_owned()
            }
            Self::EngineLost(error) => return error.hint(),
            Self::EngineStopped { .. } | Self::EngineHungUp { .. } => {
                "start Docker (Docker Desktop, or `sudo systemctl start docker`) and try again".to_owned()
            }
            Self::EngineForbidden { endpoint: Endpoint::Unix(socket) } => format!(
                "add yourself to the group that owns {} (usually `sudo usermod -aG docker $USER`) and log in again",
                socket.display()
            ),
            Self::EngineForbidden { .. } => {
                "ask whoever runs that engine to let this user in (on Linux, into the group docker there)"
                    .to_owned()
            }
            Self::Endpoint(error) => error.hint(),
            Self::EngineFailed { .. } => "look at the container engine's own log, and try again".to_owned(),
            Self::DiskFull { .. } => {
                "free some space (`docker system df` shows what Docker uses) and try again".to_owned()
            }
            Self::NameTaken { name } => {
                format!("rename or remove the container or volume {name}, which was not made here")
            }
            Self::CellInUse { .. } => "stop the agent where it runs, and try again".to_owned(),
            Self::BridgeMissing { arch } => format!(
                "build it with `cargo xtask bridge --arch {arch}` and then this program again, or use an engine on {}",
                std::env::consts::ARCH
            ),
            Self::EngineArchUnsupported { .. } => "use a container engine on x86_64 or aarch64".to_owned(),
            Self::ArchDiffers { .. } => {
                "use a container engine that runs its containers on its own machine, without emulation"
                    .to_owned()
            }
            Self::Timeout { .. } => {
                "the container engine is slow or stuck; try again, or restart it".to_owned()
            }
            Self::CellEnded(ending) if ending.out_of_memory => {
                "the workspace asks for more memory than a cell has; try again on a smaller part of it"
                    .to_owned()
            }
            Self::CellEnded(_) | Self::CellSilent { .. } => {
                "resume the agent: its cell is built anew from the last checkpoint".to_owned()
            }
            Self::BridgeRefusedToServe { .. } => {
                "the engine's kernel lets a cell do more than it may; use another engine".to_owned()
            }
            Self::NotAsPromised { .. } => {
                "the container engine does not do what it was asked for; look at its configuration \
                 (runtime, default options), or use another engine"
                    .to_owned()
            }
            Self::Frame(_) | Self::UnexpectedAnswer { .. } => {
                "resume the agent; if it happens again, report it with the log".to_owned()
            }
            Self::ImportRefused(refusal) => match refusal.code {
                RefusalCode::DiskFull => return Self::DiskFull { attempt: String::new() }.hint(),
                RefusalCode::QuotaBytes | RefusalCode::QuotaFiles => {
                    "the repository is larger than a workspace may be: exclude what the agent does not need \
                     (in its file rules, or by `--exclude`)"
                        .to_owned()
                }
                RefusalCode::BadPath | RefusalCode::ReservedName => {
                    "exclude it in the agent's file rules, or by `--exclude`; it stays in the repository as it is"
                        .to_owned()
                }
                _ => return None,
            },
            Self::ImportSource(_) | Self::ExportRefused(_) | Self::ExportSink(_) | Self::EmptyRefused(_) => {
                return None;
            }
        };
        Some(hint)
    }

    /// Words an error of the engine's client, telling apart an engine that cannot be reached.
    pub(crate) fn engine(
        endpoint: &Endpoint,
        attempt: impl Into<String>,
        error: bollard::errors::Error,
    ) -> Self {
        use bollard::errors::Error as Bollard;
        if let Some(error) = connect::unreachable(endpoint, &error) {
            return error;
        }
        let endpoint = endpoint.clone();
        let attempt = attempt.into();
        let kind = match &error {
            // Hidden from the chain of sources, since its message is the inner one's.
            Bollard::IOError { err } => Some(err.kind()),
            other => io_kind(other),
        };
        match kind {
            Some(io::ErrorKind::NotFound) => return Self::EngineMissing { endpoint },
            Some(io::ErrorKind::ConnectionRefused) => return Self::EngineStopped { endpoint },
            Some(io::ErrorKind::PermissionDenied) => return Self::EngineForbidden { endpoint },
            _ => {}
        }
        match error {
            Bollard::SocketNotFoundError(_) => Self::EngineMissing { endpoint },
            Bollard::RequestTimeoutError => {
                Self::Timeout { attempt, after: Duration::from_secs(crate::docker::TIMEOUT_SECONDS) }
            }
            error if hung_up(kind, &error) => Self::EngineHungUp { attempt },
            error if error.to_string().contains("no space left on device") => Self::DiskFull { attempt },
            error => Self::EngineFailed { attempt, source: Box::new(error) },
        }
    }
}

/// A machine as the engine names it, if it does.
fn named(machine: &str) -> &str {
    if machine.is_empty() { "a machine that it does not name" } else { machine }
}

/// Whether the engine went away before it had answered.
fn hung_up(kind: Option<io::ErrorKind>, error: &bollard::errors::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    if let Some(BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof) = kind {
        return true;
    }
    // The client's library has a kind for this, and keeps it to itself.
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(here) = cause {
        if here.to_string().contains("connection closed before message completed") {
            return true;
        }
        cause = here.source();
    }
    false
}

/// The kind of the system's error at the bottom of an error, if there is one.
fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let mut error = Some(error);
    while let Some(here) = error {
        if let Some(io) = here.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        error = here.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use bollard::errors::Error as Bollard;

    use super::*;

    #[track_caller]
    fn check(error: Bollard, expected: &str) {
        let error = SandboxError::engine(&Endpoint::socket("/run/engine.sock"), "ask", error);
        assert_eq!(error.code(), expected, "{error}");
        assert!(error.hint().is_some());
    }

    fn io(kind: io::ErrorKind) -> Bollard {
        Bollard::IOError { err: kind.into() }
    }

    fn answer(status_code: u16, message: &str) -> Bollard {
        Bollard::DockerResponseServerError { status_code, message: message.into() }
    }

    #[test]
    fn each_failure_of_the_engine_has_its_own_code_and_hint() {
        check(io(io::ErrorKind::NotFound), "engine_missing");
        check(io(io::ErrorKind::ConnectionRefused), "engine_stopped");
        check(io(io::ErrorKind::PermissionDenied), "engine_forbidden");
        check(io(io::ErrorKind::BrokenPipe), "engine_stopped");
        check(io(io::ErrorKind::InvalidData), "engine_failed");
        check(Bollard::RequestTimeoutError, "timeout");
        check(answer(500, "write /x: no space left on device"), "disk_full");
        check(answer(500, "something else"), "engine_failed");
    }

    #[test]
    fn an_ending_says_why_as_far_as_the_engine_knows() {
        let ending = |status, out_of_memory| {
            SandboxError::from(Ending { status, out_of_memory, said: "x".into(), ..Ending::default() })
        };
        let lines: Vec<String> = [
            ending(Some(137), true),
            ending(Some(137), false),
            ending(Some(65), false),
            ending(None, false),
            ending(Some(77), false),
        ]
        .iter()
        .map(|error| format!("{}: {error}", error.code()))
        .collect();
        assert_eq!(
            lines,
            [
                "cell_ended: talk to the cell: it ran out of memory and said: x",
                "cell_ended: talk to the cell: it was killed (exit 137) and said: x",
                "cell_ended: talk to the cell: it ended with exit status 65 and said: x",
                "cell_ended: talk to the cell: it is gone, and the engine does not say why and said: x",
                "bridge_refused_to_serve: start the cell: the bridge refused to serve: x",
            ]
        );
    }

    #[test]
    fn a_pipe_that_ended_is_not_told_as_a_cell_that_did() {
        let stopped = || SandboxError::EngineStopped { endpoint: Endpoint::socket("/run/engine.sock") };
        let lines = [Fate::Removed, Fate::Running, Fate::EngineLost(Arc::new(stopped()))].map(|fate| {
            let error = SandboxError::from(Ending { fate, ..Ending::default() });
            format!("{}: {error}", error.code())
        });
        assert_eq!(
            lines,
            [
                "cell_ended: talk to the cell: its container was removed",
                "cell_ended: talk to the cell: the line to it was cut, and it still runs",
                "engine_stopped: talk to the cell: reach the container engine at /run/engine.sock: \
                 it is not running",
            ]
        );
        assert_eq!(SandboxError::EngineLost(Arc::new(stopped())).hint(), stopped().hint());
    }
}
