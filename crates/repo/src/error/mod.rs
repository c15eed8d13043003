//! What can go wrong between a repository and us, told so that a reader knows what to do next.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

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

impl RepoError {
    /// Wraps a failure of the local object database.
    pub(crate) fn storage(attempt: impl Into<String>) -> impl FnOnce(git2::Error) -> Self {
        let attempt = attempt.into();
        move |source| {
            if says_disk_full(&source) {
                Self::DiskFull { attempt }
            } else {
                Self::Storage { attempt, source }
            }
        }
    }

    /// Wraps a failure to write about `size` bytes into `repository`.
    ///
    /// Of an object that does not fit the library says nothing, or repeats what went wrong last in this
    /// thread, and takes away what it had written of it. So it is tried whether there is room.
    pub(crate) fn writing(
        repository: &git2::Repository,
        size: usize,
        attempt: impl Into<String>,
    ) -> impl FnOnce(git2::Error) -> Self {
        move |source| {
            if !has_room(repository.path(), size) {
                Self::DiskFull { attempt: attempt.into() }
            } else {
                Self::storage(attempt)(source)
            }
        }
    }

    /// Wraps a failure to read or write `path` in a folder of ours.
    pub(crate) fn folder(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                Self::DiskFull { attempt: format!("write {}", path.display()) }
            }
            _ => Self::Folder { path: path.to_owned(), source },
        }
    }

    /// Wraps a failed look-up of an object.
    pub(crate) fn missing(kind: &'static str, id: &str) -> impl FnOnce(git2::Error) -> Self {
        let id = id.to_owned();
        move |source| Self::MissingObject { kind, id, source }
    }

    /// Returns the stable name of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidRemote { .. } => "repository_invalid",
            Self::RepositoryNotFound { .. } => "repository_not_found",
            Self::EmptyRepository { .. } => "repository_empty",
            Self::UnknownBranch { .. } => "branch_unknown",
            Self::InvalidBranch { .. } => "branch_invalid",
            Self::Auth { .. } | Self::SshKey { .. } => "repository_sign_in",
            Self::Forbidden { .. } => "repository_forbidden",
            Self::UnknownHost { .. } => "host_unknown",
            Self::HostKeyChanged { .. } => "host_key_changed",
            Self::HostKeyRevoked { .. } => "host_key_revoked",
            Self::Certificate { .. } => "certificate_invalid",
            Self::Redirected { .. } => "repository_redirected",
            Self::Proxy { .. } => "proxy_failed",
            Self::Network { .. } => "repository_unreachable",
            Self::Thread { .. } => "thread_failed",
            Self::Cancelled { .. } => "cancelled",
            Self::PushCancelled { .. } => "push_cancelled",
            Self::TargetMoved { .. } => "target_moved",
            Self::ForbiddenBranch { .. } => "branch_forbidden",
            Self::Rejected { .. } => "push_rejected",
            Self::NotVerified { .. } => "push_not_verified",
            Self::InvalidPath { .. } => "path_invalid",
            Self::PathNotFound { .. } => "path_not_found",
            Self::InvalidAgent { .. } => "agent_invalid",
            Self::InvalidSignature { .. } => "signature_invalid",
            Self::InvalidMessage { .. } => "message_invalid",
            Self::SigningImpossible { .. } => "signing_impossible",
            Self::SigningFailed { .. } => "signing_failed",
            Self::SigningTimedOut { .. } => "signing_timed_out",
            Self::MissingObject { .. } => "object_missing",
            Self::NotOwned { .. } => "repository_not_owned",
            Self::DiskFull { .. } => "disk_full",
            Self::Folder { .. } => "folder_failed",
            Self::Storage { .. } => "storage_failed",
        }
    }

    /// Returns what the reader can do now.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::InvalidRemote { .. } => {
                "give https://host/path, ssh://user@host/path, user@host:path, a local path or owner/name; \
                 sign in instead of putting a password into the address"
                    .to_owned()
            }
            Self::RepositoryNotFound { .. } => {
                "check the address, and that your account may read the repository".to_owned()
            }
            Self::EmptyRepository { .. } => "push a first commit to it, then start again".to_owned(),
            Self::UnknownBranch { nearest, .. } if nearest.is_empty() => {
                "choose a branch that exists".to_owned()
            }
            Self::UnknownBranch { nearest, .. } => format!("nearest branches: {}", nearest.join(", ")),
            Self::InvalidBranch { .. } => {
                "use letters, digits, - and /, as in agent/fix-login".to_owned()
            }
            Self::Auth { host, offered: true, .. } => {
                format!("the credentials for {host} were refused: sign in again, or give a new token")
            }
            Self::Auth { host, offered: false, .. } => {
                format!("{host} asks for credentials: sign in or give a token; for ssh, add your key to the ssh agent")
            }
            Self::SshKey { keys: AgentKeys::NoAgent, .. } => {
                "no ssh agent answers: start one, add your key with `ssh-add`, and start this program where SSH_AUTH_SOCK names it"
                    .to_owned()
            }
            Self::SshKey { keys: AgentKeys::None, .. } => {
                "the ssh agent holds no key: add yours with `ssh-add`".to_owned()
            }
            Self::SshKey { host, keys: AgentKeys::Some, .. } => {
                format!("{host} took no key of the ssh agent: add the right one with `ssh-add`, or give the server your public key")
            }
            Self::Forbidden { .. } => "ask for access, or choose another repository".to_owned(),
            Self::UnknownHost { host, user } => {
                format!("connect once with `{}` and check its fingerprint, then try again", ssh_command(host, user))
            }
            Self::HostKeyChanged { host } => {
                format!(
                    "somebody may stand between you and {host}: ask its owner for the new fingerprint, and only if it is right \
                     remove the old key with `ssh-keygen -R '{}'`",
                    known_hosts_name(host)
                )
            }
            Self::HostKeyRevoked { host } => {
                format!("do not use {host} before its owner has given it a new key")
            }
            Self::Certificate { host, .. } => {
                format!("check the clock and the certificate authorities of this machine, and that {host} is the right server")
            }
            Self::Redirected { to: Some(to), .. } => {
                format!("if the repository moved to {to}, use its address there; no credentials were sent to it")
            }
            Self::Redirected { to: None, .. } => {
                "the repository may have been renamed: use its new address".to_owned()
            }
            Self::Proxy { .. } => {
                "check the proxy: `git config --show-origin --get http.proxy`, https_proxy and no_proxy in the environment"
                    .to_owned()
            }
            Self::Network { .. } => "check the network and the address, then try again".to_owned(),
            Self::Thread { .. } => "close other programs, then try again".to_owned(),
            Self::Cancelled { .. } | Self::PushCancelled { arrived: Arrived::Nothing, .. } => return None,
            Self::TargetMoved { .. } => {
                "somebody pushed to the branch: choose another target branch, or start from its new tip".to_owned()
            }
            Self::ForbiddenBranch { .. } => "choose another target branch".to_owned(),
            Self::Rejected { reason, .. } => rejected_hint(reason).to_owned(),
            Self::NotVerified { .. } => "look at the branch on the server before you push again".to_owned(),
            Self::PushCancelled { .. } => {
                "push again: what the server took after all is found, and not sent twice".to_owned()
            }
            Self::InvalidPath { .. } => "use a relative path inside the repository".to_owned(),
            Self::PathNotFound { .. } => "list the changed files again".to_owned(),
            Self::InvalidAgent { .. } => "use letters, digits, - and _ only".to_owned(),
            Self::InvalidSignature { .. } => {
                "set a name and an e-mail address without line breaks and angle brackets".to_owned()
            }
            Self::InvalidMessage { .. } => {
                "write a message of at least one word, without control characters".to_owned()
            }
            Self::SigningImpossible { hint, .. } => (*hint).to_owned(),
            Self::SigningFailed { reason, .. } => signing_hint(reason).to_owned(),
            Self::SigningTimedOut { .. } => {
                "it may wait for a passphrase or a touch of a key: unlock the key first, or set commit.gpgsign to false"
                    .to_owned()
            }
            Self::MissingObject { .. } => "fetch the repository again".to_owned(),
            Self::NotOwned { remote } => {
                format!("run `git config --global --add safe.directory {remote}` if you trust it")
            }
            Self::DiskFull { .. } => "free some space, then try again; nothing recorded was lost".to_owned(),
            Self::Folder { .. } => "check that the folder can be written".to_owned(),
            Self::Storage { .. } => "check the data folder's disk and rights".to_owned(),
        };
        Some(hint)
    }
}

