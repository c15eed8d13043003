//! The only code that talks to a server, and the rules that all of it keeps.
//!
//! No redirect to another host is followed; one on the same host is, and where it leads is told. What the
//! user's git configuration puts in the place of an address is not used. Credentials are asked for by the
//! library and given once, and only to the host they are meant for. Certificates and ssh host keys are judged by the library
//! and never waved through. A refused push is looked for, because the library reports it as a success.
//! No secret is ever put into a URL or a header by us.

mod packs;
mod redirect;

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use git2::cert::CertHostkey;
use git2::{
    AutotagOption, CertificateCheckStatus, Cred, CredentialType, Direction, ErrorClass, ErrorCode,
    FetchOptions, Oid, ProxyOptions, PushOptions, RemoteCallbacks, RemoteRedirect, Repository,
};

use crate::credentials::Credentials;
use crate::error::{RepoError, Result};
use crate::fetch::{Depth, FetchPhase, FetchProgress};
use crate::remote::Remote;
use crate::said::{keep, plain_words};
use crate::ssh::{self, HostKey};
use redirect::Led;

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT_MS: i32 = 20_000;
/// How long a server may stay silent; large repositories are counted for a while before any byte comes.
const SILENCE_TIMEOUT_MS: i32 = 120_000;

/// What a caller hears while it waits, and how it stops.
pub(crate) type OnProgress<'a> = dyn FnMut(FetchProgress) -> ControlFlow<()> + 'a;

/// A server as seen by one operation.
pub(crate) struct Network<'a> {
    remote: &'a Remote,
    credentials: &'a Credentials,
    attempt: String,
    asked: Cell<u32>,
    offered: Cell<bool>,
    cancelled: Cell<bool>,
    /// Whether the server has named its refs, so that the way to it is right.
    listed: Cell<bool>,
    host_key: Cell<HostKey>,
    /// Another server that asked for credentials.
    led_to: RefCell<Option<String>>,
}

/// The refs that a server lists.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    /// Branch names without `refs/heads/`, with their tips.
    pub(crate) branches: Vec<(String, Oid)>,
    /// The branch that HEAD names, if it exists.
    pub(crate) default: Option<String>,
}

/// What to do about a branch, once the server has named its refs.
pub(crate) enum Choice {
    /// Nothing: all that is wanted is here.
    Here(Oid),
    /// Get it.
    Get(Oid, Depth),
}

/// What came of a fetch.
pub(crate) struct Fetched {
    /// The branch's tip.
    pub(crate) tip: Oid,
    /// Whether anything was asked for.
    pub(crate) received: bool,
    /// The repository's address now, where the server sent us on.
    pub(crate) moved_to: Option<String>,
}

/// How a server answered a push.
pub(crate) enum Answer {
    /// It took it.
    Taken,
    /// It refused, and why.
    Refused(String),
    /// The branch is elsewhere than expected.
    Moved,
}

impl Heads {
    /// Returns where `branch` is.
    pub(crate) fn tip(&self, branch: &str) -> Option<Oid> {
        self.branches.iter().find(|(name, _)| name == branch).map(|(_, tip)| *tip)
    }
}

impl<'a> Network<'a> {
    /// Prepares one operation; `attempt` names it in errors.
    pub(crate) fn new(remote: &'a Remote, credentials: &'a Credentials, attempt: impl Into<String>) -> Self {
        set_up();
        redirect::forget();
        Self {
            remote,
            credentials,
            attempt: attempt.into(),
            asked: Cell::new(0),
            offered: Cell::new(false),
            cancelled: Cell::new(false),
            listed: Cell::new(false),
            host_key: Cell::new(HostKey::Unknown),
            led_to: RefCell::default(),
        }
    }

    /// Lists branches without downloading anything.
    pub(crate) fn list(&self, repository: &Repository) -> Result<Heads> {
        let mut remote = self.connectable(repository)?;
        let connection = remote
            .connect_auth(Direction::Fetch, Some(self.callbacks()), Some(proxy()))
            .map_err(|error| self.explain(error))?;
        let heads = heads(connection.list().map_err(|error| self.explain(error))?);
        self.led()?;
        Ok(heads)
    }

