//! GitHub: who is signed in, and what they can reach.
//!
//! This room signs in and asks GitHub's REST API, and nothing else; fetching and pushing is git's business,
//! and keeping the token is the keychain's.

mod account;
mod error;
mod forge;
mod repository;
pub mod sign_in;
mod stub;

pub use account::Account;
pub use error::{ForgeError, Result};
pub use forge::Forge;
pub use repository::RepositoryPage;
pub use stub::Cache;

#[cfg(test)]
mod tests;
