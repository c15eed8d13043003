//! Reads revisions, in four ways and no other.
//!
//! The library's own parser knows refs, reflogs, dates and searches in messages; a model gets none of
//! them, since the repository holds other agents' work as well.

use git2::{ErrorCode, Oid};

use super::{Past, PastError, Result};
use crate::error::RepoError;

const FEWEST_DIGITS: usize = 4;
const MOST_DIGITS: usize = 40;
const LONGEST_SHOWN: usize = 60;

impl Past<'_> {
    /// Finds the commit that `revision` names.
    pub(super) fn resolve(&self, revision: &str) -> Result<Oid> {
        let text = revision.trim();
        if let Some(rest) = text.strip_prefix("base") {
            let back = match rest.strip_prefix('~') {
                None if rest.is_empty() => Some(0),
                Some("") => Some(1),
                Some(digits) if digits.len() < 7 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                    digits.parse().ok()
                }
                _ => None,
            };
            return match back {
                Some(back) => self.back(back),
                None => Err(unreadable(text)),
            };
        }
        if text.eq_ignore_ascii_case("head") {
            return Ok(self.head.unwrap_or(self.base));
        }
        let is_id = (FEWEST_DIGITS..=MOST_DIGITS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id { self.by_prefix(&text.to_ascii_lowercase()) } else { Err(unreadable(text)) }
    }

    fn back(&self, back: u32) -> Result<Oid> {
        let mut at = self.base;
        for parents in 0..back {
            if (self.give_up)() {
                return Err(PastError::GaveUp { what: format!("base~{back}") });
            }
            let Some(parent) = self.commit(at)?.parent_ids().next() else {
                return Err(PastError::TooFarBack { back, parents });
            };
            at = parent;
        }
        Ok(at)
    }

    fn by_prefix(&self, prefix: &str) -> Result<Oid> {
        let unknown = || PastError::Unknown { prefix: prefix.to_owned() };
        let found = match self.repository.find_commit_by_prefix(prefix) {
            Ok(commit) => commit.id(),
            Err(error) if error.code() == ErrorCode::Ambiguous => {
                return Err(PastError::Ambiguous { prefix: prefix.to_owned() });
            }
            // Not there, or no commit.
            Err(_) => return Err(unknown()),
        };
        match self.leads_to(found, self.base)?
            || self.head.map_or(Ok(false), |head| self.leads_to(found, head))?
        {
            true => Ok(found),
            // Another agent's checkpoint, or a branch that is not this agent's.
            false => Err(unknown()),
        }
    }

    /// Whether `old` is `new` or behind it.
    pub(super) fn leads_to(&self, old: Oid, new: Oid) -> Result<bool> {
        let attempt = || RepoError::storage("walk the history");
        // Newest first as it is; any order that is asked for reads the whole history before it begins.
        let mut walk = self.repository.revwalk().map_err(attempt())?;
        walk.push(new).map_err(attempt())?;
        for id in walk {
            if (self.give_up)() {
                return Err(PastError::GaveUp { what: old.to_string() });
            }
            if id.map_err(attempt())? == old {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn unreadable(text: &str) -> PastError {
    PastError::Unreadable { revision: text.chars().take(LONGEST_SHOWN).collect() }
}
