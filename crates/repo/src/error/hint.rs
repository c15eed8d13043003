//! What the reader can do about a failure.

use super::{Arrived, RepoError};
use crate::ssh::AgentKeys;

impl RepoError {
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
            Self::Rewritten { .. } => {
                "take the rule out: `git config --show-origin --get-regexp '^url\\..*insteadof$'`, or give the other address"
                    .to_owned()
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
            Self::TreeTooLarge { .. } => {
                "an agent's workspace holds 200,000 files and folders: choose another branch or repository"
                    .to_owned()
            }
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
