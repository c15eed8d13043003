//! One owner for each cell: what this process has open, and what it ever had.
//!
//! Everybody attached to a container sees all of its output and would take another's answers for its
//! own. Between processes the data folder's lock keeps it to one; within this one it is kept here,
//! over all connections to an engine, since a second connection leads to the same cells.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::docker::CellSpec;
use crate::error::SandboxError;

/// The ids of a data folder and of an agent.
pub(crate) type Key = (String, String);

/// Each cell that was ever opened here, with its owner while it has one.
static CELLS: Mutex<BTreeMap<Key, Option<u64>>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(0);
/// Held for a moment while a cell is taken, and for longer by whoever removes what nobody has.
static TAKING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The right to speak to a cell, until it is dropped or the cell is taken away.
#[derive(Debug)]
pub(crate) struct Claim {
    key: Key,
    number: u64,
}

pub(crate) fn key(home: &str, agent: &str) -> Key {
    (home.to_owned(), agent.to_owned())
}

/// Takes a cell, or says that somebody has it.
pub(crate) async fn take(spec: &CellSpec) -> Result<Claim, SandboxError> {
    let _taking = nobody_takes().await;
    claim(spec)
}

/// Keeps every cell from being taken until it is dropped.
pub(crate) async fn nobody_takes() -> tokio::sync::MutexGuard<'static, ()> {
    TAKING.lock().await
}

fn claim(spec: &CellSpec) -> Result<Claim, SandboxError> {
    let key = key(&spec.home, &spec.agent);
    let mut cells = cells();
    if cells.get(&key).is_some_and(Option::is_some) {
        return Err(SandboxError::CellInUse { agent: spec.agent.clone() });
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    cells.insert(key.clone(), Some(number));
    Ok(Claim { key, number })
}

/// Frees an agent's cell, whose container is gone.
pub(crate) fn release(spec: &CellSpec) {
    if let Some(owner) = cells().get_mut(&key(&spec.home, &spec.agent)) {
        *owner = None;
    }
}

/// Whether this process ever opened the agent's cell, so that nothing of it is left from another.
pub(crate) fn was_here(home: &str, agent: &str) -> bool {
    cells().contains_key(&key(home, agent))
}

impl Drop for Claim {
    fn drop(&mut self) {
        // After a release the cell may be somebody else's already.
        if let Some(owner) = cells().get_mut(&self.key)
            && *owner == Some(self.number)
        {
            *owner = None;
        }
    }
}

fn cells() -> MutexGuard<'static, BTreeMap<Key, Option<u64>>> {
    CELLS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use anchorhold_bridge::Quotas;

    use super::*;

    fn spec(agent: &str) -> CellSpec {
        CellSpec {
            agent: agent.into(),
            home: "owners".into(),
            place: String::new(),
            quotas: Quotas::default(),
        }
    }

    #[test]
    fn a_cell_has_one_owner_until_it_is_let_go() {
        let first = claim(&spec("one")).unwrap();
        assert_eq!(claim(&spec("one")).unwrap_err().code(), "cell_in_use");
        claim(&spec("another")).unwrap();
        drop(first);
        claim(&spec("one")).unwrap();
        assert!(was_here("owners", "one"));
        assert!(!was_here("elsewhere", "one"));
    }

    #[test]
    fn a_claim_from_before_a_release_does_not_end_the_one_after_it() {
        let before = claim(&spec("released")).unwrap();
        release(&CellSpec { home: "elsewhere".to_owned(), ..spec("released") });
        assert_eq!(claim(&spec("released")).unwrap_err().code(), "cell_in_use");
        release(&spec("released"));
        let after = claim(&spec("released")).unwrap();
        drop(before);
        assert_eq!(claim(&spec("released")).unwrap_err().code(), "cell_in_use");
        drop(after);
    }
}
