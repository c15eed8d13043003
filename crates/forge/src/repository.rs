//! The repositories that an account can reach.

use crate::error::Result;
use crate::forge::{Forge, full_name, is_name};
use crate::text;
use crate::time::time;
use anchorhold_domain::LinkedRepository;
use serde::Deserialize;
use serde_json::Value;

const MOST_DESCRIPTION: usize = 1_000;

/// Some of the repositories, most recently pushed first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryPage {
    /// The repositories.
    pub repositories: Vec<LinkedRepository>,
    /// The page to ask for next; `None` after the last.
    pub next: Option<u32>,
    /// Whether organisations were left out that ask for single sign-on, for which the token is not authorised.
    pub partial: bool,
}

/// The part of GitHub's answer that is used.
///
/// <https://docs.github.com/en/rest/repos/repos#list-repositories-for-the-authenticated-user>
#[derive(Deserialize)]
struct Answer {
    name: String,
    owner: Owner,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    default_branch: Option<String>,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    disabled: bool,
    #[serde(default)]
    permissions: Permissions,
    #[serde(default)]
    pushed_at: Option<String>,
    /// In KB, and zero for a small repository as for an empty one.
    #[serde(default)]
    size: u64,
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
        let (found, links) = self.get_linked::<Vec<Answer>>("list your repositories", &route).await?;
        let repositories = found.into_iter().filter_map(|answer| self.linked(answer)).collect();
        Ok(RepositoryPage { repositories, next: links.next, partial: links.partial })
    }

    /// Returns one repository. One that was renamed or moved is found by its old name too, and comes with its
    /// new one.
    ///
    /// # Errors
    /// [`ForgeError::NotFound`](crate::ForgeError::NotFound) where it is deleted, or invisible to the token.
    pub async fn repository(&self, owner: &str, name: &str) -> Result<LinkedRepository> {
        let asked = full_name(owner, name)?;
        let attempt = format!("find {asked}");
        let answer: Answer = self.get(&attempt, &format!("/repos/{asked}")).await?;
        let may_be_empty = answer.size == 0;
        let Some(mut found) = self.linked(answer) else {
            return Err(crate::ForgeError::NotFound { attempt, host: self.host().to_owned() });
        };
        if may_be_empty {
            let route = format!("/repos/{}/{}/branches?per_page=1", found.owner, found.name);
            let branches: Vec<Value> = self.get(&attempt, &route).await?;
            found.default_branch = found.default_branch.filter(|_| !branches.is_empty());
        }
        Ok(found)
    }

    /// `None` for a name that could be no repository's, which no GitHub gives.
    fn linked(&self, answer: Answer) -> Option<LinkedRepository> {
        let (owner, name) = (answer.owner.login, answer.name);
        if !is_name(&owner) || !is_name(&name) {
            return None;
        }
        let address = match self.host() {
            "github.com" => format!("{owner}/{name}"),
            _ => self.clone_url(&owner, &name).ok()?,
        };
        let description = answer.description.map(|said| text::clean(&said, MOST_DESCRIPTION));
        Some(LinkedRepository {
            address,
            owner,
            name,
            description: description.filter(|said| !said.is_empty()),
            private: answer.private,
            archived: answer.archived,
            can_push: answer.permissions.push && !answer.archived && !answer.disabled,
            default_branch: answer.default_branch.filter(|branch| !branch.is_empty()),
            pushed_at: answer.pushed_at.as_deref().and_then(time),
        })
    }
}
