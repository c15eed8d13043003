//! What can go wrong, with a code for programs and a hint for people.

use anchorhold_domain::{Fault, IllegalTransition, Status};
use anchorhold_forge::ForgeError;
use anchorhold_forge::sign_in::SignInError;
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
    /// Signing in, or staying signed in.
    #[error(transparent)]
    SignIn(#[from] SignInError),
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
    /// A field of an agent, or what holds for all of them.
    #[error("{attempt}: {reason}")]
    Invalid {
        /// What the field was for.
        attempt: &'static str,
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
    /// A model that cannot be used as it was chosen.
    #[error("use the model {model}: {reason}")]
    Choice {
        /// The code that says why.
        code: &'static str,
        /// The provider and the model's name.
        model: String,
        /// What is wrong.
        reason: String,
        /// What the user can do now.
        hint: String,
    },
    /// A key or token without any characters.
    #[error("keep the secret for {0}: it is empty")]
    SecretEmpty(String),
    /// A pattern of the rules about files.
    #[error("read the file rules: {pattern:?} in line {line} of {list}: {reason}")]
    FileRule {
        /// The code that names the list.
        code: &'static str,
        /// The list.
        list: &'static str,
        /// Its place in the list, from 1.
        line: usize,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An instruction that no model could read at once.
    #[error("send the instruction: it is longer than {} KiB", most_bytes / 1024)]
    InstructionTooLong {
        /// How long it may be, in bytes.
        most_bytes: usize,
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
    /// An account that is not signed in here.
    #[error("find account {0}: nobody is signed in under this key or login")]
    UnknownAccount(String),
    /// An account whose tokens are gone from the keychain.
    #[error("use the account {login} on {host}: its tokens are not in the keychain any more")]
    AccountLost {
        /// Its name in addresses.
        login: String,
        /// Where it is.
        host: String,
    },
    /// A token that may not do what was asked.
    #[error("use the account {login} on {host}: its token lacks {}", lacks.join(" and "))]
    ScopeMissing {
        /// The account's name in addresses.
        login: String,
        /// Where it is.
        host: String,
        /// The scopes that it lacks.
        lacks: Vec<String>,
    },
    /// An address that GitHub has not verified for the account.
    #[error("commit as {login} with {email}: it is none of the account's addresses")]
    EmailUnknown {
        /// What was given.
        email: String,
        /// The account's name in addresses.
        login: String,
    },
    /// An app that makes no sense.
    #[error("use the app for {host}: {reason}")]
    App {
        /// Where it would be registered.
        host: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A way to sign in that is not open.
    #[error("sign in to {host}: {reason}")]
    NoWay {
        /// Where to.
        host: String,
        /// What is missing.
        reason: &'static str,
    },
    /// A page that is not one of a GitHub that the user chose.
    #[error("open {address}: it is not a page of a host that you chose")]
    PageRefused {
        /// The address, cut.
        address: String,
    },
    /// Repositories could not be read; everybody who waited gets the same error.
    #[error(transparent)]
    Listing(std::sync::Arc<EngineError>),
    /// A push without a change.
    #[error("push agent {name:?}: nothing differs from {branch}")]
    NothingToPush {
        /// The agent.
        name: String,
        /// The branch that holds what it would push.
        branch: String,
    },
    /// Feedback that an agent may not answer by itself any more.
    #[error("follow up by itself with agent {name:?}: it did so {most} times, as often as it may")]
    FollowUpsSpent {
        /// The agent.
        name: String,
        /// How often it may.
        most: u32,
    },
    /// A push of something else than what was read.
    #[error("push agent {name:?}: it is not the change that was read")]
    PushOutdated {
        /// The agent.
        name: String,
    },
    /// Work that does not fit onto where the target branch is.
    #[error("put the work onto {branch}: both changed {} in the same places", listed(paths))]
    Conflicts {
        /// The target branch.
        branch: String,
        /// The files.
        paths: Vec<String>,
    },
    /// A repository that is on no GitHub, as far as is known here.
    #[error("reach {repository} on GitHub: it is not there")]
    NotOnGitHub {
        /// The repository's address, or its host in words.
        repository: String,
    },
    /// A pull request for what was never pushed.
    #[error("open a pull request for agent {name:?}: its target branch was not pushed")]
    NotPushed {
        /// The agent.
        name: String,
    },
    /// A title or text that no pull request can have.
    #[error("open a pull request: {reason}")]
    PullRequestInvalid {
        /// What is wrong.
        reason: &'static str,
    },
    /// A pull request whose opening the user gave up.
    #[error("open the pull request of {branch}: cancelled")]
    PullRequestCancelled {
        /// The branch.
        branch: String,
    },
    /// Feedback where there is no pull request.
    #[error("look for feedback on agent {name:?}: it has no pull request")]
    PullRequestMissing {
        /// The agent.
        name: String,
    },
    /// Feedback that is not open.
    #[error("take feedback {id:?}: it is not open")]
    FeedbackNotOpen {
        /// Which.
        id: String,
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
    /// What cannot be cut of a conversation is more than the model can read.
    #[error("ask {model}: what must be sent is {tokens} tokens and it can read {most}")]
    ContextTooSmall {
        /// The model's name.
        model: String,
        /// What cannot be cut, as estimated.
        tokens: u32,
        /// What there is room for.
        most: u32,
    },
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
            Self::SignIn(error) => error.code(),
            Self::Secrets(error) => error.code(),
            Self::Illegal(_) => "illegal_transition",
            Self::Trajectory(_) => "trajectory_invalid",
            Self::Folder { .. } => "folder_failed",
            Self::FolderInUse { .. } => "folder_in_use",
            Self::Invalid { code, .. } | Self::Settings { code, .. } | Self::Choice { code, .. } => code,
            Self::SecretEmpty(_) => "secret_empty",
            Self::FileRule { code, .. } => code,
            Self::InstructionTooLong { .. } => "instruction_too_long",
            Self::InstructionEmpty => "instruction_empty",
            Self::InstructionTaken => "instruction_taken",
            Self::WrongStatus { .. } => "wrong_status",
            Self::UnknownAgent(_) => "agent_unknown",
            Self::UnknownAccount(_) => "account_unknown",
            Self::AccountLost { .. } => "account_lost",
            Self::ScopeMissing { .. } => "account_lacks_scope",
            Self::EmailUnknown { .. } => "email_unknown",
            Self::App { .. } => "forge_app_invalid",
            Self::NoWay { .. } => "sign_in_way_missing",
            Self::PageRefused { .. } => "page_refused",
            Self::Listing(error) => error.code(),
            Self::NothingToPush { .. } => "nothing_to_push",
            Self::PushOutdated { .. } => "push_outdated",
            Self::Conflicts { .. } => "reapply_conflicts",
            Self::NotOnGitHub { .. } => "not_on_github",
            Self::FollowUpsSpent { .. } => "follow_ups_spent",
            Self::NotPushed { .. } => "not_pushed",
            Self::PullRequestInvalid { .. } => "pull_request_invalid",
            Self::PullRequestCancelled { .. } => "pull_request_cancelled",
            Self::PullRequestMissing { .. } => "pull_request_missing",
            Self::FeedbackNotOpen { .. } => "feedback_not_open",
            Self::IdentityMissing => "identity_missing",
            Self::Scripted(_) => "scripted_failed",
            Self::Cell(error) => error.code(),
            Self::ContextTooSmall { .. } => "context_too_small",
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
            Self::SignIn(error) => return Some(error.hint()),
            Self::Cell(error) | Self::Listing(error) => return error.hint(),
            Self::ScopeMissing { lacks, .. } => {
                return Some(format!("make a token that has {} and sign in with it", lacks.join(" and ")));
            }
            Self::Choice { hint, .. } => return Some(hint.clone()),
            Self::Model(error) => error.hint(),
            Self::SecretEmpty(_) => "pipe the secret in, such as `anchorctl key set openai < key.txt`",
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
            Self::ContextTooSmall { .. } => {
                "choose a model that can read more, or shorten the task, then resume the agent"
            }
            Self::UnknownAgent(_) => "list the agents with `anchorctl agents`",
            Self::UnknownAccount(_) => "list the accounts with `anchorctl account`",
            Self::AccountLost { .. } => "sign in again",
            Self::EmailUnknown { .. } => "choose one of the addresses that the account lists",
            Self::App { .. } => "copy client id and name from the app's settings on GitHub",
            Self::NoWay { .. } => "sign in in another way, or set an app as docs/github-app.md says",
            Self::PageRefused { .. } => "open it by yourself, if you trust it",
            Self::NothingToPush { .. } => "give the agent another instruction",
            Self::PushOutdated { .. } => "look at the change again, then push it",
            Self::Conflicts { .. } => {
                "choose another target branch, or tell the agent what changed there and let it work that in"
            }
            Self::NotOnGitHub { .. } => {
                "pull requests and issues are read on github.com, and on a GitHub that you signed in to"
            }
            Self::FollowUpsSpent { .. } => {
                "take up what came back yourself, after which it counts anew, or let it follow up more often"
            }
            Self::NotPushed { .. } => "push the work first",
            Self::PullRequestInvalid { .. } => "change the title or the text, and try again",
            Self::PullRequestCancelled { .. } => {
                "GitHub may have opened it all the same; opening it again finds that one"
            }
            Self::PullRequestMissing { .. } => "open a pull request first",
            Self::FeedbackNotOpen { .. } => {
                "look at what is open: it was taken before, or a later push replaced what it is about"
            }
            Self::IdentityMissing => {
                "run `git config --global user.name \"Your Name\"` and `git config --global user.email you@example.com`"
            }
            Self::FileRule { .. } => "mend the pattern; they are read as those of a `.gitignore`",
            Self::InstructionTooLong { .. } => {
                "put the long part into a file of the repository and mention it with @path"
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

/// A few names, and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
