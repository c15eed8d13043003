//! Issues: which there are, and what they say.
//!
//! Pull requests, which GitHub's API counts among issues, are left out.

use crate::error::{ForgeError, Result};
use crate::forge::{Forge, full_name};
use crate::person::{Person, login};
use crate::text;
use crate::time::time;
use anchorhold_domain::{Issue, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::iter::once;
use url::form_urlencoded;

const MOST_TITLE: usize = 400;
const MOST_BODY: usize = 64 << 10;
const MOST_LABELS: usize = 30;
const MOST_COMMENTS: usize = 30;
const MOST_COMMENT: usize = 16 << 10;
/// What is taken of a text to search for; GitHub itself takes 256 characters.
const MOST_WORDS: usize = 12;
const LONGEST_WORD: usize = 40;

/// Some of a repository's open issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuePage {
    /// The issues; where nothing is searched for, those that changed last come first.
    pub issues: Vec<Issue>,
    /// The page to ask for next; `None` after the last.
    pub next: Option<u32>,
}

/// What somebody said on an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueComment {
    /// Who said it.
    pub author: String,
    /// The text, untrusted, cut at 16 KiB.
    pub body: String,
    /// When it was said.
    pub at: Timestamp,
}

/// The part of GitHub's answer that is used.
///
/// <https://docs.github.com/en/rest/issues/issues#list-repository-issues>
#[derive(Deserialize)]
struct Answer {
    number: u32,
    title: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<Person>,
    #[serde(default)]
    labels: Vec<Label>,
    #[serde(default)]
    comments: u32,
    #[serde(default)]
    html_url: Option<String>,
    updated_at: String,
    #[serde(default)]
    pull_request: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Label {
    Name(String),
    Whole { name: Option<String> },
}

#[derive(Deserialize)]
struct Found {
    items: Vec<Answer>,
}

/// <https://docs.github.com/en/rest/issues/comments#list-issue-comments>
#[derive(Deserialize)]
struct Comment {
    #[serde(default)]
    user: Option<Person>,
    #[serde(default)]
    body: Option<String>,
    created_at: String,
}

impl Forge {
    /// Returns a page of open issues. Pages count from 1.
    ///
    /// Without a text, all of them, which costs nothing of the rate limit while none has changed. With one, those
    /// that GitHub's search finds, at most 30 times a minute; a number finds that issue too.
    ///
    /// # Errors
    /// As all that is asked of a repository.
    pub async fn issues(&self, owner: &str, name: &str, text: &str, page: u32) -> Result<IssuePage> {
        let repository = full_name(owner, name)?;
        let attempt = format!("list the issues of {repository}");
        let words = words(text);
        if words.is_empty() {
            let route = format!(
                "/repos/{repository}/issues?state=open&sort=updated&direction=desc&per_page=100&page={page}"
            );
            let (found, links) = self.get_linked::<Vec<Answer>>(&attempt, &route).await?;
            return Ok(IssuePage { issues: self.issues_of(&repository, found), next: links.next });
        }
        let mut numbered = None;
        if let ([number], 1) = (&*words, page)
            && let Ok(number) = number.parse()
        {
            numbered = match self.issue(owner, name, number).await {
                Ok(issue) => Some(issue),
                Err(ForgeError::NotFound { .. }) => None,
                Err(error) => return Err(error),
            };
        }
        let found = match self.search(&attempt, &repository, &words, page).await {
            // GitHub says so of a repository that it does not know by this name: it may have a new one.
            Err(ForgeError::Refused { status: 422, .. }) => {
                let now = self.repository(owner, name).await?;
                self.search(&attempt, &format!("{}/{}", now.owner, now.name), &words, page).await?
            }
            found => found?,
        };
        let IssuePage { issues, next } = found;
        let others =
            issues.into_iter().filter(|issue| Some(issue.number) != numbered.as_ref().map(|n| n.number));
        Ok(IssuePage { issues: numbered.iter().cloned().chain(others).collect(), next })
    }

