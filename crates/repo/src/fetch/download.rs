//! One try to get what is missing of a branch.
//!
//! A server that says nothing is waited for inside of the library, where nobody is heard. So the library
//! gets a thread, and who wants to stop leaves it behind: it ends when the server says something or its
//! time is up, and what it has received goes with it.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use git2::Oid;

use super::course::{Course, Depth};
use super::progress::{FetchPhase, FetchProgress, Meter};
use super::{WAIT_STEP, no_branch};
use crate::credentials::Credentials;
use crate::error::{RepoError, Result};
use crate::incoming::Incoming;
use crate::mirror::{Mirror, lock};
use crate::network::{Choice, Network, OnProgress};

/// What every try of a fetch is made with.
pub(super) struct Download<'a> {
    pub(super) mirror: &'a Mirror,
    pub(super) branch: &'a str,
    /// The ref that tells what of the branch is here.
    pub(super) kept: &'a str,
    pub(super) credentials: &'a Credentials,
    pub(super) attempt: &'a str,
    pub(super) stall: Duration,
}

/// What a try brought.
pub(super) struct Arrived {
    /// The branch's tip, which is not written down yet.
    pub(super) tip: Oid,
    /// Where the repository is now, if it is not where it was asked for.
    pub(super) moved_to: Option<String>,
    /// What was received, where anything was missing.
    pub(super) incoming: Option<Incoming>,
}

/// A try that failed.
pub(super) struct Failed {
    pub(super) error: RepoError,
    /// Whether the server had named its branches before that.
    pub(super) answered: bool,
}

/// What the library's thread and whoever waits for it tell each other.
struct Shared {
    /// How far the library is.
    progress: Mutex<FetchProgress>,
    /// Whether nobody waits any more.
    left: AtomicBool,
}

impl Download<'_> {
    /// Tries once, and tells `progress` all the while, which stops it by returning `Break`.
    pub(super) fn try_once(
        &self,
        course: &Course,
        meter: &mut Meter,
        progress: &mut dyn FnMut(FetchProgress) -> ControlFlow<()>,
    ) -> std::result::Result<Arrived, Failed> {
        let begin = FetchProgress::at(FetchPhase::Connecting);
        let shared = Arc::new(Shared { progress: Mutex::new(begin), left: AtomicBool::new(false) });
        let (ends, ended) = mpsc::channel::<()>();
        let mut answered = false;
        let thread =
            self.start(course, Arc::clone(&shared), ends).map_err(|error| Failed { error, answered })?;
        let (mut last, mut moved_at) = (begin, Instant::now());
        loop {
            let over = ended.recv_timeout(WAIT_STEP) != Err(RecvTimeoutError::Timeout);
            let (now, at) = (*lock(&shared.progress), Instant::now());
            answered |= now.phase != FetchPhase::Connecting;
            if now != last {
                (last, moved_at) = (now, at);
            }
            let leave = |error| {
                shared.left.store(true, Ordering::Relaxed);
                Err(Failed { error, answered })
            };
            if progress(meter.read(now, at)).is_break() {
                return leave(RepoError::Cancelled { attempt: self.attempt.to_owned() });
            }
            if over {
                break;
            }
            if now.phase == FetchPhase::Receiving && at.duration_since(moved_at) >= self.stall {
                let reason = format!("nothing came for {} seconds", self.stall.as_secs());
                return leave(RepoError::Network { attempt: self.attempt.to_owned(), reason });
            }
        }
        let outcome = thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        outcome.map_err(|error| Failed { error, answered })
    }

    fn start(
        &self,
        course: &Course,
        shared: Arc<Shared>,
        ends: mpsc::Sender<()>,
    ) -> Result<thread::JoinHandle<Result<Arrived>>> {
        let mirror = self.mirror.clone();
        let credentials = self.credentials.clone();
        let (branch, kept, attempt) = (self.branch.to_owned(), self.kept.to_owned(), self.attempt.to_owned());
        let (depth, is_there) = (course.next(), course.is_there());
        let work = move || {
            // Dropped when this ends, however it ends.
            let _ends = ends;
            receive(&mirror, &credentials, &attempt, &branch, &kept, (depth, is_there), &shared)
        };
        thread::Builder::new()
            .name("fetch".to_owned())
            .spawn(work)
            .map_err(|source| RepoError::Thread { attempt: self.attempt.to_owned(), source })
    }
}

fn receive(
    mirror: &Mirror,
    credentials: &Credentials,
    attempt: &str,
    branch: &str,
    kept: &str,
    (depth, is_there): (Depth, bool),
    shared: &Shared,
) -> Result<Arrived> {
    let mut tell = |progress| {
        *lock(&shared.progress) = progress;
        if shared.left.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let tell: RefCell<&mut OnProgress<'_>> = RefCell::new(&mut tell);
    let remote = mirror.remote();
    let incoming = Incoming::new(mirror)?;
    // Closed before its folder is removed.
    let repository = incoming.open()?;
    let choose = |heads: &crate::network::Heads| {
        let tip = heads.tip(branch).ok_or_else(|| no_branch(remote, branch, heads))?;
        // The ref is written after its objects, so that it vouches for all of them.
        let here = is_there && repository.refname_to_id(kept).is_ok_and(|have| have == tip);
        Ok(if here { Choice::Here(tip) } else { Choice::Get(tip, depth) })
    };
    let fetched = Network::new(remote, credentials, attempt).fetch(&repository, branch, &tell, choose)?;
    drop(repository);
    let incoming = fetched.received.then_some(incoming);
    Ok(Arrived { tip: fetched.tip, moved_to: fetched.moved_to, incoming })
}
