//! The text of a pull request, which is asked for alone: no list and no record keeps it.

use crate::error::Result;
use crate::forge::Forge;
use serde::Deserialize;

/// The part of GitHub's answer that is used.
///
/// <https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request>
#[derive(Deserialize)]
struct Answer {
    body: Option<String>,
}

impl Forge {
    /// Returns the text of a pull request as it is now, in Markdown; empty where it has none.
    ///
    /// # Errors
    /// Those of every request.
    pub async fn pull_request_body(&self, owner: &str, name: &str, number: u32) -> Result<String> {
        self.clone_url(owner, name)?;
        let route = format!("/repos/{owner}/{name}/pulls/{number}");
        let answer: Answer = self.get("read the pull request", &route).await?;
        Ok(answer.body.unwrap_or_default())
    }
}
