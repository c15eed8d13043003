//! Pull requests: opened, found, read and changed. Merging is nobody's business here.

use crate::error::{ForgeError, Result};
use crate::forge::{Change, Forge, full_name};
use crate::text;
use anchorhold_domain::{ChecksState, PullRequest, PullRequestState};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

// What GitHub takes, in characters.
const MOST_TITLE: usize = 256;
const MOST_BODY: usize = 65_536;

/// A pull request to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPullRequest {
    /// The branch with the work, in the same repository.
    pub head: String,
    /// The branch that it is to be merged into.
    pub base: String,
    /// Its title, cut at 256 characters.
    pub title: String,
    /// Its text, cut at 65,536 characters.
    pub body: String,
    /// Whether it is not meant to be merged yet.
    pub draft: bool,
}

/// What is changed of a pull request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullRequestChange {
    /// Its title; `None` leaves it as it is.
    pub title: Option<String>,
    /// Its text; `None` leaves it as it is.
    pub body: Option<String>,
}

#[derive(Serialize)]
struct Asked<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<bool>,
}

/// The part of GitHub's answer that is used.
///
/// <https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request>
#[derive(Deserialize)]
struct Answer {
    number: u32,
    #[serde(default)]
    html_url: Option<String>,
    title: String,
    state: String,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    merged_at: Option<String>,
    head: Branch,
    base: Branch,
}

#[derive(Deserialize)]
struct Branch {
    #[serde(rename = "ref")]
    name: String,
    sha: String,
}

impl Forge {
    /// Opens a pull request, or returns the one that is open already from this branch.
    ///
    /// # Errors
    /// [`ForgeError::NothingToMerge`], [`ForgeError::DraftUnsupported`], [`ForgeError::BranchMissing`],
    /// [`ForgeError::Archived`], and where the token does not allow it.
    pub async fn create_pull_request(
        &self,
        owner: &str,
        name: &str,
        new: &NewPullRequest,
    ) -> Result<PullRequest> {
        let repository = full_name(owner, name)?;
        let attempt = format!("open a pull request in {repository}");
        let asked = Asked {
            head: Some(&new.head),
            base: Some(&new.base),
            title: Some(cut(&new.title, MOST_TITLE)),
            body: Some(cut(&new.body, MOST_BODY)),
            draft: Some(new.draft),
        };
        let route = format!("/repos/{repository}/pulls");
        match self.change::<Answer>(&attempt, Change::Post, &route, &asked).await {
            Ok(answer) => Ok(self.changed(&repository, answer).await),
            // What was sent may have arrived all the same.
            Err(error @ (ForgeError::Offline { .. } | ForgeError::Refused { status: 500.., .. })) => {
                let there = self.pull_request_of(owner, name, &new.head).await.ok().flatten();
                there.filter(is_open).ok_or(error)
            }
            Err(ForgeError::Refused { status: 422, reason, .. }) if reason.contains("already exists") => {
                let found = self.pull_request_of(owner, name, &new.head).await?;
                found.ok_or_else(|| self.refused(attempt, new, reason))
            }
            Err(ForgeError::Refused { status: 422, reason, .. }) => Err(self.refused(attempt, new, reason)),
            Err(error) => Err(error),
        }
    }

    /// Returns the pull request from a branch: the open one, else the one that was opened last.
    ///
    /// # Errors
    /// As all that is asked of a repository.
    pub async fn pull_request_of(
        &self,
        owner: &str,
        name: &str,
        head_branch: &str,
    ) -> Result<Option<PullRequest>> {
        let repository = full_name(owner, name)?;
        let mut found = self.opened_from(&repository, owner, head_branch).await?;
        if found.is_empty() {
            // The filter, unlike the route, knows an owner by the present name alone.
            let now = self.repository(owner, name).await?.owner;
            if !now.eq_ignore_ascii_case(owner) {
                found = self.opened_from(&repository, &now, head_branch).await?;
            }
        }
        let open = found.iter().position(|answer| answer.state == "open").unwrap_or_default();
        match found.into_iter().nth(open) {
            Some(answer) => Ok(Some(self.whole(&repository, answer).await?)),
            None => Ok(None),
        }
    }

    /// Returns one pull request.
    ///
    /// # Errors
    /// [`ForgeError::NotFound`] where there is none of this number.
    pub async fn pull_request(&self, owner: &str, name: &str, number: u32) -> Result<PullRequest> {
        let repository = full_name(owner, name)?;
        let attempt = format!("read pull request {number} of {repository}");
        let answer = self.get(&attempt, &format!("/repos/{repository}/pulls/{number}")).await?;
        self.whole(&repository, answer).await
    }

