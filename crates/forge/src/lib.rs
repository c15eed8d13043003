//! GitHub: who is signed in, what they can reach, and what is said of their pull requests.
//!
//! This room signs in and asks GitHub's REST API, and nothing else; fetching and pushing is git's business,
//! and keeping the token is the keychain's. Nothing here merges, deletes or closes anything.

mod account;
mod checks;
mod error;
mod feedback;
mod forge;
mod issue;
mod links;
mod log;
mod person;
mod pull_request;
mod pull_request_body;
mod refusal;
mod repository;
pub mod sign_in;
mod text;
mod time;
mod transport;

pub use account::Account;
pub use error::{ForgeError, Result};
pub use feedback::Feedbacks;
pub use forge::Forge;
pub use issue::{IssueComment, IssuePage};
pub use pull_request::{NewPullRequest, PullRequestChange};
pub use repository::RepositoryPage;
pub use transport::Cache;