    /// Returns one issue, open or closed.
    ///
    /// # Errors
    /// [`ForgeError::NotFound`] where there is none of this number, or it is a pull request.
    pub async fn issue(&self, owner: &str, name: &str, number: u32) -> Result<Issue> {
        let repository = full_name(owner, name)?;
        let attempt = format!("read issue {number} of {repository}");
        let answer: Answer = self.get(&attempt, &format!("/repos/{repository}/issues/{number}")).await?;
        let found = self.issues_of(&repository, vec![answer]).pop();
        found.ok_or_else(|| ForgeError::NotFound { attempt, host: self.host().to_owned() })
    }

    /// Returns the last comments on an issue, at most 30, the oldest first.
    ///
    /// # Errors
    /// [`ForgeError::NotFound`] where there is no such issue.
    pub async fn issue_comments(&self, owner: &str, name: &str, number: u32) -> Result<Vec<IssueComment>> {
        let repository = full_name(owner, name)?;
        let attempt = format!("read the comments on issue {number} of {repository}");
        let route = format!("/repos/{repository}/issues/{number}/comments");
        let mut found = self.newest::<Comment>(&attempt, &route).await?;
        found.drain(..found.len().saturating_sub(MOST_COMMENTS));
        let comments = found.into_iter().map(|comment| IssueComment {
            author: login(comment.user),
            body: text::clean(&comment.body.unwrap_or_default(), MOST_COMMENT),
            at: time(&comment.created_at).unwrap_or_default(),
        });
        Ok(comments.collect())
    }

    async fn search(
        &self,
        attempt: &str,
        repository: &str,
        words: &[String],
        page: u32,
    ) -> Result<IssuePage> {
        let only = [format!("repo:{repository}"), "is:issue".to_owned(), "is:open".to_owned()];
        let query: Vec<_> = only.iter().chain(words).map(String::as_str).collect();
        let query: String = form_urlencoded::byte_serialize(query.join(" ").as_bytes()).collect();
        let route = format!("/search/issues?q={query}&per_page=50&page={page}");
        let (found, links) = self.get_linked::<Found>(attempt, &route).await?;
        Ok(IssuePage { issues: self.issues_of(repository, found.items), next: links.next })
    }

    fn issues_of(&self, repository: &str, found: Vec<Answer>) -> Vec<Issue> {
        let issues = found.into_iter().filter(|answer| answer.pull_request.is_none());
        let issues = issues.map(|answer| {
            let page = self.page_of(repository, &format!("issues/{}", answer.number));
            let labels = answer.labels.into_iter().filter_map(|label| match label {
                Label::Name(name) => Some(name),
                Label::Whole { name } => name,
            });
            Issue {
                number: answer.number,
                title: text::first_line(&answer.title, MOST_TITLE),
                body: text::clean(&answer.body.unwrap_or_default(), MOST_BODY),
                author: login(answer.user),
                labels: labels.take(MOST_LABELS).map(|label| text::first_line(&label, 100)).collect(),
                comments: answer.comments,
                url: self.page(answer.html_url.as_deref(), &page),
                updated_at: time(&answer.updated_at).unwrap_or_default(),
            }
        });
        issues.collect()
    }
}

/// The words of a text, without anything that GitHub's search takes for more than a word: a qualifier could
/// lead to another repository.
fn words(text: &str) -> Vec<String> {
    let spaced: String = text
        .chars()
        .map(
            |character| {
                if character.is_alphanumeric() || "_-.".contains(character) { character } else { ' ' }
            },
        )
        .collect();
    let words = spaced.split(' ').map(|word| word.trim_matches(['-', '.']));
    let words = words.filter(|word| !word.is_empty() && word.chars().count() <= LONGEST_WORD);
    // In capitals, AND, OR and NOT are more than words.
    words.take(MOST_WORDS).flat_map(|word| once(word.to_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn only_words_are_searched_for() {
        let check = |text: &str, expected: &[&str]| assert_eq!(words(text), expected, "{text}");
        check("crash on start", &["crash", "on", "start"]);
        check("repo:other/one is:pr -label:x", &["repo", "other", "one", "is", "pr", "label", "x"]);
        check(r#""tide" OR NOT (harbour)"#, &["tide", "or", "not", "harbour"]);
        check("#12", &["12"]);
        check("  \t ", &[]);
        check("Größe v1.2", &["größe", "v1.2"]);
    }
}
