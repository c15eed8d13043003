//! What the engine and its faces know of GitHub: accounts, repositories, issues, pull requests and what
//! comes back for them.
//!
//! Numbers that GitHub gives to comments, checks and accounts can be larger than a page can count, so ids
//! are texts. Text from GitHub was written by anybody: it is data, and is shown as such.

use crate::{Fault, Timestamp};
use serde::{Deserialize, Serialize};

/// How an account was signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignInWay {
    /// With a code that was entered on GitHub's page.
    Code,
    /// In the browser, which came back by a link.
    Browser,
    /// With a token that was pasted.
    Token,
    /// With the token of an installed `gh`.
    Gh,
}

/// An account that is signed in. Its tokens are in the keychain, or in memory alone, and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct LinkedAccount {
    /// Host and number, such as `github.com/583231`; the login can change.
    pub key: String,
    /// The GitHub it is on, such as `github.com`.
    pub host: String,
    /// The name in addresses.
    pub login: String,
    /// The name in commits.
    pub name: String,
    /// The address in commits: one of `emails`.
    pub email: String,
    /// The addresses that can be chosen: the noreply one, and those that GitHub has verified.
    pub emails: Vec<String>,
    /// How it was signed in.
    pub way: SignInWay,
    /// Whether it is the one that is used on its host.
    pub chosen: bool,
    /// Whether its tokens are in memory alone, so that it is forgotten when the program ends.
    pub session_only: bool,
    /// When its token ends, where it does and cannot be refreshed.
    pub expires_at: Option<Timestamp>,
    /// What it lacks, in words: scopes of a token.
    pub lacks: Vec<String>,
    /// Why it cannot be used, once that is so.
    pub trouble: Option<Fault>,
}

/// A permission that is asked for, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct AskedPermission {
    /// Its name on GitHub.
    pub name: String,
    /// Whether it allows to change something.
    pub write: bool,
    /// What it is used for, one sentence.
    pub reason: String,
}

/// How one can sign in to a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct SignInOffer {
    /// The GitHub.
    pub host: String,
    /// The ways, the best first.
    pub ways: Vec<SignInWay>,
    /// What is asked for, and why.
    pub permissions: Vec<AskedPermission>,
    /// The page on which the app is installed or given more repositories, where there is an app.
    pub install_url: Option<String>,
    /// The page on which a token is made.
    pub token_url: String,
    /// Whether a sign-in is remembered on this computer where the user does not say.
    pub remembers: bool,
}

/// How far a sign-in is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SignInProgress {
    /// A code is to be entered on a page.
    Code {
        /// What to enter.
        user_code: String,
        /// Where.
        address: String,
        /// Until when.
        expires_at: Timestamp,
    },
    /// The browser was sent to GitHub and is waited for.
    Browser {
        /// Where it was sent, for a browser that did not open.
        address: String,
        /// Until when.
        expires_at: Timestamp,
    },
    /// GitHub does not answer at present; it is asked again.
    Unreachable {
        /// In how many seconds.
        seconds: u32,
    },
    /// Signed in.
    SignedIn {
        /// The account.
        account: LinkedAccount,
    },
    /// It came to nothing.
    Failed {
        /// Why.
        fault: Fault,
    },
}

/// The app in whose name users sign in to a host, where it is not the built-in one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ForgeApp {
    /// The GitHub on which it is registered.
    pub host: String,
    /// Its client id.
    pub client_id: String,
    /// Its name in addresses, for the page on which it is installed; none for an OAuth app.
    pub slug: Option<String>,
    /// Whether it is a classic OAuth app, which asks for scopes.
    pub oauth_app: bool,
    /// Whether its secret is kept in the keychain, for signing in in the browser.
    pub has_secret: bool,
}

/// A repository that an account can reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct LinkedRepository {
    /// What an agent is given as its repository: `owner/name`, or an address on another host.
    pub address: String,
    /// The account or organisation it belongs to.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// What its owner says of it.
    pub description: Option<String>,
    /// Whether only those who are let in can see it.
    pub private: bool,
    /// Whether it takes no changes any more.
    pub archived: bool,
    /// Whether the account may push to it, and it takes pushes at all.
    pub can_push: bool,
    /// The branch that `HEAD` points at; none for a repository without commits.
    pub default_branch: Option<String>,
    /// When somebody last pushed to it.
    pub pushed_at: Option<Timestamp>,
}

