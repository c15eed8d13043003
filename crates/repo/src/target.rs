//! A target branch that somebody else pushed to: where it is now, and a name that is free instead.

use std::ops::ControlFlow;

use crate::aside::Cancellation;
use crate::credentials::Credentials;
use crate::error::{RepoError, Result};
use crate::mirror::{Mirror, oid};

/// Where a branch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// The commit.
    pub commit: String,
    /// The first line of its message, which anybody may have written.
    pub summary: String,
    /// When it was made, in milliseconds since 1970, UTC.
    pub at_ms: i64,
}

impl Mirror {
    /// Asks the server where `branch` is and brings what is there; `None` if there is no such branch.
    ///
    /// What is here already, such as the last push, is not fetched: that would bring the whole of a history
    /// of which only the last commits were wanted. What somebody else pushed does bring it, since only the
    /// whole tells whether this work comes from there.
    ///
    /// # Errors
    /// Those of [`Mirror::fetch`].
    pub fn look_at_target(
        &self,
        branch: &str,
        credentials: &Credentials,
        cancellation: &Cancellation,
    ) -> Result<Option<Tip>> {
        let Some(tip) = self.tip_unless(cancellation, branch, credentials)? else { return Ok(None) };
        if let Ok(tip) = self.tip(&tip) {
            return Ok(Some(tip));
        }
        let mut goes_on = |_| match cancellation.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        match self.fetch(branch, credentials, &mut goes_on) {
            Ok(base) => self.tip(&base.commit).map(Some),
            Err(RepoError::UnknownBranch { .. } | RepoError::EmptyRepository { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn tip(&self, id: &str) -> Result<Tip> {
        let repository = self.objects()?;
        let commit = repository.find_commit(oid("commit", id)?).map_err(RepoError::missing("commit", id))?;
        Ok(Tip {
            summary: String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default()).into_owned(),
            at_ms: commit.time().seconds().saturating_mul(1000),
            commit: id.to_owned(),
        })
    }
}

/// Returns `wanted`, or the name nearest to it that no branch in `existing` stands in the way of.
///
/// A branch `a` stands in the way of `a/b`, and the other way round. Names that differ in case alone are
/// taken for the same, since they are on the file systems of Windows and macOS.
#[must_use]
pub fn free_branch_name(wanted: &str, existing: &[String]) -> String {
    let taken: Vec<String> = existing.iter().map(|name| name.to_lowercase()).collect();
    let is_free = |name: &str| {
        let name = name.to_lowercase();
        let inside = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        !taken.iter().any(|taken| inside(taken, &name) || inside(&name, taken))
    };
    if is_free(wanted) {
        return wanted.to_owned();
    }
    let (stem, first) = match wanted.rsplit_once('-') {
        Some((stem, digits)) if !stem.is_empty() && !stem.ends_with('/') => match digits.parse::<u32>() {
            Ok(number) if !digits.starts_with('0') => (stem, number.saturating_add(1)),
            _ => (wanted, 2),
        },
        _ => (wanted, 2),
    };
    // No number helps where one of the folders is a branch.
    let folder_is_taken = stem
        .match_indices('/')
        .any(|(slash, _)| stem.get(..slash).is_some_and(|folder| taken.contains(&folder.to_lowercase())));
    let stem = if folder_is_taken { stem.replace('/', "-") } else { stem.to_owned() };
    if folder_is_taken && is_free(&stem) {
        return stem;
    }
    // Each taken name stands in the way of one number at most.
    let tries = u32::try_from(taken.len()).unwrap_or(u32::MAX - 1).saturating_add(1);
    (first..=first.saturating_add(tries))
        .map(|number| format!("{stem}-{number}"))
        .find(|name| is_free(name))
        .unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::free_branch_name;

    #[test]
    fn a_free_name_is_near_the_wanted_one_and_stands_in_nobodys_way() {
        let check = |wanted: &str, existing: &[&str], expected: &str| {
            let existing: Vec<String> = existing.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(free_branch_name(wanted, &existing), expected);
        };
        check("agent/fix", &["main"], "agent/fix");
        check("agent/fix", &["agent/fix"], "agent/fix-2");
        check("agent/fix", &["agent/fix", "agent/fix-2", "agent/fix-3"], "agent/fix-4");
        check("agent/fix-2", &["agent/fix-2"], "agent/fix-3");
        check("agent/fix-007", &["agent/fix-007"], "agent/fix-007-2");
        check("agent/fix", &["Agent/Fix"], "agent/fix-2");
        check("agent/fix", &["agent/fix/it"], "agent/fix-2");
        check("agent/fix", &["agent"], "agent-fix");
        check("agent/fix", &["agent", "agent-fix"], "agent-fix-2");
        check("é/ü", &["É/Ü"], "é/ü-2");
        check("-1", &["-1"], "-1-2");
    }
}
