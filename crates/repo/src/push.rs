//! The one way by which commits leave this machine.
//!
//! A branch is created or fast-forwarded, never forced, and the source and the default branch are
//! refused before the server is even asked. After a push the server is asked again what it holds, also after
//! one that was cancelled when something may have arrived.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use git2::Oid;

use crate::aside::{Cancellation, aside};
use crate::credentials::Credentials;
use crate::error::{Arrived, RepoError, Result};
use crate::fetch::check_branch;
use crate::local;
use crate::mirror::{Mirror, lock, oid};
use crate::network::{Answer, Network};

/// How long the server is given to say what it holds after a push was cancelled: it may be the very one that
/// says nothing.
const LOOK_PATIENCE: Duration = Duration::from_secs(5);

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushOutcome {
    /// Whether the branch is new.
    pub created: bool,
    /// Where the branch was before.
    pub previous_tip: Option<String>,
    /// Whether the branch was there already, so that nothing was sent.
    pub up_to_date: bool,
}

/// What is to be pushed, and where to.
#[derive(Clone)]
struct Sending {
    mirror: Mirror,
    branch: String,
    commit: Oid,
    credentials: Credentials,
    expected: Option<Oid>,
    attempt: String,
    stage: Arc<Mutex<Stage>>,
}

/// How far a push is, for who may leave it.
#[derive(Debug, Default)]
enum Stage {
    /// Nothing is sent yet.
    #[default]
    Looking,
    /// Something may have arrived; where the branch was before.
    Sent(Option<Oid>),
    /// Nobody waits any more, and nothing is sent from now on.
    Left,
}

impl Mirror {
    /// Pushes `commit` to `branch`, creating or fast-forwarding it.
    ///
    /// With `expected` the branch must be exactly there; without, it must not exist or be an
    /// ancestor of `commit`. `forbidden` names the branches that are refused in any case; the
    /// server's default branch is always among them. A branch that is at `commit` already is a
    /// success, so that an interrupted push can be repeated.
    ///
    /// # Errors
    /// [`RepoError::ForbiddenBranch`], [`RepoError::TargetMoved`], [`RepoError::Rejected`],
    /// [`RepoError::NotVerified`], and those of the network.
    pub fn push(
        &self,
        branch: &str,
        commit: &str,
        credentials: &Credentials,
        expected: Option<&str>,
        forbidden: &[&str],
    ) -> Result<PushOutcome> {
        self.push_unless(&Cancellation::default(), branch, commit, credentials, expected, forbidden)
    }

    /// Pushes as [`Mirror::push`] does, and can be cancelled: at once, whatever the server does. Where something
    /// may have arrived by then, the server is looked at first, and what it has is a success.
    ///
    /// # Errors
    /// Those of [`Mirror::push`], and [`RepoError::PushCancelled`].
    pub fn push_unless(
        &self,
        cancellation: &Cancellation,
        branch: &str,
        commit: &str,
        credentials: &Credentials,
        expected: Option<&str>,
        forbidden: &[&str],
    ) -> Result<PushOutcome> {
        check_branch(branch)?;
        if forbidden.contains(&branch) {
            return Err(RepoError::ForbiddenBranch { branch: branch.to_owned() });
        }
        let sending = Sending {
            mirror: self.clone(),
            branch: branch.to_owned(),
            commit: oid("commit", commit)?,
            credentials: credentials.clone(),
            expected: expected.map(|id| oid("commit", id)).transpose()?,
            attempt: format!("push to {branch} in {}", self.remote()),
            stage: Arc::default(),
        };
        let work = sending.clone();
        let sent = aside(&sending.attempt, || cancellation.is_cancelled(), move || work.send());
        match sent {
            Err(RepoError::Cancelled { .. }) => sending.leave(),
            sent => sent,
        }
    }
}

