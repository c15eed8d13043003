//! Which commit comes from which.

use crate::error::{RepoError, Result};
use crate::mirror::{Mirror, oid};

impl Mirror {
    /// Returns whether `commit` is `ancestor` or comes from it, as far as both are here.
    ///
    /// # Errors
    /// [`RepoError::MissingObject`] where `commit` is not here, and those of the disk.
    pub fn comes_from(&self, commit: &str, ancestor: &str) -> Result<bool> {
        let (later, earlier) = (oid("commit", commit)?, oid("commit", ancestor)?);
        if later == earlier {
            return Ok(true);
        }
        let repository = self.objects()?;
        repository.find_commit(later).map_err(RepoError::missing("commit", commit))?;
        // What is not here cannot be where something here comes from.
        if repository.find_commit(earlier).is_err() {
            return Ok(false);
        }
        repository
            .graph_descendant_of(later, earlier)
            .map_err(RepoError::storage(format!("compare {commit} with {ancestor}")))
    }
}
