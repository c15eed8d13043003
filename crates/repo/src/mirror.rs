//! One bare mirror per repository, shared by every agent that works on it.
//!
//! A mirror is two bare repositories. `mirror.git` holds what came from the server and nothing else;
//! `agents.git` holds checkpoints, whose objects may still be [pending], and borrows the mirror's. They are
//! apart because a fetch tells the server about at most 256 of the newest commits under any ref: agents'
//! checkpoints would crowd out the commits that both sides have, and each fetch would download everything again.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use git2::{Oid, Repository, RepositoryInitOptions, RepositoryOpenFlags};

use crate::diff::Cache;
use crate::durable;
use crate::error::{RepoError, Result};
use crate::incoming;
use crate::library;
use crate::pending::{self, Pending};
use crate::remote::Remote;
use crate::shallow;

/// Open repositories kept for the next caller; opening one costs more than most reads from it.
const IDLE_REPOSITORIES: usize = 4;

/// The folder that holds all mirrors.
#[derive(Debug)]
pub struct Mirrors {
    dir: PathBuf,
    open: Mutex<HashMap<String, Mirror>>,
}

/// The mirror of one repository; clones share it.
#[derive(Clone, Debug)]
pub struct Mirror {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    remote: Remote,
    dir: PathBuf,
    source: Pool,
    agents: Pool,
    pending: Arc<Pending>,
    /// How many small packs were left when they were last put together.
    packs_left: Mutex<usize>,
    fetching: Mutex<()>,
    moving_refs: Mutex<()>,
    diffs: Cache,
}

impl Mirrors {
    /// Names the folder; it is made when the first mirror is.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        library::set_up();
        Self { dir: dir.into(), open: Mutex::default() }
    }

    /// Opens the mirror of `remote`, making an empty one the first time. Nothing is fetched.
    ///
    /// # Errors
    /// When the folder cannot be made or the repositories in it cannot be opened.
    pub fn open(&self, remote: &Remote) -> Result<Mirror> {
        let slug = remote.slug();
        let mirror = {
            let mut open = lock(&self.open);
            if let Some(mirror) = open.get(&slug) {
                return Ok(mirror.clone());
            }
            let mirror = self.prepared(remote, &slug)?;
            open.insert(slug, mirror.clone());
            mirror
        };
        // It may take a second, and the other mirrors need not wait.
        mirror.join_packs();
        Ok(mirror)
    }

    fn prepared(&self, remote: &Remote, slug: &str) -> Result<Mirror> {
        let dir = self.dir.join(slug);
        fs::create_dir_all(&dir).map_err(RepoError::folder(&dir))?;
        incoming::clear_leftovers(&dir);
        for repository in ["mirror.git", "agents.git"] {
            clear_locks(&dir.join(repository));
        }
        let source = prepare(&dir.join("mirror.git"), remote)?;
        let agents = prepare(&dir.join("agents.git"), remote)?;
        borrow_objects(&agents)?;
        durable::clear_empty_objects(&agents)?;
        shallow::agree(&source, &agents)?;
        let pending = Arc::<Pending>::default();
        Ok(Mirror {
            shared: Arc::new(Shared {
                remote: remote.clone(),
                dir,
                source: Pool::new(source, None),
                agents: Pool::new(agents, Some(Arc::clone(&pending))),
                pending,
                packs_left: Mutex::default(),
                fetching: Mutex::default(),
                moving_refs: Mutex::default(),
                diffs: Cache::default(),
            }),
        })
    }
}

impl Mirror {
    /// Returns the repository that this mirrors.
    #[must_use]
    pub fn remote(&self) -> &Remote {
        &self.shared.remote
    }

    /// Returns the folder that holds the two repositories and what is coming in.
    pub(crate) fn dir(&self) -> &Path {
        &self.shared.dir
    }

    /// Lends the repository that only fetches write to.
    pub(crate) fn source(&self) -> Result<Loan<'_>> {
        self.shared.source.lend()
    }

    /// Lends the repository that sees everything and takes checkpoints.
    pub(crate) fn objects(&self) -> Result<Loan<'_>> {
        self.shared.agents.lend()
    }

    /// Objects that no file holds yet.
    pub(crate) fn pending(&self) -> &Pending {
        &self.shared.pending
    }

    /// Takes the right to make packs of what waits and of other packs, since two would make the same; it comes
    /// with the number of small packs that were left when they were last put together.
    pub(crate) fn packing(&self) -> MutexGuard<'_, usize> {
        lock(&self.shared.packs_left)
    }

    /// Does something to the files of the repository of checkpoints while nobody has it open; `None`, and
    /// nothing is done, where somebody has.
    pub(crate) fn with_objects_closed<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        self.shared.agents.closed(work)
    }

    /// Has both repositories opened anew, since what they know of where histories begin changed.
    pub(crate) fn reopen(&self) {
        self.shared.source.renew();
        self.shared.agents.renew();
    }

    /// Takes the right to fetch, if nobody has it.
    pub(crate) fn try_fetching(&self) -> Option<MutexGuard<'_, ()>> {
        match self.shared.fetching.try_lock() {
            Ok(guard) => Some(guard),
            Err(std::sync::TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(std::sync::TryLockError::WouldBlock) => None,
        }
    }

    /// Takes the right to move agents' refs, since a look and a move are two steps.
    pub(crate) fn moving_refs(&self) -> MutexGuard<'_, ()> {
        lock(&self.shared.moving_refs)
    }

    /// Returns the renderings made lately.
    pub(crate) fn diffs(&self) -> &Cache {
        &self.shared.diffs
    }
}