/// What was found of an account's repositories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct RepositoryList {
    /// The account that was asked; none where nobody is signed in.
    pub account: Option<String>,
    /// The best first: names that match before others, then the last pushed to.
    pub repositories: Vec<LinkedRepository>,
    /// How many match in all.
    pub total: u32,
    /// Whether GitHub has more pages than are read yet.
    pub reading: bool,
    /// Why the last reading ended before all pages were read; none while one goes on.
    pub fault: Option<Fault>,
    /// The page on which more repositories are given to the app.
    pub grant_url: Option<String>,
    /// Where the sign-in is authorised for organisations that are missing since they want single sign-on; none
    /// where none is missing.
    pub sso_url: Option<String>,
    /// What is left of GitHub's rate limit.
    pub rate: Option<RateLimit>,
}

/// What is left of a rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// Requests that are left.
    pub remaining: u32,
    /// Requests in all.
    pub limit: u32,
    /// When it starts anew.
    pub resets_at: Timestamp,
}

/// An issue that can be an agent's task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// Its number in the repository.
    pub number: u32,
    /// Its title.
    pub title: String,
    /// Its text, cut at 64 KiB.
    pub body: String,
    /// Who wrote it.
    pub author: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// Comments on it.
    pub comments: u32,
    /// Its page.
    pub url: String,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Where a pull request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PullRequestState {
    /// Open, and not meant to be merged yet.
    Draft,
    /// Open.
    Open,
    /// Closed without being merged.
    Closed,
    /// Merged.
    Merged,
}

/// How the checks of a commit stand together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChecksState {
    /// There are none.
    #[default]
    None,
    /// Some have not ended.
    Pending,
    /// All have ended, and well.
    Passed,
    /// Some have failed.
    Failed,
}

/// The pull request of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct PullRequest {
    /// Its number in the repository.
    pub number: u32,
    /// Its page.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub state: PullRequestState,
    /// The commit at its head, as GitHub knows it.
    pub head: String,
    /// The branch that it is to be merged into.
    pub base: String,
    /// How the checks of that commit stand, as far as they can be read.
    pub checks: ChecksState,
    /// What of them cannot be read, mostly because the token may not.
    #[serde(default)]
    pub withheld: Vec<Withheld>,
}

/// What machines say of a commit and a token may not be let see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Withheld {
    /// Check runs, as GitHub Actions makes them.
    Checks,
    /// What other services say of a commit.
    CommitStatuses,
    /// The ends of failed jobs' logs.
    JobLogs,
}

/// What came back for a pull request: something that somebody or a machine said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Feedback {
    /// Which it is, such as `comment/1234` or `check/5678`.
    pub id: String,
    /// What it is.
    pub kind: FeedbackKind,
    /// Who said it: a login, or the name of an app.
    pub author: String,
    /// A line that says what it is about: a check's name, or the beginning of a comment.
    pub title: String,
    /// The text, untrusted, cut at 16 KiB: a comment, a check's summary, or the end of a job's log.
    pub body: String,
    /// The file it is about.
    pub path: Option<String>,
    /// The line of that file, on the new side, from 1.
    pub line: Option<u32>,
    /// The notes that a check made on lines, at most 50.
    pub annotations: Vec<Annotation>,
    /// The commit it is about.
    pub commit: String,
    /// Its page.
    pub url: String,
    /// When it was said.
    pub at: Timestamp,
}

impl Feedback {
    /// Whether an id is that of a [`FeedbackKind::FailedCheck`]: of a check run, or of a commit's status.
    #[must_use]
    pub fn is_check(id: &str) -> bool {
        id.starts_with("check/") || id.starts_with("status/")
    }
}

/// What a [`Feedback`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FeedbackKind {
    /// A comment on a line or file of the change.
    LineComment,
    /// The text of a review.
    Review,
    /// A comment on the pull request as a whole.
    Comment,
    /// A check that failed.
    FailedCheck,
}

/// A note that a check made on a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Annotation {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// How grave it is: `failure`, `warning` or `notice`.
    pub level: String,
    /// What it says.
    pub message: String,
}

/// A piece of feedback and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct FeedbackItem {
    /// What was said.
    #[serde(flatten)]
    pub feedback: Feedback,
    /// Whether it was turned into an instruction.
    pub taken: bool,
    /// Whether it is about a commit that a later push has replaced, or a check that fails no more.
    pub outdated: bool,
}

impl FeedbackItem {
    /// Whether it can still become an instruction: a check of an earlier push cannot, since it ran on another
    /// commit, nor can one that fails no more.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let moot = self.outdated && self.feedback.kind == FeedbackKind::FailedCheck;
        !self.taken && !moot
    }
}
