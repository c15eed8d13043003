//! An issue of the repository as an agent's task.

use super::place::Place;
use super::quoted;
use crate::accounts::Whose;
use crate::{Engine, EngineError};
use anchorhold_domain::Issue;

/// The longest text that is searched for, in characters.
const LONGEST_SEARCH: usize = 200;

impl Engine {
    /// Returns open issues of a repository that match a text, or the latest ones.
    ///
    /// # Errors
    /// [`EngineError::NotOnGitHub`], and those of GitHub.
    pub async fn issues(&self, repository: &str, text: &str) -> Result<Vec<Issue>, EngineError> {
        let place = Place::of(self.shared(), repository).await?;
        let text = &text.trim().chars().take(LONGEST_SEARCH).collect::<String>();
        place
            .ask(self.shared(), Whose::Repository(repository), |forge, Place { owner, name }| async move {
                Ok(forge.issues(&owner, &name, text, 1).await?.issues)
            })
            .await
    }

    /// Returns the task that an issue becomes, with what was said there quoted as others' words.
    ///
    /// # Errors
    /// [`EngineError::NotOnGitHub`], and those of GitHub.
    pub async fn issue_task(&self, repository: &str, number: u32) -> Result<String, EngineError> {
        let place = Place::of(self.shared(), repository).await?;
        let (issue, comments) = place
            .ask(self.shared(), Whose::Repository(repository), |forge, Place { owner, name }| async move {
                let issue = forge.issue(&owner, &name, number).await?;
                let comments = match issue.comments {
                    0 => Vec::new(),
                    _ => forge.issue_comments(&owner, &name, number).await?,
                };
                Ok((issue, comments))
            })
            .await?;
        Ok(quoted::issue(&issue, &comments))
    }
}
