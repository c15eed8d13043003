//! What can go wrong, with a code for programs and a hint for people.

use anchorhold_domain::{Fault, IllegalTransition, Status};
use anchorhold_forge::ForgeError;
use anchorhold_model::{ModelError, TrajectoryError};
use anchorhold_repo::RepoError;
use anchorhold_sandbox::SandboxError;
use anchorhold_secrets::SecretsError;
use anchorhold_store::StoreError;
use std::error::Error as _;
use std::io;
use std::path::PathBuf;

/// A verb that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The log or the records.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Git.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The container or the bridge.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// GitHub.
    #[error(transparent)]
    Forge(#[from] ForgeError),
    /// The keychain.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// A status that does not allow it.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// A recording that cannot be played.
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    /// The data folder cannot be used.
    #[error("use the data folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Another process has the data folder.
    #[error("use the data folder {}: {owner} is using it", path.display())]
    FolderInUse {
        /// The folder.
        path: PathBuf,
        /// Who has it.
        owner: String,
    },
    /// A field of a new agent.
    #[error("create the agent: {reason}")]
    Invalid {
        /// The code that names the field.
        code: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Settings that cannot hold.
    #[error("keep the settings: {reason}")]
    Settings {
        /// The code that names the setting.
        code: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// An instruction or an answer without words.
    #[error("send the instruction: it is empty")]
    InstructionEmpty,
    /// An instruction that does not wait (any more).
    #[error("change the instruction: it is no longer waiting")]
    InstructionTaken,
    /// A verb for another status.
    #[error("{verb} agent {name:?}: it is {status}")]
    WrongStatus {
        /// What was asked.
        verb: &'static str,
        /// Of whom.
        name: String,
        /// Where it stands.
        status: Status,
    },
    /// An agent that does not exist in this folder.
    #[error("find agent {0}: there is none with this id or name")]
    UnknownAgent(String),
    /// A push without a change.
    #[error("push agent {name:?}: nothing differs from {branch}")]
    NothingToPush {
        /// The agent.
        name: String,
        /// Its source branch.
        branch: String,
    },
    /// A commit needs a name and an address.
    #[error("commit in your name: git has no user.name and user.email")]
    IdentityMissing,
    /// The scripted model's server.
    #[error("start the scripted model")]
    Scripted(#[source] io::Error),
    /// The cell could not be opened; every tool call that waited for it gets the same error.
    #[error(transparent)]
    Cell(std::sync::Arc<EngineError>),
    /// A thread that panicked.
    #[error("{verb}: the program failed inside")]
    Panicked {
        /// What it was doing.
        verb: &'static str,
    },
}

impl EngineError {
    /// The stable name of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Repo(error) => error.code(),
            Self::Sandbox(error) => error.code(),
            Self::Model(error) => error.code(),
            Self::Forge(error) => error.code(),
            Self::Secrets(error) => error.code(),
            Self::Illegal(_) => "illegal_transition",
            Self::Trajectory(_) => "trajectory_invalid",
            Self::Folder { .. } => "folder_failed",
            Self::FolderInUse { .. } => "folder_in_use",
            Self::Invalid { code, .. } | Self::Settings { code, .. } => code,
            Self::InstructionEmpty => "instruction_empty",
            Self::InstructionTaken => "instruction_taken",
            Self::WrongStatus { .. } => "wrong_status",
            Self::UnknownAgent(_) => "agent_unknown",
            Self::NothingToPush { .. } => "nothing_to_push",
            Self::IdentityMissing => "identity_missing",
            Self::Scripted(_) => "scripted_failed",
            Self::Cell(error) => error.code(),
            Self::Panicked { .. } => "internal",
        }
    }

    /// What the user can do now.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Store(error) => return error.hint(),
            Self::Repo(error) => return error.hint(),
            Self::Sandbox(error) => return error.hint(),
            Self::Forge(error) => return error.hint(),
            Self::Secrets(error) => return error.hint(),
            Self::Cell(error) => return error.hint(),
            Self::Model(error) => error.hint(),
            Self::WrongStatus { status: Status::Idle, .. } => {
                "start the agent, or wait where it waits for a free slot"
            }
            Self::WrongStatus { status: Status::Paused, .. } => {
                "answer the agent's question if it asked one, else resume it"
            }
            Self::WrongStatus { status: Status::Completed, .. } => "give the agent another instruction",
            Self::WrongStatus { status: Status::Error, .. } => "start the agent again",
            Self::WrongStatus { status: Status::Cloning | Status::Running | Status::Pushing, .. }
            | Self::Illegal(_) => "wait until the agent has finished what it does, or stop it",
            Self::Folder { .. } => {
                "check that the folder can be written, or set ANCHORHOLD_HOME to another one"
            }
            Self::FolderInUse { .. } => "close that program, or set ANCHORHOLD_HOME to another folder",
            Self::UnknownAgent(_) => "list the agents with `anchorctl agents`",
            Self::NothingToPush { .. } => "give the agent another instruction",
            Self::IdentityMissing => {
                "run `git config --global user.name \"Your Name\"` and `git config --global user.email you@example.com`"
            }
            Self::Invalid { .. } | Self::Settings { .. } => return None,
            Self::InstructionEmpty | Self::InstructionTaken => return None,
            Self::Trajectory(_) | Self::Scripted(_) | Self::Panicked { .. } => return None,
        };
        Some(hint.to_owned())
    }

    /// The whole of it in words, causes included.
    #[must_use]
    pub fn message(&self) -> String {
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            // Libraries often repeat their cause in their own message.
            if !text.contains(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            source = cause.source();
        }
        text
    }

    /// The failure as the log and every face carry it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault { code: self.code().to_owned(), message: self.message(), hint: self.hint() }
    }
}