    /// Downloads `branch` over one connection.
    ///
    /// `choose` sees the server's refs first and says what to get.
    pub(crate) fn fetch(
        &self,
        repository: &Repository,
        branch: &str,
        on_progress: &RefCell<&mut OnProgress<'_>>,
        choose: impl FnOnce(&Heads) -> Result<Choice>,
    ) -> Result<Fetched> {
        let mut remote = self.connectable(repository)?;
        let mut connection = remote
            .connect_auth(Direction::Fetch, Some(self.callbacks()), Some(proxy()))
            .map_err(|error| self.explain(error))?;
        let heads = heads(connection.list().map_err(|error| self.explain(error))?);
        let moved_to = self.led()?;
        self.listed.set(true);
        let (tip, depth) = match choose(&heads)? {
            Choice::Here(tip) => return Ok(Fetched { tip, received: false, moved_to }),
            Choice::Get(tip, depth) => (tip, depth),
        };
        self.tell(on_progress, FetchProgress::at(FetchPhase::Counting));
        if self.cancelled.get() {
            return Err(RepoError::Cancelled { attempt: self.attempt.clone() });
        }
        let mut callbacks = self.callbacks();
        callbacks.transfer_progress(|stats| self.tell(on_progress, FetchProgress::from(&stats)));
        callbacks.sideband_progress(|_| self.tell(on_progress, FetchProgress::at(FetchPhase::Counting)));
        let mut options = FetchOptions::new();
        options
            .remote_callbacks(callbacks)
            .proxy_options(proxy())
            .follow_redirects(RemoteRedirect::None)
            .download_tags(AutotagOption::None)
            .update_fetchhead(false)
            .depth(match depth {
                Depth::Missing => 0,
                Depth::Commits(depth) => i32::try_from(depth.get()).unwrap_or(i32::MAX),
                // So the protocol spells it.
                Depth::Rest => i32::MAX,
            });
        packs::receive(repository).map_err(|error| self.explain(error))?;
        connection
            .remote()
            .download(&[format!("refs/heads/{branch}")], Some(&mut options))
            .map_err(|error| self.explain(error))?;
        Ok(Fetched { tip, received: true, moved_to })
    }

    /// Pushes `commit` to `branch`, provided that the branch is at `expected` when the server says so.
    pub(crate) fn push(
        &self,
        repository: &Repository,
        branch: &str,
        commit: Oid,
        expected: Option<Oid>,
    ) -> Result<Answer> {
        let refusal: RefCell<Option<String>> = RefCell::default();
        let said: RefCell<Vec<u8>> = RefCell::default();
        let moved = Cell::new(false);
        let mut callbacks = self.callbacks();
        callbacks.push_update_reference(|_, status| {
            if let Some(status) = status {
                refusal.replace(Some(plain_words(status.as_bytes())));
            }
            Ok(())
        });
        callbacks.sideband_progress(|text| {
            keep(&mut said.borrow_mut(), text);
            true
        });
        callbacks.push_negotiation(|updates| {
            if updates.iter().all(|update| update.src() == expected.unwrap_or(Oid::ZERO_SHA1)) {
                return Ok(());
            }
            moved.set(true);
            Err(git2::Error::new(ErrorCode::Modified, ErrorClass::Reference, "the branch moved"))
        });
        let mut options = PushOptions::new();
        options.remote_callbacks(callbacks).proxy_options(proxy()).follow_redirects(RemoteRedirect::None);
        let mut remote = self.connectable(repository)?;
        let outcome = remote.push(&[format!("{commit}:refs/heads/{branch}")], Some(&mut options));
        drop(options);
        let said = plain_words(&said.into_inner());
        match outcome {
            _ if moved.get() => Ok(Answer::Moved),
            Err(error) if error.code() == ErrorCode::NotFastForward => Ok(Answer::Moved),
            Err(error) => Err(self.explain(error)),
            Ok(()) => Ok(match refusal.into_inner() {
                None => Answer::Taken,
                Some(status) if said.is_empty() => Answer::Refused(status),
                Some(status) => Answer::Refused(format!("{status}\n{said}")),
            }),
        }
    }

    /// Returns the repository's new address on its server, and refuses one on another port.
    fn led(&self) -> Result<Option<String>> {
        match redirect::led(self.remote) {
            Led::Nowhere => Ok(None),
            Led::To(address) => Ok(Some(address)),
            Led::Away(host) => Err(self.redirected(Some(host))),
        }
    }

    fn redirected(&self, to: Option<String>) -> RepoError {
        let host = self.remote.host().unwrap_or_default().to_owned();
        RepoError::Redirected { host, attempt: self.attempt.clone(), to }
    }