    /// Changes the title or the text of a pull request.
    ///
    /// # Errors
    /// [`ForgeError::NotFound`] where there is none of this number, and where the token does not allow it.
    pub async fn update_pull_request(
        &self,
        owner: &str,
        name: &str,
        number: u32,
        change: &PullRequestChange,
    ) -> Result<PullRequest> {
        let repository = full_name(owner, name)?;
        let attempt = format!("change pull request {number} of {repository}");
        let asked = Asked {
            head: None,
            base: None,
            title: change.title.as_deref().map(|title| cut(title, MOST_TITLE)),
            body: change.body.as_deref().map(|body| cut(body, MOST_BODY)),
            draft: None,
        };
        let route = format!("/repos/{repository}/pulls/{number}");
        let answer = self.change(&attempt, Change::Patch, &route, &asked).await?;
        Ok(self.changed(&repository, answer).await)
    }

    /// The pull requests from a branch, the one that was opened last first.
    async fn opened_from(&self, repository: &str, owner: &str, branch: &str) -> Result<Vec<Answer>> {
        let attempt = format!("find the pull request of a branch in {repository}");
        let head: String = form_urlencoded::byte_serialize(format!("{owner}:{branch}").as_bytes()).collect();
        let route = format!(
            "/repos/{repository}/pulls?head={head}&state=all&sort=created&direction=desc&per_page=30"
        );
        let mut found: Vec<Answer> = self.get(&attempt, &route).await?;
        // A filter that GitHub does not understand is one that it leaves away.
        found.retain(|answer| answer.head.name == branch);
        Ok(found)
    }

    /// Adds to an answer how the checks of its commit stand.
    async fn whole(&self, repository: &str, answer: Answer) -> Result<PullRequest> {
        let mut request = self.bare(repository, answer);
        let checks = self.checks(repository, &request.head).await?;
        (request.checks, request.withheld) = (checks.state(), checks.withheld);
        Ok(request)
    }

    /// What GitHub opened or changed. That is done, whether or not it also tells of the checks: the next look
    /// does.
    async fn changed(&self, repository: &str, answer: Answer) -> PullRequest {
        let mut request = self.bare(repository, answer);
        match self.checks(repository, &request.head).await {
            Ok(checks) => (request.checks, request.withheld) = (checks.state(), checks.withheld),
            Err(error) => tracing::warn!(code = error.code(), "the checks are not known yet"),
        }
        request
    }

    /// What an answer says of a pull request itself.
    fn bare(&self, repository: &str, answer: Answer) -> PullRequest {
        let page = self.page_of(repository, &format!("pull/{}", answer.number));
        let state = match (&*answer.state, answer.draft) {
            _ if answer.merged_at.is_some() => PullRequestState::Merged,
            ("open", true) => PullRequestState::Draft,
            ("open", false) => PullRequestState::Open,
            _ => PullRequestState::Closed,
        };
        PullRequest {
            number: answer.number,
            url: self.page(answer.html_url.as_deref(), &page),
            title: text::first_line(&answer.title, MOST_TITLE * 4),
            state,
            head: answer.head.sha,
            base: answer.base.name,
            checks: ChecksState::None,
            withheld: Vec::new(),
        }
    }

    /// What a 422 means, which GitHub says in words alone.
    fn refused(&self, attempt: String, new: &NewPullRequest, reason: String) -> ForgeError {
        let (host, head, base) = (self.host().to_owned(), new.head.clone(), new.base.clone());
        let said = reason.to_lowercase();
        if said.contains("no commits between") {
            ForgeError::NothingToMerge { attempt, host, head, base }
        } else if said.contains("draft pull requests are not supported") {
            ForgeError::DraftUnsupported { attempt, host }
        } else if said.contains("base is invalid") {
            ForgeError::BranchMissing { attempt, host, branch: base }
        } else if said.contains("head is invalid") {
            ForgeError::BranchMissing { attempt, host, branch: head }
        } else {
            ForgeError::Refused { attempt, host, status: 422, reason }
        }
    }
}

fn is_open(request: &PullRequest) -> bool {
    matches!(request.state, PullRequestState::Open | PullRequestState::Draft)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most.saturating_sub(1)) {
        Some((end, _)) if text.chars().nth(most).is_some() => {
            format!("{}…", text.get(..end).unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}
