//! Source: bare mirrors, checkpoints without a checkout, push, diffs and highlighting.
//!
//! The only room that says `git2`, `ssh2`, `similar` and `syntect`. Every function blocks, so an asynchronous
//! caller runs them on a thread for blocking work. Bytes that an agent wrote go into a git object
//! database and nowhere else: never into a file of their own, a path or a command on the host.

mod ancestry;
mod changes;
mod checkpoint;
mod credentials;
mod diff;
mod error;
mod fetch;
mod files;
mod identity;
mod local;
mod log;
mod mirror;
mod network;
mod path;
mod push;
mod remote;
mod ssh;
mod stub;
mod tree;

pub use checkpoint::{Checkpoint, TreeEdit};
pub use credentials::Credentials;
pub use diff::{Context, hidden_text, make_visible, visible_text};
pub use error::RepoError;
pub use fetch::{Base, Branches, FetchPhase, FetchProgress, check_branch};
pub use files::Batch;
pub use identity::git_identity;
pub use log::{Blame, BlamedLine, Log, LogWish, Past, PastCommit, PastError, ShownCommit};
pub use mirror::{Mirror, Mirrors};
pub use path::{path_from_text, path_to_text};
pub use push::{PushOutcome, Signature};
pub use remote::Remote;
pub use ssh::AgentKeys;
pub use stub::{CommitToMake, Merged, Signer, Tip, free_branch_name, signing};
pub use tree::{Standing, Submodule, TreeEntry};
