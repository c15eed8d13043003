//! What can go wrong between a repository and us, told so that a reader knows what to do next.

mod code;
mod hint;
mod wrapped;

use std::path::PathBuf;

use crate::ssh::AgentKeys;

/// The result of everything in this room.
pub(crate) type Result<T> = std::result::Result<T, RepoError>;

/// What a server has of a push that was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// Nothing: nothing was sent.
    Nothing,
    /// Not the commit, when it was looked at.
    NotYet,
    /// It does not say.
    Unknown,
}

/// A failure of a repository operation.
///
/// The message says what was attempted, [`RepoError::hint`] what the reader can do now, and
/// [`RepoError::code`] is what programs branch on. No variant holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum RepoError {
    /// The address cannot be used as a repository.
    #[error("read repository address {address:?}: {reason}")]
    InvalidRemote {
        /// The address without any password in it.
        address: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is no repository at the address, or this user may not see it.
    #[error("find repository {remote}: there is none that this user may read")]
    RepositoryNotFound {
        /// The repository's address.
        remote: String,
    },
    /// The repository has no commit yet.
    #[error("read repository {remote}: it has no commits")]
    EmptyRepository {
        /// The repository's address.
        remote: String,
    },
    /// The repository has no such branch.
    #[error("find branch {branch} in {remote}")]
    UnknownBranch {
        /// The repository's address.
        remote: String,
        /// The branch that was asked for.
        branch: String,
        /// The branches whose names are nearest, best first.
        nearest: Vec<String>,
    },
    /// Git does not accept the branch name.
    #[error("use {branch:?} as a branch name")]
    InvalidBranch {
        /// The name that was given.
        branch: String,
    },
    /// The server refused the credentials, or there were none to give.
    #[error("sign in to {host} for {attempt}")]
    Auth {
        /// The server.
        host: String,
        /// What was attempted.
        attempt: String,
        /// Whether there were credentials for that server at all.
        offered: bool,
    },
    /// The ssh server took no key.
    #[error("sign in to {host} with an ssh key for {attempt}")]
    SshKey {
        /// The server.
        host: String,
        /// What was attempted.
        attempt: String,
        /// What the user's ssh agent has.
        keys: AgentKeys,
    },
    /// The server knows the user and refuses.
    #[error("{attempt}: {host} refuses access")]
    Forbidden {
        /// The server.
        host: String,
        /// What was attempted.
        attempt: String,
    },
    /// No key of the ssh server is known.
    #[error("check the ssh key of {host}: there is none for it in known_hosts")]
    UnknownHost {
        /// The server, as `host:port`, without the port if it is the usual one.
        host: String,
        /// The user on the server.
        user: String,
    },
    /// The ssh server shows another key than before.
    #[error("check the ssh key of {host}: it is not the one in known_hosts")]
    HostKeyChanged {
        /// The server.
        host: String,
    },
    /// The ssh server shows a key that the user marked as revoked.
    #[error("check the ssh key of {host}: it is revoked in known_hosts")]
    HostKeyRevoked {
        /// The server.
        host: String,
    },
    /// The server's TLS certificate does not hold.
    #[error("check the certificate of {host}: {reason}")]
    Certificate {
        /// The server.
        host: String,
        /// What the TLS library says.
        reason: String,
    },
    /// The server sends the request elsewhere, and credentials must not follow.
    #[error("{attempt}: {host} redirects to {}", to.as_deref().unwrap_or("another address"))]
    Redirected {
        /// The server that was asked.
        host: String,
        /// What was attempted.
        attempt: String,
        /// The server that it points to, in its own words.
        to: Option<String>,
    },
    /// The user's git configuration names another address for exactly this one.
    #[error("{attempt}: git's configuration leads {address} to {to}")]
    Rewritten {
        /// What was attempted.
        attempt: String,
        /// The repository's address.
        address: String,
        /// Where it is led to, without passwords.
        to: String,
    },
    /// The proxy on the way to the server does not let us through.
    #[error("{attempt}: reach {host} by the proxy: {reason}")]
    Proxy {
        /// The server that was asked.
        host: String,
        /// What was attempted.
        attempt: String,
        /// What the network library says, without passwords.
        reason: String,
    },
    /// The server cannot be reached or stopped answering.
    #[error("{attempt}: {reason}")]
    Network {
        /// What was attempted.
        attempt: String,
        /// What the network library says.
        reason: String,
    },
    /// The system gives no thread.
    #[error("{attempt}: start a thread")]
    Thread {
        /// What was attempted.
        attempt: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The caller asked to stop.
    #[error("{attempt}: cancelled")]
    Cancelled {
        /// What was attempted.
        attempt: String,
    },
    /// The caller asked to stop a push.
    #[error("push {branch}: cancelled{}", match arrived {
        Arrived::Nothing => "",
        Arrived::NotYet => "; the server does not have it yet, and may still take it",
        Arrived::Unknown => "; the server does not say whether it has it",
    })]
    PushCancelled {
        /// The branch.
        branch: String,
        /// What the server has of it.
        arrived: Arrived,
    },
    /// The target branch is not where it was expected.
    #[error("push to {branch}: it moved on {remote}")]
    TargetMoved {
        /// The repository's address.
        remote: String,
        /// The branch.
        branch: String,
        /// Where the branch is now, `None` if it does not exist.
        current: Option<String>,
    },
    /// The branch may not be pushed to, whatever the server says.
    #[error("push to {branch}: it is the source or the default branch")]
    ForbiddenBranch {
        /// The branch.
        branch: String,
    },
    /// The server refused the push, in its own words.
    #[error("push to {branch}: the server refused it: {reason}")]
    Rejected {
        /// The branch.
        branch: String,
        /// The server's reason and what its hooks printed.
        reason: String,
    },
    /// The server said yes and has something else.
    #[error("push to {branch}: the branch is at {found} instead of {expected}")]
    NotVerified {
        /// The branch.
        branch: String,
        /// The commit that was pushed.
        expected: String,
        /// The commit that is there, or `nothing`.
        found: String,
    },
    /// A path that must not be in a repository.
    #[error("write {path}: {reason}")]
    InvalidPath {
        /// The path, rendered as in [`crate::path_to_text`].
        path: String,
        /// Why it is refused.
        reason: &'static str,
    },
    /// The tree has no such file.
    #[error("find {path} in the tree")]
    PathNotFound {
        /// The path, rendered as in [`crate::path_to_text`].
        path: String,
    },
    /// The agent's name cannot be part of a ref.
    #[error("use {agent:?} as the name of a checkpoint ref")]
    InvalidAgent {
        /// The name that was given.
        agent: String,
    },
    /// The author's name or address cannot stand in a commit.
    #[error("sign a commit as {name:?} <{email}>")]
    InvalidSignature {
        /// The name that was given.
        name: String,
        /// The address that was given.
        email: String,
    },
    /// The text cannot be a commit's message.
    #[error("use a text as a commit message: {reason}")]
    InvalidMessage {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The user's git configuration asks for signatures in a way that cannot work here.
    #[error("sign commits as git is configured: {reason}")]
    SigningImpossible {
        /// Why it cannot work.
        reason: String,
        /// What the user can do.
        hint: &'static str,
    },
    /// The program that signs failed.
    #[error("sign a commit with {program}: {reason}")]
    SigningFailed {
        /// The program.
        program: String,
        /// Its own words, or how it ended.
        reason: String,
    },
    /// The program that signs did not come to an end.
    #[error("sign a commit with {program}: it did not answer within {seconds} seconds")]
    SigningTimedOut {
        /// The program.
        program: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// An object that must be there is not, or is not of its kind.
    #[error("read {kind} {id}")]
    MissingObject {
        /// What it should be.
        kind: &'static str,
        /// Its id.
        id: String,
        /// What the library says.
        #[source]
        source: git2::Error,
    },
    /// A tree is wider or deeper than anything here could go through.
    #[error("read the tree: {reason}")]
    TreeTooLarge {
        /// What of it is too much.
        reason: &'static str,
    },
    /// A local repository belongs to another user.
    #[error("open {remote}: it belongs to another user")]
    NotOwned {
        /// The repository's address.
        remote: String,
    },
    /// The disk is full.
    #[error("{attempt}: no space left on the disk")]
    DiskFull {
        /// What was attempted.
        attempt: String,
    },
    /// A folder of ours cannot be made or read.
    #[error("prepare folder {path}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The local object database failed.
    #[error("{attempt}: {source}")]
    Storage {
        /// What was attempted.
        attempt: String,
        /// What the library says.
        #[source]
        source: git2::Error,
    },
}