/// Whether the library says that there is no space left.
fn says_disk_full(error: &git2::Error) -> bool {
    let message = error.message().to_ascii_lowercase();
    error.class() == git2::ErrorClass::Os
        && (message.contains("no space left") || message.contains("quota exceeded"))
}

/// Whether a file of about `size` bytes fits into `folder`.
fn has_room(folder: &Path, size: usize) -> bool {
    /// What a folder, a ref and the ends of blocks may take besides.
    const MARGIN: u64 = 16 * 1024;
    let size = u64::try_from(size).unwrap_or(u64::MAX).saturating_add(MARGIN);
    let path = folder.join("room");
    // Written, because a file system may promise space that it does not have.
    let written =
        File::create(&path).and_then(|mut file| std::io::copy(&mut std::io::repeat(0).take(size), &mut file));
    let _ = std::fs::remove_file(&path);
    !written.is_err_and(|error| matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded))
}

/// Returns what helps against a server's refusal, as far as its words tell.
///
/// The words are GitHub's: <https://docs.github.com/en/code-security/secret-scanning> for pushes with
/// secrets in them, and its branch protection and rulesets for the rest.
fn rejected_hint(reason: &str) -> &'static str {
    let says = |text: &str| reason.to_ascii_lowercase().contains(text);
    if says("workflow") && says("scope") || says("workflow") && says("permission") {
        "the account may not change workflow files: sign in again and grant that, or leave them out"
    } else if says("push protection") || says("push cannot contain secrets") {
        "the server found a secret: remove it, and revoke it if it is real"
    } else if says("gh006") || says("gh013") || says("protected branch") || says("rule violations") {
        "the branch is protected by rules of the repository: choose another target branch"
    } else {
        "read the server's reason: the branch may be protected, or a hook refused the content"
    }
}