/// A panic elsewhere leaves these values whole: each is only replaced or extended in one step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads an object id.
pub(crate) fn oid(kind: &'static str, id: &str) -> Result<Oid> {
    Oid::from_str(id).map_err(RepoError::missing(kind, id))
}

struct Pool {
    path: PathBuf,
    /// What its repositories find besides what is in files.
    pending: Option<Arc<Pending>>,
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    /// How often what the open repositories know became old.
    age: u64,
    /// How many are on loan.
    lent: usize,
    repositories: Vec<Repository>,
}

impl Pool {
    fn new(path: PathBuf, pending: Option<Arc<Pending>>) -> Self {
        Self { path, pending, idle: Mutex::default() }
    }

    fn lend(&self) -> Result<Loan<'_>> {
        let mut loan = {
            let mut idle = lock(&self.idle);
            idle.lent += 1;
            Loan { pool: self, age: idle.age, repository: idle.repositories.pop() }
        };
        if loan.repository.is_none() {
            let attempt = || RepoError::storage(format!("open {}", self.path.display()));
            loan.repository = Some(self.open().map_err(attempt())?);
        }
        Ok(loan)
    }

    fn open(&self) -> std::result::Result<Repository, git2::Error> {
        let repository = open(&self.path)?;
        if let Some(pending) = &self.pending {
            pending::attach(&repository, pending)?;
        }
        Ok(repository)
    }

    /// Does something while no repository is open; `None` where one is on loan.
    fn closed<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let mut idle = lock(&self.idle);
        if idle.lent > 0 {
            return None;
        }
        idle.repositories.clear();
        Some(work())
    }

    /// Forgets the open repositories; those on loan are closed when they come back.
    fn renew(&self) {
        let mut idle = lock(&self.idle);
        idle.age += 1;
        idle.repositories.clear();
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pool").field(&self.path).finish()
    }
}

/// An open repository for one caller, given back on drop.
pub(crate) struct Loan<'a> {
    pool: &'a Pool,
    age: u64,
    repository: Option<Repository>,
}

impl Deref for Loan<'_> {
    type Target = Repository;

    fn deref(&self) -> &Repository {
        match &self.repository {
            Some(repository) => repository,
            None => unreachable!("only drop takes the repository out"),
        }
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut idle = lock(&self.pool.idle);
        idle.lent -= 1;
        if idle.age == self.age && idle.repositories.len() < IDLE_REPOSITORIES {
            idle.repositories.extend(self.repository.take());
        }
    }
}

/// Opens a bare repository that knows where its histories begin.
fn open(path: &Path) -> std::result::Result<Repository, git2::Error> {
    if path.join(shallow::FILE).exists() {
        // The library's plain way to open a bare repository does not read that file.
        let flags = RepositoryOpenFlags::BARE | RepositoryOpenFlags::NO_SEARCH;
        return Repository::open_ext(path, flags, std::iter::empty::<&OsStr>());
    }
    Repository::open_bare(path)
}

/// Makes or opens a bare repository with the settings that its uses rely on.
pub(crate) fn prepare(path: &Path, remote: &Remote) -> Result<PathBuf> {
    let attempt = || format!("prepare {}", path.display());
    let repository = match Repository::open_bare(path) {
        Ok(repository) => repository,
        Err(_) => {
            let mut options = RepositoryInitOptions::new();
            // The user's template may hold hooks, which have no place here.
            options.bare(true).external_template(false).initial_head("main");
            Repository::init_opts(path, &options).map_err(RepoError::storage(attempt()))?
        }
    };
    let mut config = repository.config().map_err(RepoError::storage(attempt()))?;
    // Some of the library's connections take no option for redirects and read this instead.
    if config.get_bool("http.followRedirects").unwrap_or(true) {
        config.set_bool("http.followRedirects", false).map_err(RepoError::storage(attempt()))?;
    }
    // The user's git may be told to reach some addresses by others. What is known here of a server, tokens
    // above all, goes by the address that the user gave; of such rules the longest wins, which leads nowhere.
    if remote.host().is_some() {
        let address = remote.transport_url()?;
        for rule in ["insteadOf", "pushInsteadOf"] {
            let key = format!("url.{address}.{rule}");
            if config.get_string(&key).ok().as_ref() != Some(&address) {
                config.set_str(&key, &address).map_err(RepoError::storage(attempt()))?;
            }
        }
    }
    Ok(path.to_owned())
}

/// Removes the locks that a process left which ended in the middle of a change; the library gives way to a
/// lock of any age. Nobody else is at work here: one process owns the data folder, and it opens a mirror once.
fn clear_locks(repository: &Path) {
    let own = ["config.lock", "packed-refs.lock", "HEAD.lock"].map(|name| repository.join(name));
    let mut folders = vec![repository.join("refs")];
    let mut locks = own.to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "lock") {
                locks.push(path);
            }
        }
    }
    for lock in locks {
        if fs::remove_file(&lock).is_ok() {
            tracing::warn!(lock = %lock.display(), "a lock that a crash left is removed");
        }
    }
}

/// Lets a repository read the objects of the `mirror.git` beside it.
pub(crate) fn borrow_objects(agents: &Path) -> Result<()> {
    // Relative, so that the data folder can be moved.
    const ALTERNATE: &str = "../../mirror.git/objects\n";
    let path = agents.join("objects/info/alternates");
    if fs::read_to_string(&path).is_ok_and(|present| present == ALTERNATE) {
        return Ok(());
    }
    fs::create_dir_all(agents.join("objects/info")).map_err(RepoError::folder(&path))?;
    fs::write(&path, ALTERNATE).map_err(RepoError::folder(&path))
}