    fn connectable<'r>(&self, repository: &'r Repository) -> Result<git2::Remote<'r>> {
        let address = self.remote.transport_url()?;
        let remote = repository.remote_anonymous(&address).map_err(|error| self.explain(error))?;
        // A rule of the user's for the whole of this address is as long as ours, and comes first.
        let used = [Some(remote.url_bytes()), remote.pushurl_bytes()];
        let other = used.into_iter().flatten().find(|used| *used != address.as_bytes());
        if let (Some(other), Some(_)) = (other, self.remote.host()) {
            let to = redirect::without_secrets(&String::from_utf8_lossy(other));
            return Err(RepoError::Rewritten { attempt: self.attempt.clone(), address, to });
        }
        Ok(remote)
    }

    fn callbacks(&self) -> RemoteCallbacks<'_> {
        let mut callbacks = RemoteCallbacks::new();
        callbacks.credentials(|url, user, allowed| self.credential(url, user, allowed));
        callbacks.certificate_check(|certificate, _| {
            let key = certificate.as_hostkey().and_then(CertHostkey::hostkey);
            if let (Some(key), Some((host, port))) = (key, self.remote.ssh_server()) {
                self.host_key.set(ssh::look_up(&host, port, key));
            }
            if self.host_key.get() == HostKey::Revoked {
                let class = ErrorClass::Callback;
                return Err(git2::Error::new(ErrorCode::Certificate, class, "the key is revoked"));
            }
            // Nothing was sent to this server yet. The library takes another port for the same host, and
            // would hand it a credential that was given before.
            if let Led::Away(host) = redirect::led(self.remote) {
                self.led_to.replace(Some(host));
                let class = ErrorClass::Callback;
                return Err(git2::Error::new(ErrorCode::Certificate, class, "it is another server"));
            }
            // What the library found out itself stands, whatever was found here.
            Ok(CertificateCheckStatus::CertificatePassthrough)
        });
        callbacks
    }

    /// Answers the library's question for a credential, once.
    fn credential(
        &self,
        url: &str,
        user: Option<&str>,
        allowed: CredentialType,
    ) -> std::result::Result<Cred, git2::Error> {
        let refuse = |reason: &str| Err(git2::Error::new(ErrorCode::Auth, ErrorClass::Callback, reason));
        let asking = Remote::parse(url).ok();
        let asking = asking.as_ref().and_then(Remote::host);
        if asking.is_none() || asking != self.remote.host() {
            self.led_to.replace(asking.map(str::to_owned));
            return refuse("another server asks for credentials");
        }
        if allowed.contains(CredentialType::USERNAME) && !allowed.contains(CredentialType::SSH_KEY) {
            return Cred::username(user.unwrap_or("git"));
        }
        // A second question means that the first answer was wrong, and there is no other.
        if self.asked.replace(self.asked.get() + 1) > 0 {
            return refuse("the credentials were refused");
        }
        if allowed.contains(CredentialType::SSH_KEY) {
            self.offered.set(true);
            return Cred::ssh_key_from_agent(user.unwrap_or("git"));
        }
        // What is held is for https; an ssh server that takes passwords gets none.
        let asking = asking.filter(|_| !self.remote.is_ssh());
        match asking.and_then(|host| self.credentials.for_host(host)) {
            Some((user, password)) if allowed.contains(CredentialType::USER_PASS_PLAINTEXT) => {
                self.offered.set(true);
                Cred::userpass_plaintext(user, password)
            }
            _ => refuse("there are no credentials for this server"),
        }
    }

    /// Passes progress on and remembers whether to stop.
    fn tell(&self, on_progress: &RefCell<&mut OnProgress<'_>>, progress: FetchProgress) -> bool {
        if (on_progress.borrow_mut())(progress).is_break() {
            self.cancelled.set(true);
        }
        !self.cancelled.get()
    }

    /// Turns the library's error into ours; some servers' answers come only as text.
    fn explain(&self, error: git2::Error) -> RepoError {
        let attempt = self.attempt.clone();
        let remote = self.remote.display();
        let message = error.message();
        let says = |text: &str| message.to_ascii_lowercase().contains(text);
        if self.cancelled.get() {
            return RepoError::Cancelled { attempt };
        }
        if says("no space left") {
            return RepoError::DiskFull { attempt };
        }
        if let Some(to) = self.led_to.take() {
            return self.redirected(Some(to));
        }
        let Some(host) = self.remote.host().map(str::to_owned) else {
            return match error.code() {
                ErrorCode::NotFound => RepoError::RepositoryNotFound { remote },
                ErrorCode::Owner => RepoError::NotOwned { remote },
                // So the library puts it that there is no such folder.
                _ if says("unsupported url") || says("resolve path") || says("could not find repository") => {
                    RepoError::RepositoryNotFound { remote }
                }
                _ => RepoError::Storage { attempt, source: error },
            };
        };
        let ssh_sign_in = error.code() == ErrorCode::Auth
            || error.class() == ErrorClass::Ssh && (says("agent") || says("authenticat"));
        match error.code() {
            _ if says_proxy(message, &host) => {
                RepoError::Proxy { attempt, host, reason: redirect::without_secrets(message) }
            }
            _ if self.remote.is_ssh() && ssh_sign_in => {
                RepoError::SshKey { host, attempt, keys: ssh::agent_keys() }
            }
            ErrorCode::Auth => RepoError::Auth { host, attempt, offered: self.offered.get() },
            ErrorCode::Certificate if self.remote.is_ssh() => match self.host_key.get() {
                HostKey::Unknown => RepoError::UnknownHost { user: self.remote.user(), host },
                HostKey::Other => RepoError::HostKeyChanged { host },
                HostKey::Revoked => RepoError::HostKeyRevoked { host },
            },
            ErrorCode::Certificate => RepoError::Certificate { host, reason: message.to_owned() },
            // What breaks an encrypted connection is told like what never let it begin.
            _ if error.class() == ErrorClass::Ssl
                && (says("certificate") || !self.listed.get() && !says_broken(message)) =>
            {
                RepoError::Certificate { host, reason: message.to_owned() }
            }
            _ if says("status code: 404")
                || says("status code: 410")
                || says("repository not found")
                || says("does not appear to be a git") =>
            {
                RepoError::RepositoryNotFound { remote }
            }
            _ if says("status code: 403") => RepoError::Forbidden { host, attempt },
            _ if says("redirect") => self.redirected(redirect::refused_target(message)),
            _ => RepoError::Network { attempt, reason: message.to_owned() },
        }
    }
}

