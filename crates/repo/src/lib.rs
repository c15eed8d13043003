//! Source: bare mirrors, checkpoints without a checkout, push, diffs and highlighting.
//!
//! The only room that says `git2`, `ssh2`, `similar` and `syntect`. Every function blocks, so an asynchronous
//! caller runs them on a thread for blocking work. Bytes that an agent wrote go into a git object
//! database and nowhere else: never into a file of their own, a path or a command on the host. The one
//! program that is started is the one that signs for the user, and it gets a commit on its standard input.

mod ancestry;
mod aside;
mod changes;
mod checkpoint;
mod commits;
mod credentials;
mod diff;
mod durable;
mod error;
mod fetch;
mod files;
mod identity;
mod incoming;
mod library;
mod local;
mod log;
mod merge;
mod mirror;
mod network;
mod packing;
mod path;
mod pending;
mod push;
mod remote;
mod risks;
mod said;
mod shallow;
mod signing;
mod ssh;
mod target;
mod tree;

pub use aside::Cancellation;
pub use checkpoint::{Checkpoint, TreeEdit};
pub use commits::{CommitToMake, Signature};
pub use credentials::Credentials;
pub use diff::{Context, hidden_text, make_visible, visible_text};
pub use error::{Arrived, RepoError};
pub use fetch::{Base, Branches, FetchPhase, FetchProgress, FetchWish, Patience, check_branch};
pub use files::Batch;
pub use identity::git_identity;
pub use log::{Blame, BlamedLine, Log, LogWish, Past, PastCommit, PastError, ShownCommit};
pub use merge::Merged;
pub use mirror::{Mirror, Mirrors};
pub use path::{path_from_text, path_to_text};
pub use push::PushOutcome;
pub use remote::Remote;
pub use risks::Risks;
pub use signing::{Signer, SigningConfig, signing};
pub use ssh::AgentKeys;
pub use target::{Tip, free_branch_name};
pub use tree::{Standing, Submodule, TreeEntry};
