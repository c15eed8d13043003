//! What people and bots say: comments on lines, reviews, and comments on the whole.

use super::{About, MOST_BODY, MOST_PATH, MOST_TITLE};
use crate::error::Result;
use crate::forge::{Forge, is_commit};
use crate::person::{Person, login};
use crate::text;
use crate::time::time;
use anchorhold_domain::{Feedback, FeedbackKind};
use serde::Deserialize;

/// <https://docs.github.com/en/rest/pulls/comments#list-review-comments-on-a-pull-request>
#[derive(Deserialize)]
struct LineComment {
    id: u64,
    #[serde(default)]
    user: Option<Person>,
    #[serde(default)]
    body: String,
    path: String,
    /// Where the comment is now; none once the lines it was about are gone.
    #[serde(default)]
    line: Option<u32>,
    #[serde(default)]
    original_line: Option<u32>,
    #[serde(default)]
    side: Option<String>,
    #[serde(default)]
    subject_type: Option<String>,
    commit_id: String,
    original_commit_id: String,
    #[serde(default)]
    html_url: Option<String>,
    created_at: String,
}

/// <https://docs.github.com/en/rest/pulls/reviews#list-reviews-for-a-pull-request>
#[derive(Deserialize)]
struct Review {
    id: u64,
    #[serde(default)]
    user: Option<Person>,
    #[serde(default)]
    body: Option<String>,
    state: String,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default)]
    submitted_at: Option<String>,
    #[serde(default)]
    commit_id: Option<String>,
}

/// <https://docs.github.com/en/rest/issues/comments#list-issue-comments>
#[derive(Deserialize)]
struct Comment {
    id: u64,
    #[serde(default)]
    user: Option<Person>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
    created_at: String,
}

impl Forge {
    /// The comments on lines. One whose lines a later push changed keeps the commit that it was made on.
    pub(super) async fn line_comments(&self, about: &About<'_>) -> Result<Vec<Feedback>> {
        let route = format!("/repos/{}/pulls/{}/comments", about.repository, about.request.number);
        let found = self.newest::<LineComment>(&about.attempt, &route).await?;
        let items = found.into_iter().map(|comment| {
            let current = comment.line.is_some() || comment.subject_type.as_deref() == Some("file");
            let (line, commit) = match current {
                true => (comment.line, comment.commit_id),
                false => (comment.original_line, comment.original_commit_id),
            };
            let mut item = self.said(about, &format!("#discussion_r{}", comment.id), comment.html_url);
            item.id = format!("line/{}", comment.id);
            item.kind = FeedbackKind::LineComment;
            item.author = login(comment.user);
            item.path = Some(text::first_line(&comment.path, MOST_PATH));
            // A line of the old side has no number on the new one.
            item.line = line.filter(|_| comment.side.as_deref() != Some("LEFT"));
            item.at = time(&comment.created_at).unwrap_or_default();
            with_text(item, &comment.body, Some(commit))
        });
        Ok(items.filter(has_text).collect())
    }

    /// The texts of reviews. One that is not submitted yet is nobody's business, and one that was dismissed asks
    /// for nothing any more; an approval without a word neither.
    pub(super) async fn reviews(&self, about: &About<'_>) -> Result<Vec<Feedback>> {
        let route = format!("/repos/{}/pulls/{}/reviews", about.repository, about.request.number);
        let mut found = self.newest::<Review>(&about.attempt, &route).await?;
        found.retain(|review| !matches!(&*review.state, "PENDING" | "DISMISSED"));
        let items = found.into_iter().map(|review| {
            let mut item = self.said(about, &format!("#pullrequestreview-{}", review.id), review.html_url);
            item.id = format!("review/{}", review.id);
            item.kind = FeedbackKind::Review;
            item.author = login(review.user);
            item.at = review.submitted_at.as_deref().and_then(time).unwrap_or_default();
            with_text(item, &review.body.unwrap_or_default(), review.commit_id)
        });
        Ok(items.filter(has_text).collect())
    }

    /// The comments on the pull request as a whole.
    pub(super) async fn comments(&self, about: &About<'_>) -> Result<Vec<Feedback>> {
        let route = format!("/repos/{}/issues/{}/comments", about.repository, about.request.number);
        let found = self.newest::<Comment>(&about.attempt, &route).await?;
        let items = found.into_iter().map(|comment| {
            let mut item = self.said(about, &format!("#issuecomment-{}", comment.id), comment.html_url);
            item.id = format!("comment/{}", comment.id);
            item.author = login(comment.user);
            item.at = time(&comment.created_at).unwrap_or_default();
            with_text(item, &comment.body.unwrap_or_default(), None)
        });
        Ok(items.filter(has_text).collect())
    }

    /// Something that was said, of which nothing is known yet but its page.
    fn said(&self, about: &About<'_>, place: &str, page: Option<String>) -> Feedback {
        let request = about.request;
        Feedback {
            id: String::new(),
            kind: FeedbackKind::Comment,
            author: String::new(),
            title: String::new(),
            body: String::new(),
            path: None,
            line: None,
            annotations: Vec::new(),
            commit: request.head.clone(),
            url: self.page(page.as_deref(), &format!("{}{place}", request.url)),
            at: anchorhold_domain::Timestamp::default(),
        }
    }
}

fn with_text(mut item: Feedback, said: &str, commit: Option<String>) -> Feedback {
    item.body = text::clean(said, MOST_BODY);
    item.title = text::first_line(&item.body, MOST_TITLE);
    if let Some(commit) = commit.filter(|commit| is_commit(commit)) {
        item.commit = commit;
    }
    item
}

fn has_text(item: &Feedback) -> bool {
    !item.body.trim().is_empty()
}