/// Returns what helps against a failure to sign, as far as the program's words tell.
fn signing_hint(reason: &str) -> &'static str {
    let says = |text: &str| reason.to_ascii_lowercase().contains(text);
    if says("no secret key") || says("no private key") || says("couldn't load public key") {
        "check user.signingkey in your git configuration: the key that it names is not here"
    } else if says("passphrase") || says("agent") || says("pinentry") || says("cancel") {
        "unlock the key first: add it to your ssh agent with `ssh-add`, or sign something once with gpg"
    } else {
        "try `git commit -S` in a terminal: what fails there fails here, too"
    }
}

/// Returns what a user types to reach a server, whose port `ssh` takes apart from its name.
fn ssh_command(host: &str, user: &str) -> String {
    match split_port(host) {
        Some((name, port)) => format!("ssh -p {port} {user}@{}", name.trim_matches(['[', ']'])),
        None => format!("ssh {user}@{}", host.trim_matches(['[', ']'])),
    }
}

/// Returns a server's name as it stands in `known_hosts`.
fn known_hosts_name(host: &str) -> String {
    match split_port(host) {
        Some((name, port)) => format!("[{}]:{port}", name.trim_matches(['[', ']'])),
        None => host.trim_matches(['[', ']']).to_owned(),
    }
}

fn split_port(host: &str) -> Option<(&str, &str)> {
    // The colons of an IPv6 address stand in brackets.
    host.rsplit_once(':').filter(|(_, port)| !port.contains(']'))
}

#[cfg(test)]
mod tests {
    use super::{known_hosts_name, ssh_command};

    #[test]
    fn commands_in_hints_are_ones_that_a_shell_can_run() {
        let shown = |host| (ssh_command(host, "git"), known_hosts_name(host));
        for (host, command, name) in [
            ("git.example", "ssh git@git.example", "git.example"),
            ("git.example:2222", "ssh -p 2222 git@git.example", "[git.example]:2222"),
            ("[::1]", "ssh git@::1", "::1"),
            ("[::1]:2222", "ssh -p 2222 git@::1", "[::1]:2222"),
        ] {
            assert_eq!(shown(host), (command.to_owned(), name.to_owned()));
        }
    }
}
