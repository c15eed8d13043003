//! Pushing to a repository on the same machine.
//!
//! The library's own transport refuses every repository that has a working tree, which is what people
//! have on their disks. Here the objects are copied and the branch is moved, unless the branch is
//! checked out somewhere: then its files would silently differ from it. No hook is run.

use git2::{ErrorCode, Oid, Repository};

use crate::error::{RepoError, Result};
use crate::network::Answer;
use crate::remote::Remote;

/// Copies what `commit` needs into the repository at `path` and moves `branch` from `expected`.
pub(crate) fn push(
    remote: &Remote,
    path: &std::path::Path,
    from: &Repository,
    branch: &str,
    commit: Oid,
    expected: Option<Oid>,
) -> Result<Answer> {
    let attempt = || format!("push to {branch} in {remote}");
    let target = Repository::open(path).map_err(|error| match error.code() {
        ErrorCode::NotFound => RepoError::RepositoryNotFound { remote: remote.display() },
        ErrorCode::Owner => RepoError::NotOwned { remote: remote.display() },
        _ => RepoError::storage(attempt())(error),
    })?;
    let name = format!("refs/heads/{branch}");
    if is_checked_out(&target, &name) {
        return Ok(Answer::Refused("the branch is checked out there".to_owned()));
    }
    copy(from, &target, commit).map_err(RepoError::writing(&target, 0, attempt()))?;
    let moved = match expected {
        Some(tip) => target.reference_matching(&name, commit, true, tip, "push"),
        None => target.reference(&name, commit, false, "push"),
    };
    match moved {
        Ok(_) => Ok(Answer::Taken),
        Err(error)
            if matches!(error.code(), ErrorCode::Modified | ErrorCode::Exists | ErrorCode::NotFound) =>
        {
            Ok(Answer::Moved)
        }
        Err(error) => Err(RepoError::storage(attempt())(error)),
    }
}

/// Whether any working tree of the repository is on the branch: the main one, or a linked one.
fn is_checked_out(repository: &Repository, name: &str) -> bool {
    let is_on = |repository: &Repository| {
        !repository.is_bare()
            && repository
                .find_reference("HEAD")
                .is_ok_and(|head| head.symbolic_target_bytes() == Some(name.as_bytes()))
    };
    let linked = repository.worktrees().ok();
    is_on(repository)
        || Repository::open(repository.commondir()).is_ok_and(|main| is_on(&main))
        || linked.iter().flatten().flatten().flatten().any(|worktree| {
            repository
                .find_worktree(worktree)
                .and_then(|worktree| Repository::open_from_worktree(&worktree))
                .is_ok_and(|worktree| is_on(&worktree))
        })
}

/// Sends as one pack what is reachable from `commit` and from none of the target's refs.
fn copy(from: &Repository, to: &Repository, commit: Oid) -> std::result::Result<(), git2::Error> {
    let mut walk = from.revwalk()?;
    walk.push(commit)?;
    for reference in to.references()? {
        if let Some(there) = reference?.target()
            && from.find_commit(there).is_ok()
        {
            walk.hide(there)?;
        }
    }
    let mut pack = from.packbuilder()?;
    pack.insert_walk(&mut walk)?;
    if pack.object_count() == 0 {
        return Ok(());
    }
    let odb = to.odb()?;
    let mut writer = odb.packwriter()?;
    let mut failure = None;
    let streamed = pack.foreach(|bytes| match std::io::Write::write_all(&mut writer, bytes) {
        Ok(()) => true,
        Err(error) => {
            failure =
                Some(git2::Error::new(ErrorCode::GenericError, git2::ErrorClass::Os, error.to_string()));
            false
        }
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    streamed?;
    writer.commit()?;
    Ok(())
}
