//! The file system lock: whatever Landlock the kernel has, allowing the workspace and nothing else.

use std::os::fd::BorrowedFd;

use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, PathBeneath, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope,
};

/// The newest version we know; the library leaves out what the kernel does not have.
const NEWEST: ABI = ABI::V10;

/// Restricts the calling thread to `root`; answers with the version in force, if there is one.
pub fn restrict(root: BorrowedFd<'_>) -> Result<Option<u32>, RulesetError> {
    // What an agent's files never need: running them, devices, sockets and pipes.
    let never = AccessFs::Execute
        | AccessFs::MakeChar
        | AccessFs::MakeBlock
        | AccessFs::MakeSock
        | AccessFs::MakeFifo
        | AccessFs::IoctlDev;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rule(PathBeneath::new(root, AccessFs::from_all(NEWEST) & !never))?
        .restrict_self()?;
    Ok(match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => None,
        (_, LandlockStatus::Available { effective_abi, .. }) => Some(effective_abi as u32),
        _ => None,
    })
}