fn heads(list: &[git2::RemoteHead<'_>]) -> Heads {
    let mut heads = Heads::default();
    let mut named = None;
    for head in list {
        // The library panics on a ref whose name is not UTF-8; such a branch cannot be chosen here,
        // and must not hide the others.
        let read = catch_unwind(AssertUnwindSafe(|| {
            (head.name().to_owned(), head.symref_target().map(str::to_owned), head.oid())
        }));
        match read {
            Ok((name, target, _)) if name == "HEAD" => named = target,
            Ok((name, _, tip)) => {
                if let Some(branch) = name.strip_prefix("refs/heads/") {
                    heads.branches.push((branch.to_owned(), tip));
                }
            }
            Err(_) => tracing::warn!("a ref whose name is not UTF-8 is left out"),
        }
    }
    heads.default = named
        .as_deref()
        .and_then(|target| target.strip_prefix("refs/heads/"))
        .filter(|branch| heads.tip(branch).is_some())
        .map(str::to_owned);
    heads
}

/// Whether the library says that an encrypted connection ended, rather than that it cannot be made.
fn says_broken(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["eof", "syscall", "connection failure", "reset"].iter().any(|sign| message.contains(sign))
}

/// Whether the library speaks of the proxy rather than of the server `host`.
fn says_proxy(message: &str, host: &str) -> bool {
    let unreachable = ["failed to connect to ", "failed to resolve address for "];
    let named = unreachable.iter().find_map(|begin| message.strip_prefix(begin));
    let named = named.and_then(|rest| rest.split([':', ' ']).next());
    // The only addresses that are read while connecting are proxies': ours was read before.
    message.starts_with("proxy ")
        || message.starts_with("invalid URL")
        || named.is_some_and(|named| !host.trim_start_matches('[').starts_with(named))
}

/// Uses the proxy of git's configuration or of the environment.
fn proxy<'a>() -> ProxyOptions<'a> {
    let mut options = ProxyOptions::new();
    options.auto();
    options
}

fn set_up() {
    static SET: Once = Once::new();
    SET.call_once(|| {
        redirect::watch();
        // SAFETY: the library keeps the timeouts in plain process-wide integers. They are written
        // here, once, before the first connection that could read them: every connection of this
        // process is made by this file, after this call.
        let set = unsafe {
            git2::opts::set_server_connect_timeout_in_milliseconds(CONNECT_TIMEOUT_MS)
                .and_then(|()| git2::opts::set_server_timeout_in_milliseconds(SILENCE_TIMEOUT_MS))
        };
        if let Err(error) = set {
            tracing::warn!(%error, "a silent server will not time out");
        }
    });
}
