//! The repositories that an account can reach.

use crate::error::Result;
use crate::forge::Forge;
use anchorhold_domain::{LinkedRepository, Timestamp};
use octocrab::Page;
use serde::Deserialize;

/// Some of the repositories, most recently pushed first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryPage {
    /// The repositories.
    pub repositories: Vec<LinkedRepository>,
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
    description: Option<String>,
    clone_url: Option<String>,
    pushed_at: Option<chrono::DateTime<chrono::Utc>>,
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
            repositories: found.items.into_iter().map(|answer| answer.on(self.host())).collect(),
        })
    }
}

impl Answer {
    fn on(self, host: &str) -> LinkedRepository {
        let short = format!("{}/{}", self.owner.login, self.name);
        LinkedRepository {
            address: self.clone_url.filter(|_| host != "github.com").unwrap_or(short),
            owner: self.owner.login,
            name: self.name,
            description: self.description,
            private: self.private,
            archived: self.archived,
            can_push: self.permissions.push && !self.archived,
            default_branch: Some(self.default_branch),
            pushed_at: self.pushed_at.map(|at| Timestamp(at.timestamp_millis())),
        }
    }
}