impl Mirror {
    /// Asks the server where `branch` is, as [`Mirror::remote_tip`] does, and can be cancelled.
    ///
    /// # Errors
    /// Those of the network, and [`RepoError::Cancelled`].
    pub fn tip_unless(
        &self,
        cancellation: &Cancellation,
        branch: &str,
        credentials: &Credentials,
    ) -> Result<Option<String>> {
        let (mirror, name, credentials) = (self.clone(), branch.to_owned(), credentials.clone());
        let attempt = format!("look up {branch} in {}", self.remote());
        aside(&attempt, || cancellation.is_cancelled(), move || mirror.remote_tip(&name, &credentials))
    }
}

impl Sending {
    fn send(&self) -> Result<PushOutcome> {
        let Self { mirror, branch, commit, credentials, .. } = self;
        let (remote, commit) = (mirror.remote(), *commit);
        let repository = mirror.objects()?;
        let look = || Network::new(remote, credentials, self.attempt.clone()).list(&repository);
        let heads = look()?;
        if heads.default.as_deref() == Some(branch) {
            return Err(RepoError::ForbiddenBranch { branch: branch.clone() });
        }
        let current = heads.tip(branch);
        let moved = |current: Option<Oid>| RepoError::TargetMoved {
            remote: remote.display(),
            branch: branch.clone(),
            current: current.map(|tip| tip.to_string()),
        };
        if current == Some(commit) {
            return Ok(PushOutcome { up_to_date: true, ..self.outcome(current) });
        }
        let forward = match current {
            // A tip that is not here cannot be an ancestor of a commit that was made here.
            Some(tip) => repository.graph_descendant_of(commit, tip).unwrap_or(false),
            None => true,
        };
        if !forward || (self.expected.is_some() && self.expected != current) {
            return Err(moved(current));
        }
        if !self.begin(current) {
            return Err(RepoError::Cancelled { attempt: self.attempt.clone() });
        }
        let answer = match remote.local_path() {
            Some(path) => local::push(remote, path, &repository, branch, commit, current)?,
            None => {
                let network = Network::new(remote, credentials, self.attempt.clone());
                network.push(&repository, branch, commit, current)?
            }
        };
        let found = look()?.tip(branch);
        match answer {
            Answer::Refused(reason) => Err(RepoError::Rejected { branch: branch.clone(), reason }),
            Answer::Moved => Err(moved(found)),
            Answer::Taken if found != Some(commit) => Err(RepoError::NotVerified {
                branch: branch.clone(),
                expected: commit.to_string(),
                found: found.map_or_else(|| "nothing".to_owned(), |tip| tip.to_string()),
            }),
            Answer::Taken => Ok(self.outcome(current)),
        }
    }

    fn outcome(&self, before: Option<Oid>) -> PushOutcome {
        let previous_tip = before.map(|tip| tip.to_string());
        PushOutcome { created: before.is_none(), previous_tip, up_to_date: false }
    }

    /// Says that something is sent now; `false` where nobody wants that any more.
    fn begin(&self, before: Option<Oid>) -> bool {
        let mut stage = lock(&self.stage);
        match *stage {
            Stage::Left => return false,
            Stage::Looking | Stage::Sent(_) => *stage = Stage::Sent(before),
        }
        true
    }

    /// Leaves a push that nobody waits for any more, and finds out what came of it.
    fn leave(&self) -> Result<PushOutcome> {
        let cancelled = |arrived| Err(RepoError::PushCancelled { branch: self.branch.clone(), arrived });
        let before = match std::mem::replace(&mut *lock(&self.stage), Stage::Left) {
            Stage::Looking | Stage::Left => return cancelled(Arrived::Nothing),
            Stage::Sent(before) => before,
        };
        let until = Instant::now() + LOOK_PATIENCE;
        let looking = self.clone();
        let look = move || {
            let repository = looking.mirror.objects()?;
            let network =
                Network::new(looking.mirror.remote(), &looking.credentials, looking.attempt.clone());
            Ok(network.list(&repository)?.tip(&looking.branch))
        };
        match aside(&self.attempt, || Instant::now() >= until, look) {
            Ok(Some(tip)) if tip == self.commit => Ok(self.outcome(before)),
            Ok(_) => cancelled(Arrived::NotYet),
            Err(_) => cancelled(Arrived::Unknown),
        }
    }
}
