//! Stand-ins for what another branch brings. Never merged.

use crate::error::{Result, classify};
use crate::forge::Forge;
use anchorhold_domain::{
    Annotation, ChecksState, Feedback, FeedbackKind, Issue, PullRequest, PullRequestState, Timestamp,
};
use serde_json::{Value, json};

/// A pull request to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPullRequest {
    /// The branch with the change.
    pub head: String,
    /// The branch it is to be merged into.
    pub base: String,
    /// One line.
    pub title: String,
    /// The text.
    pub body: String,
    /// Whether it is a draft.
    pub draft: bool,
}

/// What to change of a pull request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullRequestChange {
    /// Its title.
    pub title: Option<String>,
    /// Its text.
    pub body: Option<String>,
}

/// Some issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuePage {
    /// The issues.
    pub issues: Vec<Issue>,
    /// The next page.
    pub next: Option<u32>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedbacks {
    /// What was said.
    pub items: Vec<Feedback>,
    /// How the checks stand.
    pub checks: ChecksState,
}

/// A comment on an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueComment {
    /// Who wrote it.
    pub author: String,
    /// What.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

fn text(value: &Value, path: &str) -> String {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(value: &Value, path: &str) -> u32 {
    value.pointer(path).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or_default()
}

fn at(value: &Value, path: &str) -> Timestamp {
    let parsed = chrono::DateTime::parse_from_rfc3339(&text(value, path));
    Timestamp(parsed.map(|at| at.timestamp_millis()).unwrap_or_default())
}

fn pull(value: &Value, checks: ChecksState) -> PullRequest {
    let state = match (text(value, "/state").as_str(), value.pointer("/merged_at")) {
        (_, Some(Value::String(_))) => PullRequestState::Merged,
        ("closed", _) => PullRequestState::Closed,
        _ if value.pointer("/draft") == Some(&Value::Bool(true)) => PullRequestState::Draft,
        _ => PullRequestState::Open,
    };
    PullRequest {
        number: number(value, "/number"),
        url: text(value, "/html_url"),
        title: text(value, "/title"),
        state,
        head: text(value, "/head/sha"),
        base: text(value, "/base/ref"),
        checks,
    }
}

fn issue(value: &Value) -> Issue {
    let labels = value.pointer("/labels").and_then(Value::as_array).cloned().unwrap_or_default();
    Issue {
        number: number(value, "/number"),
        title: text(value, "/title"),
        body: text(value, "/body"),
        author: text(value, "/user/login"),
        labels: labels.iter().map(|label| text(label, "/name")).collect(),
        comments: number(value, "/comments"),
        url: text(value, "/html_url"),
        updated_at: at(value, "/updated_at"),
    }
}

/// The methods.
impl Forge {
    async fn value(&self, attempt: &'static str, route: &str) -> Result<Value> {
        self.get(attempt, route).await
    }

    async fn list(&self, attempt: &'static str, route: &str) -> Result<Vec<Value>> {
        Ok(self.value(attempt, route).await?.as_array().cloned().unwrap_or_default())
    }

    async fn checks(&self, owner: &str, name: &str, head: &str) -> Result<(Vec<Value>, ChecksState)> {
        let route = format!("/repos/{owner}/{name}/commits/{head}/check-runs?per_page=100");
        let found = self.value("look at the checks", &route).await?;
        let runs = found.pointer("/check_runs").and_then(Value::as_array).cloned().unwrap_or_default();
        let state = if runs.is_empty() {
            ChecksState::None
        } else if runs.iter().any(|run| text(run, "/status") != "completed") {
            ChecksState::Pending
        } else if runs.iter().all(|run| text(run, "/conclusion") == "success") {
            ChecksState::Passed
        } else {
            ChecksState::Failed
        };
        Ok((runs, state))
    }

    /// Opens a pull request.
    ///
    /// # Errors
    /// Those of GitHub.
    pub async fn create_pull_request(
        &self,
        owner: &str,
        name: &str,
        new: &NewPullRequest,
    ) -> Result<PullRequest> {
        let body = json!({
            "title": new.title, "body": new.body, "head": new.head, "base": new.base, "draft": new.draft
        });
        let made: Value = self
            .client
            .post(format!("/repos/{owner}/{name}/pulls"), Some(&body))
            .await
            .map_err(|error| classify("open a pull request", self.host(), error))?;
        Ok(pull(&made, ChecksState::None))
    }

    /// Finds one.
    ///
    /// # Errors
    /// Those of GitHub.
    pub async fn pull_request_of(&self, owner: &str, name: &str, head: &str) -> Result<Option<PullRequest>> {
        let route = format!("/repos/{owner}/{name}/pulls?head={owner}:{head}&state=all");
        let found = self.list("look for a pull request", &route).await?;
        let open = found.iter().find(|pull| text(pull, "/state") == "open");
        match open.or(found.first()) {
            Some(found) => Ok(Some(self.pull_request(owner, name, number(found, "/number")).await?)),
            None => Ok(None),
        }
    }

    /// Looks at one.
    ///
    /// # Errors
    /// Those of GitHub.
    pub async fn pull_request(&self, owner: &str, name: &str, number: u32) -> Result<PullRequest> {
        let found =
            self.value("look at a pull request", &format!("/repos/{owner}/{name}/pulls/{number}")).await?;
        let (_, checks) = self.checks(owner, name, &text(&found, "/head/sha")).await?;
        Ok(pull(&found, checks))
    }

    /// Changes one.
    ///
    /// # Errors
    /// Those of GitHub.
    pub async fn update_pull_request(
        &self,
        owner: &str,
        name: &str,
        number: u32,
        asked: &PullRequestChange,
    ) -> Result<PullRequest> {
        let mut change = serde_json::Map::new();
        change.extend(asked.title.clone().map(|title| ("title".to_owned(), title.into())));
        change.extend(asked.body.clone().map(|body| ("body".to_owned(), body.into())));
        let _: Value = self
            .client
            .patch(format!("/repos/{owner}/{name}/pulls/{number}"), Some(&Value::Object(change)))
            .await
            .map_err(|error| classify("update a pull request", self.host(), error))?;
        self.pull_request(owner, name, number).await
    }

    /// What came back.
    ///
    /// # Errors
    /// Those of GitHub.
    pub async fn feedback(&self, owner: &str, name: &str, pull: &PullRequest) -> Result<Feedbacks> {
        let root = format!("/repos/{owner}/{name}");
        let number_of = pull.number;
        let mut items = Vec::new();
        let empty = |kind, id: String, value: &Value| Feedback {
            id,
            kind,
            author: text(value, "/user/login"),
            title: text(value, "/body").lines().next().unwrap_or_default().to_owned(),
            body: text(value, "/body"),
            path: None,
            line: None,
            annotations: Vec::new(),
            commit: pull.head.clone(),
            url: text(value, "/html_url"),
            at: at(value, "/created_at"),
        };
        for value in self.list("read comments", &format!("{root}/pulls/{number_of}/comments")).await? {
            let id = format!("line/{}", value.pointer("/id").cloned().unwrap_or_default());
            items.push(Feedback {
                path: Some(text(&value, "/path")),
                line: Some(number(&value, "/line")),
                commit: text(&value, "/commit_id"),
                ..empty(FeedbackKind::LineComment, id, &value)
            });
        }
        for value in self.list("read reviews", &format!("{root}/pulls/{number_of}/reviews")).await? {
            let id = format!("review/{}", value.pointer("/id").cloned().unwrap_or_default());
            if !text(&value, "/body").is_empty() {
                items.push(Feedback {
                    at: at(&value, "/submitted_at"),
                    ..empty(FeedbackKind::Review, id, &value)
                });
            }
        }
        for value in self.list("read comments", &format!("{root}/issues/{number_of}/comments")).await? {
            let id = format!("comment/{}", value.pointer("/id").cloned().unwrap_or_default());
            items.push(empty(FeedbackKind::Comment, id, &value));
        }
        let (runs, checks) = self.checks(owner, name, &pull.head).await?;
        for run in runs.iter().filter(|run| text(run, "/conclusion") == "failure") {
            let id = run.pointer("/id").cloned().unwrap_or_default();
            let notes = self.list("read annotations", &format!("{root}/check-runs/{id}/annotations")).await?;
            items.push(Feedback {
                author: text(run, "/app/name"),
                title: text(run, "/name"),
                body: text(run, "/output/summary"),
                annotations: notes
                    .iter()
                    .map(|note| Annotation {
                        path: text(note, "/path"),
                        line: number(note, "/start_line"),
                        level: text(note, "/annotation_level"),
                        message: text(note, "/message"),
                    })
                    .collect(),
                at: at(run, "/completed_at"),
                ..empty(FeedbackKind::FailedCheck, format!("check/{id}"), run)
            });
        }
        Ok(Feedbacks { items, checks })
    }

    /// Open issues.
    ///
    /// # Errors
    /// Those of GitHub.
    pub async fn issues(&self, owner: &str, name: &str, words: &str, page: u32) -> Result<IssuePage> {
        let route = format!("/repos/{owner}/{name}/issues?state=open&page={page}");
        let found = self.list("list the issues", &route).await?;
        let all = found.iter().filter(|value| value.pointer("/pull_request").is_none()).map(issue);
        Ok(IssuePage { issues: all.filter(|issue| issue.title.contains(words)).collect(), next: None })
    }

    /// One issue.
    ///
    /// # Errors
    /// Those of GitHub.
    pub async fn issue(&self, owner: &str, name: &str, number: u32) -> Result<Issue> {
        Ok(issue(&self.value("read an issue", &format!("/repos/{owner}/{name}/issues/{number}")).await?))
    }

    /// Its comments.
    ///
    /// # Errors
    /// Those of GitHub.
    pub async fn issue_comments(&self, owner: &str, name: &str, number: u32) -> Result<Vec<IssueComment>> {
        let route = format!("/repos/{owner}/{name}/issues/{number}/comments?per_page=30");
        let found = self.list("read comments", &route).await?;
        let comment = |value: &Value| IssueComment {
            author: text(value, "/user/login"),
            body: text(value, "/body"),
            at: at(value, "/created_at"),
        };
        Ok(found.iter().map(comment).collect())
    }
}
