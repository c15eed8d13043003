//! The locks of Linux, and their trial.

use anchorhold_bridge::lock::{drop, probe};
use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetError, RulesetStatus, Scope};

use super::{Hello, LockError, limits, seccomp};

/// The newest version we know; the library leaves out what the kernel does not have.
const NEWEST: ABI = ABI::V10;

pub(super) fn lock_in() -> Result<Hello, LockError> {
    drop::inherited();
    let mapped = limits::mapped();
    rustix::thread::set_no_new_privs(true).map_err(std::io::Error::from)?;
    drop::privileges()?;
    let mut missing = Vec::new();
    let files = restrict_files()?;
    if !files {
        missing.push("the kernel has no Landlock".to_owned());
    }
    limits::set(mapped)?;
    let calls = seccomp::restrict()?;
    if !calls {
        missing.push("the kernel has no filters for system calls".to_owned());
    }
    let held = |attempt: &&probe::Attempt| if attempt.landlock { files || calls } else { calls };
    let (refused, broken): (Vec<_>, Vec<_>) =
        probe::ATTEMPTS.iter().filter(held).partition(|attempt| (attempt.refused)());
    let names = |attempts: Vec<&probe::Attempt>| attempts.iter().map(|a| a.name.to_owned()).collect();
    match broken.is_empty() {
        true => Ok(Hello { missing, refused: names(refused) }),
        false => Err(LockError::DoesNotHold(names(broken))),
    }
}

/// Allows no file, no port and no signal; false where the kernel has no Landlock.
fn restrict_files() -> Result<bool, RulesetError> {
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}
