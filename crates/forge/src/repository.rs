//! The repositories that an account can reach.

use crate::error::Result;
use crate::forge::Forge;
use octocrab::Page;
use serde::Deserialize;

/// A repository that the account can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The account or organisation it belongs to.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// Whether only those who are let in can see it.
    pub private: bool,
    /// The branch that `HEAD` points at.
    pub default_branch: String,
    /// Whether the account may push to it, and the repository takes pushes at all.
    pub can_push: bool,
}

/// Some of the repositories, most recently pushed first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryPage {
    /// The repositories.
    pub repositories: Vec<Repository>,
    /// The page to ask for next; `None` after the last.
    pub next: Option<u32>,
}

/// The part of GitHub's answer that is used.
///
/// <https://docs.github.com/en/rest/repos/repos#list-repositories-for-the-authenticated-user>
#[derive(Deserialize)]
struct Answer {
    name: String,
    owner: Owner,
    private: bool,
    default_branch: String,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    permissions: Permissions,
}

#[derive(Deserialize)]
struct Owner {
    login: String,
}

#[derive(Default, Deserialize)]
struct Permissions {
    #[serde(default)]
    push: bool,
}

impl Forge {
    /// Returns a page of at most 100 repositories that the account can reach. Pages count from 1.
    ///
    /// # Errors
    /// [`ForgeError::SignIn`](crate::ForgeError::SignIn) without a token, or with one that GitHub
    /// does not know.
    pub async fn repositories(&self, page: u32) -> Result<RepositoryPage> {
        let route = format!("/user/repos?sort=pushed&per_page=100&page={page}");
        let found: Page<Answer> = self.get("list your repositories", &route).await?;
        Ok(RepositoryPage {
            next: found.next.is_some().then(|| page.saturating_add(1)),
            repositories: found.items.into_iter().map(Repository::from).collect(),
        })
    }
}

impl From<Answer> for Repository {
    fn from(answer: Answer) -> Self {
        Self {
            owner: answer.owner.login,
            name: answer.name,
            private: answer.private,
            default_branch: answer.default_branch,
            can_push: answer.permissions.push && !answer.archived,
        }
    }
}
